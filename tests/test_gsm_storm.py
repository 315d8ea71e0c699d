"""A modem with every fault at once: whatever happens, the driver's word and the network's ledger agree."""

import asyncio
from collections import Counter

import pytest

from hardware.codecs.tpdu import submits
from hardware.emulators.gsm_modem import KNOWN_FAULTS, GsmEmulator
from hardware.emulators.journal import Journal
from hardware.errors import MaybeSent, NotSent
from tests.gsm import SPEED, Bench, Heard, driver

MESSAGES = 40
_TRIES = 60


async def hand_over(bench: Bench, outcomes: dict[str, Counter[str]]) -> None:
    """Sends each message until the driver says that it left, or that it may have."""
    async with (
        driver(bench, answer_s=0.1, sent_s=0.15, poll_s=0.2, cooling_s=0.02, boot_s=0.05) as modem,
        Heard(modem),
    ):
        for number in range(MESSAGES):
            text = f"nr. {number}"
            (tpdu,) = submits(text, "+4500000001", reference=0)
            for _ in range(_TRIES):
                try:
                    await modem.send(tpdu, before=lambda: None)
                    outcomes[text]["sent"] += 1
                    break
                except MaybeSent:
                    outcomes[text]["maybe"] += 1
                    break
                except NotSent:
                    outcomes[text]["not sent"] += 1
                    await asyncio.sleep(0.1)


@pytest.mark.parametrize("seed", [3, 7, 16])
async def test_what_the_driver_says_of_a_message_is_true_in_any_storm(seed: int) -> None:
    async with Bench(GsmEmulator(journal=Journal(kept=1_000_000), seed=seed, speed=SPEED)) as bench:
        for name in KNOWN_FAULTS - {"pin-again"}:  # without the PIN that ends every message
            bench.modem.faults.arm(name, {"rate": 0.004, "seconds": 5})
        outcomes = {f"nr. {number}": Counter[str]() for number in range(MESSAGES)}
        await hand_over(bench, outcomes)
        arrived = Counter(line["text"] for line in bench.sent())
        lies = sum(1 for line in bench.modem.journal.of("fault") if line["name"] == "sent-but-failed")
    for text, said in outcomes.items():
        assert said["sent"] + said["maybe"] == 1, f"{text}: {said}"
        assert arrived[text] >= said["sent"], f"{text} was lost: {said}"
    extra = sum(max(0, arrived[text] - said["sent"] - said["maybe"]) for text, said in outcomes.items())
    assert extra <= lies  # only a modem that lies about a failure makes a copy
