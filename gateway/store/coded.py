"""Questions that a text names by their codes. `R4 1, T4 2` names two, and answers each."""

import re
from collections.abc import Collection

from sqlalchemy import Connection

from gateway.store import tables as t
from gateway.store.questions import Question, Said, one_of_each, put_to, question_of
from messages.answer_code import DIGITS, LETTERS, bare_codes, marked_code, without_codes
from messages.directory import Directory

_PARTINGS = (re.compile(r"[,;\n]|\s(?:og|and)\s", re.IGNORECASE), re.compile(r"(?=#)"))
_MARKS_MOST = 20  # of a text that are looked at
_MOST_CHARACTERS = 2_000
_CODE = rf"#?\b(?:[{LETTERS}][{DIGITS}])+[{LETTERS}]?\b"
_RUN = re.compile(rf"{_CODE}(?:(?:\s*[&+/]\s*|\s+(?:og|and)\s+|\s+){_CODE})+", re.IGNORECASE)
_ONE = re.compile(_CODE, re.IGNORECASE)
_WORD = re.compile(r"\w+")
_TO = re.compile(r"\s+(?:til|på|paa|to|for)$", re.IGNORECASE)
_SMALL = (
    "hej tak mvh og det er den de nr nummer kode koden koderne svar svaret gælder gaelder til om for"
    " hi thanks and it is its the code codes answer reply number to about"
)
FILLERS = frozenset(_SMALL.split())

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
        parts = self.parts() or self.together()
        codes = [each.code for each, _ in parts] or marked or bare_codes(text)
        found = {each.code: each for each in map(self.question, codes) if each is not None}
        return tuple(found.values()) if len(found) > 1 else ()

    def together(self) -> Parts:
        """Codes in a row first or last in the text, `1 N3 F5`, and what is said beside them, which is said of each."""
        text = self._said.text[:_MOST_CHARACTERS].strip()
        for match in _RUN.finditer(text):
            beside = _TO.sub("", f"{text[: match.start()]} {text[match.end() :]}".strip(" .,:;\n"))
            found = [self.question(code.strip("#").upper()) for code in _ONE.findall(match[0])[:_MARKS_MOST]]
            known = {each.code: each for each in found if each is not None}
            if (match.start() == 0 or match.end() == len(text)) and None not in found and len(known) > 1:
                return tuple((each, beside) for each in known.values())
        return ()

    def _first(self, piece: str) -> Question | None:
        codes = (marked_code(piece), *bare_codes(piece))
        return next(filter(None, map(self.question, filter(None, codes))), None)


def only_codes(text: str, codes: Collection[str]) -> bool:
    """Whether it says nothing but these codes: `koden er K7`, `#K2 og #R3`."""
    if not codes:
        return False
    named = {code.strip("#").upper() for code in _ONE.findall(text[:_MOST_CHARACTERS])}
    named |= {code for code in (marked_code(text),) if code}
    if not named & set(codes) or named - set(codes):
        return False
    left = text
    for code in codes:
        left = without_codes(left, code)
    return not set(_WORD.findall(_ONE.sub(" ", left).lower())) - FILLERS
