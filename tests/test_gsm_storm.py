"""A modem with several faults at once: whatever happens, the driver's word and the network's ledger agree.

Two hundred storms, each with faults, rates and arrivals of its own seed, in the time of real life, which is virtual.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from hardware.codecs.tpdu import Deliver, decode_received, submits
from hardware.emulators.gsm_modem import KNOWN_FAULTS, GsmEmulator
from hardware.emulators.journal import Journal
from hardware.emulators.modem import LINE_FAULTS
from hardware.errors import MaybeSent, NotSent
from hardware.gsm import GsmModem
from hardware.gsm_events import Received, Reported
from hardware.gsm_state import State
from tests.gsm import Bench, Heard, until
from tests.virtual_time import run_virtually

STORMS = 200
MESSAGES = 8
ARRIVALS = 4
TRIES = 400
AFTER = 100  # the number of the message that is sent when the storm is over


def shape(tpdu: bytes) -> bytes:
    """A SUBMIT without the reference that the modem puts in."""
    return tpdu[:1] + tpdu[2:]


@dataclass
class Ledger:
    """What the driver said of each message that it was given, and what it passed on of those that came."""

    said: dict[bytes, Counter[str]] = field(default_factory=dict)
    passed_on: Counter[str] = field(default_factory=Counter)

    async def hand_over(self, modem: GsmModem, number: int) -> None:
        """Sends each part of message `number` until the driver says that it left, or that it may have."""
        text = f"nr. {number} " * (1 if number % 3 else 30)
        for tpdu in submits(text, "+4500000001", reference=number, report_requested=True):
            await self._part(modem, tpdu)

    async def _part(self, modem: GsmModem, tpdu: bytes) -> None:
        said = self.said.setdefault(shape(tpdu), Counter())
        for _ in range(TRIES):
            try:
                await modem.send(tpdu, before=lambda: None)
            except MaybeSent:
                said["maybe"] += 1
                return
            except NotSent:
                said["not sent"] += 1
                await asyncio.sleep(5)
            else:
                said["sent"] += 1
                return


class Listener(Heard):
    """As a hub: what it has heard is safe, and settled."""

    def __init__(self, modem: GsmModem, ledger: Ledger) -> None:
        super().__init__(modem)
        self._ledger = ledger

    async def _listen(self) -> None:
        async for event in self._modem.events():
            if isinstance(event, Received):
                message = decode_received(event.tpdu)
                if isinstance(message, Deliver):
                    self._ledger.passed_on[message.content.text] += 1
            if isinstance(event, Received | Reported):
                await event.settle()


def emulated(seed: int) -> GsmEmulator:
    modem = GsmEmulator(journal=Journal(kept=1_000_000), seed=seed)
    modem.network.latency_s, modem.network.report_s = 1, 2
    modem.device.pin, modem.device.unlocked = "1234", False
    return modem


def arm(modem: GsmEmulator, dice: random.Random) -> None:
    for name in dice.sample(sorted(KNOWN_FAULTS), dice.randint(2, 6)):
        # A set-up is some thirty commands: it must have a chance to come to its end.
        rate = (
            dice.choice([0.005, 0.02])
            if name in LINE_FAULTS | {"pin-again"}
            else dice.choice([0.01, 0.05, 0.2])
        )
        modem.faults.arm(name, {"rate": rate, "seconds": dice.choice([0.5, 5, 70])})


def calm(modem: GsmEmulator) -> None:
    for name in KNOWN_FAULTS:
        modem.faults.arm(name, {"times": 0})


async def storm(seed: int) -> tuple[Ledger, GsmEmulator, Ledger]:
    """A modem in the storm and another beside it: what became of their messages."""
    dice, rough, fair = random.Random(seed), emulated(seed), GsmEmulator()
    told, beside = Ledger(), Ledger()

    async def power_cycle() -> None:
        rough.reboot("power")

    async with (
        Bench(rough) as bench,
        Bench(fair) as other_bench,
        GsmModem(bench.opener, pin="1234", power_cycle=power_cycle) as modem,
        GsmModem(other_bench.opener) as other,
        Listener(modem, told),
        Listener(other, beside),
    ):
        await until(lambda: State.READY is modem.state is other.state, limit_s=60)
        arm(rough, dice)
        for number in range(ARRIVALS):
            rough.later(
                dice.uniform(0, 60),
                lambda number=number: rough.network.receive("+4500000002", f"ind {number}"),
            )
        for number in range(MESSAGES):
            async with asyncio.timeout(30):
                await beside.hand_over(other, number)
            async with asyncio.timeout(7200):
                await told.hand_over(modem, number)
        calm(rough)
        await until(lambda: modem.state is State.READY, limit_s=1800, every_s=1)
        await told.hand_over(modem, AFTER)
        await until(lambda: len(told.passed_on) == ARRIVALS, limit_s=600, every_s=1)
        assert len(modem.log()) <= 200
    return told, rough, beside


@pytest.mark.parametrize("seed", range(STORMS))
def test_what_the_driver_says_of_a_message_is_true_in_any_storm(seed: int) -> None:
    told, rough, beside = run_virtually(storm(seed))
    arrived = Counter(shape(bytes.fromhex(line["raw"])) for line in rough.journal.of("sent"))
    for part, said in told.said.items():
        assert said["sent"] + said["maybe"] == 1, f"{part.hex()}: {said}"
        assert arrived[part] >= said["sent"], f"{part.hex()} was lost: {said}"
        assert arrived[part] <= 1, f"{part.hex()} went {arrived[part]} times: {said}"
    *_, after = told.said.values()
    assert after == Counter(sent=1), "it did not recover by itself"
    assert all(said == Counter(sent=1) for said in beside.said.values()), "the other modem was touched"
