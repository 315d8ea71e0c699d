"""The questions that were put to somebody: their rows, what they ask, and when each was open. Only reads.

Which of them a message answers is in gateway.store.matching, and for one that names none in gateway.store.meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, select

from gateway.attempt_names import attempt_id, attempt_name
from gateway.marks import TELLS
from gateway.store import tables as t
from gateway.store.reporting import REPORT_WINDOW
from gateway.store.sharing import one_of
from gateway.store.transaction import Transaction
from messages.alert import Alert, from_json
from messages.answer import Answer, Kind, read_answer
from messages.answer_reaction import sent_text
from messages.directory import Directory
from messages.evidence import Evidence

_WINDOW_MS = REPORT_WINDOW // timedelta(milliseconds=1)

_QUESTIONS = select(
    t.deliveries.c.id,
    t.deliveries.c.alert_id,
    t.deliveries.c.recipient,
    t.deliveries.c.evidence,
    t.deliveries.c.ladder,
    t.deliveries.c.began_ms,
    t.deliveries.c.answered_ms,
    t.alerts.c.identifier,
    t.alerts.c.withdrawn,
    t.alerts.c.withdrawn_ms,
    t.alerts.c.expires_ms,
    t.alerts.c.submitter,
    t.alerts.c.replaces,
    t.rounds.c.series_id,
).join_from(t.deliveries, t.alerts, t.alerts.c.id == t.deliveries.c.alert_id)
_QUESTIONS = _QUESTIONS.join(t.rounds, t.rounds.c.alert_id == t.alerts.c.id, isouter=True)


@dataclass(frozen=True, slots=True)
class Question:
    """A question somebody may be answering: one delivery of one alert."""

    delivery_id: int
    alert_id: int
    identifier: str
    code: str
    recipient: str
    submitter: str
    withdrawn: bool
    expires_ms: int
    alert: Alert
    closed: str = ""  # stopped, corrected, updated, ended, answered or expired

    def read(self, text: str) -> Answer:
        """The text as an answer to it."""
        return read_answer(text, self.alert.answers, code=self.code, sent=self.sent)

    @property
    def sent(self) -> str:
        """The words that were sent, which a text may quote."""
        return sent_text(self.alert, self.code)


@dataclass(frozen=True, slots=True)
class Found:
    """The question; or the alert that a stranger means; or several questions, one of which it must be."""

    question: Question | None = None
    alert_id: int | None = None
    several: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a contact said, and when it came; `written_ms`: when it was written, by the clock of its bearer.

    `put_by_ms`: only what had begun to leave by then can be meant.
    """

    text: str
    at_ms: int
    written_ms: int
    sender: str = ""
    reaction: bool = False
    put_by_ms: int | None = None

    @property
    def only_seen(self) -> bool:
        """It says that something was seen: that may be about what asks nothing too."""
        return is_thumb(self.text, reaction=self.reaction) or read_answer(self.text, ()).kind is Kind.SEEN


def is_thumb(text: str, *, reaction: bool) -> bool:
    """A reaction to a message, which answers nothing; by what its bearer says, or by its words."""
    return reaction or read_answer(text, ()).kind is Kind.REACTION


def asked_in(tx: Transaction, contact: str, *, alert_id: int) -> Question | None:
    """The question of this alert to this contact; None if it was not put to them."""
    row = tx.connection.execute(
        _QUESTIONS.where(
            t.alerts.c.id == alert_id, t.deliveries.c.recipient == contact, t.alerts.c.submitter != TELLS
        )
    ).first()
    return question_of(tx.connection, row) if row else None


def contacts_at(tx: Transaction, sender: str) -> frozenset[str]:
    """The contacts that have the sender's address: a phone that answers is a phone that was asked."""
    return frozenset(contact.id for contact in tx.world.directory.at(sender))


def replied_to(tx: Transaction, name: str) -> Any:
    """The delivery whose attempt the bearer says it is a reply to; None if it is none of ours."""
    number = attempt_id(name)
    if number is None:
        return None
    query = select(t.attempts.c.delivery_id).where(t.attempts.c.id == number)
    row = tx.connection.execute(query).first()
    rows = _open(tx.connection, tx.now_ms, t.deliveries.c.id == row.delivery_id, named=True) if row else []
    return rows[0] if rows and attempt_name(rows[0].identifier, number) == name else None


def put_to(
    connection: Connection, said: Said, contacts: frozenset[str], *conditions: ColumnElement[bool]
) -> Sequence[Any]:
    """What was put to these contacts, before it was said; what it names also where it was refused all over."""
    if not contacts:
        return []
    named = bool(conditions)
    if said.put_by_ms is not None:
        conditions = (*conditions, _begun_by(said.put_by_ms))
    return _open(connection, said.at_ms, t.deliveries.c.recipient.in_(contacts), *conditions, named=named)


def was_put_by(connection: Connection, question: Question, at_ms: int) -> bool:
    """Whether it had begun to leave by then."""
    of = t.deliveries.c
    query = select(of.id).where(of.id == question.delivery_id, _begun_by(at_ms))
    return connection.execute(query).first() is not None


def _begun_by(at_ms: int) -> ColumnElement[bool]:
    of = t.attempts.c
    return exists().where(of.delivery_id == t.deliveries.c.id, of.started_ms <= at_ms)


def _open(
    connection: Connection, at_ms: int, *conditions: ColumnElement[bool], named: bool = False
) -> Sequence[Any]:
    """Deliveries that something may have reached, newest first. What the hub only tells people is no question.

    Who names one that was refused all over has it: somebody in between refused, such as a proxy.
    """
    there = t.deliveries.c.evidence >= int(Evidence.SENDING)
    query = _QUESTIONS.where(
        *conditions,
        there | _begun_by(at_ms) if named else there,
        t.alerts.c.expires_ms > at_ms - _WINDOW_MS,
        t.alerts.c.submitter != TELLS,
    )
    return connection.execute(query.order_by(t.deliveries.c.id.desc())).all()


def one_of_each(
    connection: Connection, rows: Sequence[Any], said: Said, *, directory: Directory
) -> list[Any]:
    """One of each alert's deliveries: several share the address where their contacts do."""
    by_alert: dict[int, list[Any]] = {}
    for row in rows:
        by_alert.setdefault(row.alert_id, []).append(row)
    return [
        each[0]
        if len(each) == 1
        else one_of(connection, each, said.text, sender=said.sender, directory=directory)
        for each in by_alert.values()
    ]


def question_of(connection: Connection, row: Any) -> Question:
    alert, code = _alert_with(connection, row.alert_id)
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
    return _alert_with(tx.connection, alert_id)


def _alert_with(connection: Connection, alert_id: int) -> tuple[Alert, str]:
    query = select(t.alerts.c.body, t.alerts.c.code).where(t.alerts.c.id == alert_id)
    row = connection.execute(query).one()
    return from_json(row.body), str(row.code)
