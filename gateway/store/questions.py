"""Which question an inbound message answers: by its code, by what it replies to, by who was asked. Only reads.

In doubt it is none: what is not matched goes to a person, and an answer is never guessed on to another alert.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from channels.base import Inbound
from gateway.attempt_names import attempt_id, attempt_name
from gateway.marks import TELLS
from gateway.store import tables as t
from gateway.store.reporting import REPORT_WINDOW
from gateway.store.transaction import Transaction
from messages.alert import Alert, from_json
from messages.answer import Answer, read_answer
from messages.answer_code import bare_codes, marked_code
from messages.evidence import Evidence

_QUESTIONS = select(
    t.deliveries.c.id,
    t.deliveries.c.alert_id,
    t.deliveries.c.recipient,
    t.deliveries.c.evidence,
    t.alerts.c.identifier,
    t.alerts.c.withdrawn,
    t.alerts.c.expires_ms,
    t.alerts.c.submitter,
    t.rounds.c.series_id,
).join_from(t.deliveries, t.alerts, t.alerts.c.id == t.deliveries.c.alert_id)
_QUESTIONS = _QUESTIONS.join(t.rounds, t.rounds.c.alert_id == t.alerts.c.id, isouter=True)


@dataclass(frozen=True, slots=True)
class Question:
    """An open question somebody may be answering: one delivery of one alert."""

    delivery_id: int
    alert_id: int
    identifier: str
    code: str
    recipient: str
    submitter: str
    withdrawn: bool
    expires_ms: int
    alert: Alert

    def read(self, text: str) -> Answer:
        """The text as an answer to it."""
        return read_answer(text, self.alert.answers, code=self.code)


@dataclass(frozen=True, slots=True)
class Found:
    """The question; or the alert that a stranger means; or several questions, one of which it must be."""

    question: Question | None = None
    alert_id: int | None = None
    several: tuple[Question, ...] = ()


def find_question(tx: Transaction, item: Inbound, text: str) -> Found:
    """By `#K7` in the text, by what it replies to, by a bare `K7`, else the one open question put to the sender."""
    owners = contacts_at(tx, item.sender)
    if code := marked_code(text):
        return _coded(tx, owners, code) or Found(alert_id=_coded_alert(tx, code))
    if (replied := _replied_to(tx, item.in_reply_to)) is not None:
        mine = replied.recipient in owners
        return Found(_question(tx, replied)) if mine else Found(alert_id=replied.alert_id)
    bare = bare_codes(text)  # it may be a word: it is a code where the sender was asked under it
    if named := next(filter(None, (_coded(tx, owners, code) for code in bare)), None):
        return named
    found = Found() if item.claimed else asked_of(tx, owners)
    if found.question or found.several:
        return found
    return Found(alert_id=next(filter(None, (_coded_alert(tx, code) for code in bare)), None))


def _coded(tx: Transaction, owners: frozenset[str], code: str) -> Found | None:
    rows = _open(tx, t.alerts.c.code == code, t.deliveries.c.recipient.in_(owners)) if owners else []
    return Found(_question(tx, rows[0])) if rows else None


def asked_of(tx: Transaction, contacts: frozenset[str]) -> Found:
    """The one open question put to these contacts; one that was answered or withdrawn only if there is no other."""
    rows = _open(tx, t.deliveries.c.recipient.in_(contacts)) if contacts else []
    unanswered = [row for row in rows if not row.withdrawn and row.evidence < Evidence.ACKNOWLEDGED]
    groups: tuple[Sequence[Any], ...] = (
        [
            row for row in unanswered if row.evidence > Evidence.SENDING
        ],  # what is leaving now was not read yet
        unanswered,
        [row for row in rows if not row.withdrawn],
        rows,
    )
    candidates = next((group for group in groups if group), ())
    # Of a phone that two share the newest delivery, of a series its newest round.
    newest = {row.series_id or row.alert_id: row for row in reversed(candidates)}
    if len(newest) > 1:
        return Found(several=tuple(_question(tx, row) for row in newest.values()))
    return Found(_question(tx, candidates[0])) if candidates else Found()


def asked_in(tx: Transaction, contact: str, *, alert_id: int) -> Question | None:
    """The question of this alert to this contact; None if it was not put to them."""
    row = tx.connection.execute(
        _QUESTIONS.where(t.alerts.c.id == alert_id, t.deliveries.c.recipient == contact)
    ).first()
    return _question(tx, row) if row else None


def contacts_at(tx: Transaction, sender: str) -> frozenset[str]:
    """The contacts that have the sender's address: a phone that answers is a phone that was asked."""
    return frozenset(contact.id for contact in tx.world.directory.at(sender))


def _coded_alert(tx: Transaction, code: str) -> int | None:
    """The newest alert with the code, for an answer from a number that was not asked."""
    query = select(t.alerts.c.id).where(t.alerts.c.code == code).order_by(t.alerts.c.id.desc())
    row = tx.connection.execute(query.limit(1)).first()
    return int(row.id) if row else None


def _replied_to(tx: Transaction, name: str) -> Any:
    """The delivery whose attempt the bearer says it is a reply to; None if it is none of ours."""
    number = attempt_id(name)
    if number is None:
        return None
    query = select(t.attempts.c.delivery_id).where(t.attempts.c.id == number)
    row = tx.connection.execute(query).first()
    rows = _open(tx, t.deliveries.c.id == row.delivery_id) if row else []
    return rows[0] if rows and attempt_name(rows[0].identifier, number) == name else None


def _open(tx: Transaction, *conditions: ColumnElement[bool]) -> Sequence[Any]:
    """Deliveries that something may have reached, newest first. What the hub only tells people is no question."""
    query = _QUESTIONS.where(
        *conditions,
        t.deliveries.c.evidence >= int(Evidence.SENDING),
        t.alerts.c.expires_ms > tx.now_ms - REPORT_WINDOW // timedelta(milliseconds=1),
        t.alerts.c.submitter != TELLS,
    )
    return tx.connection.execute(query.order_by(t.deliveries.c.id.desc())).all()


def _question(tx: Transaction, row: Any) -> Question:
    alert, code = alert_with(tx, row.alert_id)
    return Question(
        delivery_id=row.id,
        alert_id=row.alert_id,
        identifier=row.identifier,
        code=code,
        recipient=row.recipient,
        submitter=row.submitter,
        withdrawn=row.withdrawn is not None,
        expires_ms=row.expires_ms,
        alert=alert,
    )


def alert_with(tx: Transaction, alert_id: int) -> tuple[Alert, str]:
    """An alert, and its code."""
    query = select(t.alerts.c.body, t.alerts.c.code).where(t.alerts.c.id == alert_id)
    row = tx.connection.execute(query).one()
    return from_json(row.body), str(row.code)
