"""Where a command's words go. At a terminal everything is for people. Elsewhere only the result is on stdout.

Three cases: at a terminal tables and texts go to stdout; when stdout is a file or a pipe they go to stderr, and stdout
has the result in plain lines with tabs; with --json stdout has one object and nothing else.

What strangers wrote is made harmless in each of them: it draws nothing, turns no line around, and makes no row or
field of its own. In JSON such a sign is written as an escape, so that a program still reads what came.
"""

import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_PLAIN = re.compile(
    r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)  # JSON has them raw
WIDTH = 80  # where nobody says how wide it is


@dataclass(frozen=True, slots=True)
class Screen:
    json: bool = False

    @property
    def at_terminal(self) -> bool:
        return sys.stdout.isatty() and not self.json

    def people(self, text: str) -> None:
        """A text for people; not printed beside a JSON object."""
        if not self.json:
            print(harmless(text), file=self._stream)

    def show(self, thing: "RenderableType") -> None:
        """A table or another thing that rich draws, for people."""
        if not self.json:
            self.console().print(thing)

    def console(self) -> "Console":
        from rich.console import Console

        wide = None if self._stream.isatty() or "COLUMNS" in os.environ else WIDTH
        return Console(file=self._stream, width=wide, highlight=False, soft_wrap=False)

    def result(self, *fields: object) -> None:
        """The result in one line of fields with tabs between, for scripts; people have read it in words."""
        if not self.at_terminal and not self.json:
            print(*(harmless(field, one_line=True) for field in fields), sep="\t")

    def line(self, text: str) -> None:
        """A line that people and scripts read alike: the result, at a terminal too."""
        if not self.json:
            print(harmless(text, one_line=True))

    def whole(self, value: dict[str, Any]) -> None:
        """The one object of --json."""
        if self.json:
            print(as_json(value, indent=2 if sys.stdout.isatty() else None))

    def progress(self, text: str) -> None:
        print(harmless(text), file=sys.stderr, flush=True)

    @property
    def _stream(self) -> TextIO:
        return sys.stdout if self.at_terminal else sys.stderr


def harmless(text: object, *, one_line: bool = False) -> str:
    """A text without control and direction signs; on one line without line ends and tabs too."""
    from messages.neutral import neutral, neutral_line

    return (neutral_line if one_line else neutral)(str(text))


def as_json(value: object, *, indent: int | None = None) -> str:
    """JSON that a program reads as it was, and that a terminal shows and does not obey."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _PLAIN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def tabs(values: Sequence[str]) -> str:
    """Several values in one field of a result line."""
    return ",".join(values)
