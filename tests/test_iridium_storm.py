"""An Iridium modem with several faults at once, under a sky that comes and goes: 150 seeded storms.

Whatever happens, the driver's word and the gateway's ledger agree: nothing is lost, nothing is sent twice, what may
have gone is never called unsent, what came in is shown, and when the storm is over all goes on by itself.
"""

import asyncio
from collections import Counter
from random import Random

import pytest

from hardware.emulators.iridium_modem import KNOWN_FAULTS
from hardware.errors import MaybeSent, NotSent
from hardware.iridium import IridiumModem
from hardware.iridium_events import Arrived, Resolved
from tests.iridium import Bench, Heard, driver, until
from tests.memory_bench import virtually

MESSAGES = 5
_TRIES = 400


async def hand_over(modem: IridiumModem, payload: bytes, *, tries: int = _TRIES) -> str:
    """Offers it until the driver says that it left, or that it may have."""
    for _ in range(tries):
        try:
            await modem.send(payload, before=lambda: None)
        except MaybeSent:
            return "maybe"
        except NotSent:
            await asyncio.sleep(20)
        else:
            return "sent"
    return "never"


async def the_world(bench: Bench, random: Random) -> None:
    """Coverage goes, a message waits, power fails, somebody trips over the cable."""
    for number in range(6):
        await asyncio.sleep(random.uniform(20, 400))
        happening = random.choice(["coverage", "queue", "queue", "reboot", "pull"])
        if happening == "coverage":
            bench.modem.cover(False)
            bench.modem.later(random.uniform(10, 300), lambda: bench.modem.cover(True))
        elif happening == "queue":
            bench.modem.queue(b"til jer %d" % number)
        elif happening == "reboot":
            bench.modem.reboot("power")
        else:
            bench.pull(random.uniform(1, 30))


@pytest.mark.parametrize("seeds", [range(start, start + 15) for start in range(0, 150, 15)], ids=str)
def test_what_the_driver_says_is_true_in_any_storm(seeds: range) -> None:
    for seed in seeds:
        storm(seed)


@virtually
async def storm(seed: int) -> None:
    random = Random(seed)
    async with Bench(seed=seed) as bench, driver(bench, alarm_s=30) as modem, Heard(modem) as heard:
        faults = random.sample(sorted(KNOWN_FAULTS), random.randint(1, 5))
        for name in faults:
            bench.modem.faults.arm(
                name, {"rate": random.uniform(0.002, 0.04), "seconds": random.uniform(1, 250)}
            )
        world = asyncio.create_task(the_world(bench, random))
        said = {number: await hand_over(modem, b"nr. %d" % number) for number in range(MESSAGES)}
        await world
        for name in faults:
            bench.modem.faults.arm(name, {"times": 0})
        await asyncio.sleep(600)  # what had struck before ends
        assert await hand_over(modem, b"bagefter") == "sent", f"{seed}: {faults}"
        modem.mailbox.rang(0)
        await until(lambda: not bench.modem.device.queue and not bench.modem.device.mt)
    judge(bench, said, heard, f"seed {seed}: {faults}")


def judge(bench: Bench, said: dict[int, str], heard: Heard, storm: str) -> None:
    """By the gateway's ledger: every copy counts, also one with the same number."""
    arrived = Counter(bench.sent())
    for number, word in said.items():
        copies = arrived[b"nr. %d" % number]
        assert word in {"sent", "maybe"}, f"{storm}: message {number} {word}"
        assert copies <= 1, f"{storm}: message {number} came {copies} times"
        assert copies == 1 or word == "maybe", f"{storm}: message {number} is lost"
    numbers = {line["momsn"] for line in bench.modem.journal.of("sent")}
    assert all((event.momsn in numbers) >= event.sent for event in heard.of(Resolved)), storm
    sessions = bench.modem.journal.of("session")
    assert [line for line in sessions if "mt_lost" in line] == [], storm
    brought = {line["mtmsn"] for line in sessions if "mtmsn" in line}
    shown = {event.mtmsn for event in heard.of(Arrived)}
    assert shown <= brought, storm
    if not bench.modem.journal.of("reset"):  # which empties the modem's buffer, read or not
        assert shown == brought, storm
