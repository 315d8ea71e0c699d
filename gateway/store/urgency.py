"""What cannot wait, and who takes it on. In doubt a message is urgent: from whom and about what is found out after.

The duty officer is asked who takes it by an alert of the hub's own. Only a yes takes it; after anything else the
next is asked, which is the deputy of who answered.
"""

from gateway.clock import to_ms
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.ledger import Ledger
from gateway.store.questions import Found, Question, alert_with
from gateway.store.transaction import Transaction
from messages.alert import Alert
from messages.answer import Answer, Kind, begins_as, read_answer


def is_urgent(question: Question, answer: Answer) -> bool:
    """Somebody must act at once: a cry for help, or an answer that its alert says is urgent.

    Words that nobody could read as an answer are urgent when they begin as one: `4 ilt mangler`.
    """
    return _is_urgent(question.alert, answer, code=question.code)


def _is_urgent(alert: Alert, answer: Answer, *, code: str) -> bool:
    if answer.kind is Kind.UNREAD:
        urgent = tuple((key, meaning) for key, meaning in alert.answers if key in alert.urgent)
        return begins_as(answer.text, urgent, code=code)
    return answer.kind is Kind.HELP or answer.option in alert.urgent


def cannot_wait(tx: Transaction, text: str, found: Found) -> bool:
    """Whether a text is urgent as an answer to the question, or to any that it may be about, or to none."""
    questions = (found.question,) if found.question is not None else found.several
    if any(is_urgent(each, each.read(text)) for each in questions):
        return True
    if found.alert_id is not None:
        alert, code = alert_with(tx, found.alert_id)
        return _is_urgent(alert, read_answer(text, alert.answers, code=code), code=code)
    return not questions and read_answer(text, ()).kind is Kind.HELP


def needs_a_reader(answer: Answer) -> bool:
    """Words that nobody could read, or a question beside an answer that could be: a person reads them."""
    return answer.kind is Kind.UNREAD or answer.asks


def answered_notice(tx: Transaction, notice: Question, answer: Answer) -> None:
    """The duty officer was asked who takes an urgent item, and answered. A thumb says nothing either way."""
    of = t.inbound.c
    about = (of.told == notice.identifier) & of.handled_ms.is_(None)
    tx.changes.inbox = True
    if answer.option or answer.kind is Kind.YES:
        free = t.inbound.update().where(about, of.taken_ms.is_(None))
        tx.connection.execute(free.values(owner=notice.recipient, taken_ms=tx.now_ms))
        return
    if answer.kind is Kind.NO:
        theirs = t.inbound.update().where(about, of.owner == notice.recipient)
        tx.connection.execute(theirs.values(owner=None, taken_ms=None))
    waiting = t.inbound.select().where(about, of.taken_ms.is_(None)).limit(1)
    if tx.connection.execute(waiting).first() is not None:
        _ask_next(tx, notice)


def declined_all(tx: Transaction, found: Found, text: str) -> None:
    """A no to one of several notices, and nobody knows to which: the deputy hears of each, and no harm is done."""
    notices = [each for each in found.several if each.submitter == ASKS]
    if len(notices) == len(found.several) and read_answer(text, ()).kind is Kind.NO:
        for notice in notices:
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
