"""An address that several recipients of one alert share, such as the telephone of a ward: whose answer came from it?

Nobody can tell, unless it says so. The first counts for one of them, and so does all that follows over that address:
an answer that differs is shown as contradicting the first, and is never a colleague's without a word.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from gateway.store import tables as t
from gateway.store.rows import load_ladder
from messages.answer_phrases import plain
from messages.directory import Directory
from messages.evidence import Evidence
from messages.neutral import fold

_WORD = re.compile(r"\w+")


def one_of(
    connection: Connection, rows: Sequence[Any], text: str, *, sender: str, directory: Directory
) -> Any:
    """The delivery whose recipient the text names; else the one that was answered from there; else the newest."""
    named = [row for row in rows if _is_named(row.recipient, text, directory)]
    if len(named) == 1:
        return named[0]
    answered = [row for row in rows if row.evidence >= Evidence.ACKNOWLEDGED]
    if heard := [row for row in answered if _was_heard(connection, row, sender)]:
        return max(heard, key=lambda row: row.answered_ms or 0)
    return next((row for row in rows if row not in answered), rows[0])


def shared(rows: Sequence[Any], answers: Mapping[int, Sequence[Any]]) -> dict[int, list[str]]:
    """Of the deliveries of one alert, by id: the recipients one of whom answered from an address they share."""
    found: dict[int, list[str]] = {}
    for row in rows:
        ways = {answer.via for answer in answers.get(row.id, ())}
        for address in {_known(rung.address) for rung in load_ladder(row.ladder) if rung.channel in ways}:
            sharing = [each for each in rows if address in _addresses(each)]
            if len(sharing) > 1:
                found |= {each.id: [one.recipient for one in sharing] for each in sharing}
    return found


def _was_heard(connection: Connection, row: Any, sender: str) -> bool:
    """Whether an answer to it came from that address."""
    ways = {rung.channel for rung in load_ladder(row.ladder) if _known(rung.address) == _known(sender)}
    of = t.answers.c
    query = select(of.id).where(of.delivery_id == row.id, of.via.in_(ways)).limit(1)
    return connection.execute(query).first() is not None


def _addresses(row: Any) -> set[str]:
    return {_known(rung.address) for rung in load_ladder(row.ladder)}


def _known(address: str) -> str:
    return address.casefold()


def without_signature(text: str, contact_id: str, *, sender: str, directory: Directory) -> str:
    """Without the name or id at its end that says which of those at one address wrote: of `1 dag` no day is left."""
    if len(directory.at(sender)) < 2:
        return text
    for name in _names(contact_id, directory):
        said = re.sub(rf"[\s,.;:/–-]+{re.escape(name)}\W*$", "", text, flags=re.IGNORECASE)
        if said.strip() and said != text:
            return said
    return text


def _names(contact_id: str, directory: Directory) -> tuple[str, ...]:
    contact = directory.contact(contact_id)
    return (contact.name, contact_id) if contact else (contact_id,)


def _is_named(contact_id: str, text: str, directory: Directory) -> bool:
    return any(f" {_words(name)} " in f" {_words(text)} " for name in _names(contact_id, directory))


def _words(text: str) -> str:
    return " ".join(_WORD.findall(plain(fold(text).lower())))
