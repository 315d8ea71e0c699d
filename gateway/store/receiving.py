"""Operations of the way back: messages from outside, and answers. Reports are in `reporting`.

Nothing that arrives is lost: what matches no question is kept as `unmatched`. Nothing that arrives commands: an
answer raises evidence and stops further asking, and that is all it can do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from channels.base import Inbound
from gateway.clock import to_ms
from gateway.delivery import Answered, Reported
from gateway.errors import NotFound
from gateway.store import tables as t
from gateway.store.accepting import alert_number
from gateway.store.ledger import Ledger
from gateway.store.reporting import REPORT_WINDOW
from gateway.store.transaction import Transaction
from messages.address import AddressError, parse_address
from messages.alert import from_json
from messages.answer import Answer, Kind, find_code, read_answer
from messages.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Matched:
    """What an inbound message was taken for: answer, reaction, part, unmatched or repeated."""

    kind: str
    alert: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class _Question:
    """An open question somebody may be answering."""

    delivery_id: int
    alert_id: int
    identifier: str
    recipient: str
    options: tuple[tuple[str, str], ...]


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
    question = _question(tx, item.sender, text)
    if question is None:
        return _unmatched(tx, number, channel, text=text)
    answer = read_answer(text, question.options)
    kind = _answered(tx, question, answer, via=channel, at=item.at, sender=item.sender)
    tx.connection.execute(
        t.inbound.update().where(t.inbound.c.id == number).values(kind=kind, delivery_id=question.delivery_id)
    )
    return Matched(kind, question.identifier, question.recipient)


def _unmatched(tx: Transaction, number: int, channel: str, *, text: str) -> Matched:
    """From an address that was not asked: with a code it is shown at that alert as unconfirmed, and proves nothing."""
    alert_id = _coded_alert(tx, text)
    kind = "unmatched" if alert_id is None else "unconfirmed"
    tx.connection.execute(
        t.inbound.update().where(t.inbound.c.id == number).values(kind=kind, alert_id=alert_id)
    )
    tx.audit("received", inbound=number, channel=channel, kind=kind)
    if alert_id is not None:
        tx.changes.alerts.add(alert_id)
    return Matched(kind)


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


def _question(tx: Transaction, sender: str, text: str) -> _Question | None:
    """By the code, else the one open question that went to this address; two open and no code: none."""
    code, owners = find_code(text), _asked_at(tx, sender)
    if code:
        named = [row for row in _open(tx, t.alerts.c.code == code) if row.recipient in owners]
        return _as_question(named[0]) if named else None
    rows = _open(tx, t.deliveries.c.recipient.in_(owners)) if owners else []
    unanswered = [row for row in rows if not row.withdrawn and row.evidence < Evidence.ACKNOWLEDGED]
    groups: tuple[Sequence[Any], ...] = (
        [
            row for row in unanswered if row.evidence > Evidence.SENDING
        ],  # what is leaving now was not read yet
        unanswered,
        [row for row in rows if not row.withdrawn],
        rows,
    )
    for candidates in groups:
        if candidates:
            return _as_question(candidates[0]) if len({row.alert_id for row in candidates}) == 1 else None
    return None


def _asked_at(tx: Transaction, sender: str) -> frozenset[str]:
    """The contacts that have the sender's address: a phone that answers is a phone that was asked."""
    try:
        address = parse_address(sender)
    except AddressError:
        return frozenset()  # an alphanumeric sender, or none
    return frozenset(contact.id for contact in tx.world.directory.owners(address))


def _coded_alert(tx: Transaction, text: str) -> int | None:
    """The newest alert that the text's code names, for an answer from a number that was not asked."""
    code = find_code(text)
    query = select(t.alerts.c.id).where(t.alerts.c.code == code).order_by(t.alerts.c.id.desc())
    row = tx.connection.execute(query.limit(1)).first() if code else None
    return int(row.id) if row else None


def _open(tx: Transaction, condition: Any) -> Sequence[Any]:
    """Deliveries that something may have reached, newest first."""
    query = (
        select(
            t.deliveries.c.id,
            t.deliveries.c.alert_id,
            t.deliveries.c.recipient,
            t.deliveries.c.evidence,
            t.alerts.c.identifier,
            t.alerts.c.body,
            t.alerts.c.withdrawn,
        )
        .join_from(t.deliveries, t.alerts, t.alerts.c.id == t.deliveries.c.alert_id)
        .where(condition, t.deliveries.c.evidence >= int(Evidence.SENDING))
        .where(t.alerts.c.expires_ms > tx.now_ms - REPORT_WINDOW // timedelta(milliseconds=1))
    )
    return tx.connection.execute(query.order_by(t.deliveries.c.id.desc()).limit(20)).all()


def _as_question(row: Any) -> _Question:
    return _Question(row.id, row.alert_id, row.identifier, row.recipient, from_json(row.body).answers)


def _answered(
    tx: Transaction, question: _Question, answer: Answer, *, via: str, at: datetime, sender: str = ""
) -> str:
    """Keeps the answer and raises the evidence; contradicting answers are kept beside each other."""
    reaction = answer.kind is Kind.REACTION
    tx.connection.execute(
        t.answers.insert(),
        {
            "delivery_id": question.delivery_id,
            "option": answer.option,
            "text": answer.text[:1000],
            "via": via,
            "at_ms": to_ms(at),
        },
    )
    tx.changes.alerts.add(question.alert_id)
    ledger = Ledger(tx)
    ledger.load([question.delivery_id])
    if reaction:
        _reacted(ledger, question.delivery_id, via=via, sender=sender)
    else:
        ledger.step(question.delivery_id, Answered(), verb="answered", option=answer.option, channel=via)
        _show_answer(tx, question.delivery_id, answer)
    ledger.flush()
    return "reaction" if reaction else "answer"


def _reacted(ledger: Ledger, delivery_id: int, *, via: str, sender: str) -> None:
    """A thumb on the message: seen on the way that it came back on, answered by nobody."""
    delivery = ledger.known[delivery_id].delivery
    handed = [x for x in delivery.tries if x.evidence >= Evidence.UNKNOWN]
    there = [x for x in handed if delivery.ladder[x.rung].address == sender]
    over = [x for x in there if delivery.ladder[x.rung].channel == via]
    if seen := (over or there)[-1:]:
        event = Reported(seen[0].id, Evidence.READ)
        ledger.step(delivery_id, event, verb="reacted", attempt=seen[0].id)


def _show_answer(tx: Transaction, delivery_id: int, answer: Answer) -> None:
    """The latest answer that says anything is shown on the delivery; all stay in `answers` beside it."""
    if not (answer.option or answer.text):
        return
    tx.connection.execute(
        t.deliveries.update()
        .where(t.deliveries.c.id == delivery_id)
        .values(answer=answer.option or answer.text[:200], answered_ms=tx.now_ms)
    )


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person said or a runner brought back, typed in by staff."""

    identifier: str
    recipient: str
    text: str
    via: str  # voice or runner


def answer_by_hand(tx: Transaction, spoken: Spoken) -> Matched:
    """Keeps an answer that came by voice or by runner. NotFound names the alert or the recipient."""
    alert_id = alert_number(tx, spoken.identifier)
    query = select(t.deliveries.c.id, t.alerts.c.body).join_from(
        t.deliveries, t.alerts, t.alerts.c.id == t.deliveries.c.alert_id
    )
    row = tx.connection.execute(
        query.where(t.deliveries.c.alert_id == alert_id, t.deliveries.c.recipient == spoken.recipient)
    ).first()
    if row is None:
        raise NotFound(
            f"{spoken.recipient!r} is not among the recipients of {spoken.identifier}: see `bavn show`",
            pointer="recipient",
        )
    options = from_json(row.body).answers
    question = _Question(row.id, alert_id, spoken.identifier, spoken.recipient, options)
    kind = _answered(tx, question, read_answer(spoken.text, options), via=spoken.via, at=tx.now)
    return Matched(kind, spoken.identifier, spoken.recipient)
