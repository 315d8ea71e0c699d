"""Where a command's words go. At a terminal everything is for people. Elsewhere only the result is on stdout.

Three cases: at a terminal tables and texts go to stdout; when stdout is a file or a pipe they go to stderr, and stdout
has the result in plain lines with tabs; with --json stdout has one object and nothing else.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

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
            print(text, file=self._stream)

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
            print(*fields, sep="\t")

    def whole(self, value: dict[str, Any]) -> None:
        """The one object of --json."""
        if self.json:
            print(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))

    def progress(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    @property
    def _stream(self) -> TextIO:
        return sys.stdout if self.at_terminal else sys.stderr


def tabs(values: Sequence[str]) -> str:
    """Several values in one field of a result line."""
    return ",".join(values)
