"""The store's own part of benchmarks 1 and 2, profiled: microseconds a message for accepting and for sending, by size
of group, and where they go. No network, and a memory file system where there is one, so that the disk is left out.
"""

import cProfile
import io
import pstats
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gateway.accept import Submission, judge
from gateway.clock import ClockWatch
from gateway.delivery import HandedOver
from gateway.store import schema, sqlite
from gateway.store.accepting import Acceptance, accept
from gateway.store.sending import Claim, Outcome, claim, conclude
from gateway.store.transaction import Session
from gateway.world import World
from messages.alert import Alert, MsgType, Status
from messages.directory import read
from messages.precedence import Precedence
from tests.benchmarks.load import TEXT
from tests.benchmarks.rounds import report, say
from tests.stores import PEOPLE, a_way, a_world

COUNT, GROUPS = 2000, (1, 10, 20, 64)


def _acceptances(world: World, now: datetime) -> list[Acceptance]:
    def one(number: int) -> Acceptance:
        alert = Alert(
            identifier=f"B{number}-{now:%H%M%S%f}",
            sender=world.gateway_id,
            sent=now.replace(microsecond=0),
            status=Status.EXERCISE,
            msg_type=MsgType.ALERT,
            precedence=Precedence.ROUTINE,
            headline="Strømsvigt",
            long_text=TEXT * 8,
            to=("vagt",),
        )
        submission = Submission(submitter="benchmark", key=alert.identifier)
        return judge(alert, submission, world=world, now=now, body=b"")

    return [one(number) for number in range(COUNT)]


def _session(folder: Path) -> Session:
    engine = sqlite.open_engine(folder / "bavn.db")
    schema.upgrade(engine)
    directory = read({"contacts": PEOPLE}, file="directory.toml")
    plain = a_world(a_way("loop"), directory=directory)
    world = World(
        gateway_id=plain.gateway_id,
        gateway_name=plain.gateway_name,
        plane=plain.plane,
        directory=directory,
        persons={contact.id: contact.id for contact in directory.contacts},
        surroundings=plain.surroundings,
        policies=plain.policies,
    )
    return Session(engine, lambda: world, ClockWatch(lambda: datetime.now(UTC), None))


def _accept_all(session: Session, items: list[Acceptance], size: int) -> None:
    for start in range(0, len(items), size):
        group = items[start : start + size]
        session.compose(lambda tx, group=group: accept(tx, group)).commit()  # type: ignore[misc]


def _send_all(session: Session, size: int) -> None:
    while True:
        found: list[Outcome] = []
        session.compose(lambda tx: found.extend(_handed(claim(tx, Claim("loop", size + 1, 0))))).commit()  # noqa: B023
        if not found:
            return
        session.compose(lambda tx: conclude(tx, found)).commit()  # noqa: B023


def _handed(claimed: list[object]) -> list[Outcome]:
    return [
        Outcome(
            delivery_id=c.delivery_id,  # type: ignore[attr-defined]
            attempt_id=c.attempt_id,  # type: ignore[attr-defined]
            channel="loop",
            address=c.address,  # type: ignore[attr-defined]
            verb="submitted",
            event=HandedOver(c.attempt_id),  # type: ignore[attr-defined]
            references=(f"{c.attempt_id}@eksempelkommune.invalid",),  # type: ignore[attr-defined]
            detail="250 2.0.0 Ok",
        )
        for c in claimed
    ]


def _microseconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return round((time.perf_counter() - began) / COUNT * 1e6, 1)


def main() -> None:
    memory = Path("/dev/shm")
    accepting, sending = {}, {}
    profile = cProfile.Profile()
    for size in GROUPS:
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
            session = _session(Path(name))
            _accept_all(
                session, _acceptances(session.world(), datetime.now(UTC)), size
            )  # compiles statements
            _send_all(session, size)
            items = _acceptances(session.world(), datetime.now(UTC))
            accepting[size] = _microseconds(lambda: _accept_all(session, items, size))  # noqa: B023
            sending[size] = _microseconds(lambda: _send_all(session, size))  # noqa: B023
            again = _acceptances(session.world(), datetime.now(UTC))
            profile.runcall(_accept_all, session, again, size)
            profile.runcall(_send_all, session, size)
            session.close()
    lines = io.StringIO()
    pstats.Stats(profile, stream=lines).sort_stats("tottime").print_stats(15)
    say(lines.getvalue())
    report("store, profiled", accept_us_by_group=accepting, send_us_by_group=sending)
