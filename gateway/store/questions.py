"""Which question an inbound message answers: by its code, by what it replies to, by who was asked. Only reads.

In doubt it is none: what is not matched goes to a person, and an answer is never guessed on to another alert.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, select

from channels.base import Inbound
from gateway.attempt_names import attempt_id, attempt_name
from gateway.marks import ASKS, TELLS
from gateway.store import tables as t
from gateway.store.reporting import REPORT_WINDOW
from gateway.store.sharing import one_of
from gateway.store.telling import names
from gateway.store.transaction import Transaction
from messages.alert import Alert, from_json
from messages.answer import Answer, Kind, read_answer
from messages.answer_code import bare_codes, marked_code
from messages.directory import Directory
from messages.evidence import Evidence

_WINDOW_MS = REPORT_WINDOW // timedelta(milliseconds=1)
_READ_MOST = 20  # questions that have ended, or are answered, into which a text is read
_CROSSING_MS = 300_000  # two people's yes to one notice may cross
_CHOOSES = frozenset({Kind.OPTION, Kind.YES, Kind.NO})

_QUESTIONS = select(
    t.deliveries.c.id,
    t.deliveries.c.alert_id,
    t.deliveries.c.recipient,
    t.deliveries.c.evidence,
    t.deliveries.c.ladder,
    t.deliveries.c.answered_ms,
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


@dataclass(frozen=True, slots=True)
class Said:
    """What a contact said, and when; `put_by_ms`: only what had begun to leave by then can be meant."""

    text: str
    at_ms: int
    sender: str = ""
    reaction: bool = False
    put_by_ms: int | None = None

    @property
    def only_seen(self) -> bool:
        """It says that something was seen: that may be about what asks nothing too."""
        return self.reaction or read_answer(self.text, ()).kind in {Kind.SEEN, Kind.REACTION}


def find_question(tx: Transaction, item: Inbound, text: str) -> Found:
    """By `#K7` in the text, by what it replies to, by a bare `K7`, else the one open question put to the sender."""
    owners = contacts_at(tx, item.sender)
    said = Said(text, tx.now_ms, item.sender, reaction=item.reaction)
    if (code := marked_code(text)) and not _is_told(tx, code):
        return _coded(tx, owners, code, said=said) or Found(alert_id=_coded_alert(tx, code))
    if (replied := _replied_to(tx, item.in_reply_to)) is not None:
        return _of_reply(tx, replied, owners, said=said, claimed=item.claimed)
    bare = bare_codes(text)  # it may be a word: it is a code where the sender was asked under it
    if named := next(filter(None, (_coded(tx, owners, code, said=said) for code in bare)), None):
        return named
    directory = tx.world.directory
    found = Found() if item.claimed else asked_of(tx.connection, said, contacts=owners, directory=directory)
    if found.question or found.several:
        return found
    return Found(alert_id=next(filter(None, (_coded_alert(tx, code) for code in bare)), None))


def _coded(tx: Transaction, owners: frozenset[str], code: str, *, said: Said) -> Found | None:
    put = _put(tx.connection, said, owners, t.alerts.c.code == code)
    rows = _of_each_alert(tx.connection, put, said, directory=tx.world.directory)
    return Found(_question(tx.connection, rows[0])) if rows else None


def _of_reply(tx: Transaction, replied: Any, owners: frozenset[str], *, said: Said, claimed: bool) -> Found:
    """Who replies to a colleague's copy answers for themselves, if they were asked too and are who they seem."""
    if replied.recipient in owners:
        return Found(_question(tx.connection, replied))
    own = [] if claimed else _put(tx.connection, said, owners, t.alerts.c.id == replied.alert_id)
    rows = _of_each_alert(tx.connection, own, said, directory=tx.world.directory)
    return Found(_question(tx.connection, rows[0])) if rows else Found(alert_id=replied.alert_id)


def asked_of(connection: Connection, said: Said, *, contacts: frozenset[str], directory: Directory) -> Found:
    """The one question put to these contacts that it answers; of several, the newest first."""
    rows = _of_each_alert(connection, _put(connection, said, contacts), said, directory=directory)
    candidates = next(filter(None, _groups(connection, rows, said)), [])
    newest: dict[int, Any] = {}  # of a series its newest round
    for row in candidates:
        newest.setdefault(row.series_id or row.alert_id, row)
    found = tuple(_question(connection, row) for row in newest.values())
    return Found(several=found) if len(found) > 1 else Found(next(iter(found), None))


def _groups(connection: Connection, rows: Sequence[Any], said: Said) -> Iterator[list[Any]]:
    """What it may answer, the likeliest first: what waits for an answer before what does not, or did."""
    fresh = _unspent(connection, rows, said.at_ms)
    live = [row for row in fresh if not row.withdrawn and row.expires_ms > said.at_ms]
    waiting = [row for row in live if row.evidence < Evidence.ACKNOWLEDGED]
    if not said.only_seen:
        waiting = [row for row in waiting if _question(connection, row).alert.answers]
    yield [row for row in waiting if row.evidence > Evidence.SENDING]  # what is leaving now was not read yet
    yield waiting
    yield _changed(connection, [row for row in live if row.evidence >= Evidence.ACKNOWLEDGED], said)
    late = [row for row in fresh if row not in live and row.evidence < Evidence.ACKNOWLEDGED]
    yield [row for row in late[:_READ_MOST] if _chooses(connection, row, said)]
    yield live
    yield [row for row in late if not row.withdrawn]
    yield [row for row in fresh if not row.withdrawn]
    yield list(rows)


def _changed(connection: Connection, answered: list[Any], said: Said) -> list[Any]:
    """Another answer to what was answered: to the newest where that was also answered last, else to any of them."""
    last = max(answered, key=lambda row: row.answered_ms or 0, default=None)
    if last is not None and last is answered[0] and _chooses(connection, last, said):
        return [last]
    return [row for row in answered[:_READ_MOST] if _chooses(connection, row, said)]


def _chooses(connection: Connection, row: Any, said: Said) -> bool:
    """Whether the text is one of the answers that this asks for."""
    question = _question(connection, row)
    return bool(question.alert.answers) and question.read(said.text).kind in _CHOOSES


def _unspent(connection: Connection, rows: Sequence[Any], at_ms: int) -> list[Any]:
    """Without the hub's questions who takes an item, once somebody has it: only their own yes they can still change.

    Of several about one item the newest stands for all: an answer to any of them takes it.
    """
    notices = [row for row in rows if row.submitter == ASKS]
    if not notices:
        return list(rows)
    of, asked = t.inbound.c, {row.identifier for row in notices}
    held = select(of.told, of.owner, of.taken_ms).where(of.open, of.told.is_not(None))
    standing: set[tuple[str, str | None]] = set()
    for item in connection.execute(held):
        told = [name for name in names(item.told) if name in asked]
        standing |= {(name, item.owner) for name in told if item.taken_ms is not None}
        if item.taken_ms is None or item.taken_ms > at_ms - _CROSSING_MS:
            standing |= {(name, None) for name in told[-1:]}
    spent = {row.id for row in notices if (row.identifier, None) not in standing and not _has(row, standing)}
    return [row for row in rows if row.id not in spent]


def _has(notice: Any, standing: set[tuple[str, str | None]]) -> bool:
    return notice.evidence >= Evidence.ACKNOWLEDGED and (notice.identifier, notice.recipient) in standing


def asked_in(tx: Transaction, contact: str, *, alert_id: int) -> Question | None:
    """The question of this alert to this contact; None if it was not put to them."""
    row = tx.connection.execute(
        _QUESTIONS.where(
            t.alerts.c.id == alert_id, t.deliveries.c.recipient == contact, t.alerts.c.submitter != TELLS
        )
    ).first()
    return _question(tx.connection, row) if row else None


def contacts_at(tx: Transaction, sender: str) -> frozenset[str]:
    """The contacts that have the sender's address: a phone that answers is a phone that was asked."""
    return frozenset(contact.id for contact in tx.world.directory.at(sender))


def _coded_alert(tx: Transaction, code: str) -> int | None:
    """The newest alert with the code, for an answer from a number that was not asked."""
    row = _newest_of(tx, code)
    return int(row.id) if row and row.submitter != TELLS else None


def _is_told(tx: Transaction, code: str) -> bool:
    """Whether it is the code of what the hub only tells: it stands for no question."""
    row = _newest_of(tx, code)
    return row is not None and row.submitter == TELLS


def _newest_of(tx: Transaction, code: str) -> Any:
    query = select(t.alerts.c.id, t.alerts.c.submitter).where(t.alerts.c.code == code)
    return tx.connection.execute(query.order_by(t.alerts.c.id.desc()).limit(1)).first()


def _replied_to(tx: Transaction, name: str) -> Any:
    """The delivery whose attempt the bearer says it is a reply to; None if it is none of ours."""
    number = attempt_id(name)
    if number is None:
        return None
    query = select(t.attempts.c.delivery_id).where(t.attempts.c.id == number)
    row = tx.connection.execute(query).first()
    rows = _open(tx.connection, tx.now_ms, t.deliveries.c.id == row.delivery_id, named=True) if row else []
    return rows[0] if rows and attempt_name(rows[0].identifier, number) == name else None


def _put(
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


def _of_each_alert(
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


def _question(connection: Connection, row: Any) -> Question:
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
