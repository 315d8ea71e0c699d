"""Questions that a text names by their codes. `R4 1, T4 2` names two, and answers each."""

import re

from sqlalchemy import Connection

from gateway.store import tables as t
from gateway.store.questions import Question, Said, one_of_each, put_to, question_of
from messages.answer_code import bare_codes, marked_code
from messages.directory import Directory

_PARTINGS = (re.compile(r"[,;\n]|\s(?:og|and)\s", re.IGNORECASE), re.compile(r"(?=#)"))
_MARKS_MOST = 20  # of a text that are looked at

Parts = tuple[tuple[Question, str], ...]


class Codes:
    """The questions put to these contacts, by their codes."""

    def __init__(
        self, connection: Connection, said: Said, *, contacts: frozenset[str], directory: Directory
    ) -> None:
        self._connection, self._said = connection, said
        self._contacts, self._directory = contacts, directory
        self._known: dict[str, Question | None] = {}

    def question(self, code: str) -> Question | None:
        """The one with this code; None where they were not asked it."""
        if code not in self._known:
            self._known[code] = self._find(code)
        return self._known[code]

    def _find(self, code: str) -> Question | None:
        put = put_to(self._connection, self._said, self._contacts, t.alerts.c.code == code)
        rows = one_of_each(self._connection, put, self._said, directory=self._directory)
        return question_of(self._connection, rows[0]) if rows else None

    def parts(self) -> Parts:
        """The parts of the text, where each names a question of its own; else none."""
        for parting in _PARTINGS:
            pieces = [piece for piece in parting.split(self._said.text) if piece.strip()]
            named = [(self._first(piece), piece) for piece in pieces[:_MARKS_MOST]]
            found = tuple((question, piece) for question, piece in named if question is not None)
            if len(pieces) == len(found) == len({question.code for question, _ in found}) > 1:
                return found
        return ()

    def several(self) -> tuple[Question, ...]:
        """Those that the text names, the first first, where they are more than one."""
        text = self._said.text
        marked = [
            code for piece in text.split("#")[1 : _MARKS_MOST + 1] if (code := marked_code(f"#{piece}"))
        ]
        codes = [each.code for each, _ in self.parts()] or marked or bare_codes(text)
        found = {each.code: each for each in map(self.question, codes) if each is not None}
        return tuple(found.values()) if len(found) > 1 else ()

    def _first(self, piece: str) -> Question | None:
        codes = (marked_code(piece), *bare_codes(piece))
        return next(filter(None, map(self.question, filter(None, codes))), None)
