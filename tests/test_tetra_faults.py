"""Each fault of the emulated TETRA radio: a driver of twenty lines fails under it, ours does not."""

import asyncio
import inspect
import termios
from collections import Counter
from pathlib import Path

import pytest

from hardware.codecs.sds import Transfer, text_transfers
from hardware.emulators.line import Link
from hardware.emulators.running import Cable
from hardware.emulators.tetra_radio import KNOWN_FAULTS, TetraEmulator
from hardware.errors import MaybeSent, NotSent
from hardware.tetra import TetraRadio
from hardware.tetra_events import Received
from hardware.tetra_state import State
from tests.memory_bench import virtually
from tests.naive_sds import NaiveSds
from tests.tetra import PEER, Bench, Heard, driver, in_state, ready, until

LONG = "Hent sandsække ved pumpestationen. " * 4
# Two parts and two whole texts, as in any evening.
MESSAGES = (
    *text_transfers(LONG, 1, max_bits=668),
    *text_transfers("Mød nu", 11, max_bits=668),
    *text_transfers("Kør hjem", 12, max_bits=668),
)
ONCE_EACH = Counter(message.reference for message in MESSAGES)
_TRIES = 30


def naive_evening(naive: NaiveSds) -> dict[int, str]:
    """What the naive driver says of each message, by its reference."""
    said = {}
    for message in MESSAGES:
        try:
            naive.send(PEER, message.encode())
            said[message.reference] = "sent"
        except (OSError, termios.error):
            said[message.reference] = "failed"
    return said


async def naive_succeeds(fault: str, folder: Path) -> bool:
    """Each message there once, and told as it is. On a pty, fifty times faster than life."""
    radio = TetraEmulator(speed=50)
    cable = Cable(radio, Link(folder / "radio"))
    radio.cable = cable.pull
    running = asyncio.create_task(radio.run())
    cable.plug()
    if fault:
        radio.faults.arm(fault, {"seconds": 30})
    naive = None
    try:
        naive = await asyncio.to_thread(NaiveSds, str(folder / "radio"))
        said = await asyncio.to_thread(naive_evening, naive)
        return set(said.values()) == {"sent"} and arrived(radio) == ONCE_EACH
    except (OSError, termios.error):
        return False  # it did not even start
    finally:
        assert not fault or radio.journal.of("fault")
        if naive is not None:
            naive.port.close()
        cable.unplug()
        running.cancel()
        await asyncio.wait([running])


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


def arrived(radio: TetraEmulator) -> Counter[int]:
    return Counter(line["ref"] for line in radio.journal.of("sent") if line["kind"] == "text")


def test_the_naive_driver_has_some_twenty_lines() -> None:
    assert len([line for line in inspect.getsource(NaiveSds).splitlines() if line.strip()]) <= 22


@pytest.mark.parametrize("fault", sorted(KNOWN_FAULTS))
async def test_the_naive_driver_fails_under_it(fault: str, tmp_path: Path) -> None:
    assert not await naive_succeeds(fault, tmp_path)


async def test_without_a_fault_it_does_its_work(tmp_path: Path) -> None:
    assert await naive_succeeds("", tmp_path)


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
        there = arrived(bench.radio)
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
