"""Keeping answers, however they came: they raise evidence, stop further asking, and are kept beside each other."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from gateway.attempt_names import attempt_id, attempt_name
from gateway.clock import to_ms
from gateway.delivery import Answered, Delivery, Reported
from gateway.errors import NotFound
from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.finding import alert_number
from gateway.store.ledger import Ledger
from gateway.store.long_texts import GAP
from gateway.store.notices import Closed, answered_notice
from gateway.store.questions import Question, asked_in
from gateway.store.series import later_round
from gateway.store.transaction import Transaction
from gateway.store.urgency import is_urgent
from messages.answer import Answer, Kind
from messages.answer_number import NUMBER_KEY
from messages.evidence import Evidence
from messages.neutral import neutral_line

CLOCKS_MS = 2000  # bearers say whole seconds, and clocks differ: so near each other the last to come is shown


@dataclass(frozen=True, slots=True)
class Matched:
    """What an inbound message was taken for: gateway.store.inbox.Kind, and whose answer to which alert it is."""

    kind: str
    alert: str = ""
    recipient: str = ""
    urgent: int | None = None  # its number in the inbox, where somebody must act at once
    several: tuple[Question, ...] = ()  # where it may answer any of these
    closed: Closed | None = None  # somebody has taken what others were asked to take
    notice: bool = False  # it answers the hub's own question who takes an item
    option: str = ""  # which answer, or which number, was read in it
    number: str = ""  # what a number was asked for


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person said or a runner brought back, typed in by staff."""

    identifier: str
    recipient: str
    text: str
    via: str  # voice or runner


def keep_answer(
    tx: Transaction,
    question: Question,
    answer: Answer,
    *,
    via: str,
    at: datetime,
    sender: str = "",
    in_reply_to: str = "",
) -> Closed | None:
    """Keeps the answer and raises the evidence; contradicting answers are kept beside each other.

    What is said to an earlier round of a series after a later one was put answers that one too. Of an answer to the
    hub's question who takes an item: who else was asked, and need not come.
    """
    _keep(tx, question, answer, via=via, at=at, sender=sender, in_reply_to=in_reply_to)
    if answer.kind is Kind.REACTION:
        return None
    later = later_round(tx.connection, question.alert_id, said_ms=to_ms(at))
    if later is not None and (asked := asked_in(tx, question.recipient, alert_id=later)) is not None:
        _keep(tx, asked, answer, via=via, at=at, sender=sender, in_reply_to="")
    return answered_notice(tx, question, answer) if question.submitter == ASKS else None


def _keep(
    tx: Transaction,
    question: Question,
    answer: Answer,
    *,
    via: str,
    at: datetime,
    sender: str,
    in_reply_to: str,
) -> None:
    ledger = Ledger(tx)
    ledger.load([question.delivery_id])
    at_ms = _said_ms(tx, ledger.known[question.delivery_id].delivery, at)
    tx.connection.execute(
        t.answers.insert(),
        {
            "delivery_id": question.delivery_id,
            "option": answer.option,
            "text": answer.text[:1000],
            "via": via,
            "at_ms": at_ms,
        },
    )
    tx.changes.alerts.add(question.alert_id)
    if answer.kind is Kind.REACTION:
        _reacted(ledger, question.delivery_id, via=via, sender=sender)
    else:
        event = Answered(_named(ledger, question, in_reply_to))
        ledger.step(question.delivery_id, event, verb="answered", option=answer.option, channel=via)
        _show_answer(tx, question.delivery_id, answer, at_ms=at_ms, by_clock_ms=to_ms(at))
    ledger.flush()


def _named(ledger: Ledger, question: Question, name: str) -> int | None:
    """The try of the question's delivery that the bearer says was answered, whatever way the answer came."""
    number = attempt_id(name)
    if number is None or attempt_name(question.identifier, number) != name:
        return None
    tries = ledger.known[question.delivery_id].delivery.tries
    return next((each.id for each in tries if each.id == number), None)


def in_part(answer: Answer) -> Answer:
    """Of a text that lacks a part: somebody answered, and a person must read what. The rest may say the opposite."""
    if answer.kind in {Kind.HELP, Kind.REACTION}:
        return answer
    return replace(answer, kind=Kind.UNREAD, option="")


def _reacted(ledger: Ledger, delivery_id: int, *, via: str, sender: str) -> None:
    """A thumb on the message: seen on the way that it came back on, answered by nobody."""
    delivery = ledger.known[delivery_id].delivery
    handed = [x for x in delivery.tries if x.evidence >= Evidence.UNKNOWN]
    there = [x for x in handed if delivery.ladder[x.rung].address == sender]
    over = [x for x in there if delivery.ladder[x.rung].channel == via]
    if seen := (over or there)[-1:]:
        event = Reported(seen[0].id, Evidence.READ)
        ledger.step(delivery_id, event, verb="reacted", attempt=seen[0].id)


def _said_ms(tx: Transaction, delivery: Delivery, at: datetime) -> int:
    """When it was said, as far as the bearer's clock can be right: after the question left, and not in the future."""
    left = min((x.started_at for x in delivery.tries if x.started_at), default=delivery.began_at)
    return min(max(to_ms(at), to_ms(left)), tx.now_ms)


def _show_answer(tx: Transaction, delivery_id: int, answer: Answer, *, at_ms: int, by_clock_ms: int) -> None:
    """The latest that says anything is shown on the delivery, however late the others come; all stay in `answers`.

    `by_clock_ms` is what the bearer's clock says. What lacks a part hides nothing that lacks none, unless it is later.
    """
    said, of = answer.option or answer.text[:200], t.deliveries.c
    shown, shown_ms = tx.connection.execute(
        select(of.answer, of.answered_ms).where(of.id == delivery_id)
    ).one()
    if shown and GAP.strip() in said and GAP.strip() not in shown:
        too_late = at_ms <= shown_ms
    else:
        too_late = bool(shown) and at_ms < shown_ms and by_clock_ms < shown_ms - CLOCKS_MS
    if said and not too_late:
        values = {"answer": said, "answered_ms": at_ms}
        tx.connection.execute(t.deliveries.update().where(of.id == delivery_id).values(**values))


def seen_only(text: str) -> Answer:
    """What is a reaction by what its bearer says, whatever the words are."""
    return Answer(Kind.REACTION, "", neutral_line(text), "")


def answer_by_hand(tx: Transaction, spoken: Spoken) -> Matched:
    """Keeps an answer that came by voice or by runner. NotFound names the alert or the recipient."""
    question = asked_in(tx, spoken.recipient, alert_id=alert_number(tx, spoken.identifier))
    if question is None:
        raise NotFound(
            f"{spoken.recipient!r} is not among the recipients of {spoken.identifier}: see `bavn show`",
            pointer="recipient",
            code="not_asked",
            about={"who": spoken.recipient},
        )
    answer = question.read(spoken.text)
    closed = keep_answer(tx, question, answer, via=spoken.via, at=tx.now)
    kind = "reaction" if answer.kind is Kind.REACTION else "answer"
    return Matched(
        kind,
        spoken.identifier,
        spoken.recipient,
        urgent=put_by_hand(tx, spoken, question=question) if is_urgent(question, answer) else None,
        closed=closed,
        notice=question.submitter == ASKS,
        option=answer.option,
        number=dict(question.alert.answers).get(NUMBER_KEY, ""),
    )


def put_by_hand(tx: Transaction, spoken: Spoken, *, question: Question) -> int:
    """What was said and is urgent stands in the inbox like what was written."""
    row = {
        "channel": spoken.via,
        "bearer_id": f"{question.delivery_id}@{tx.now_ms}",
        "sender": "",
        "text": spoken.text,
        "at_ms": tx.now_ms,
        "received_ms": tx.now_ms,
        "kind": "answer",
        "delivery_id": question.delivery_id,
        "open": True,
        "urgent": True,
    }
    key = tx.connection.execute(t.inbound.insert(), row).inserted_primary_key
    assert key is not None
    tx.changes.inbox = True
    return int(key[0])
