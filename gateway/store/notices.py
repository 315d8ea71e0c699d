"""The notices by which the hub asks who takes what is urgent: who has it, who is not asked any more, what nobody has.

An item of the inbox names its notices in `told`, the oldest first. A yes to any of them takes what hangs on it and
is not the answerer's own; then nobody else is asked. Who has it and says anything but a yes, other than a question,
lets it go: in doubt nobody has it, and it is asked about again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from gateway.clock import to_ms
from gateway.delivery import Stopped
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.ledger import Ledger
from gateway.store.questions import Found, Question
from gateway.store.stopping import loaded, may_have_it
from gateway.store.telling import names, noted
from gateway.store.transaction import Transaction
from messages.alert import from_json
from messages.answer import Answer, Kind, read_answer
from messages.evidence import Ended, Evidence

_DAY_MS = 86_400_000
_LATELY_MS = 600_000  # who said no within this time is not asked again before it has passed
_MOST = (
    1000  # items that are looked at in one go: answers of those who were asked before what strangers wrote
)
_OF = t.inbound.c
_ITEMS = select(
    _OF.id, _OF.told, _OF.owner, _OF.taken_ms, _OF.handled_ms, _OF.sender, t.deliveries.c.recipient
).join_from(t.inbound, t.deliveries, t.deliveries.c.id == _OF.delivery_id, isouter=True)


@dataclass(frozen=True, slots=True)
class Closed:
    """Urgent items that need nobody else, and who was asked about which of them and does not know."""

    by: str
    about: Mapping[str, tuple[int, ...]]  # of each who was asked, the items
    handled: bool = False


def agrees(answer: Answer) -> bool:
    return bool(answer.option) or answer.kind is Kind.YES


def answered_notice(tx: Transaction, notice: Question, answer: Answer) -> Closed | None:
    """Somebody was asked who takes an urgent item, and answered. A thumb says nothing either way."""
    tx.changes.inbox = True
    items = _hanging_on(tx, notice.identifier)
    if agrees(answer):
        return _taken(tx, notice, [row for row in items if not _wrote(tx, notice.recipient, row)])
    if not (answer.asks or answer.kind is Kind.SEEN):
        items = _let_go(tx, notice.recipient, items)
    _ask_about(tx, notice, items)
    return None


def unanswered_notice(tx: Transaction, notice: Question) -> None:
    """What came back was perhaps a program's: it takes nothing and lets nothing go, and the next is asked."""
    _ask_about(tx, notice, _hanging_on(tx, notice.identifier))


def declined_all(tx: Transaction, found: Found, text: str) -> None:
    """A no to one of several notices, and nobody knows to which: the deputy hears of each, and no harm is done."""
    notices = [each for each in found.several if each.submitter == ASKS]
    if len(notices) == len(found.several) and read_answer(text, ()).kind is Kind.NO:
        for notice in notices:
            _ask_next(tx, notice)


def _hanging_on(tx: Transaction, notice: str) -> Sequence[Any]:
    """The open items that the notice is about; those that were handled if none is open."""
    about = _ITEMS.where(_OF.told.contains(notice, autoescape=True)).order_by(_OF.id)
    found = tx.connection.execute(about.where(_OF.open)).all()
    return found or tx.connection.execute(about.where(_OF.handled_ms.is_not(None))).all()


def _wrote(tx: Transaction, contact: str, row: Any) -> bool:
    """Whether it is their own cry: that they are alive to answer is not that somebody comes."""
    if row.recipient is not None:
        return bool(row.recipient == contact)
    return any(each.id == contact for each in tx.world.directory.at(row.sender))


def _taken(tx: Transaction, notice: Question, items: Sequence[Any]) -> Closed | None:
    free = [row for row in items if row.taken_ms is None and row.handled_ms is None]
    if free:
        update = t.inbound.update().where(_OF.id.in_([row.id for row in free]))
        tx.connection.execute(update.values(owner=notice.recipient, taken_ms=tx.now_ms))
        for row in free:
            tx.audit("inbox_taken", inbound=row.id, by=notice.recipient)
        return close(tx, [row.id for row in free], by=notice.recipient)
    others = [row for row in items if row.owner and row.owner != notice.recipient]
    if not others or len(others) < len(items):
        return None
    first = others[0]
    theirs = tuple(row.id for row in others if row.owner == first.owner)
    return owe(tx, Closed(first.owner, {notice.recipient: theirs}, first.handled_ms is not None))


def _let_go(tx: Transaction, recipient: str, items: Sequence[Any]) -> Sequence[Any]:
    """What they had is nobody's again."""
    mine = [row.id for row in items if row.owner == recipient and row.handled_ms is None]
    if mine:
        tx.connection.execute(t.inbound.update().where(_OF.id.in_(mine)).values(owner=None, taken_ms=None))
        for number in mine:
            tx.audit("inbox_let_go", inbound=number, by=recipient)
    open_ones = [row.id for row in items if row.handled_ms is None]
    return tx.connection.execute(_ITEMS.where(_OF.id.in_(open_ones))).all()


def _ask_about(tx: Transaction, notice: Question, items: Sequence[Any]) -> None:
    """Asks the next where somebody is still needed, and it is not their own cry."""
    contact = tx.world.directory.contact(notice.recipient)
    deputy = contact.deputy if contact else ""
    if any(row.taken_ms is None and not _wrote(tx, deputy, row) for row in items):
        _ask_next(tx, notice)


def _ask_next(tx: Transaction, notice: Question) -> None:
    """The deputy gets the notice now, not when nobody has answered for some minutes."""
    if notice.withdrawn or notice.expires_ms <= to_ms(tx.now):
        return
    ledger = Ledger(tx)
    ledger.load([notice.delivery_id])
    delivery = ledger.known[notice.delivery_id].delivery
    asked = ledger.new.ask_deputy(notice.alert_id, notice.recipient, delivery=delivery)
    if asked is not None:
        tx.audit("passed_on", delivery=notice.delivery_id, deputy=asked)
    ledger.flush()


# Who is not asked any more.


def close(tx: Transaction, numbers: Sequence[int], *, by: str, handled: bool = False) -> Closed | None:
    """Somebody has these: nobody else is asked, unless the same notice is about an item that nobody has."""
    told = tx.connection.execute(select(_OF.told).where(_OF.id.in_(numbers), _OF.told.is_not(None)))
    theirs = {name for row in told for name in names(row.told)}
    waits = select(_OF.told).where(_OF.open, _OF.urgent, _OF.taken_ms.is_(None), _OF.told.is_not(None))
    theirs -= {name for row in tx.connection.execute(waits) for name in names(row.told)}
    mine = _known_by(tx, by=by)
    about: dict[str, set[int]] = {}
    for name in sorted(theirs):
        for who in stop_asking(tx, name):
            if who != by:
                about.setdefault(who, set()).update(number for number, told in mine if name in told)
    return owe(tx, Closed(by, {who: tuple(sorted(of)) for who, of in about.items() if of}, handled))


def _known_by(tx: Transaction, *, by: str) -> list[tuple[int, tuple[str, ...]]]:
    """The items that this person has, or had lately, with the notices about each."""
    mine = select(_OF.id, _OF.told).where(_OF.owner == by, _OF.told.is_not(None))
    lately = mine.where(_OF.open | (_OF.handled_ms > tx.now_ms - _DAY_MS)).order_by(_OF.id)
    return [(row.id, names(row.told)) for row in tx.connection.execute(lately)]


def owe(tx: Transaction, closed: Closed) -> Closed | None:
    """Notes in the same transaction who is to hear of it, so that a stop of the hub in between keeps it from nobody."""
    if not closed.about:
        return None
    values = {"closing": json.dumps(asdict(closed))}
    tx.connection.execute(t.inbound.update().where(_OF.id == _first(closed)).values(**values))
    return closed


def owed(connection: Connection, _: None) -> list[Closed]:
    """Of what somebody has those who were asked have not been told."""
    rows = connection.execute(select(_OF.closing).where(_OF.closing.is_not(None)).order_by(_OF.id))
    found = [json.loads(row.closing) for row in rows]
    return [Closed(x["by"], {who: tuple(of) for who, of in x["about"].items()}, x["handled"]) for x in found]


def paid(tx: Transaction, closed: Closed) -> None:
    """They have been told."""
    where = t.inbound.update().where(_OF.id == _first(closed), _OF.closing == json.dumps(asdict(closed)))
    tx.connection.execute(where.values(closing=None))


def _first(closed: Closed) -> int:
    return min(number for of in closed.about.values() for number in of)


def stop_asking(tx: Transaction, notice: str) -> list[str]:
    """Nothing more of this notice leaves; who may have got it and has not answered."""
    alert_id = tx.connection.execute(select(t.alerts.c.id).where(t.alerts.c.identifier == notice)).scalar()
    if alert_id is None:
        return []
    ledger = Ledger(tx)
    ids = loaded(tx, ledger, alert_id)
    for delivery_id in ids:
        if ledger.known[delivery_id].delivery.ended is None:
            ledger.step(delivery_id, Stopped(), verb="stopped", alert=alert_id)
    ledger.flush()
    answered = {
        known.recipient
        for each in ids
        if (known := ledger.known[each]).delivery.evidence >= Evidence.ACKNOWLEDGED
    }
    return [each for each in may_have_it(ledger, ids) if each not in answered]


# What nobody has.


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of the notices of an item."""

    since_ms: int  # when the newest left
    everybody: frozenset[str] = frozenset()
    under_way: frozenset[str] = frozenset()  # who is being asked by the newest
    declined: frozenset[str] = frozenset()  # who said anything but a yes, not long ago
    at_once: bool = False  # it was let go, or all who could be asked by the newest have answered


@dataclass(frozen=True, slots=True)
class Untaken:
    number: int
    received_ms: int
    sender: str
    is_answer: bool
    told: str
    asked: Asked


def untaken(connection: Connection, now_ms: int) -> list[Untaken]:
    """The urgent items that nobody has taken, and what became of asking."""
    columns = (_OF.id, _OF.received_ms, _OF.sender, _OF.delivery_id, _OF.told)
    query = select(*columns).where(_OF.open, _OF.urgent, _OF.taken_ms.is_(None))
    rows = connection.execute(query.order_by(_OF.delivery_id.is_(None), _OF.id).limit(_MOST)).all()
    known = {told: _asked(connection, names(told), now_ms) for told in {row.told or "" for row in rows}}
    found = []
    for row in rows:
        asked = known[row.told or ""] or Asked(row.received_ms)
        is_answer = row.delivery_id is not None
        found.append(Untaken(row.id, row.received_ms, row.sender, is_answer, row.told or "", asked))
    return found


_ALERTS = select(
    t.alerts.c.id, t.alerts.c.identifier, t.alerts.c.accepted_ms, t.alerts.c.body, t.alerts.c.withdrawn
)


def _asked(connection: Connection, told: Sequence[str], now_ms: int) -> Asked | None:
    rows = connection.execute(_ALERTS.where(t.alerts.c.identifier.in_(told)).order_by(t.alerts.c.id)).all()
    if not rows:
        return None
    newest = rows[-1]
    deliveries = {row.id: _deliveries(connection, row.id) for row in rows}
    last = deliveries[newest.id]
    under_way = {d.recipient for d in last if d.ended is None and d.evidence < Evidence.ACKNOWLEDGED}
    answered = any(d.evidence >= Evidence.ACKNOWLEDGED for d in last)
    stopped = newest.withdrawn is None and any(d.ended == Ended.CANCELLED for d in last)
    return Asked(
        since_ms=newest.accepted_ms,
        everybody=frozenset(d.recipient for each in deliveries.values() for d in each),
        under_way=frozenset(under_way),
        declined=frozenset(_declined(rows, deliveries, after_ms=now_ms - _LATELY_MS)),
        at_once=stopped or (answered and not under_way),
    )


def _deliveries(connection: Connection, alert_id: int) -> Sequence[Any]:
    of = t.deliveries.c
    columns = (of.recipient, of.evidence, of.ended, of.answer, of.answered_ms)
    return connection.execute(select(*columns).where(of.alert_id == alert_id)).all()


def _declined(rows: Iterable[Any], deliveries: dict[int, Sequence[Any]], *, after_ms: int) -> Iterable[str]:
    for row in rows:
        offered = from_json(row.body).answers
        for each in deliveries[row.id]:
            late = each.answered_ms is not None and each.answered_ms > after_ms
            if late and not agrees(read_answer(each.answer or "", offered)):
                yield each.recipient


@dataclass(frozen=True, slots=True)
class ToldAgain:
    """Items that are told of again by another notice; `instead`: of the older ones nothing more leaves."""

    numbers: tuple[int, ...]
    notice: str
    instead: bool


def told_again(tx: Transaction, said: ToldAgain) -> None:
    rows = tx.connection.execute(select(_OF.id, _OF.told).where(_OF.id.in_(said.numbers))).all()
    older = {name for row in rows for name in names(row.told)} - {said.notice}
    for row in rows:
        values = {"told": noted(row.told, said.notice)}
        tx.connection.execute(t.inbound.update().where(_OF.id == row.id).values(**values))
    for name in sorted(older) if said.instead else ():
        stop_asking(tx, name)
    tx.changes.inbox = True
