"""Operations of the way out: take what a channel hands over next, keep what became of it, look at what is due."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, select

from gateway.audit import far_end_code
from gateway.clock import from_ms
from gateway.delivery import ChannelWentDown, Event, FellSilent, Tick, TryState, TurnedDown
from gateway.marks import TELLS
from gateway.scheduler import Head, choose
from gateway.store import tables as t
from gateway.store.bulk import Query, updating
from gateway.store.ledger import Ledger
from gateway.store.reporting import receipts_came
from gateway.store.series import next_round
from gateway.store.succession import Held, held, predecessors
from gateway.store.transaction import Transaction
from gateway.store.writer import brief, grouped
from messages.evidence import Evidence
from messages.precedence import Precedence

LOOK_MOST = 300  # deliveries looked at in one transaction, so that FLASH never waits for a long one
CLAIM_ROUNDS = 4  # in which all that was found is turned down


@dataclass(frozen=True, slots=True)
class Claim:
    """A channel with free slots asks for work. `paced`: for now only FLASH may leave over it."""

    channel: str
    window: int
    in_flight: int
    paced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """An attempt that is committed as `sending`: its first byte may leave."""

    attempt_id: int
    delivery_id: int
    alert_id: int
    identifier: str
    body: bytes
    code: str
    replaces_code: str  # of the newest text before it that this recipient may have
    has_corrected: bool  # that text was corrected since, and this recipient has not got the correction
    recipient: str
    address: str
    precedence: Precedence
    plane: str
    repeated: bool
    expires_at: datetime
    validity: timedelta


_DETAILS = (
    select(
        t.attempts.c.id,
        t.attempts.c.delivery_id,
        t.attempts.c.rank,
        t.attempts.c.channel,
        t.attempts.c.address,
        t.attempts.c.repeated,
        t.attempts.c.expires_ms,
        t.deliveries.c.recipient,
        t.deliveries.c.person_id,
        t.deliveries.c.evidence,
        t.alerts.c.id.label("alert_id"),
        t.alerts.c.identifier,
        t.alerts.c.body,
        t.alerts.c.code,
        t.alerts.c.submitter,
        t.alerts.c.replaces,
        t.alerts.c.plane,
        t.alerts.c.precedence,
        t.alerts.c.withdrawn,
    )
    .join_from(t.attempts, t.deliveries, t.deliveries.c.id == t.attempts.c.delivery_id)
    .join(t.alerts, t.alerts.c.id == t.deliveries.c.alert_id)
    .where(
        t.attempts.c.state == literal_column("0"),  # literal, or the partial index is not used
        t.attempts.c.channel == bindparam("of_channel"),
        t.attempts.c.expires_ms > bindparam("now_ms"),
    )
    .order_by(t.attempts.c.rank, t.attempts.c.id)
    .limit(bindparam("most"))
)
_NEXT = Query(_DETAILS)
_NEXT_FLASH = Query(_DETAILS.where(t.attempts.c.rank.in_((literal_column("1"), literal_column("5")))))
_MARK_SENDING = updating(t.attempts, "state", "evidence", "started_ms")
_SHOW_SENDING = updating(t.deliveries, "evidence")


def heads(tx: Transaction, channel: str, *, most: int, flash_only: bool = False) -> list[Any]:
    """The oldest ready attempts of the best ranks. Costs the same however many are waiting."""
    query = _NEXT_FLASH if flash_only else _NEXT
    return query.read(tx.connection, of_channel=channel, now_ms=tx.now_ms, most=most)


def live_under_way(tx: Transaction) -> bool:
    """A live alert that wants speed is open: exercises wait (I7)."""
    if tx.world.plane != "live":
        return False
    query = select(t.deliveries.c.id).where(
        t.deliveries.c.due_ms.is_not(None), t.deliveries.c.ended.is_(None)
    )
    query = query.join_from(t.deliveries, t.alerts, t.alerts.c.id == t.deliveries.c.alert_id).where(
        t.alerts.c.plane == "live", t.alerts.c.precedence <= int(Precedence.IMMEDIATE)
    )
    return tx.connection.execute(query.limit(1)).first() is not None


@brief
def claim(tx: Transaction, ask: Claim) -> list[Claimed]:
    """Marks as `sending` what the channel hands over now; expiry, withdrawal and plane are checked once more.

    What may not leave is turned down and the next is looked at. Where thousands in a row may not leave, the list
    is empty for now and the channel is woken to ask again, so that one claim stays brief.
    """
    for _ in range(CLAIM_ROUNDS):
        claimed, turned_down = _claim(tx, ask)
        if claimed or not turned_down:
            return claimed
    tx.changes.channels.add(ask.channel)
    return []


def _claim(tx: Transaction, ask: Claim) -> tuple[list[Claimed], int]:
    live = live_under_way(tx)
    free = ask.window - ask.in_flight
    rows = {} if ask.paced else {row.id: row for row in heads(tx, ask.channel, most=free)}
    if ask.paced or live or free <= 1 < ask.window:
        rows |= {row.id: row for row in heads(tx, ask.channel, most=1, flash_only=True)}
    ready = [Head(row.id, row.rank) for row in rows.values()]
    go: list[Any] = []
    stay: list[tuple[Any, str]] = []
    for head in choose(ready, ask.window, in_flight=ask.in_flight, live_under_way=live):
        row = rows[head.attempt_id]
        reason = row.withdrawn or tx.world.may_leave(
            plane=row.plane, channel=row.channel, recipient=row.recipient, address=row.address
        )
        if reason:
            stay.append((row, reason))
        else:
            go.append(row)
    _mark_sending(tx, go)
    _turn_down(tx, stay)
    before = _before(tx, go)
    return [_claimed(tx, row, before.get(row.id)) for row in go], len(stay)


def _mark_sending(tx: Transaction, rows: Sequence[Any]) -> None:
    if not rows:
        return
    sending = {"state": int(TryState.SENDING), "evidence": int(Evidence.SENDING), "started_ms": tx.now_ms}
    _MARK_SENDING.write(tx.connection, [{"id": row.id, **sending} for row in rows])
    lower = {row.delivery_id for row in rows if row.evidence < Evidence.SENDING}
    _SHOW_SENDING.write(tx.connection, [{"id": i, "evidence": int(Evidence.SENDING)} for i in lower])
    for row in rows:
        tx.audit(
            "sending",
            delivery=row.delivery_id,
            person=row.person_id,
            attempt=row.id,
            channel=row.channel,
            address=tx.address_mark(row.person_id, row.address),
        )
        tx.changes.alerts.add(row.alert_id)


def _turn_down(tx: Transaction, refused: Sequence[tuple[Any, str]]) -> None:
    if not refused:
        return
    ledger = Ledger(tx)
    ledger.load(row.delivery_id for row, _ in refused)
    for row, reason in refused:
        ledger.note(row.id, receipt=None, detail=reason)
        ledger.step(
            row.delivery_id, TurnedDown(row.id, permanent=True), verb="refused", attempt=row.id, reason=reason
        )
    ledger.flush()


def _before(tx: Transaction, rows: Sequence[Any]) -> dict[int, Held]:
    """By attempt, what its recipient may have of the texts that its alert replaces."""
    found: dict[int, Held] = {}
    for alert_id, replaced in {(row.alert_id, row.replaces) for row in rows if row.replaces}:
        mine = {row.id: row.recipient for row in rows if row.alert_id == alert_id}
        earlier = {replaced, *predecessors(tx.connection, [alert_id])}
        have = held(tx.connection, earlier, of=set(mine.values()))
        found |= {number: have[who] for number, who in mine.items() if who in have}
    return found


def _claimed(tx: Transaction, row: Any, before: Held | None) -> Claimed:
    precedence = Precedence(row.precedence)
    expires_at = from_ms(row.expires_ms)
    return Claimed(
        attempt_id=row.id,
        delivery_id=row.delivery_id,
        alert_id=row.alert_id,
        identifier=row.identifier,
        body=row.body,
        code="" if row.submitter == TELLS else row.code,  # nothing answers it
        replaces_code=before.code if before else "",
        has_corrected=before is not None and before.corrected,
        recipient=row.recipient,
        address=row.address,
        precedence=precedence,
        plane=row.plane,
        repeated=bool(row.repeated),
        expires_at=expires_at,
        validity=min(tx.world.policies[precedence].network_validity, expires_at - tx.now),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a hand-over. `verb` is how the audit says it."""

    delivery_id: int
    attempt_id: int
    channel: str
    address: str
    verb: str
    event: Event
    references: tuple[str, ...] = ()
    parts: int = 1
    evidence: Evidence = Evidence.SUBMITTED
    detail: str = ""


@grouped
def conclude(tx: Transaction, outcomes: Sequence[Outcome]) -> Sequence[None]:
    """Keeps outcomes and what follows from them."""
    ledger = Ledger(tx)
    ledger.load(o.delivery_id for o in outcomes)
    for o in outcomes:
        ledger.step(
            o.delivery_id,
            o.event,
            verb=o.verb,
            attempt=o.attempt_id,
            **({"code": code} if (code := far_end_code(o.detail)) and o.verb != "submitted" else {}),
        )
        if not ledger.known[o.delivery_id].recipient:  # erased while it was in flight
            o = replace(o, address="", detail="")
        ledger.note(o.attempt_id, receipt=" ".join(o.references) or None, detail=o.detail, parts=o.parts)
        ledger.add_parts(_parts(tx, o))
    ledger.flush()
    receipts_came(tx, [(o.channel, o.attempt_id, o.references) for o in outcomes])
    return [None] * len(outcomes)


def _parts(tx: Transaction, o: Outcome) -> Iterable[dict[str, Any]]:
    for reference in o.references:
        yield {
            "attempt_id": o.attempt_id,
            "channel": o.channel,
            "reference": reference,
            "address": o.address,
            "evidence": int(o.evidence),
            "at_ms": tx.now_ms,
        }


def look(tx: Transaction, _: None) -> bool:
    """Looks at deliveries whose time has come, and puts delayed attempts in the queue. True: there are more."""
    _promote(tx)
    query = select(t.deliveries.c.id).where(
        t.deliveries.c.due_ms.is_not(None), t.deliveries.c.due_ms <= tx.now_ms
    )
    ids = [row.id for row in tx.connection.execute(query.order_by(t.deliveries.c.due_ms).limit(LOOK_MOST))]
    if ids:
        ledger = Ledger(tx)
        ledger.load(ids)
        for delivery_id in ids:
            ledger.step(delivery_id, Tick(), verb="looked")
        ledger.flush()
    return len(ids) == LOOK_MOST


def _promote(tx: Transaction) -> None:
    due = (t.attempts.c.state == 1) & (t.attempts.c.not_before_ms <= tx.now_ms)
    rows = tx.connection.execute(
        t.attempts.update().where(due).values(state=int(TryState.READY)).returning(t.attempts.c.channel)
    )
    tx.changes.channels.update(row.channel for row in rows)


def next_look(connection: Connection, _: None) -> datetime | None:
    """When `look` has something to do next; None: never, until something changes."""
    due = connection.execute(
        select(func.min(t.deliveries.c.due_ms)).where(t.deliveries.c.due_ms.is_not(None))
    ).scalar()
    delayed = connection.execute(
        select(func.min(t.attempts.c.not_before_ms)).where(t.attempts.c.state == 1)
    ).scalar()
    times = [ms for ms in (due, delayed, next_round(connection)) if ms is not None]
    return from_ms(min(times)) if times else None


def channel_down(tx: Transaction, ask: tuple[str, int]) -> int | None:
    """Tells waiting deliveries, oldest first, that their channel went down. `ask` is (channel, after attempt id).

    Returns the last attempt looked at, or None when there are no more: one transaction stays short.
    """
    channel, after = ask
    query = select(t.attempts.c.id, t.attempts.c.delivery_id).where(
        t.attempts.c.state == 0, t.attempts.c.channel == channel, t.attempts.c.id > after
    )
    # Only the two that hurry do anything about it before their deadline.
    query = query.where(t.attempts.c.rank.in_((1, 2, 5, 6)))
    rows = tx.connection.execute(query.order_by(t.attempts.c.id).limit(LOOK_MOST)).all()
    ledger = Ledger(tx)
    ledger.load(row.delivery_id for row in rows)
    for delivery_id in dict.fromkeys(row.delivery_id for row in rows):
        ledger.step(delivery_id, ChannelWentDown(channel), verb="fell_back", channel=channel)
    ledger.flush()
    return int(rows[-1].id) if len(rows) == LOOK_MOST else None


def recover(tx: Transaction, _: None) -> int:
    """After a crash: what was `sending` may have gone, so it is `unknown`, or what was reported. Returns how many."""
    rows = tx.connection.execute(
        select(t.attempts.c.id, t.attempts.c.delivery_id, t.attempts.c.channel).where(t.attempts.c.state == 2)
    ).all()
    ledger = Ledger(tx)
    ledger.load(row.delivery_id for row in rows)
    for row in rows:
        ledger.note(row.id, receipt=None, detail="the hub stopped while it was being handed over")
        ledger.step(row.delivery_id, FellSilent(row.id), verb="unknown", attempt=row.id, reason="restart")
    ledger.flush()
    receipts_came(tx, [(row.channel, row.id, ()) for row in rows])  # by what names it: no receipt will come
    return len(rows)
