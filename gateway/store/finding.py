"""Which alert a word means: a code, an identifier, or the beginning of one. Nothing here writes.

`#K7` is always a code and `id:K7` always an identifier. A bare word may be either: where it is both, or is the
identifier of two senders, nothing is guessed, since the next word may be `stop`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from gateway.errors import Ambiguous, NotFound
from gateway.marks import CODE_MARK, EXACTLY
from gateway.store import tables as t
from gateway.store.transaction import Transaction
from messages.alert import from_json
from messages.neutral import neutral_line

BEGINNING = 8  # at least so many signs of an identifier, so that no slip of the finger is one
_SHOWN = 4  # of the alerts that a word may mean
_HEADLINE = 60


@dataclass(frozen=True, slots=True)
class Named:
    """The alert that a word means: its own name, and what people know it by."""

    identifier: str
    code: str
    headline: str


def find_alert(connection: Connection, word: str) -> Named:
    """The alert that staff mean. NotFound if there is none, Ambiguous with a way out if there may be several."""
    rows = _meant(connection, word)
    if not rows:
        raise NotFound(
            f"there is no alert {word!r} here: see `bavn list`", code="no_alert", about={"word": word}
        )
    if len(rows) > 1:
        about = {
            "word": word,
            "ways": "; ".join(f"{_name(word, row)} ({_short(row)})" for row in rows[:_SHOWN]),
        }
        raise Ambiguous(_which(word, rows), pointer="alert", code="several_alerts", about=about)
    return _named(rows[0])


def _meant(connection: Connection, word: str) -> Sequence[Row[Any]]:
    named = t.alerts.c.identifier
    if word.startswith(CODE_MARK):  # a name of our own that begins so has a comma in it, which no code has
        return _coded(connection, word[1:]) or _rows(connection, named == word)
    if word.startswith(EXACTLY):
        name = word.removeprefix(EXACTLY)
        return (
            _rows(connection, named == name)
            or _rows(connection, t.alerts.c.cap_identifier == name)
            or _rows(connection, named == word)
            or _beginning(connection, name)
        )
    either = or_(named == word, t.alerts.c.cap_identifier == word)
    rows = {row.id: row for row in (*_coded(connection, word), *_rows(connection, either))}
    return list(rows.values()) or _beginning(connection, word)


def _coded(connection: Connection, code: str) -> Sequence[Row[Any]]:
    """The newest alert with the code: it is given again only after the one before has long expired."""
    return _rows(connection, t.alerts.c.code == code.strip().upper(), most=1)


def _beginning(connection: Connection, word: str) -> Sequence[Row[Any]]:
    if len(word) < BEGINNING:
        return []
    return _rows(connection, func.substr(t.alerts.c.identifier, 1, len(word)) == word)


def _rows(
    connection: Connection, condition: ColumnElement[bool], *, most: int = _SHOWN + 1
) -> Sequence[Row[Any]]:
    of = t.alerts.c
    query: Select[Any] = select(of.id, of.identifier, of.code, of.cap_identifier, of.sender, of.body)
    query = query.where(condition)
    return connection.execute(query.order_by(of.id.desc()).limit(most)).all()


def _named(row: Row[Any]) -> Named:
    return Named(row.identifier, row.code, from_json(row.body).headline)


def _which(word: str, rows: Sequence[Row[Any]]) -> str:
    """What the word may mean, and what to write for each. In quotes, as a shell takes a bare # for a comment."""
    ways = [_way(word, row) for row in rows[:_SHOWN]]
    more = " (and there are more)" if len(rows) > _SHOWN else ""
    return f"{word!r} may mean several alerts: write {'; or '.join(ways)}{more}"


def _way(word: str, row: Row[Any]) -> str:
    if row.code == word.upper():
        return f'{_name(word, row)} for the alert with this code, "{_short(row)}" ({row.identifier})'
    return (
        f"{_name(word, row)} or '{CODE_MARK}{row.code}' for the one that {row.sender} named "
        f'{row.cap_identifier}, "{_short(row)}"'
    )


def _name(word: str, row: Row[Any]) -> str:
    """What names this alert and no other."""
    return f"'{CODE_MARK}{row.code}'" if row.code == word.upper() else f"'{EXACTLY}{row.identifier}'"


def _short(row: Row[Any]) -> str:
    headline = neutral_line(from_json(row.body).headline)
    return f"{headline[:_HEADLINE]}..." if len(headline) > _HEADLINE else headline


def alert_number(tx: Transaction, identifier: str) -> int:
    """The row of the alert that the store calls `identifier`. NotFound if there is none."""
    row = tx.connection.execute(select(t.alerts.c.id).where(t.alerts.c.identifier == identifier)).first()
    if row is None:
        raise NotFound(f"there is no alert {identifier!r} here: see `bavn list`")
    return int(row.id)
