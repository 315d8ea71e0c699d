"""Which question a text is meant for that names none: one of those put to who has the address. Only reads.

It may answer any question that was open when it was written or when it came, and for a while the one that closed last:
people answer the last thing that they read. Where it may answer several and no word in it decides, nobody guesses: the
hub asks back.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from gateway.marks import ASKS
from gateway.store import tables as t
from gateway.store.answering import CLOCKS_MS
from gateway.store.coded import only_codes
from gateway.store.questions import Found, Question, Said, is_thumb, one_of_each, put_to, question_of
from gateway.store.succession import predecessors
from gateway.store.telling import names
from gateway.store.urgency import is_urgent
from messages.answer import Answer, Kind, read_answer
from messages.answer_code import without_codes
from messages.answer_reaction import QUOTED_LEAST, quoted
from messages.directory import Directory
from messages.evidence import Evidence

# So long a text may be about what is not asked any more: people answer when they get to their phones, and it is then
# the last thing that they read. Later it is about what is still asked.
LATELY = timedelta(hours=2)
_LATELY_MS = LATELY // timedelta(milliseconds=1)
_READ_MOST = 20  # questions that have ended, or are answered, into which a text is read
_CROSSING_MS = 300_000  # two people's yes to one notice may cross
_CHOOSES = frozenset({Kind.OPTION, Kind.YES, Kind.NO})
_NUMBER = re.compile(r"\W*\d{1,2}\W*")
_REVISES = re.compile(r"\b(?:alligevel|rettelse|correction|after all)\b", re.IGNORECASE)


def asked_of(connection: Connection, said: Said, *, contacts: frozenset[str], directory: Directory) -> Found:
    """The one question put to these contacts that it answers; of several, the newest first."""
    rows = one_of_each(connection, put_to(connection, said, contacts), said, directory=directory)
    candidates = next(filter(None, _groups(connection, rows, said)), [])
    newest: dict[int, Any] = {}  # of a series its newest round
    for row in sorted(candidates, key=lambda row: row.id, reverse=True):
        newest.setdefault(row.series_id or row.alert_id, row)
    found = {row: _marked(connection, row, said) for row in newest.values()}
    if len(found) > 1 and (decided := _decided(found, said)) is None:
        return Found(several=tuple(found.values()))
    return Found(decided if len(found) > 1 else next(iter(found.values()), None))


def asks_back(text: str, several: Sequence[Question], *, reaction: bool) -> bool:
    """Whether to ask whoever wrote it which of these they meant.

    Not for what answers none of them: a thumb or a receipt, a number that none offers, codes and nothing else.
    """
    if not several or is_thumb(text, reaction=reaction):
        return False
    if any(_takes(each, each.read(text)) for each in several):
        return True
    number = _NUMBER.fullmatch(without_codes(text))
    codes = [each.code for each in several]
    return not (number or read_answer(text, ()).kind is Kind.SEEN or only_codes(text, codes))


def _groups(connection: Connection, rows: Sequence[Any], said: Said) -> Iterator[list[Any]]:
    """What it may answer; where nothing is open and nothing closed lately, the likeliest of what was asked before."""
    fresh = _unspent(connection, rows, said.at_ms)
    open_ones = [row for row in fresh if _is_open(row, said) and _may_answer(connection, row, said)]
    # What is leaving now was not read yet.
    there = [row for row in open_ones if row.evidence > Evidence.SENDING]
    asked = (there or open_ones) + _closed_lately(connection, fresh, open_ones, said=said)
    leaving = [row for row in open_ones if row.evidence <= Evidence.SENDING]
    yield _or_replaced(connection, asked, leaving, rows=fresh, said=said)
    live = [row for row in fresh if not row.withdrawn and row.expires_ms > said.at_ms]
    yield _changed(connection, [row for row in live if _is_answered(row)], said)
    late = [row for row in fresh if row not in live and not _is_answered(row)]
    yield [row for row in late[:_READ_MOST] if _chooses(connection, row, said)]
    yield live
    yield [row for row in late if not row.withdrawn]
    yield [row for row in fresh if not row.withdrawn]
    yield list(rows)


def _closed_lately(
    connection: Connection, rows: Sequence[Any], open_ones: Sequence[Any], *, said: Said
) -> list[Any]:
    """The newest question, if it is closed, and what was answered last; that also where the words revise something.

    A thumb ends nothing, whatever it is about: for one nobody is asked back.
    """
    if open_ones and is_thumb(said.text, reaction=said.reaction):
        return []
    asking = (row for row in rows if _may_answer(connection, row, said))
    newest = next(asking, None)
    closed = newest is not None and newest not in open_ones
    if not closed and not _REVISES.search(said.text):
        return []
    answered = sorted(
        (row for row in rows if _is_answered(row)), key=lambda row: row.answered_ms or 0, reverse=True
    )
    last = next((row for row in answered[:_READ_MOST] if _may_answer(connection, row, said)), None)
    found = {row.id: row for row in (newest if closed else None, last) if row is not None}
    return [
        row for row in found.values() if row not in open_ones and _closed_ms(row) > said.at_ms - _LATELY_MS
    ]


def _or_replaced(
    connection: Connection, asked: Sequence[Any], leaving: Sequence[Any], *, rows: Sequence[Any], said: Said
) -> list[Any]:
    """In the place of what replaced it lately, the one that alone of these two offers the words.

    While that is leaving it was not read: there is only the replaced one on the phone.
    """
    if is_thumb(said.text, reaction=said.reaction):
        return list(asked)
    found: dict[int, Any] = {}
    for row in (*asked, *(row for row in leaving if row not in asked)):
        stands = row
        if row.replaces is not None:
            earlier = _replaced_lately(connection, row, rows, said=said)
            if row in leaving:
                stands = earlier[0] if earlier else row
            elif not _offers(connection, row, said):
                stands = next((each for each in earlier if _offers(connection, each, said)), row)
        if stands is not row or row in asked:
            found.setdefault(stands.id, stands)
    return list(found.values())


def _replaced_lately(connection: Connection, row: Any, rows: Sequence[Any], *, said: Said) -> list[Any]:
    """What it replaced, the newest first, as far as it asked something and was put to them."""
    of = set(predecessors(connection, [row.alert_id]))
    return [
        each
        for each in rows
        if each.alert_id in of
        and each.evidence > Evidence.SENDING
        and (each.withdrawn_ms or 0) > said.at_ms - _LATELY_MS
        and _may_answer(connection, each, said)
    ]


def _offers(connection: Connection, row: Any, said: Said) -> bool:
    question = question_of(connection, row)
    return _takes(question, question.read(said.text))


def _is_open(row: Any, said: Said) -> bool:
    """Whether it waited for an answer when the text came; or when it was written, which a late text shows."""
    ended_ms = row.expires_ms if row.withdrawn_ms is None else min(row.withdrawn_ms, row.expires_ms)
    if _is_answered(row):
        ended_ms = min(ended_ms, row.answered_ms or 0)
    written_ms = min(said.written_ms + CLOCKS_MS, said.at_ms)
    return bool(ended_ms > said.at_ms or row.began_ms <= written_ms < ended_ms)


def _closed_ms(row: Any) -> int:
    """When it was last answered or withdrawn; else when it ran out."""
    touched_ms = max(row.withdrawn_ms or 0, (row.answered_ms or 0) if _is_answered(row) else 0)
    return touched_ms or int(row.expires_ms)


def _is_answered(row: Any) -> bool:
    return bool(row.evidence >= Evidence.ACKNOWLEDGED)


def _may_answer(connection: Connection, row: Any, said: Said) -> bool:
    """What asks nothing can only be seen."""
    return said.only_seen or bool(question_of(connection, row).alert.answers)


def _decided(found: dict[Any, Question], said: Said) -> Question | None:
    """The one that it quotes, or that alone offers its key or words; else, where it revises, what was answered last."""
    if (quoted_one := _quoted(found, said)) is not None:
        return quoted_one
    read = {row: question.read(said.text) for row, question in found.items()}
    offering = [row for row, question in found.items() if _takes(question, read[row])]
    if len(offering) == 1 and read[offering[0]].kind not in {Kind.YES, Kind.NO}:
        return found[offering[0]]
    answered = [row for row in offering or found if _is_answered(row)]
    if answered and _REVISES.search(said.text):
        return found[max(answered, key=lambda row: row.answered_ms or 0)]
    return None


def _quoted(found: dict[Any, Question], said: Said) -> Question | None:
    """The one of which it has the most words in a row, as a phone's reaction has."""
    lengths = {row: quoted(said.text, question.sent) for row, question in found.items()}
    most = max(lengths.values(), default=0)
    longest = [row for row, length in lengths.items() if length == most >= QUOTED_LEAST]
    return found[longest[0]] if len(longest) == 1 else None


def _takes(question: Question, answer: Answer) -> bool:
    """Whether it offers this, or one of its urgent answers begins so. A notice takes a yes and a no."""
    if question.submitter == ASKS:
        return answer.kind in _CHOOSES
    if answer.kind is Kind.HELP:
        return bool(answer.option)
    unread = answer.kind is Kind.UNREAD
    return answer.kind is Kind.OPTION or (unread and is_urgent(question, answer))


def _marked(connection: Connection, row: Any, said: Said) -> Question:
    """With how it closed, where it is not open any more."""
    gone = "expired" if row.expires_ms <= said.at_ms else ""
    closed = row.withdrawn or ("answered" if _is_answered(row) else gone)
    return replace(question_of(connection, row), closed=closed)


def _changed(connection: Connection, answered: list[Any], said: Said) -> list[Any]:
    """Another answer to what was answered: to the newest where that was also answered last, else to any of them."""
    last = max(answered, key=lambda row: row.answered_ms or 0, default=None)
    if last is not None and last is answered[0] and _chooses(connection, last, said):
        return [last]
    return [row for row in answered[:_READ_MOST] if _chooses(connection, row, said)]


def _chooses(connection: Connection, row: Any, said: Said) -> bool:
    """Whether the text is one of the answers that this asks for."""
    question = question_of(connection, row)
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
