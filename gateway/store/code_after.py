"""An answer first, and after it what it answers: `1`, and when the hub has asked back, `J2`."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select

from channels.base import Inbound
from gateway.clock import from_ms
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.answering import Matched, in_part, keep_answer
from gateway.store.aside import ASIDE, answers_aside
from gateway.store.questions import Question, was_put_by
from gateway.store.transaction import Transaction
from gateway.store.urgency import is_urgent, needs_a_reader
from messages.answer import Kind
from messages.answer_code import bare_codes, marked_code, without_codes

LATELY = timedelta(minutes=30)
_LATELY_MS = LATELY // timedelta(milliseconds=1)
_WORD = re.compile(r"\w+")
_POLITE = frozenset({"hej", "tak", "mvh", "hi", "thanks"})
_OF = t.inbound.c


def take_before(tx: Transaction, number: int, item: Inbound, *, question: Question | None) -> Matched | None:
    """Takes what the sender wrote last, and nobody could match, for the answer to the question that this names.

    None where this says more than a code, or there was nothing: then it is an answer as it stands. A sender that is
    only claimed has to say both in one.
    """
    if question is None or item.claimed or item.reaction or item.doubtful:
        return None
    if not _is_only_code(item.text, question):
        return None
    before = _unmatched(tx, number, item.sender)
    row = next((each for each in before if was_put_by(tx.connection, question, each.received_ms)), None)
    if row is None:
        return None
    if answers_aside(question, row.text):
        return _aside(tx, row, question, code=number)
    same = [each.id for each in before if each.text == row.text and each.id != row.id]
    return _taken(tx, row, question, beside=[number, *same])


def _is_only_code(text: str, question: Question) -> bool:
    if question.code not in {marked_code(text), *bare_codes(text)}:
        return False
    return not set(_WORD.findall(without_codes(text, question.code).lower())) - _POLITE


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


def _taken(tx: Transaction, row: Row[Any], question: Question, *, beside: list[int]) -> Matched:
    """What was urgent before it was known what it answers stays so, until somebody ticks it off."""
    answer = question.read(row.text)
    urgent = bool(row.urgent) or is_urgent(question, answer)
    if row.missing:
        answer = in_part(answer)
    closed = keep_answer(tx, question, answer, via=row.channel, at=from_ms(row.at_ms), sender=row.sender)
    kind = "reaction" if answer.kind is Kind.REACTION else "answer"
    to_see = urgent or row.missing > 0 or needs_a_reader(answer)
    told = {"kind": kind, "delivery_id": question.delivery_id}
    tx.connection.execute(
        t.inbound.update().where(_OF.id == row.id).values(**told, urgent=urgent, open=to_see)
    )
    if not urgent:
        tx.connection.execute(t.inbound.update().where(_OF.id.in_(beside)).values(**told, open=False))
    tx.connection.execute(t.inbound.update().where(_OF.id == beside[0]).values(**told))
    tx.audit("inbox_identified", inbound=row.id, delivery=question.delivery_id, by=question.code)
    tx.changes.inbox = True
    return Matched(
        kind,
        question.identifier,
        question.recipient,
        urgent=row.id if urgent else None,
        closed=closed,
        notice=question.submitter == ASKS,
    )
