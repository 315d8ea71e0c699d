"""What cannot wait. In doubt a message is urgent: from whom and about what is found out after.

Who takes it on is asked by the hub's own notices: see gateway.store.notices.
"""

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
    """Words that nobody could read, or beside an answer a question or news: a person reads them.

    So are few words beside a quotation, which may be a phone's or somebody's own.
    """
    return answer.kind is Kind.UNREAD or answer.asks or answer.tells or answer.unsure
