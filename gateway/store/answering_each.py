"""One text, and an answer to each of several questions: `R4 1, T4 2`, `1 R4 T4`."""

from typing import Any

from channels.base import Inbound
from gateway.clock import to_ms
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.answering import Matched, keep_answer
from gateway.store.coded import Codes
from gateway.store.questions import Said, contacts_at
from gateway.store.transaction import Transaction
from gateway.store.urgency import is_urgent
from messages.answer import Kind


def answer_each(tx: Transaction, number: int, channel: str, *, item: Inbound) -> Matched | None:
    """Keeps an answer to each, where each part is plainly one, or one of them is urgent. None: a person reads it.

    The hub's notices are taken so only where every part is plain.
    """
    said = Said(item.text, tx.now_ms, to_ms(item.at), item.sender)
    directory, owners = tx.world.directory, contacts_at(tx, item.sender)
    codes = Codes(tx.connection, said, contacts=owners, directory=directory)
    parts = codes.together() or codes.parts()
    read = [(question, question.read(text)) for question, text in parts]
    urgent = [question for question, answer in read if is_urgent(question, answer)]
    plain = all(answer.kind is Kind.OPTION and not answer.asks for _, answer in read)
    notice = any(question.submitter == ASKS for question, _ in read)
    if not read or not (plain or (urgent and not notice)):
        return None
    closed = [
        keep_answer(tx, question, answer, via=channel, at=item.at, sender=item.sender)
        for question, answer in read
    ]
    about = urgent[0] if urgent else read[0][0]
    values: dict[str, Any] = {"kind": "answer", "delivery_id": about.delivery_id}
    values |= {"urgent": bool(urgent), "open": bool(urgent)}
    tx.connection.execute(t.inbound.update().where(t.inbound.c.id == number).values(**values))
    tx.changes.inbox = tx.changes.inbox or bool(urgent)
    return Matched(
        "answer",
        about.identifier,
        about.recipient,
        urgent=number if urgent else None,
        closed=next(filter(None, closed), None),
        notice=notice,
    )
