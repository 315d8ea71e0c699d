"""A store on disk with people and ways, a clock that is told, and the operations of a hub without the hub."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from gateway.accept import Submission, judge
from gateway.audit import Flaw, verify
from gateway.clock import Steady
from gateway.delivery import FellSilent, HandedOver, TurnedDown
from gateway.policy import DEFAULTS
from gateway.router import Surroundings, Way
from gateway.store.accepting import Acceptance, Accepted, accept
from gateway.store.database import Store
from gateway.store.people import Import, import_directory, load_people
from gateway.store.sending import Claim, Claimed, Outcome, claim, conclude
from gateway.store.showing import audit_records
from gateway.world import World
from messages.alert import Alert, MsgType, Status
from messages.directory import Directory, read
from messages.evidence import Evidence
from messages.precedence import Precedence

NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
PEOPLE = [
    {
        "id": "vagt",
        "name": "Vagthavende",
        "addresses": ["loopback:vagt"],
        "exercise": True,
        "deputy": "leder",
    },
    {"id": "leder", "name": "Krisestabens leder", "addresses": ["loopback:leder"], "exercise": True},
]


def a_way(name: str = "loop", **more: object) -> Way:
    known: dict[str, object] = {
        "name": name,
        "bearer": "loopback",
        "schemes": frozenset({"loopback"}),
        "domains": frozenset({name}),
        "max_evidence": Evidence.DELIVERED,
        "two_way": True,
        "planes": frozenset({"exercise"}),
    }
    return Way(**(known | more))  # type: ignore[arg-type]


@dataclass
class Bench:
    """An open store. `now` is what its clock says."""

    store: Store
    path: Path
    clock: list[datetime]

    @property
    def now(self) -> datetime:
        return self.clock[0]

    def later(self, span: timedelta) -> None:
        self.clock[0] += span

    def acceptance(self, *to: str, key: str = "", submitter: str = "afsender", **more: Any) -> Acceptance:
        known: dict[str, Any] = {"identifier": f"A{next(_numbers)}", "precedence": Precedence.ROUTINE}
        alert = Alert(
            **known
            | {"sender": "krisestab.eksempelkommune.invalid", "sent": self.now, "status": Status.EXERCISE}
            | {"msg_type": MsgType.ALERT, "headline": "Prøve", "to": to or ("vagt",)}
            | more
        )
        submission = Submission(submitter=submitter, key=key)
        return judge(alert, submission, world=self.store.world, now=self.now, body=alert.headline.encode())

    async def accept(self, *to: str, **more: Any) -> Accepted:
        accepted = await self.store.run(accept, self.acceptance(*to, **more))
        assert isinstance(accepted, Accepted), accepted
        return accepted

    async def claim(self, channel: str = "loop", window: int = 1) -> list[Claimed]:
        return await self.store.run(claim, Claim(channel, window, 0))

    async def conclude(
        self,
        claimed: Claimed,
        verb: str = "submitted",
        detail: str = "",
        *,
        references: tuple[str, ...] = (),
        parts: int = 1,
    ) -> None:
        number = claimed.attempt_id
        events = {"submitted": HandedOver(number), "unknown": FellSilent(number)}
        outcome = Outcome(
            delivery_id=claimed.delivery_id,
            attempt_id=number,
            channel="loop",
            address=claimed.address,
            verb=verb,
            event=events.get(verb, TurnedDown(number, permanent=True)),
            references=references or ((f"ref-{number}",) if verb == "submitted" else ()),
            parts=parts,
            detail=detail,
        )
        await self.store.run(conclude, outcome)

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        return await self.store.read(_rows, (sql, values))

    async def flaws(self, anchors: dict[int, bytes] | None = None) -> list[Flaw]:
        return list(verify(await self.store.read(audit_records, 0), anchors or {}))


_numbers = count(1)


def _rows(connection: Connection, ask: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(text(ask[0]), ask[1])]


def a_world(*ways: Way, directory: Directory | None = None) -> World:
    return World(
        gateway_id="krisestab.eksempelkommune.invalid",
        gateway_name="Eksempelby Kommune",
        plane="exercise",
        directory=directory or Directory(),
        persons={},
        surroundings=Surroundings(ways=ways or (a_way(),), domains_by_address={}),
        policies=DEFAULTS,
    )


@asynccontextmanager
async def store_in(
    folder: Path,
    *ways: Way,
    people: list[dict[str, Any]] | None = None,
    at: datetime = NOW,
    steady: Steady | None = None,
) -> AsyncIterator[Bench]:
    """Opens (again) the store of this folder, with these people imported. `steady` is the clock that nobody moves."""
    clock = [at]
    store = await Store.open(folder / "bavn.db", lambda: clock[0], steady=steady)
    try:
        directory = read({"contacts": PEOPLE if people is None else people}, file="directory.toml")
        world = a_world(*ways, directory=directory)
        store.attach(world, lambda changes: None)
        digest = hashlib.sha256(str(people).encode()).hexdigest()
        await store.run(import_directory, Import(directory, digest))
        known = await store.read(load_people, None)
        store.attach(replace(world, directory=known.directory, persons=known.persons), lambda changes: None)
        yield Bench(store, folder / "bavn.db", clock)
    finally:
        await store.close()
