"""After the wall clock was moved: what waits goes on as if it had not been (invariant I16).

Intervals are kept as moments of the wall clock, since they outlive a restart. So when that is moved every time of what
is under way is moved with it, in one transaction, before anything else is decided by the new time: a fallback that was
due in twenty seconds still is, and what came later is still later. A validity counts from the acceptance and is moved
too. A time that its author wrote, in a CAP file or as a time of day, stands where it is; an alert that lapses by that
says why. The audit keeps the times as they were (docs/adr/0014-a-clock-that-is-moved.md).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, literal, or_, select

from gateway.clock import from_ms, rfc3339
from gateway.durations import in_words
from gateway.store import tables as t

NAMED_MOST = 100  # alerts in one audit record
LATELY_MS = 24 * 3600 * 1000  # messages that later ones may still belong with
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Jump:
    """`at` is by the clock as it is now; `by` is negative where it was set back; alerts by their numbers."""

    at: datetime
    by: timedelta
    alerts: tuple[int, ...] = ()  # that were under way
    lapsed: tuple[int, ...] = ()  # of these, whose time had passed by that alone

    @property
    def facts(self) -> dict[str, Any]:
        """For the audit."""
        named = {"lapsed": self.lapsed[:NAMED_MOST]} if self.lapsed else {}
        return {"by_ms": self.by // _MS, "alerts": len(self.alerts), **named}

    def lately(self, now: datetime) -> bool:
        """Worth a word: within a day."""
        return now - self.at < timedelta(days=1)

    @property
    def signed(self) -> str:
        """`+3 h`, `-3 h`."""
        return f"{'-' if self.by < timedelta() else '+'}{self._far}"

    @property
    def _far(self) -> str:
        """In whole seconds: the two clocks are not read at one moment."""
        return in_words(timedelta(seconds=round(abs(self.by.total_seconds()))))

    def __str__(self) -> str:
        way = "back" if self.by < timedelta() else "forward"
        return f"the clock was moved {way} by {self._far}, to {self.at:%Y-%m-%d %H:%M:%S}Z"


def take_over(connection: Connection, now_ms: int, *, by_ms: int) -> Jump:
    """Moves all that waits by `by_ms`, in the caller's transaction."""
    of = t.clock_jumps.c
    last = connection.execute(select(func.max(of.id))).scalar() or 0
    jump = _noted(connection, now_ms, by_ms=by_ms)
    under_way = select(of.alert_id).where(of.id > last, of.alert_id.is_not(None))
    of_validity = select(t.alerts.c.id).where(t.alerts.c.id.in_(under_way), ~t.alerts.c.expires_given)
    _move_deliveries(connection, under_way, of_validity, by_ms=by_ms)
    _move_alerts(connection, under_way, of_validity, by_ms=by_ms)
    _move(connection, t.series, t.series.c.next_ms.is_not(None), "next_ms", "until_ms", by_ms=by_ms)
    _move(connection, t.early_reports, literal(True), "received_ms", by_ms=by_ms)
    before_ms, came = now_ms - by_ms, t.inbound.c
    recent = or_(came.open, came.kind == "part", came.received_ms > before_ms - LATELY_MS)
    _move(connection, t.inbound, recent, "received_ms", "taken_ms", "handled_ms", by_ms=by_ms)
    _move(connection, t.idempotency, t.idempotency.c.until_ms > before_ms, "until_ms", by_ms=by_ms)
    return jump


def _noted(connection: Connection, now_ms: int, *, by_ms: int) -> Jump:
    """Keeps the jump, with a row for each alert that is open or has not expired."""
    before_ms, of = now_ms - by_ms, t.alerts.c
    open_ = select(t.deliveries.c.alert_id).where(t.deliveries.c.ended.is_(None))
    lapsed = and_(of.expires_given, of.expires_ms > before_ms, of.expires_ms <= now_ms, of.id.in_(open_))
    found = connection.execute(
        select(of.id, lapsed.label("lapsed")).where(or_(of.expires_ms > before_ms, of.id.in_(open_)))
    ).all()
    rows = [{"alert_id": row.id, "lapsed": bool(row.lapsed)} for row in found]
    jump = {"at_ms": now_ms, "by_ms": by_ms}
    connection.execute(
        t.clock_jumps.insert(), [jump | row for row in rows or [{"alert_id": None, "lapsed": False}]]
    )
    return Jump(
        from_ms(now_ms),
        by_ms * _MS,
        tuple(row.id for row in found),
        tuple(row.id for row in found if row.lapsed),
    )


def _move_alerts(connection: Connection, under_way: Any, of_validity: Any, *, by_ms: int) -> None:
    """What follows an alert is found by its withdrawal at the moment when the other was accepted: both are moved."""
    of, later = t.alerts.c, t.alerts.alias()
    followed = of.withdrawn_ms.in_(select(later.c.accepted_ms).where(later.c.id.in_(under_way)))
    _move(connection, t.alerts, followed, "withdrawn_ms", by_ms=by_ms)
    _move(connection, t.alerts, of.id.in_(under_way), "accepted_ms", by_ms=by_ms)
    _move(connection, t.alerts, of.id.in_(of_validity), "expires_ms", by_ms=by_ms)


def _move_deliveries(connection: Connection, under_way: Any, of_validity: Any, *, by_ms: int) -> None:
    of = t.deliveries.c
    mine = select(of.id).where(of.alert_id.in_(under_way))
    lasting = select(of.id).where(of.alert_id.in_(of_validity))
    attempts, parts = t.attempts.c, t.parts.c
    tried = select(attempts.id).where(attempts.delivery_id.in_(mine))
    _move(connection, t.attempts, attempts.delivery_id.in_(lasting), "expires_ms", by_ms=by_ms)
    since = ("queued_ms", "not_before_ms", "started_ms", "ended_ms")
    _move(connection, t.attempts, attempts.delivery_id.in_(mine), *since, by_ms=by_ms)
    _move(connection, t.parts, parts.attempt_id.in_(tried), "at_ms", by_ms=by_ms)
    _move(connection, t.deliveries, of.alert_id.in_(of_validity), "expires_ms", by_ms=by_ms)
    _move(connection, t.answers, t.answers.c.delivery_id.in_(mine), "at_ms", by_ms=by_ms)
    begun = ("began_ms", "round_began_ms", "answered_ms")
    _move(connection, t.deliveries, of.alert_id.in_(under_way), *begun, by_ms=by_ms)
    due = of.due_ms + by_ms
    sooner = case((due < of.expires_ms, due), else_=of.expires_ms)  # one that lapsed is looked at now
    waits = of.alert_id.in_(under_way) & of.due_ms.is_not(None)
    connection.execute(t.deliveries.update().where(waits).values(due_ms=sooner))


def _move(connection: Connection, table: Table, where: ColumnElement[bool], *names: str, by_ms: int) -> None:
    """What is NULL stays so."""
    connection.execute(table.update().where(where).values({name: table.c[name] + by_ms for name in names}))


def jumps_of(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    """When the clock was moved while an alert was under way, oldest first, as `GET /alerts/{id}` answers."""
    of = t.clock_jumps.c
    rows = connection.execute(
        select(of.at_ms, of.by_ms, of.lapsed).where(of.alert_id == alert_id).order_by(of.id)
    )
    return [{"at": rfc3339(row.at_ms), "by_s": row.by_ms / 1000, "lapsed": bool(row.lapsed)} for row in rows]


def last_jump(connection: Connection, _: None) -> Jump | None:
    """The newest, without its alerts."""
    of = t.clock_jumps.c
    row = connection.execute(select(of.at_ms, of.by_ms).order_by(of.id.desc()).limit(1)).first()
    return None if row is None else Jump(from_ms(row.at_ms), row.by_ms * _MS)
