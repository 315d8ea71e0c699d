"""What an operation works in: one transaction, its time, its audit entries, and the ids it may give out.

A Session belongs to the writing thread. It keeps in memory what only this thread changes: the next ids, the head
of the audit chain, the free answer codes and the persons' keys.
"""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, LargeBinary, cast, func, select
from sqlalchemy.engine import RootTransaction

from gateway.audit import GENESIS, Entry, address_mark, chain, inside
from gateway.clock import ClockWatch, Reading, to_ms
from gateway.store import sqlite
from gateway.store import tables as t
from gateway.store.bulk import inserting
from gateway.store.clock_jumps import Jump, take_over
from gateway.world import World
from messages.answer import DIGITS, LETTERS, code_of

_INSERT_AUDIT = inserting(t.audit)
_OCTETS = cast(t.audit.c.record, LargeBinary).label("record")  # a damaged one may be no text
SHORT_CODES = len(LETTERS) * len(DIGITS)
CODE_REST_MS = 7 * 24 * 3600 * 1000  # a code is not used again until this long after its alert's expiry


@dataclass(slots=True)
class Changes:
    """What a committed group changed, for those who wait: channels with new work, alerts to show, the next time."""

    channels: set[str] = field(default_factory=set)
    alerts: set[int] = field(default_factory=set)
    due_ms: int | None = None  # the earliest new deadline
    silence: bool = False  # a channel's standing may have changed
    inbox: bool = False  # there is more, or less, for a person to look at
    jump: Jump | None = None  # the wall clock was moved

    def due_by(self, ms: int) -> None:
        if self.due_ms is None or ms < self.due_ms:
            self.due_ms = ms


@dataclass(slots=True)
class Pending:
    """A transaction that lacks only its COMMIT. The session is its own until then."""

    session: "Session"
    transaction: RootTransaction
    head: tuple[int, bytes]  # of the audit chain, once this is kept
    changes: Changes
    reading: Reading

    def commit(self) -> Changes:
        """Returns when the disk has it. StoreFailure if it did not confirm: then the session must be closed."""
        try:
            self.transaction.commit()
        except Exception as error:
            raise sqlite.failure(error) from error
        self.session.audit_n, self.session.audit_head = self.head
        self.session.watch.settle(self.reading)
        return self.changes


class Codes:
    """Answer codes: two signs as long as there are free ones, longer after that, none twice while it may be used."""

    def __init__(self, busy: set[str]) -> None:
        self._free = deque(code for n in range(SHORT_CODES) if (code := code_of(n)) not in busy)

    def take(self, alert_id: int) -> str:
        return self._free.popleft() if self._free else code_of(SHORT_CODES + alert_id)


class Transaction:
    """One group's transaction. Operations read and write through `connection` and note what happened in `audit`."""

    def __init__(self, session: "Session", now: datetime) -> None:
        self.session = session
        self.connection = session.connection
        self.world: World = session.world()
        self.now = now
        self.now_ms = to_ms(now)
        self.changes = Changes()
        self.entries: list[Entry] = []

    def audit(self, event: str, **facts: Any) -> None:
        self.entries.append(Entry(event, facts))

    def new_id(self, table: str) -> int:
        return self.session.new_id(table)

    def code(self, alert_id: int) -> str:
        return self.session.codes.take(alert_id)

    def address_mark(self, person_id: str, address: str) -> str:
        """The address under the person's own key; a person without a key was erased."""
        key = self.session.person_key(person_id)
        return address_mark(key, address) if key else "erased"

    def mark(self) -> int:
        return len(self.entries)

    def back_to(self, mark: int) -> None:
        del self.entries[mark:]


class Session:
    """The writer's connection and what it remembers between transactions."""

    def __init__(self, engine: Engine, world: Callable[[], World], watch: ClockWatch) -> None:
        self.connection: Connection = engine.connect()
        self.world, self.watch = world, watch
        with self.connection.begin():
            self._next = {table.name: self._last_id(table) for table in (t.alerts, t.deliveries, t.attempts)}
            last = self.connection.execute(
                select(t.audit.c.n, t.audit.c.hash, _OCTETS).order_by(t.audit.c.n.desc()).limit(1)
            ).first()
            self.audit_n: int = last.n if last else 0
            self.audit_head: bytes = last.hash if last else GENESIS
            watch.begin(_written_ms(last.record) if last else 0)
            self._codes_at_ms = to_ms(watch.look().now)
            self.codes = self._load_codes(self._codes_at_ms)
        self._keys: dict[str, bytes] = {}
        self._patient = True

    def compose(self, work: Callable[[Transaction], None], *, patient: bool = True) -> "Pending":
        """Runs `work` in a transaction and writes its audit; what fails is rolled back. Nothing is kept yet.

        Not `patient`: where another process holds the database it fails at once.
        """
        self._wait_for_others(patient)
        reading = self.watch.look()
        tx = Transaction(self, reading.now)
        transaction = self.connection.begin()
        try:
            if reading.moved_ms:
                _go_on(tx, reading.moved_ms)
            if abs(tx.now_ms - self._codes_at_ms) > 3_600_000:
                self.codes, self._codes_at_ms = self._load_codes(tx.now_ms), tx.now_ms
            work(tx)
            head = self._write_audit(tx)
        except BaseException:
            transaction.rollback()
            raise
        return Pending(self, transaction, head, tx.changes, reading)

    def _wait_for_others(self, patient: bool) -> None:
        if patient is not self._patient:
            sqlite.wait_for_others(self.connection, patient)
            self._patient = patient

    def _write_audit(self, tx: Transaction) -> tuple[int, bytes]:
        records = list(chain(tx.entries, at_ms=tx.now_ms, after=self.audit_n, head=self.audit_head))
        if not records:
            return self.audit_n, self.audit_head
        rows = [{"n": r.n, "record": r.record, "hash": r.hash} for r in records]
        _INSERT_AUDIT.write(self.connection, rows)
        return records[-1].n, records[-1].hash

    def new_id(self, table: str) -> int:
        self._next[table] += 1
        return self._next[table]

    def person_key(self, person_id: str) -> bytes:
        key = self._keys.get(person_id)
        if key is None:
            row = self.connection.execute(select(t.persons.c.key).where(t.persons.c.id == person_id)).first()
            key = self._keys[person_id] = row.key if row else b""
        return key

    def new_person(self) -> str:
        """A random id with a random key. To be called inside a transaction."""
        person_id, key = secrets.token_hex(8), secrets.token_bytes(32)
        self.connection.execute(t.persons.insert(), {"id": person_id, "key": key})
        return person_id

    def forget_person(self, person_id: str) -> None:
        """Deletes the key: what the audit says of this person cannot be tied to them any more."""
        self._keys.pop(person_id, None)
        self.connection.execute(t.persons.delete().where(t.persons.c.id == person_id))

    def close(self) -> None:
        self.connection.invalidate()
        self.connection.close()

    def _last_id(self, table: Any) -> int:
        return int(self.connection.execute(select(func.max(table.c.id))).scalar() or 0)

    def _load_codes(self, now_ms: int) -> Codes:
        until = now_ms - CODE_REST_MS
        busy = self.connection.execute(select(t.alerts.c.code).where(t.alerts.c.expires_ms > until))
        return Codes({row.code for row in busy})


def _go_on(tx: Transaction, moved_ms: int) -> None:
    """What waits is moved with the clock before anything is decided by the new time."""
    jump = tx.changes.jump = take_over(tx.connection, tx.now_ms, by_ms=moved_ms)
    tx.audit("clock_jumped", **jump.facts)
    tx.changes.alerts.update(jump.alerts)
    tx.changes.due_by(0)  # whoever sleeps until a time of the old clock


def _written_ms(record: bytes) -> int:
    """When a record was written; 0 for what is damaged."""
    at = inside(record.decode("utf-8", "surrogateescape")).get("at")
    return at if isinstance(at, int) else 0
