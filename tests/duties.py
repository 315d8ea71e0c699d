"""A hub's duty desk over a store: what it sends goes into the store and is handed over, and people answer it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.accept import Submission
from gateway.duty import Duty
from gateway.marks import ASKS
from gateway.store.accepting import Accepted
from gateway.strict_json import read_object
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.asking import asked, hears, items
from tests.stores import Bench


class Sent:
    """Takes what the hub sends, once a key, as the intake does."""

    def __init__(self) -> None:
        self.alerts: dict[str, dict[str, Any]] = {}
        self.submitters: set[str] = set()

    async def __call__(self, body: bytes, submission: Submission) -> Accepted:
        self.alerts.setdefault(submission.key, read_object(body))
        self.submitters.add(submission.submitter)
        return Accepted(identifier=f"id-{len(self.alerts)}", code="Z9", recipients=1, no_route=())


def sent_by(duty: Duty) -> list[dict[str, Any]]:
    return list(duty.sent.alerts.values())  # type: ignore[attr-defined]


async def leaves(bench: Bench) -> None:
    for claimed in await bench.claim(window=9):
        await bench.conclude(claimed)


GROUP = [
    {"id": "v1", "name": "Vagt et", "addresses": ["loopback:v1"], "groups": ["vagter"], "deputy": "v3"},
    {"id": "v2", "name": "Vagt to", "addresses": ["loopback:v2"], "groups": ["vagter"]},
    {"id": "v3", "name": "Stedfortræder", "addresses": ["loopback:v3"]},
    {"id": "finn", "name": "Finn", "addresses": ["loopback:finn"]},
    {"id": "vagt", "name": "Vagthavende", "addresses": ["loopback:vagt"]},
]


class Keeps(Sent):
    """Takes what the hub sends into the store, and hands it over."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench

    async def __call__(self, body: bytes, submission: Submission) -> Accepted:
        alert = read_object(body)
        accepted = await self.bench.accept(
            *alert["to"],
            key=submission.key,
            submitter=submission.submitter,
            headline=alert["headline"],
            precedence=Precedence.parse(alert["precedence"]),
            want=Evidence.parse(alert["want"]) if "want" in alert else None,
            answers=tuple(alert.get("answers", {}).items()),
        )
        self.alerts.setdefault(submission.key, alert)
        await leaves(self.bench)
        return accepted


@asynccontextmanager
async def on_duty(folder: Path, duty: str = "vagter") -> AsyncIterator[tuple[Bench, Duty]]:
    """Finn was asked for a status. The duty officers are v1, with the deputy v3, and v2."""
    people = [{**each, "exercise": True} for each in GROUP]
    async with asked(folder, people=people, to="finn") as (bench, _):
        bench.store.attach(replace(bench.store.world, duty=duty), lambda changes: None)
        made = Duty(bench.store, Keeps(bench), lambda: bench.now)
        made.sent = made._send  # type: ignore[attr-defined]
        yield bench, made


async def says(bench: Bench, duty: Duty, *said: str) -> None:
    """`v1: 1` for each, and the hub does what it calls for. Each names the first notice."""
    for each in said:
        who, _, text = each.partition(": ")
        [heard] = await bench.rows("select count(*) as so_far from inbound")
        name = f"{who}-{heard['so_far']}"
        codes = await bench.rows("select code from alerts where submitter = :asks order by id", asks=ASKS)
        text = text.format(code=codes[0]["code"] if codes else "", last=codes[-1]["code"] if codes else "")
        await duty.heard(await hears(bench, text, f"loopback:{who}", bearer_id=name))
        await leaves(bench)


class Deaf(Duty):
    """Hears what came in, and does nothing: the hub was killed in between."""

    def __init__(self, bench: Bench, duty: Duty) -> None:
        super().__init__(bench.store, Keeps(bench), lambda: bench.now)
        self.sent = duty.sent  # type: ignore[attr-defined]

    async def heard(self, matched: object) -> None:
        """Nothing."""


async def owner(bench: Bench) -> str | None:
    """Of the first item."""
    return min(await items(bench), key=lambda item: item["number"])["owner"]


def told_to(duty: Duty) -> list[tuple[list[str], str]]:
    return [(alert["to"], alert["headline"].partition(":")[0]) for alert in sent_by(duty)]


async def waiting_for(bench: Bench) -> set[str]:
    rows = await bench.rows(
        "select recipient from deliveries join alerts on alerts.id = alert_id"
        " where ended is null and submitter = :asks",
        asks=ASKS,
    )
    return {row["recipient"] for row in rows}
