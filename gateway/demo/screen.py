"""The screen of the demonstration: 80 columns by 24 lines at a terminal, plain lines anywhere else."""

import io
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.demo.scene import Scene
from gateway.demo.words import Words

WIDTH, LOG_LINES = 80, 6


class Screen(Protocol):
    """`tell` is a line of the log, `show` the scene, `page` a page that stands until the next scene."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def tell(self, line: str) -> None: ...
    def show(self, scene: Scene) -> None: ...
    def page(self, page: RenderableType) -> None: ...
    def picture(self, path: Path) -> None: ...


def screen_for(stream: TextIO, words: Words) -> "Screen":
    """A terminal gets a picture that moves; a file or a pipe gets plain lines without control codes."""
    console = Console(file=stream, highlight=False)
    if console.is_terminal and not console.is_dumb_terminal:
        return TerminalScreen(console, words)
    return PlainScreen(stream, words)


class TerminalScreen:
    def __init__(self, console: Console, words: Words) -> None:
        self._console, self._words = console, words
        self._live = Live(console=console, auto_refresh=False, screen=True, vertical_overflow="crop")
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._scene: Scene | None = None
        self._last: RenderableType = Text()

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Leaves the last page standing in the terminal."""
        self._live.__exit__(None, None, None)
        self._console.print(self._last)

    def tell(self, line: str) -> None:
        self._log.append(line)
        self._draw()

    def show(self, scene: Scene) -> None:
        self._scene = scene
        self._draw()

    def page(self, page: RenderableType) -> None:
        self._scene, self._last = None, page
        self._live.update(page, refresh=True)

    def picture(self, path: Path) -> None:
        save_picture(self._last, path)

    def _draw(self) -> None:
        if self._scene is not None:
            self._last = drawn(self._scene, self._log, self._words)
            self._live.update(self._last, refresh=True)


class PlainScreen:
    """Lines as they happen. Rows are told when they change, so that a log file has the whole story."""

    def __init__(self, stream: TextIO, words: Words) -> None:
        self._stream, self._words = stream, words
        self._console = Console(
            file=stream, width=WIDTH + 20, highlight=False, color_system=None, force_terminal=False
        )
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._scene: Scene | None = None
        self._act = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.flush()

    def tell(self, line: str) -> None:
        self._log.append(line)
        self._say(line)

    def show(self, scene: Scene) -> None:
        before = {row.who: row for row in self._scene.rows} if self._scene else {}
        if scene.act != self._act:
            self._act = scene.act
            self._say(f"[{scene.at}] {scene.act}")
        for row in scene.rows:
            earlier = before.get(row.who)
            if earlier is not None and earlier.evidence != row.evidence:
                self._say(f"  {row.who}: {row.evidence}" + (f" ({row.way})" if row.way else ""))
        self._scene = scene

    def page(self, page: RenderableType) -> None:
        self._console.print(page)
        self._stream.flush()

    def picture(self, path: Path) -> None:
        if self._scene is not None:
            save_picture(drawn(self._scene, self._log, self._words), path)

    def _say(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


def drawn(scene: Scene, log: Sequence[str] | deque[str], words: Words) -> Group:
    """The whole screen: who is missing is the largest thing on it."""
    return Group(
        _top(scene, words), _lamps(scene), Text(), _table(scene, words), Text(), _act(scene), *_lines(log)
    )


def _top(scene: Scene, words: Words) -> Table:
    top = Table.grid(expand=True)
    for side in ("left", "center", "right"):
        top.add_column(justify=side, no_wrap=True)
    missing = "" if scene.missing is None else words.say("missing", n=scene.missing)
    style = "bold white on red" if scene.missing else "bold white on green"
    exercise = Text(f" {words['exercise']} ", "bold black on yellow")
    head = Text.assemble(exercise, "  ", words.say("title", sender=words["sender"]), "  ", scene.at)
    waiting = words.say("waiting", n=scene.waiting) if scene.waiting else ""
    top.add_row(head, waiting, Text(missing, style))
    return top


def _lamps(scene: Scene) -> Text:
    line = Text(no_wrap=True, overflow="crop")
    for lamp in scene.lamps:
        line.append(f"{lamp.name}: ")
        line.append(lamp.word, lamp.style)
        line.append("   ")
    return line


def _table(scene: Scene, words: Words) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="bold")
    for name, width in (("who", 17), ("evidence", 26), ("way", 12), ("why", None)):
        table.add_column(words[f"column-{name}"], width=width, no_wrap=True, overflow="ellipsis")
    for row in scene.rows:
        table.add_row(row.who, Text(row.evidence, row.style), row.way, Text(row.why, "yellow"))
    return table


def _act(scene: Scene) -> Text:
    return Text(scene.act, "bold reverse", no_wrap=True, overflow="ellipsis")


def _lines(log: Sequence[str] | deque[str]) -> list[Text]:
    return [Text(line, no_wrap=True, overflow="ellipsis") for line in log]


# rich's own form without its web fonts: a picture in a document loads nothing from elsewhere.
_SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xml:space="preserve" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def save_picture(page: RenderableType, path: Path) -> None:
    """The page as it stands, as an SVG."""
    console = Console(file=io.StringIO(), record=True, width=WIDTH + 6, force_terminal=True, highlight=False)
    console.print(page)
    console.save_svg(str(path), title="bavn demo", code_format=_SVG, unique_id="bavn-demo")
