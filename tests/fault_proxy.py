"""A TCP proxy between a channel and its far end that does what networks do, at a chosen moment of a session.

    async with FaultProxy(port=sink.port) as proxy:
        proxy.strike("cut", side=CLIENT, when=rb"DATA\\r\\n")

cut         both ends are reset
half-close  the far end sees an end of file; what it still says goes through
black-hole  nothing passes any more, in either direction, and nobody is told
delay       what passes comes `seconds` later

A fault strikes once, on the first connection in which `when` is found in what one side has sent so far; the bytes
that complete it pass first, unless `before` is set.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

CLIENT, SERVER = "client", "server"
Kind = Literal["cut", "half-close", "black-hole", "delay"]
_CHUNK, _KEPT = 65_536, 262_144


@dataclass(frozen=True, slots=True)
class Strike:
    kind: Kind
    side: str
    when: re.Pattern[bytes]
    before: bool
    seconds: float


@dataclass(slots=True)
class Link:
    """One connection through the proxy. `seen` is what each side sent so far."""

    writers: dict[str, asyncio.StreamWriter]
    seen: dict[str, bytearray]
    dark: bool = False
    delay_s: float = 0.0

    def cut(self) -> None:
        for writer in self.writers.values():
            writer.transport.abort()


class FaultProxy:
    """Listens on 127.0.0.1 at `port` and passes to the far end's. A test asserts by `struck` that its fault was."""

    def __init__(self, *, port: int, host: str = "127.0.0.1") -> None:
        self._far = (host, port)
        self._armed: list[Strike] = []
        self._links: list[Link] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.struck = 0
        self.connections = 0
        self.port = 0
        self.refusing = False  # a listener that hangs up at once
        self.on_strike: Callable[[], None] = lambda: None

    def strike(
        self, kind: Kind, *, side: str, when: bytes = b".", before: bool = False, seconds: float = 0.0
    ) -> None:
        self._armed.append(Strike(kind, side, re.compile(when, re.DOTALL), before, seconds))

    def passed(self, side: str) -> list[bytes]:
        """What `side` sent, per connection: at most the last 256 KiB of each."""
        return [bytes(link.seen[side]) for link in self._links]

    def cut_all(self) -> None:
        """What is connected now is reset."""
        for link in self._links:
            link.cut()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._far)
        except OSError:
            writer.transport.abort()
            return
        link = Link({CLIENT: writer, SERVER: far_writer}, {CLIENT: bytearray(), SERVER: bytearray()})
        self._links.append(link)
        for side, source, target in ((CLIENT, reader, far_writer), (SERVER, far_reader, writer)):
            task = asyncio.create_task(self._pass(link, side, source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(
        self, link: Link, side: str, source: asyncio.StreamReader, target: asyncio.StreamWriter
    ) -> None:
        try:
            while chunk := await source.read(_CHUNK):
                link.seen[side] += chunk
                del link.seen[side][:-_KEPT]
                due = self._due(link, side)
                if due and due.before:
                    self._do(due, link)
                if link.delay_s:
                    await asyncio.sleep(link.delay_s)
                if not link.dark:
                    target.write(chunk)
                    await target.drain()
                if due and not due.before:
                    self._do(due, link)
            if not link.dark:
                target.write_eof()
        except (OSError, RuntimeError):  # RuntimeError: one who was half closed says more
            link.cut()

    def _due(self, link: Link, side: str) -> Strike | None:
        for armed in self._armed:
            if armed.side == side and armed.when.search(link.seen[side]):
                self._armed.remove(armed)
                return armed
        return None

    def _do(self, strike: Strike, link: Link) -> None:
        self.struck += 1
        match strike.kind:
            case "cut":
                link.cut()
            case "half-close":
                link.writers[SERVER].write_eof()
            case "black-hole":
                link.dark = True
            case "delay":
                link.delay_s = strike.seconds
        self.on_strike()
