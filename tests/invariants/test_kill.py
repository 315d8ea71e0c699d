"""kill -9 at random moments under load: nothing accepted is lost, and what may be twice was shown to be uncertain."""

import asyncio
import os
import random
import time
from pathlib import Path

import pytest

from tests.invariants.checker import violations
from tests.invariants.facts import Facts, read_facts, read_mail_journal, read_sms_journal, read_store
from tests.invariants.ledger import read_lines
from tests.invariants.senders import Sender
from tests.invariants.stage import Stage

KILLS, AIMED_MOST, SENDERS = 25, 0.7, 6
IN_FLIGHT_LEAST = 10
DRAIN_S = 15.0


@pytest.mark.timeout(120)
async def test_after_25_kills_nothing_is_lost_and_every_invariant_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("BAVN_SEED") or random.randrange(10**6))
    async with Stage(tmp_path, seed=seed) as stage:
        starts, kills = await _under_load(stage)
        await _drain(stage)
        assert await stage.stop() == 0
        facts = _facts(stage)
    hit = sum(_in_flight(stage.mail_journal, at) for at in kills)
    wrong = violations(facts)
    with capsys.disabled():
        print(f"\nseed {seed}: {_summary(facts, hit, starts)}")
    assert wrong == [], f"seed {seed} (BAVN_SEED={seed} plays the same choices again)"
    assert hit >= IN_FLIGHT_LEAST


async def _under_load(stage: Stage) -> tuple[list[float], list[float]]:
    """Kills the hub again and again while submitters send; the last hub is left running."""
    starts, kills = [await stage.start()], list[float]()
    stop, choice = asyncio.Event(), random.Random(stage.seed)
    async with asyncio.TaskGroup() as group:
        for number in range(SENDERS):
            group.create_task(Sender(stage, number).run(stop))
        for _ in range(KILLS):
            await asyncio.sleep(choice.uniform(0.02, 0.4))
            if choice.random() < AIMED_MOST:
                await _until_a_mail_is_in_flight(stage)
                await asyncio.sleep(choice.uniform(0.0, 0.010))
            kills.append(await stage.kill())
            starts.append(await stage.start())
        stop.set()
    return starts, kills


async def _until_a_mail_is_in_flight(stage: Stage) -> None:
    stage.content.clear()
    async with asyncio.timeout(5):
        await stage.content.wait()


async def _drain(stage: Stage) -> None:
    """Until every ladder has come to its end."""
    async with asyncio.timeout(DRAIN_S):
        while (await stage.ask("GET", "/alerts?open=1"))[1]["alerts"]:
            await asyncio.sleep(0.1)


def _facts(stage: Stage) -> Facts:
    return read_facts(
        ledger=stage.ledger_path,
        store=stage.store,
        copies=[
            *read_mail_journal(stage.mail_journal, channel="mail"),
            *read_sms_journal(stage.sms_journal, read_store(stage.store, at=0), channel="sms-a"),
        ],
        crashes=stage.crashes,
        anchor=stage.folder / "anchors.log",
        at=time.time(),
    )


def _in_flight(journal: Path, at: float) -> bool:
    """Between the DATA command of a mail and its answer, by the far end's own clock."""
    began: dict[int, float] = {}
    for line in read_lines(journal):
        if line["event"] == "data":
            began[line["session"]] = line["t"]
        elif line["event"] == "sent" and began[line["session"]] <= at <= line["t"]:
            return True
    return False


def _summary(facts: Facts, hit: int, starts: list[float]) -> str:
    accepted = {line["id"]: line for line in facts.lines("accepted")}
    ends = [d["ended"] for d in facts.store.deliveries.values()]
    copies = [(facts.store.attempts[c.attempt]["delivery_id"], c.channel) for c in facts.known]
    return (
        f"{len(facts.crashes)} kills, {hit} of them with a mail in flight; {len(accepted)} alerts accepted, "
        f"{len(ends)} deliveries ({', '.join(f'{ends.count(e)} {e}' for e in sorted(set(map(str, ends))))}); "
        f"{sum(c.channel == 'mail' for c in facts.copies)} mails and {sum(c.channel != 'mail' for c in facts.copies)} "
        f"SMS, {len(copies) - len(set(copies))} of them repeats; "
        f"starts {min(starts):.2f} to {max(starts):.2f} s"
    )
