"""What a program wrote, or may have written: it answers nothing by itself, and is closed only where it is understood.

| what                                            | about something of ours     | of a contact, else | of a stranger |
|-------------------------------------------------|-----------------------------|--------------------|---------------|
| automatic for certain                           | closed, the next way starts | open               | closed        |
| the same, with a cry for help in it             | open                        | open               | closed        |
| a bounce of a mail that nobody can name         |                             | open               | open          |
| doubtful: signs that people's messages bear too | open; an answer, if clear   | open               | closed        |

A doubtful one is clear where all of it is one option that was asked for; else a person reads it, and says with one step
whose answer it is.

Words over a bearer that programs write to as well (`Inbound.programs_write`) are doubtful without any sign, where they
read as no answer: a ticket system's receipt looks as a person's words do. To ask an honest person again costs them a
text; to take a receipt for an answer leaves somebody whom nobody reaches. So is, over any bearer, what is understood
and answers something else than was asked: gateway.store.aside.
"""

import re
from typing import Any

from channels.base import Inbound
from gateway.attempt_names import attempt_id
from gateway.delivery import GivenUp
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.answering import Matched
from gateway.store.aside import ASIDE, answers_aside, asks_number
from gateway.store.ledger import Ledger
from gateway.store.notices import unanswered_notice
from gateway.store.questions import Found, Question, contacts_at
from gateway.store.transaction import Transaction
from gateway.store.urgency import cannot_wait, is_urgent
from messages.answer import Kind

_LONGEST_CLEAR = 60  # characters; a program has more to say
_UNCLEAR = "its words are no clear answer, and a program may have written them"
_NUMBER_FIRST = re.compile(r"\W*(?:ca\.?|cirka|circa|about)?\W*\d", re.IGNORECASE)


def keep_automatic(tx: Transaction, number: int, item: Inbound, *, channel: str, found: Found) -> Matched:
    """Nobody wrote it. Probably nobody reads there either: the next way need not wait."""
    question = found.question
    if item.undelivered:
        return _left(tx, number, item, kind="bounce", channel=channel, found=found)
    if question is not None:
        _give_up(tx, question, item)
    known = question is not None or found.alert_id is not None
    of_contact = bool(contacts_at(tx, item.sender))
    _note(
        tx,
        number,
        kind="automatic",
        delivery_id=question.delivery_id if question else None,
        alert_id=question.alert_id if question else found.alert_id,
        open=cannot_wait(tx, item.text, found) if known else of_contact,
    )
    return Matched("automatic")


def doubt(item: Inbound, found: Found, *, missing: int) -> str:
    """Why a person must say whether it is an answer; '' for what is one, and for what is about no question.

    What lacks a part (`missing`) is an answer that a person reads in any case.
    """
    if item.doubtful:
        return "" if found.question is not None and is_clear(item, found.question) else item.doubtful
    if item.reaction:
        return ""
    if found.question is not None and not missing and answers_aside(found.question, item.text):
        return ASIDE
    if not item.programs_write:
        return ""
    asked = (found.question,) if found.question is not None else found.several
    return "" if not asked or any(_answers(item.text, each) for each in asked) else _UNCLEAR


def _answers(text: str, question: Question) -> bool:
    """Whether words that a program may have written read as an answer. A number far into a long text is any number."""
    answer = question.read(text)
    if answer.kind is Kind.OPTION and asks_number(question):
        return len(text) <= _LONGEST_CLEAR or _NUMBER_FIRST.match(text) is not None
    clear = answer.kind is not Kind.UNREAD and not (answer.thanks or answer.unsure)
    return clear or is_urgent(question, answer)


def is_clear(item: Inbound, question: Question) -> bool:
    """Whether a doubtful message is an answer all the same."""
    if len(item.text) > _LONGEST_CLEAR or asks_number(question):
        return False
    answer = question.read(item.text)
    return answer.kind is Kind.OPTION and not answer.asks


def keep_doubtful(tx: Transaction, number: int, item: Inbound, *, channel: str, found: Found) -> Matched:
    """A person looks at it, unless it is a stranger's about nothing: then it is one of many newsletters."""
    about_ours = found.question is not None or found.alert_id is not None
    if found.question is not None and found.question.submitter == ASKS:
        unanswered_notice(tx, found.question)  # a way that nobody may be at: the next is asked
    if about_ours or found.several or contacts_at(tx, item.sender):
        return _left(tx, number, item, kind="doubtful", channel=channel, found=found)
    _note(tx, number, kind="automatic", automatic=item.doubtful[:200])
    return Matched("automatic")


def _left(tx: Transaction, number: int, item: Inbound, *, kind: str, channel: str, found: Found) -> Matched:
    """For a person, beside the alert that it is about."""
    alert_id = found.question.alert_id if found.question else found.alert_id
    urgent = kind == "doubtful" and cannot_wait(tx, item.text, found)
    why = (item.automatic or item.doubtful)[:200]
    _note(tx, number, kind=kind, automatic=why, alert_id=alert_id, urgent=urgent, open=True)
    tx.audit("received", inbound=number, channel=channel, kind=kind)
    if alert_id is not None:
        tx.changes.alerts.add(alert_id)
    return Matched(kind, urgent=number if urgent else None)


def _give_up(tx: Transaction, question: Question, item: Inbound) -> None:
    attempt = attempt_id(item.in_reply_to)
    if attempt is None:
        return
    ledger = Ledger(tx)
    ledger.load([question.delivery_id])
    if any(each.id == attempt for each in ledger.known[question.delivery_id].delivery.tries):
        ledger.step(question.delivery_id, GivenUp(attempt), verb="automatic_reply", attempt=attempt)
        ledger.flush()


def _note(tx: Transaction, number: int, **values: Any) -> None:
    if values.get("open"):
        tx.changes.inbox = True
    tx.connection.execute(t.inbound.update().where(t.inbound.c.id == number).values(**values))
