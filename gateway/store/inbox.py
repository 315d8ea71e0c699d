"""The inbox: what came in and needs a person. Somebody takes it, and somebody ticks it off; until then it stays.

It holds what answers no question, answers from addresses that were not asked, and answers on which somebody must
act at once.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, select

from gateway.clock import from_ms, rfc3339
from gateway.errors import Conflict, NotFound
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.answering import Matched, in_part, keep_answer
from gateway.store.finding import alert_number
from gateway.store.meant import asked_of
from gateway.store.notices import Closed, close, owe
from gateway.store.questions import Question, Said, asked_in
from gateway.store.showing import Json
from gateway.store.telling import names
from gateway.store.transaction import Transaction
from gateway.store.urgency import is_urgent
from messages.alert import from_json
from messages.answer import Kind as AnswerKind
from messages.directory import Directory

INBOX_MOST = 500  # items of a page
CODES_MOST = 4  # questions that are named as those it may answer


class Kind(StrEnum):
    """What an inbound message was taken for. `open` says whether a person must look at it."""

    ANSWER = "answer"
    REACTION = "reaction"
    PART = "part"  # of a long message whose other parts have not come
    JOINED = "joined"  # a part whose message is whole
    UNCONFIRMED = "unconfirmed"  # about an alert, from an address that was not asked
    UNMATCHED = "unmatched"  # about nothing that we know of, or about one of several questions
    AUTOMATIC = "automatic"  # nobody wrote it
    DOUBTFUL = "doubtful"  # a program may have written it
    BOUNCE = "bounce"  # something came back, and nobody can tell what it was
    UNREADABLE = "unreadable"  # it came, and says nothing that a program or a phone could show


@dataclass(frozen=True, slots=True)
class Listed:
    """Which items a list shows: the open ones, the urgent first, then those of contacts; or all, the newest first."""

    everything: bool = False
    limit: int = 100
    offset: int = 0
    directory: Directory = field(default_factory=Directory)


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody takes an item on (`done` False) or ticks it off. `by` is who says so."""

    number: int
    by: str
    done: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Identified:
    """Whose message it is, as staff know; `alert` is the store's name of the alert it is about, '' for the open one."""

    number: int
    contact: str
    by: str
    alert: str = ""


def list_inbox(connection: Connection, listed: Listed) -> list[Json]:
    found: list[Json] = inbox_page(connection, listed)["items"]
    return found


def inbox_page(connection: Connection, listed: Listed) -> Json:
    """One page, and how many items there are in all, how many of them urgent."""
    of = t.inbound.c
    shown = of.kind.not_in((Kind.PART, Kind.JOINED))
    counted = select(func.count(), func.count().filter(of.open, of.urgent)).where(shown)
    if listed.everything:
        newest = select(of.id).where(shown).order_by(of.id.desc()).limit(listed.limit).offset(listed.offset)
        page = list(connection.execute(newest).scalars())
    else:
        counted = counted.where(of.open)
        rows = list(
            connection.execute(
                select(of.id, of.sender, of.delivery_id, of.urgent, of.taken_ms).where(shown, of.open)
            )
        )
        rows.sort(key=lambda row: _most_needed(row, listed.directory))
        page = [row.id for row in rows[listed.offset : listed.offset + listed.limit]]
    total, urgent = connection.execute(counted).one()
    found = {row.id: _item(row) for row in connection.execute(_ITEMS.where(of.id.in_(page)))}
    return {"items": [found[number] for number in page], "total": total, "urgent": urgent}


def _most_needed(row: Any, directory: Directory) -> tuple[int, ...]:
    """The urgent, what nobody has taken, what people in the directory wrote, strangers; each as it came."""
    known = row.delivery_id is not None or bool(directory.at(row.sender))
    return not row.urgent, row.taken_ms is not None, not known, row.id


def inbox_item(connection: Connection, number: int) -> Json:
    """One item, open or not, with what came. NotFound if there is none of that number."""
    row = _row(connection, number)
    return _item(row) | {"raw": row.raw}


def take(tx: Transaction, taken: Taken) -> Closed | None:
    """Writes down who takes it or that it is handled. Conflict names who has it already.

    Then nobody else is asked to take it: who was, and need not come.
    """
    row, taken = _row(tx.connection, taken.number), replace(taken, by=_contact_id(tx, taken.by))
    if not taken.done and row.handled_ms is not None:
        raise _conflict("inbox_handled", "was handled already: see `bavn inbox --all`", row)
    if not row.open and row.handled_ms is None:
        raise _conflict("inbox_idle", "waits for nobody: see `bavn inbox`", row)
    if not taken.done and row.owner and row.owner != taken.by:
        raise _conflict("inbox_taken", f"is taken by {row.owner}: speak to them", row)
    ticked = taken.done and row.handled_ms is None  # then they have it, whoever had taken it
    values: dict[str, Any] = {"owner": taken.by if ticked else row.owner or taken.by}
    if row.taken_ms is None:
        values["taken_ms"] = tx.now_ms
    if taken.done:
        values |= {"open": False, "handled_ms": row.handled_ms or tx.now_ms}
        values["note"] = "; ".join(filter(None, (row.note, taken.note))) or None
    tx.connection.execute(t.inbound.update().where(t.inbound.c.id == taken.number).values(**values))
    tx.audit("inbox_handled" if taken.done else "inbox_taken", inbound=taken.number, by=taken.by)
    tx.changes.inbox = True
    if row.taken_ms is None and row.handled_ms is None:
        return close(tx, [taken.number], by=taken.by, handled=taken.done)
    if ticked and row.owner and row.owner != taken.by:  # who had taken it
        return owe(tx, Closed(taken.by, {row.owner: (taken.number,)}, handled=True))
    return None


def _contact_id(tx: Transaction, by: str) -> str:
    """The contact of this id, or the only one of this name; else whoever it is, as written."""
    directory = tx.world.directory
    if directory.contact(by) is not None:
        return by
    named = [each.id for each in directory.contacts if each.name.casefold() == by.casefold()]
    return named[0] if len(named) == 1 else by


def _conflict(code: str, reason: str, row: Row[Any]) -> Conflict:
    about = {"number": row.id, "owner": row.owner or ""}
    return Conflict(f"{row.id} {reason}", pointer="number", code=code, about=about)


def identify(tx: Transaction, said: Identified) -> Matched:
    """Takes the message for an answer of this contact. NotFound and Conflict say why it cannot be one."""
    row = _row(tx.connection, said.number)
    if row.delivery_id is not None:
        raise _conflict("inbox_is_answer", "is taken for an answer already: see `bavn inbox --all`", row)
    question = _question_for(tx, said, row)
    answer = in_part(question.read(row.text)) if row.missing else question.read(row.text)
    closed = keep_answer(tx, question, answer, via=row.channel, at=from_ms(row.at_ms))
    urgent = is_urgent(question, answer)
    kind = Kind.REACTION if answer.kind is AnswerKind.REACTION else Kind.ANSWER
    values = {"kind": kind, "delivery_id": question.delivery_id, "alert_id": None}
    state: dict[str, Any] = {"open": True, "urgent": True}  # to say whose it is, is not to take it on
    if not urgent:
        state = {"open": False, "urgent": False, "owner": row.owner or said.by, "handled_ms": tx.now_ms}
    tx.connection.execute(t.inbound.update().where(t.inbound.c.id == said.number).values(**values, **state))
    tx.audit("inbox_identified", inbound=said.number, delivery=question.delivery_id, by=said.by)
    tx.changes.inbox = True
    if not urgent:
        closed = close(tx, [said.number], by=said.by, handled=True) or closed
    return Matched(
        kind,
        question.identifier,
        question.recipient,
        urgent=said.number if urgent else None,
        closed=closed,
        notice=question.submitter == ASKS,
    )


def _question_for(tx: Transaction, said: Identified, row: Row[Any]) -> Question:
    alert_id, who = alert_number(tx, said.alert) if said.alert else row.alert_id, said.contact
    about = {"who": who}
    if tx.world.directory.contact(who) is None:
        reason = f"{who!r} is no contact: see directory.toml"
        raise NotFound(reason, pointer="contact", code="no_contact", about=about)
    if alert_id is not None:
        question = asked_in(tx, who, alert_id=alert_id)
        if question is None:
            reason = f"{who!r} is not among the recipients of that alert"
            raise NotFound(reason, pointer="contact", code="not_asked", about=about)
        return question
    words = Said(row.text, row.received_ms, row.at_ms, put_by_ms=row.received_ms)
    directory = tx.world.directory
    found = asked_of(tx.connection, words, contacts=frozenset({who}), directory=directory)
    if found.several:
        codes = ", ".join(f"#{each.code}" for each in found.several[:CODES_MOST])
        reason = f"{who!r} was asked {codes}: say which, with --alert"
        raise Conflict(reason, pointer="alert", code="asked_several", about=about | {"codes": codes})
    if found.question is None:
        reason = f"{who!r} had been asked nothing when it came: name the alert, with --alert"
        raise NotFound(reason, pointer="alert", code="asked_nothing", about=about)
    return found.question


_ITEMS = (
    select(
        t.inbound,
        t.alerts.c.identifier.label("alert"),
        t.alerts.c.code,
        t.alerts.c.body,
        t.alerts.c.withdrawn,
        t.alerts.c.status,
        t.deliveries.c.recipient,
    )
    .join_from(t.inbound, t.deliveries, t.deliveries.c.id == t.inbound.c.delivery_id, isouter=True)
    .join(
        t.alerts,
        (t.alerts.c.id == t.inbound.c.alert_id) | (t.alerts.c.id == t.deliveries.c.alert_id),
        isouter=True,
    )
)


def _row(connection: Connection, number: int) -> Row[Any]:
    row = connection.execute(_ITEMS.where(t.inbound.c.id == number)).first()
    if row is None:
        reason = f"there is no {number} in the inbox: see `bavn inbox --all`"
        raise NotFound(reason, pointer="number", code="inbox_none", about={"number": number})
    return row


def _item(row: Row[Any]) -> Json:
    return {
        "number": row.id,
        "kind": row.kind,
        "urgent": row.urgent,
        "open": row.open,
        "channel": row.channel,
        "sender": row.sender,
        "text": row.text,
        "at": rfc3339(row.at_ms),
        "received_at": rfc3339(row.received_ms),
        "automatic": row.automatic,
        "unreadable": row.unreadable,
        "more": row.more,
        "missing": row.missing,
        "recipient": row.recipient,
        "alert": _about(row) if row.alert else None,
        "told": next(reversed(names(row.told)), None),
        "owner": row.owner,
        "taken_at": rfc3339(row.taken_ms),
        "handled_at": rfc3339(row.handled_ms),
        "note": row.note,
    }


def _about(row: Row[Any]) -> Json:
    alert = from_json(row.body)
    return {
        "id": row.alert,
        "code": row.code,
        "headline": alert.headline,
        "withdrawn": row.withdrawn,
        "status": row.status,
        "language": alert.language,
        "answers": dict(alert.answers),
    }
