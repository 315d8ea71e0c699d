"""An answer first, and after it what it answers: `1`, and when the hub has asked back, `J2`, `mødet`, `begge`."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from channels.base import Inbound
from gateway.clock import from_ms
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.answering import Matched, in_part, keep_answer
from gateway.store.aside import ASIDE, answers_aside
from gateway.store.coded import only_codes
from gateway.store.meant import asked_of
from gateway.store.named_in_words import Questions, may_name, named_in_words
from gateway.store.questions import Found, Question, Said, contacts_at, was_put_by
from gateway.store.transaction import Transaction
from gateway.store.urgency import is_urgent, needs_a_reader
from messages.answer import Kind

LATELY = timedelta(minutes=30)
_LATELY_MS = LATELY // timedelta(milliseconds=1)
_OF = t.inbound.c


def take_before(tx: Transaction, number: int, item: Inbound, *, found: Found) -> Matched | None:
    """Takes what the sender wrote last, and nobody could match, for the answer to the questions that this names.

    None where this says more than which, or there was nothing: then it is an answer as it stands. A sender that is
    only claimed has to say both in one.
    """
    if item.claimed or item.reaction or item.doubtful:
        return None
    questions = _coded(item.text, found)
    if not questions and not may_name(item.text, found):
        return None
    before = _unmatched(tx, number, item.sender)
    questions = questions or _in_words(tx, item, before)
    row = next((each for each in before if questions and _were_put(tx, questions, each)), None)
    if row is None:
        return None
    aside = next((each for each in questions if answers_aside(each, row.text)), None)
    if aside is not None:
        return _aside(tx, row, aside, code=number) if len(questions) == 1 else None
    if len(questions) > 1 and any(each.submitter == ASKS for each in questions):
        return None  # what takes the hub's notices is not said of two at once
    same = [each.id for each in before if each.text == row.text and each.id != row.id]
    return _taken(tx, row, questions, beside=[number, *same])


def _coded(text: str, found: Found) -> Questions:
    """The questions that the text names by their codes, where it says nothing else."""
    named = (found.question,) if found.question is not None else found.several
    return named if only_codes(text, [each.code for each in named]) else ()


def _in_words(tx: Transaction, item: Inbound, before: Sequence[Row[Any]]) -> Questions:
    """Those that it names in words, of the several that what was written before may answer."""
    if not before:
        return ()
    row, directory = before[0], tx.world.directory
    said = Said(row.text, row.received_ms, row.at_ms, row.sender, put_by_ms=row.received_ms)
    contacts = contacts_at(tx, item.sender)
    several = asked_of(tx.connection, said, contacts=contacts, directory=directory).several
    return named_in_words(item.text, several)


def _were_put(tx: Transaction, questions: Questions, row: Row[Any]) -> bool:
    return all(was_put_by(tx.connection, each, row.received_ms) for each in questions)


def _unmatched(tx: Transaction, number: int, sender: str) -> list[Row[Any]]:
    """What this sender wrote lately and stands open as matching no question, the newest first."""
    query = select(
        _OF.id, _OF.sender, _OF.text, _OF.channel, _OF.at_ms, _OF.received_ms, _OF.missing, _OF.urgent
    ).where(
        _OF.open,
        _OF.kind == "unmatched",
        _OF.sender == sender,
        _OF.received_ms > tx.now_ms - _LATELY_MS,
        _OF.id != number,
    )
    return list(tx.connection.execute(query.order_by(_OF.id.desc())))


def _aside(tx: Transaction, row: Row[Any], question: Question, *, code: int) -> Matched:
    """It is known now what it is about, and it is no answer to that: it stands open beside it."""
    about = (
        t.inbound.update()
        .where(_OF.id.in_([row.id, code]))
        .values(kind="doubtful", alert_id=question.alert_id)
    )
    tx.connection.execute(about)
    tx.connection.execute(t.inbound.update().where(_OF.id == row.id).values(automatic=ASIDE))
    tx.changes.alerts.add(question.alert_id)
    tx.changes.inbox = True
    return Matched("doubtful")


def _taken(tx: Transaction, row: Row[Any], questions: Questions, *, beside: list[int]) -> Matched:
    """What was urgent before it was known what it answers stays so, until somebody ticks it off."""
    read = [(each, each.read(row.text)) for each in questions]
    about, answer = next((each for each in read if is_urgent(*each)), read[0])
    urgent = bool(row.urgent) or is_urgent(about, answer)
    closed = None
    for each, said in read:
        kept = in_part(said) if row.missing else said
        closed = keep_answer(tx, each, kept, via=row.channel, at=from_ms(row.at_ms), sender=row.sender)
    kind = "reaction" if answer.kind is Kind.REACTION else "answer"
    to_see = urgent or row.missing > 0 or any(needs_a_reader(said) for _, said in read)
    told = {"kind": kind, "delivery_id": about.delivery_id}
    tx.connection.execute(
        t.inbound.update().where(_OF.id == row.id).values(**told, urgent=urgent, open=to_see)
    )
    if not urgent:
        tx.connection.execute(t.inbound.update().where(_OF.id.in_(beside)).values(**told, open=False))
    tx.connection.execute(t.inbound.update().where(_OF.id == beside[0]).values(**told))
    for each in questions:
        tx.audit("inbox_identified", inbound=row.id, delivery=each.delivery_id, by=each.code)
    tx.changes.inbox = True
    return Matched(
        kind,
        about.identifier,
        about.recipient,
        urgent=row.id if urgent else None,
        closed=closed,
        notice=about.submitter == ASKS,
    )
