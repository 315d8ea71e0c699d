"""Octets that no modem should send: they raise nothing but the driver's own errors, and nothing grows."""

import asyncio
import random
import tracemalloc
from contextlib import suppress

import pytest

from hardware.at.dte import Ask, Dte, Request
from hardware.at.grammar import LONGEST_LINE
from hardware.chat import Chat
from hardware.codecs.tpdu import submits
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.errors import HardwareError, PortLost
from hardware.gsm import GsmModem
from hardware.gsm_state import State
from hardware.memory import MemoryPort, memory_pair
from hardware.port import Port
from hardware.timing import Timing
from tests.gsm import FACTOR, Bench, Heard, until
from tests.virtual_time import run_virtually

(HELLO,) = submits("Mød nu", "+4500000001", reference=0, report_requested=True)
WORDS = [
    b"OK\r\n", b"\r\n", b"> ", b"ERROR\r\n", b"+CMS ERROR: 500\r\n", b"+CME ERROR: 99999\r\n", b"RDY\r\n", b"READY\r\n",
    b"+CMGS: 256\r\n", b"+CMGS: -1\r\n", b'+CMTI: "ME",999999999\r\n', b'+CMTI: "../x",1\r\n', b"+CMT: ,24\r\n",
    b"+CDS: 24\r\n0011\r\n", b"+CMGL: 1,0,,24\r\n", b"+CMGR: 0,,24\r\nZZ\r\n", b"+CREG: 1\r\n", b"+CREG: 0,5,,,,,\r\n",
    b"+CPIN: SIM PIN\r\n", b"+CPIN:\r\n", b"+CPMS: \r\n", b'+CPMS: ("ME"),(,),()\r\n',
    b"+CNMI: (0-999999999),()\r\n",
    b"+CSQ: 1e9,99\r\n", b'+CSCA: "",\r\n', b'+COPS: 0,2,"\xe6\xf8\xe5"\r\n', b"BUSY\r\n",
    b"NO CARRIER\r\n", b"\x00\xff\x1a\x1b",
    b'+CLCC: 1,0,"x"\r\n', b"^BOOT:1\r\n", b"+CFUN: 1\r\n", b"+CGMM: " + b"M" * 500 + b"\r\n",
]  # fmt: skip


def babble(dice: random.Random, count: int) -> bytes:
    """Words of the protocol in no order, and octets of none."""
    pieces = [
        dice.choice(WORDS) if dice.random() < 0.8 else dice.randbytes(dice.randrange(20))
        for _ in range(count)
    ]
    return b"".join(pieces)


async def babbling(port: MemoryPort, dice: random.Random) -> None:
    """A far end that answers every write with whatever comes to its mind."""
    while True:
        try:
            await port.read()
            port.write(babble(dice, dice.randint(1, 12)))
        except PortLost:
            return


@pytest.mark.parametrize("seed", range(20))
def test_a_modem_that_babbles_raises_only_the_drivers_own_errors(seed: int) -> None:
    dice, tasks = random.Random(seed), []

    async def opener() -> Port:
        ours, theirs = memory_pair()
        tasks.append(asyncio.create_task(babbling(theirs, dice)))
        return ours

    async def scenario() -> None:
        async with GsmModem(opener, pin="1234") as modem, Heard(modem):
            for _ in range(6):
                await asyncio.sleep(60)
                for work in (
                    modem.send(HELLO, before=lambda: None),
                    modem.ring("+4500000001", 5),
                    modem.examine(),
                ):
                    with suppress(HardwareError):
                        await work
                await modem.probe()
            assert modem._task is not None
            assert not modem._task.done(), "the supervisor has ended"
        for task in tasks:
            task.cancel()

    run_virtually(scenario())


class Bending(MemoryPort):
    """Our end of a line on which octets are lost, changed and made up, while `rate` is not 0."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.dice, self.rate = dice, 0.0

    def arrive(self, octets: bytes) -> None:
        bent = bytearray()
        for octet in octets:
            kind = self.dice.randrange(3) if self.dice.random() < self.rate else 3
            bent += (
                [b"", bytes([octet ^ 1 << self.dice.randrange(8)]), bytes([octet, self.dice.randrange(256)])][
                    kind
                ]
                if kind < 3
                else bytes([octet])
            )
        super().arrive(bytes(bent))


class BendingBench(Bench):
    """The line is bent from the modem to us: the other way it would be another message that leaves."""

    line: Bending

    def __init__(self, seed: int) -> None:
        super().__init__(GsmEmulator(seed=seed))
        self.dice, self.rate = random.Random(seed), 0.0

    async def opener(self) -> Port:
        ours, theirs = Bending(self.dice), MemoryPort()
        ours.other, theirs.other = theirs, ours
        self.line, ours.rate = ours, self.rate
        self.modem.dce.reset()
        self._keep(self.modem.serve(theirs))
        return ours

    def bend(self, rate: float) -> None:
        self.rate = self.line.rate = rate


@pytest.mark.parametrize("seed", range(30))
def test_a_bent_line_is_survived_and_the_driver_recovers_by_itself(seed: int) -> None:
    async def scenario() -> int:
        async with BendingBench(seed) as bench, GsmModem(bench.opener) as modem, Heard(modem):
            await until(lambda: modem.state is State.READY, limit_s=60)
            bench.bend([0.002, 0.01, 0.05][seed % 3])
            for number in range(6):
                bench.modem.network.receive("+4500000002", f"JA {number}")
                with suppress(HardwareError):
                    await modem.send(HELLO, before=lambda: None)
                await asyncio.sleep(20)
            bench.bend(0)
            before = len(bench.sent())
            await until(lambda: modem.state is State.READY, limit_s=1800, every_s=1)
            await asyncio.sleep(60)
            await until(lambda: modem.state is State.READY, limit_s=600, every_s=1)
            await modem.send(HELLO, before=lambda: None)
            return len(bench.sent()) - before

    assert run_virtually(scenario()) == 1


@pytest.mark.parametrize("answer", [b"\r\n> \r\n+CMGS: 7\r\n\r\nOK\r\n", b"\r\nOK\r\n", b"\r\n> \r\nOK\r\n"])
async def test_a_payload_is_not_handed_to_a_modem_that_did_not_wait_for_it(answer: bytes) -> None:
    ours, theirs = memory_pair()
    handed: list[int] = []
    async with Chat(ours, timing=Timing().scaled(FACTOR)) as chat:
        request = Request("AT+CMGS=13", payload=b"00AB\x1a", ask=Ask.ANGLE)
        asking = asyncio.create_task(chat.command(request, before=lambda: handed.append(1)))
        await theirs.read()
        theirs.write(answer)
        with pytest.raises(HardwareError):
            await asking
        assert chat.astray
    assert handed == []


def test_an_answer_line_is_bounded_and_so_is_what_is_kept() -> None:
    dice, dte = random.Random(0), Dte()
    dte.request(Request("AT+CMGL=4"))
    stream = [babble(dice, 200) + b"x" * 10_000 for _ in range(150)]
    tracemalloc.start()
    sizes = []
    for octets in stream:
        for event in dte.receive(octets):
            assert len(repr(event)) < 8 * LONGEST_LINE
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert max(sizes[50:]) - sizes[50] < 200_000


async def test_a_flood_while_nobody_reads_grows_no_memory() -> None:
    ours, theirs = memory_pair()
    async with Chat(ours, timing=Timing().scaled(FACTOR)) as chat:
        for _ in range(300):
            theirs.write(b"RDY\r\n+CREG: 1\r\nOK\r\n> \r\n" * 40)
            await asyncio.sleep(0)
        assert len(chat._unasked) <= 256
        assert chat._turns.qsize() <= 16
        assert chat.dropped > 0
        assert len(chat.port_log.lines()) <= 200


async def test_a_flood_of_restarts_ends_the_command_and_is_then_forgotten() -> None:
    ours, theirs = memory_pair()
    async with Chat(ours, timing=Timing().scaled(FACTOR)) as chat:
        asking = asyncio.create_task(chat.command("AT+CSQ", timeout_s=1))
        await theirs.read()
        theirs.write(b"RDY\r\n" * 10_000)
        with pytest.raises(HardwareError):
            await asking
        assert chat._turns.qsize() <= 16
