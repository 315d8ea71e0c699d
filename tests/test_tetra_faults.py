"""Each fault of the emulated TETRA radio: a driver of twenty lines fails under it, ours does not."""

import asyncio
from collections import Counter
from contextlib import suppress

import pytest

from hardware.codecs.sds import Transfer, text_transfers
from hardware.emulators.tetra_radio import KNOWN_FAULTS
from hardware.errors import MaybeSent, NotSent
from hardware.port import Port
from hardware.tetra import TetraRadio
from hardware.tetra_events import Received
from hardware.tetra_state import State
from tests.tetra import PEER, Bench, Heard, driver, in_state, ready, until, virtually

LONG = "Hent sandsække ved pumpestationen. " * 4
# Two parts and two whole texts, as in any evening.
MESSAGES = (
    *text_transfers(LONG, 1, max_bits=668),
    *text_transfers("Mød nu", 11, max_bits=668),
    *text_transfers("Kør hjem", 12, max_bits=668),
)
_TRIES = 30


class Naive:
    """A driver as a first evening brings it forth: it works, while the radio does."""

    def __init__(self, port: Port) -> None:
        self.port, self.buffer = port, b""

    async def line(self) -> bytes:
        async with asyncio.timeout(10):
            while b"\r\n" not in self.buffer.lstrip():
                self.buffer += await self.port.read()
        line, _, self.buffer = self.buffer.lstrip().partition(b"\r\n")
        return line

    async def ask(self, command: str, *, last: bytes = b"OK") -> None:
        self.port.write(command.encode())
        while not (line := await self.line()).startswith(last):
            if not line.startswith((b"AT", b"+CMGS: ", b"OK")):
                raise OSError(line)

    async def send(self, octets: bytes) -> None:
        await self.ask(f"AT+CMGS={PEER},{8 * len(octets)}\r{octets.hex()}\x1a")
        while (line := await self.line())[9:10] != b"4":
            if line[9:10] == b"5":
                raise OSError(line)


async def naive_evening(bench: Bench) -> dict[int, str]:
    """What the naive driver says of each message, by its reference."""
    naive, said = Naive(await bench.opener()), {}
    with suppress(OSError, TimeoutError):
        for command in ("ATZ\r", "AT+CTSP=1,3,130\r", "AT+CTSDS=12,0\r"):
            await naive.ask(command)
    for message in MESSAGES:
        try:
            await naive.send(message.encode())
            said[message.reference] = "sent"
        except (OSError, TimeoutError):
            said[message.reference] = "failed"
    return said


async def hand_over(radio: TetraRadio, message: Transfer) -> str:
    """What our driver says: sent, or maybe; what did not leave is tried again."""
    octets = message.encode()
    for _ in range(_TRIES):
        try:
            await radio.send(PEER, octets, 8 * len(octets))
            return "sent"
        except MaybeSent:
            return "maybe"
        except NotSent:
            await asyncio.sleep(10)
    return "never"


def arrived(bench: Bench) -> Counter[int]:
    return Counter(line["ref"] for line in bench.sent())


@pytest.mark.parametrize("fault", sorted(KNOWN_FAULTS))
@virtually
async def test_a_driver_of_twenty_lines_fails_under_it(fault: str) -> None:
    async with Bench() as bench:
        bench.radio.faults.arm(fault, {"seconds": 30})
        said = await naive_evening(bench)
        there = arrived(bench)
        assert bench.radio.journal.of("fault")
    told_the_truth = all((word == "sent") == (there[ref] == 1) for ref, word in said.items())
    assert not (told_the_truth and all(there[message.reference] == 1 for message in MESSAGES))


@virtually
async def test_the_same_driver_does_well_without_a_fault() -> None:
    async with Bench() as bench:
        assert set((await naive_evening(bench)).values()) == {"sent"}
        assert arrived(bench) == Counter(message.reference for message in MESSAGES)


@pytest.mark.parametrize("fault", sorted(KNOWN_FAULTS))
@virtually
async def test_ours_tells_the_truth_and_recovers_by_itself(fault: str) -> None:
    async with Bench() as bench, driver(bench) as radio:
        bench.radio.faults.arm(fault, {"seconds": 30})
        said = {}
        for message in MESSAGES:
            said[message.reference] = await hand_over(radio, message)
            await asyncio.sleep(20)
        await in_state(radio, State.READY)
        there = arrived(bench)
        for reference, word in said.items():
            assert there[reference] == 1 if word == "sent" else there[reference] <= 1, (reference, word)
        assert list(said.values()).count("maybe") <= 2  # one fault: one message, or two while it is deaf
        assert "never" not in said.values()


@pytest.mark.parametrize(
    "fault", ["mute", "reboot-banner", "usb-renumber", "port-gone", "damaged", "urc-in-answer"]
)
@virtually
async def test_what_comes_in_meanwhile_comes_again(fault: str) -> None:
    async with Bench() as bench, ready(bench) as radio, Heard(radio, settles=True) as heard:
        bench.radio.network.resends = 20
        bench.radio.faults.arm(fault, {"seconds": 20, "times": 2})
        for number in range(3):
            bench.radio.network.receive(PEER, f"nr. {number}", report=True)
            await asyncio.sleep(7)
        await until(lambda: not bench.radio.network.unreported, limit_s=1200)
        assert {message.user_data[4:] for message in heard.of(Received)} == {b"nr. 0", b"nr. 1", b"nr. 2"}


@virtually
async def test_atz_is_never_said_to_a_radio_that_restarts_at_it() -> None:
    async with Bench() as bench:
        bench.radio.device.make.atz = "reboot"
        async with ready(bench) as radio:
            assert {await hand_over(radio, message) for message in MESSAGES} == {"sent"}
        assert bench.radio.journal.of("reset") == []


def test_an_unknown_fault_is_refused_with_the_list() -> None:
    with pytest.raises(ValueError, match=r"'sim-busy' is not one of atz-reboot, busy-515, damaged"):
        Bench().radio.faults.arm("sim-busy", {})
