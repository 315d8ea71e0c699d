"""Operations of the way back: messages from outside. Reports are in `reporting`, who is asked in `questions`.

Nothing that arrives is lost: what answers no question is kept in the inbox for a person. Nothing that arrives
commands: an answer raises evidence and stops further asking, and that is all it can do.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from channels.base import Inbound
from gateway.attempt_names import attempt_id
from gateway.clock import to_ms
from gateway.delivery import GivenUp
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.answering import Matched, is_urgent, keep_answer
from gateway.store.ledger import Ledger
from gateway.store.questions import Found, Question, find_question
from gateway.store.transaction import Transaction
from messages.answer import Kind, read_answer


def receive(tx: Transaction, arrived: tuple[str, Inbound]) -> Matched:
    """Keeps a message from outside and takes it for an answer where it is one. Twice the same counts once."""
    channel, item = arrived
    seen = select(t.inbound.c.id).where(
        t.inbound.c.channel == channel, t.inbound.c.bearer_id.in_((item.bearer_id, *item.also))
    )
    if tx.connection.execute(seen).first() is not None:
        return Matched("repeated")
    number = _keep(tx, channel, item)
    text = _joined(tx, channel, item) if item.part else item.text
    if text is None:
        return Matched("part")
    if item.part:
        _note(tx, number, text=text)
    found = find_question(tx, item, text)
    if item.automatic:
        return _automatic(tx, number, item, found=found)
    if found.question is None:
        return _for_a_person(tx, number, channel, found=found)
    return _answer(tx, number, channel, item=replace(item, text=text), found=found)


def _answer(tx: Transaction, number: int, channel: str, *, item: Inbound, found: Found) -> Matched:
    question = found.question
    assert question is not None
    answer = read_answer(item.text, question.alert.answers)
    keep_answer(tx, question, answer, via=channel, at=item.at, sender=item.sender)
    kind = "reaction" if answer.kind is Kind.REACTION else "answer"
    if question.submitter == ASKS and kind == "answer":
        _taken_on(tx, question)
    urgent = is_urgent(question, answer)
    _note(tx, number, kind=kind, delivery_id=question.delivery_id, urgent=urgent, open=urgent)
    return Matched(kind, question.identifier, question.recipient, urgent=number if urgent else None)


def _taken_on(tx: Transaction, question: Question) -> None:
    """Who answers that they take it has it: unless somebody has it already."""
    of = t.inbound.c
    mine = (of.told == question.identifier) & of.owner.is_(None) & of.handled_ms.is_(None)
    tx.connection.execute(t.inbound.update().where(mine).values(owner=question.recipient, taken_ms=tx.now_ms))
    tx.changes.inbox = True


def _for_a_person(tx: Transaction, number: int, channel: str, *, found: Found) -> Matched:
    """From an address that was not asked: with a code it is shown at that alert as unconfirmed, and proves nothing."""
    kind = "unmatched" if found.alert_id is None else "unconfirmed"
    _note(tx, number, kind=kind, alert_id=found.alert_id, open=True)
    tx.audit("received", inbound=number, channel=channel, kind=kind)
    if found.alert_id is not None:
        tx.changes.alerts.add(found.alert_id)
    return Matched(kind, several=found.several)


def _automatic(tx: Transaction, number: int, item: Inbound, *, found: Found) -> Matched:
    """Nobody wrote it, so it answers nothing. Probably nobody reads there either: the next way need not wait."""
    question, attempt = found.question, attempt_id(item.in_reply_to)
    if question is not None and attempt is not None:
        ledger = Ledger(tx)
        ledger.load([question.delivery_id])
        if any(each.id == attempt for each in ledger.known[question.delivery_id].delivery.tries):
            ledger.step(question.delivery_id, GivenUp(attempt), verb="automatic_reply", attempt=attempt)
            ledger.flush()
    _note(
        tx,
        number,
        kind="automatic",
        delivery_id=question.delivery_id if question else None,
        alert_id=question.alert_id if question else found.alert_id,
    )
    return Matched("automatic")


def _note(tx: Transaction, number: int, **values: Any) -> None:
    if values.get("open"):
        tx.changes.inbox = True
    tx.connection.execute(t.inbound.update().where(t.inbound.c.id == number).values(**values))


def _keep(tx: Transaction, channel: str, item: Inbound) -> int:
    reference, total, number = item.part or (None, None, None)
    row = {
        "channel": channel,
        "bearer_id": item.bearer_id,
        "sender": item.sender,
        "text": item.text,
        "at_ms": to_ms(item.at),
        "received_ms": tx.now_ms,
        "part_reference": reference,
        "part_total": total,
        "part_number": number,
        "kind": "part" if item.part else "unmatched",
        "automatic": item.automatic[:200],
    }
    key = tx.connection.execute(t.inbound.insert(), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def _joined(tx: Transaction, channel: str, item: Inbound) -> str | None:
    """The whole text once its last part is here, else None. Parts are of one sender, reference and day."""
    assert item.part is not None
    reference, total, _ = item.part
    rows = tx.connection.execute(
        select(t.inbound.c.id, t.inbound.c.part_number, t.inbound.c.text)
        .where(
            t.inbound.c.channel == channel,
            t.inbound.c.sender == item.sender,
            t.inbound.c.part_reference == reference,
            t.inbound.c.part_total == total,
            t.inbound.c.kind == "part",  # phones count from the same reference again: a joined part is spent
            t.inbound.c.received_ms > tx.now_ms - 86_400_000,
        )
        .order_by(t.inbound.c.id)
    ).all()
    parts = {row.part_number: row.text for row in rows}
    if len(parts) < total:
        return None
    spent = t.inbound.update().where(t.inbound.c.id.in_([row.id for row in rows]))
    tx.connection.execute(spent.values(kind="joined"))
    return "".join(parts[n] for n in sorted(parts))
