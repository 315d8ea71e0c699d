"""A restart with a long queue (invariant I13): accepting within seconds, nobody forgotten, timers where they were."""

import asyncio
import time
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.clock import wall_clock
from messages.evidence import Evidence
from tests.invariants.checker import START_MOST_S
from tests.invariants.facts import read_store
from tests.invariants.stage import Stage
from tests.stores import a_way, store_in

ALERTS, PEOPLE = 100, [f"borger-{n}" for n in range(1000)]


@pytest.mark.timeout(90)
async def test_with_100000_queued_a_killed_hub_accepts_within_five_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Stage(tmp_path, seed=1, people=PEOPLE, policy="") as stage:
        await _fill(stage)
        starts = [await stage.start()]
        await _flash_overtakes(stage)
        await stage.kill()
        starts.append(await stage.start())
        await stage.kill()
    images = [read_store(path, at=at, audit=False) for at, path in stage.crashes]
    with capsys.disabled():
        print(f"\nstarts with {len(images[0].deliveries)} queued: {', '.join(f'{s:.2f} s' for s in starts)}")
    assert max(starts) <= START_MOST_S
    for before, after in pairwise(images):
        assert before.deliveries.keys() == after.deliveries.keys()
        for number, was in before.deliveries.items():
            now = after.deliveries[number]
            assert (was["began_ms"], was["expires_ms"]) == (now["began_ms"], now["expires_ms"])
            assert was["ended"] is not None or now["due_ms"] in {was["due_ms"], None} or now["evidence"] > 0


async def _fill(stage: Stage) -> None:
    """Writes the queue with the store's own operations, as an earlier hub would have left it."""
    people = [
        {
            "id": name,
            "name": "Borger",
            "addresses": [f"mailto:{name}@eksempelkommune.invalid"],
            "exercise": True,
        }
        for name in PEOPLE
    ]
    mail = a_way("mail", bearer="email", schemes=frozenset({"mailto"}), max_evidence=Evidence.SUBMITTED)
    stage.store.parent.mkdir(mode=0o700)
    async with store_in(
        stage.store.parent, mail, people=people, at=wall_clock().replace(microsecond=0)
    ) as bench:
        for _ in range(ALERTS):
            assert (await bench.accept(*PEOPLE)).recipients == len(PEOPLE)


async def _flash_overtakes(stage: Stage) -> None:
    """A FLASH that comes after all of them is on the wire before the next of them is."""
    body = {"to": [PEOPLE[0]], "precedence": "flash", "headline": "Straks"}
    status, answer = await stage.ask("POST", "/alerts", json=body)
    accepted = time.time()
    assert status == 202
    async with asyncio.timeout(10):
        while answer["id"] not in stage.mail_journal.read_text("utf-8"):
            stage.content.clear()
            await stage.content.wait()
    assert time.time() - accepted < 2.0
