"""Reading operations: what people and scripts see of alerts, deliveries and attempts. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, LargeBinary, Row, cast, func, select

from gateway.audit import Record
from gateway.clock import rfc3339
from gateway.errors import NotFound
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.clock_jumps import jumps_of
from gateway.store.cries import of_deliveries, of_notice, whose
from gateway.store.rows import load_ladder
from gateway.store.series import show_series
from gateway.store.sharing import shared
from gateway.store.succession import successor
from messages.alert import from_json
from messages.evidence import Evidence
from messages.precedence import Precedence

Json = dict[str, Any]


def show_alert(connection: Connection, identifier: str) -> Json:
    """One alert with its deliveries and attempts, as `GET /alerts/{id}` answers."""
    row = connection.execute(select(t.alerts).where(t.alerts.c.identifier == identifier)).first()
    if row is None:
        raise NotFound(f"there is no alert {identifier!r} here: see `bavn list`")
    return {**_alert(row), "deliveries": _deliveries(connection, row), **_around(connection, row)}


def _alert(row: Row[Any]) -> Json:
    alert = from_json(row.body)
    return {
        "id": row.identifier,
        "code": row.code,
        "sender": alert.sender,
        "identifier": alert.identifier,
        "status": alert.status.value,
        "msg_type": alert.msg_type.value,
        "plane": row.plane,
        "precedence": Precedence(row.precedence).word,
        "headline": alert.headline,
        "text": alert.text,
        "answers": dict(alert.answers),
        "submitter": row.submitter,
        "accepted_at": rfc3339(row.accepted_ms),
        "expires_at": rfc3339(row.expires_ms),
        "withdrawn": row.withdrawn,
        "withdrawn_at": rfc3339(row.withdrawn_ms),
    }


def _around(connection: Connection, row: Row[Any]) -> Json:
    """The alerts before and after it, and answers from numbers that were not asked."""
    name = select(t.alerts.c.identifier, t.alerts.c.code)
    before = connection.execute(name.where(t.alerts.c.id == row.replaces)).first() if row.replaces else None
    after = successor(connection, row.id) if row.withdrawn else None
    return {
        "replaces": before.identifier if before else None,
        "replaces_code": before.code if before else None,
        "replaced_by": after.identifier if after else None,
        "replaced_by_code": after.code if after else None,
        "unconfirmed_answers": _unconfirmed(connection, row.id),
        "series": show_series(connection, row.id),
        "clock_moved": jumps_of(connection, row.id),
        "items": of_notice(connection, row.identifier) if row.submitter == ASKS else [],
    }


def _unconfirmed(connection: Connection, alert_id: int) -> list[Json]:
    """What came about it from addresses that were not asked, and who has what of it is urgent."""
    of = t.inbound.c
    said = (of.id, of.kind, of.channel, of.sender, of.text, of.at_ms, of.urgent)
    query = select(*said, of.owner, of.taken_ms, of.handled_ms, of.note).where(of.alert_id == alert_id)
    return [
        {
            "number": each.id,
            "kind": each.kind,
            "channel": each.channel,
            "sender": each.sender,
            "text": each.text,
            "at": rfc3339(each.at_ms),
            "urgent": each.urgent,
            **whose(each),
        }
        for each in connection.execute(query)
    ]


def _deliveries(connection: Connection, alert: Row[Any]) -> list[Json]:
    rows = connection.execute(
        select(t.deliveries).where(t.deliveries.c.alert_id == alert.id).order_by(t.deliveries.c.id)
    ).all()
    mine = select(t.deliveries.c.id).where(t.deliveries.c.alert_id == alert.id)
    attempts = _by_delivery(
        connection.execute(
            select(t.attempts).where(t.attempts.c.delivery_id.in_(mine)).order_by(t.attempts.c.id)
        ).all()
    )
    answers = _by_delivery(
        connection.execute(
            select(t.answers)
            .where(t.answers.c.delivery_id.in_(mine))
            .order_by(t.answers.c.at_ms, t.answers.c.id)
        ).all()
    )
    recipients, sharing = {row.id: row.recipient for row in rows}, shared(rows, answers)
    cries = of_deliveries(connection, alert.id)
    return [
        _delivery(row, attempts.get(row.id, []), answers.get(row.id, []), recipients=recipients)
        | {"shared": sharing.get(row.id, []), "items": cries.get(row.id, [])}
        | ({"call": False} if alert.withdrawn else {})  # nobody is to be rung about what does not hold
        for row in rows
    ]


def _by_delivery(rows: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    grouped: dict[int, list[Row[Any]]] = {}
    for row in rows:
        grouped.setdefault(row.delivery_id, []).append(row)
    return grouped


def _delivery(
    row: Row[Any], attempts: list[Row[Any]], answers: list[Row[Any]], *, recipients: dict[int, str]
) -> Json:
    ladder = load_ladder(row.ladder)
    return {
        "recipient": row.recipient,
        "evidence": Evidence(row.evidence).word,
        "want": Evidence(row.want).word,
        "ended": row.ended,
        "answer": row.answer,
        "answered_at": rfc3339(row.answered_ms),
        "answers": [
            {"text": a.text, "option": a.option, "via": a.via, "at": rfc3339(a.at_ms)} for a in answers
        ],
        "deputy_for": recipients.get(row.deputy_for) if row.deputy_for else None,
        "call": row.on_call_list and row.evidence < Evidence.ACKNOWLEDGED,
        "round": row.round,
        "next": _next(row, attempts, ladder=ladder),
        "plan": [{"channel": r.channel, "address": r.address, "why": r.why} for r in ladder],
        "attempts": [_attempt(a) for a in attempts],
    }


def _next(row: Row[Any], attempts: list[Row[Any]], *, ladder: Sequence[Any]) -> Json | None:
    """What happens next and when: an attempt that waits, else the way that comes when the deadline passes."""
    if row.ended is not None and not any(a.state in (0, 1, 2) for a in attempts):
        return None
    for attempt in attempts:
        if attempt.state in (0, 1):
            what = "retry" if attempt.state == 1 else "waiting"
            return {"what": what, "channel": attempt.channel, "at": rfc3339(attempt.not_before_ms)}
    tried = {a.rung for a in attempts if a.round == row.round}
    left = [rung.channel for index, rung in enumerate(ladder) if index not in tried]
    return {"what": "look", "channel": left[0] if left else None, "at": rfc3339(row.due_ms)}


def _attempt(row: Row[Any]) -> Json:
    return {
        "id": row.id,
        "channel": row.channel,
        "address": row.address,
        "evidence": "dropped" if row.dropped else Evidence(row.evidence).word,
        "receipt": row.receipt,
        "round": row.round,
        "why": row.why,
        "repeated": row.repeated,
        "permanent": row.permanent,
        "given_up": bool(row.stalled) and Evidence.UNKNOWN <= row.evidence <= Evidence.SUBMITTED,
        "queued_at": rfc3339(row.queued_ms),
        "started_at": rfc3339(row.started_ms),
        "ended_at": rfc3339(row.ended_ms),
        "detail": row.detail,
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts a list shows: the newest, at most `limit`; only those with open deliveries if asked."""

    limit: int = 50
    open_only: bool = False


def list_alerts(connection: Connection, wanted: Wanted) -> list[Json]:
    """The newest alerts, each with its counts of deliveries."""
    query = select(t.alerts).order_by(t.alerts.c.id.desc()).limit(wanted.limit)
    if wanted.open_only:
        open_ones = select(t.deliveries.c.alert_id).where(t.deliveries.c.ended.is_(None))
        query = query.where(t.alerts.c.id.in_(open_ones))
    rows = connection.execute(query).all()
    counts = _counts(connection, [row.id for row in rows])
    return [{**_alert(row), **counts.get(row.id, _NOBODY)} for row in rows]


_NOBODY = {"recipients": 0, "reached": 0, "missing": 0, "unknown": 0}


def _counts(connection: Connection, alert_ids: list[int]) -> dict[int, Json]:
    """How many were asked, reached, missing: of what was withdrawn nobody. A deputy's answer counts for the other."""
    deputy = t.deliveries.alias("deputy")
    stood_in = (
        select(deputy.c.id)
        .where(deputy.c.deputy_for == t.deliveries.c.id, deputy.c.evidence >= int(Evidence.ACKNOWLEDGED))
        .exists()
    )
    of = t.deliveries.c
    query = (
        select(of.alert_id, of.ended, of.evidence, stood_in, t.alerts.c.withdrawn, func.count())
        .join(t.alerts, t.alerts.c.id == of.alert_id)
        .where(of.alert_id.in_(alert_ids), of.deputy_for.is_(None))
        .group_by(of.alert_id, of.ended, of.evidence, stood_in, t.alerts.c.withdrawn)
    )
    counts: dict[int, Json] = {}
    for alert_id, ended, evidence, answered_for, withdrawn, number in connection.execute(query):
        mine = counts.setdefault(alert_id, dict(_NOBODY))
        mine["recipients"] += number
        if ended == "reached":
            mine["reached"] += number
        elif ended != "cancelled" and not answered_for and not withdrawn:
            mine["missing"] += number
        if evidence == Evidence.UNKNOWN:
            mine["unknown"] += number
    return counts


def identifiers(connection: Connection, alert_ids: set[int]) -> dict[int, str]:
    query = select(t.alerts.c.id, t.alerts.c.identifier).where(t.alerts.c.id.in_(alert_ids))
    return {row.id: row.identifier for row in connection.execute(query)}


def alert_row(connection: Connection, identifier: str) -> Row[Any]:
    row = connection.execute(select(t.alerts).where(t.alerts.c.identifier == identifier)).first()
    if row is None:
        raise NotFound(f"there is no alert {identifier!r} here: see `bavn list`")
    return row


def audit_records(connection: Connection, after: int) -> list[Record]:
    """The next records of the chain after number `after`, at most 10,000."""
    return records_after(connection, after, most=10_000)


def records_after(connection: Connection, after: int, *, most: int) -> list[Record]:
    """The next records of the chain after number `after`; damaged ones as they are."""
    octets = cast(t.audit.c.record, LargeBinary)
    query = select(t.audit.c.n, octets.label("record"), t.audit.c.hash).where(t.audit.c.n > after)
    rows = connection.execute(query.order_by(t.audit.c.n).limit(most))
    return [Record(row.n, row.record.decode("utf-8", "surrogateescape"), row.hash) for row in rows]


def audit_head(connection: Connection, _: None) -> tuple[int, bytes] | None:
    row = connection.execute(
        select(t.audit.c.n, t.audit.c.hash).order_by(t.audit.c.n.desc()).limit(1)
    ).first()
    return (row.n, row.hash) if row else None
