"""Series: a question that is put again and again, each round an alert of its own with a code of its own.

A round begins the next one's clock. Whoever withdraws any of its alerts ends the series; nothing is repeated after
`until`.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from gateway.clock import rfc3339, to_ms
from gateway.store import tables as t
from gateway.store.transaction import Transaction
from messages.alert import Alert, from_json
from messages.answer_number import NUMBER_KEY, is_number
from messages.evidence import Evidence

Json = dict[str, Any]
MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class RoundOf:
    """Which round of which series an alert is."""

    series: int
    number: int


@dataclass(frozen=True, slots=True)
class Due:
    """A round that is to be sent: the alert of the one before, whose submitter asks again."""

    round: RoundOf
    alert: Alert
    submitter: str
    every: timedelta


def keep_round(tx: Transaction, alert: Alert, alert_id: int, *, round_of: RoundOf | None) -> None:
    """Begins a series with this alert, or notes it as a round. In the transaction that keeps the alert."""
    if round_of is not None:
        _note(tx, alert_id, round_of)
        of = t.series.c
        every = tx.connection.execute(select(of.every_ms).where(of.id == round_of.series)).scalar_one()
        where = t.series.update().where(of.id == round_of.series)
        tx.connection.execute(where.values(next_ms=_after(tx, of_round=round_of, every_ms=every)))
    elif alert.repeat is not None and alert.repeat_until is not None:
        every_ms = alert.repeat // MS
        row = {"id": alert_id, "every_ms": every_ms, "until_ms": to_ms(alert.repeat_until)}
        tx.connection.execute(t.series.insert(), row | {"next_ms": tx.now_ms + every_ms})
        _note(tx, alert_id, RoundOf(alert_id, 1))
        tx.changes.due_by(tx.now_ms + every_ms)


def _note(tx: Transaction, alert_id: int, round_of: RoundOf) -> None:
    row = {"alert_id": alert_id, "series_id": round_of.series, "round": round_of.number}
    tx.connection.execute(t.rounds.insert(), row)


def _after(tx: Transaction, *, of_round: RoundOf, every_ms: int) -> int | None:
    """When the next round is due, in step with the first; rounds that an outage swallowed are not made up for."""
    row = tx.connection.execute(
        select(t.series.c.next_ms, t.series.c.until_ms).where(t.series.c.id == of_round.series)
    ).one()
    missed = max(0, tx.now_ms - (row.next_ms or tx.now_ms)) // every_ms
    following = int((row.next_ms or tx.now_ms) + (missed + 1) * every_ms)
    if following >= row.until_ms:
        return None
    tx.changes.due_by(following)
    return following


def due_rounds(connection: Connection, now_ms: int) -> list[Due]:
    """The rounds whose time has come, of series none of whose alerts was withdrawn."""
    of = t.series.c
    rows = connection.execute(
        select(of.id, of.every_ms).where(of.next_ms.is_not(None), of.next_ms <= now_ms, ~_withdrawn())
    ).all()
    return [_due(connection, row.id, every_ms=row.every_ms) for row in rows]


def _due(connection: Connection, series: int, *, every_ms: int) -> Due:
    query = (
        select(t.alerts.c.body, t.alerts.c.submitter, t.rounds.c.round)
        .join_from(t.rounds, t.alerts, t.alerts.c.id == t.rounds.c.alert_id)
        .where(t.rounds.c.series_id == series)
    )
    row = connection.execute(query.order_by(t.rounds.c.round.desc()).limit(1)).one()
    round_of = RoundOf(series, row.round + 1)
    return Due(round_of, from_json(row.body), row.submitter, every_ms * MS)


def end_withdrawn(tx: Transaction, _: None) -> None:
    """Series whose alerts were withdrawn wait for nothing more."""
    ended = t.series.update().where(t.series.c.next_ms.is_not(None), _withdrawn())
    tx.connection.execute(ended.values(next_ms=None))


def _withdrawn() -> ColumnElement[bool]:
    """Any round of the series was stopped, corrected, updated or ended."""
    return (
        select(t.rounds.c.alert_id)
        .join_from(t.rounds, t.alerts, t.alerts.c.id == t.rounds.c.alert_id)
        .where(t.rounds.c.series_id == t.series.c.id, t.alerts.c.withdrawn.is_not(None))
        .exists()
    )


def next_round(connection: Connection) -> int | None:
    """When the next round of any series is due, in milliseconds."""
    query = select(func.min(t.series.c.next_ms)).where(t.series.c.next_ms.is_not(None), ~_withdrawn())
    found: int | None = connection.execute(query).scalar()
    return found


def standing_rounds(connection: Connection, identifier: str) -> list[str]:
    """The alerts of its series that stand, newest first; none if it belongs to no series."""
    series = (
        select(t.rounds.c.series_id)
        .join_from(t.rounds, t.alerts, t.alerts.c.id == t.rounds.c.alert_id)
        .where(t.alerts.c.identifier == identifier)
        .scalar_subquery()
    )
    query = (
        select(t.alerts.c.identifier)
        .join_from(t.rounds, t.alerts, t.alerts.c.id == t.rounds.c.alert_id)
        .where(t.rounds.c.series_id == series, t.alerts.c.withdrawn.is_(None))
    )
    return [row.identifier for row in connection.execute(query.order_by(t.rounds.c.round.desc()))]


def later_round(connection: Connection, alert_id: int, *, said_ms: int) -> int | None:
    """The alert of the newest round after this one that stands, and had been put when something was said."""
    own = t.rounds.alias("own")
    query = (
        select(t.alerts.c.id)
        .join_from(own, t.rounds, t.rounds.c.series_id == own.c.series_id)
        .join(t.alerts, t.alerts.c.id == t.rounds.c.alert_id)
        .where(own.c.alert_id == alert_id, t.rounds.c.round > own.c.round)
        .where(t.alerts.c.accepted_ms <= said_ms, t.alerts.c.withdrawn.is_(None))
    )
    found: int | None = connection.execute(query.order_by(t.rounds.c.round.desc()).limit(1)).scalar()
    return found


def show_series(connection: Connection, alert_id: int) -> Json | None:
    """The series of an alert, with each recipient's latest answer over all rounds; None if it is in none."""
    query = (
        select(t.series, t.rounds.c.round, t.alerts.c.body, _withdrawn().label("withdrawn"))
        .join_from(t.rounds, t.series, t.series.c.id == t.rounds.c.series_id)
        .join(t.alerts, t.alerts.c.id == t.rounds.c.alert_id)
        .where(t.rounds.c.alert_id == alert_id)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    rounds, latest = _latest(connection, row.id)
    if any(key == NUMBER_KEY for key, _ in from_json(row.body).answers):
        latest.update(_last_numbers(connection, row.id))
    return {
        "round": row.round,
        "rounds": rounds,
        "every_s": row.every_ms // 1000,
        "next_at": None if row.withdrawn else rfc3339(row.next_ms),
        "until": rfc3339(row.until_ms),
        "latest": list(latest.values()),
    }


def _last_numbers(connection: Connection, series: int) -> dict[str, Json]:
    """The last number of each recipient who gave one, with its age, whatever words came after it."""
    said = t.answers.c
    query = (
        select(t.deliveries.c.recipient, said.option, said.at_ms, t.rounds.c.round, t.alerts.c.code)
        .join_from(t.rounds, t.alerts, t.alerts.c.id == t.rounds.c.alert_id)
        .join(t.deliveries, t.deliveries.c.alert_id == t.alerts.c.id)
        .join(t.answers, said.delivery_id == t.deliveries.c.id)
        .where(t.rounds.c.series_id == series)
        .order_by(said.at_ms, said.id)
    )
    return {
        row.recipient: {
            "recipient": row.recipient,
            "answer": row.option,
            "answered_at": rfc3339(row.at_ms),
            "round": row.round,
            "code": row.code,
        }
        for row in connection.execute(query)
        if is_number(row.option)
    }


def _latest(connection: Connection, series: int) -> tuple[int, dict[str, Json]]:
    """How many rounds there were, and each recipient's latest answer, if there is one, with its round and time."""
    of = t.deliveries.c
    query = (
        select(of.recipient, of.answer, of.answered_ms, of.evidence, t.rounds.c.round, t.alerts.c.code)
        .join_from(t.rounds, t.alerts, t.alerts.c.id == t.rounds.c.alert_id)
        .join(t.deliveries, of.alert_id == t.alerts.c.id)
        .where(t.rounds.c.series_id == series)
        .order_by(t.rounds.c.round, of.id)
    )
    found: dict[str, Json] = {}
    rounds = 0
    for row in connection.execute(query):
        rounds = max(rounds, row.round)
        answered = row.answered_ms is not None and row.evidence >= Evidence.ACKNOWLEDGED
        if answered or row.recipient not in found:
            found[row.recipient] = {
                "recipient": row.recipient,
                "answer": row.answer if answered else None,
                "answered_at": rfc3339(row.answered_ms) if answered else None,
                "round": row.round if answered else None,
                "code": row.code if answered else None,
            }
    return rounds, found
