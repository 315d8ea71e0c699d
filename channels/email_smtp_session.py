"""One session of the inbox's SMTP port: commands in, answers out (RFC 5321 4.1), within bounds.

It takes what a mail server says to another: EHLO, MAIL, RCPT, DATA, RSET, NOOP and QUIT, with PIPELINING (RFC 2920).
The table of answers is in `email_smtp_in`.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

_LONGEST_LINE = 4_096  # octets of a command: RFC 5321 4.5.3.1.4, with room for parameters
_LARGEST_MAIL = 104_857_600  # octets that are read at all; beyond it the connection is cut
_MOST_COMMANDS = 1_000
_MOST_ERRORS = 10
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\r\n]{0,320})>", re.IGNORECASE)
_OFFERS = ("PIPELINING", f"SIZE {_LARGEST_MAIL}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")


class Gone(Exception):
    """The client left, or was told to: what had no 250 is still his."""


class Session:
    """`take(octets, how many there were)` keeps a mail and says the answer; `knows` says for whom mail is taken."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        take: Callable[[bytes, int], Awaitable[str]],
        knows: Callable[[str], bool],
        max_octets: int,
        command_s: float,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._take, self._knows = take, knows
        self._max_octets, self._command_s = max_octets, command_s
        self._path: str | None = None
        self._recipients = 0

    async def run(self) -> None:
        """Until QUIT, or too much nonsense. Raises Gone, OSError, EOFError, TimeoutError, LimitOverrunError."""
        await self.say("220 bavn ESMTP")
        errors = 0
        for _ in range(_MOST_COMMANDS):
            line = await self._line()
            answer = await self._answer(line)
            await self.say(answer)
            errors += answer.startswith("5")
            if answer.startswith("221"):
                return
            if errors > _MOST_ERRORS:
                await self.say("421 4.7.0 too many errors")
                return
        await self.say("421 4.7.0 too many commands")

    async def say(self, answer: str) -> None:
        self._writer.write(f"{answer}\r\n".encode("ascii", "replace"))
        async with asyncio.timeout(self._command_s):
            await self._writer.drain()

    async def _line(self) -> str:
        async with asyncio.timeout(self._command_s):
            line = await self._reader.readuntil(b"\r\n")
        if len(line) > _LONGEST_LINE:
            raise Gone
        return line[:-2].decode("utf-8", "replace")

    async def _answer(self, line: str) -> str:
        match line.partition(" ")[0].upper():
            case "EHLO":
                self._reset()
                return (
                    "250-bavn\r\n"
                    + "\r\n".join(f"250-{each}" for each in _OFFERS[:-1])
                    + f"\r\n250 {_OFFERS[-1]}"
                )
            case "HELO":
                self._reset()
                return "250 bavn"
            case "MAIL":
                return self._mail(line)
            case "RCPT":
                return self._rcpt(line)
            case "DATA":
                return await self._data()
            case "RSET":
                self._reset()
                return "250 2.0.0 ok"
            case "NOOP":
                return "250 2.0.0 ok"
            case "QUIT":
                return "221 2.0.0 bye"
            case _:
                return "502 5.5.1 not known here"

    def _reset(self) -> None:
        self._path, self._recipients = None, 0

    def _mail(self, line: str) -> str:
        path = _PATH.search(line)
        if path is None:
            return "501 5.5.4 MAIL FROM:<...>"
        if self._path is not None:
            return "503 5.5.1 one at a time"
        self._path = path[1]
        return "250 2.1.0 ok"

    def _rcpt(self, line: str) -> str:
        path = _PATH.search(line)
        if path is None:
            return "501 5.5.4 RCPT TO:<...>"
        if self._path is None:
            return "503 5.5.1 MAIL first"
        if not self._knows(path[1]):
            return "550 5.1.1 nobody here of that name"
        self._recipients += 1
        return "250 2.1.5 ok"

    async def _data(self) -> str:
        if self._path is None or not self._recipients:
            return "554 5.5.1 no recipients"
        path = self._path
        await self.say("354 end with a dot")
        content, octets, bare = await self._content()
        self._reset()
        if bare:
            return "550 5.6.0 a bare CR or LF: lines end with both"
        return await self._take(f"Return-Path: <{path}>\r\n".encode("utf-8", "replace") + content, octets)

    async def _content(self) -> tuple[bytes, int, bool]:
        """The content up to the limit, how many octets it had, and whether a CR or LF stood alone.

        Only CRLF.CRLF ends it (RFC 5321 4.1.1.4). A dot at the beginning of a line was doubled for the way.
        """
        kept, octets, bare = bytearray(), 0, False
        while True:
            async with asyncio.timeout(self._command_s):
                line = await self._reader.readuntil(b"\r\n")
            if line == b".\r\n":
                return bytes(kept[: self._max_octets]), octets, bare
            octets += len(line)
            if octets > _LARGEST_MAIL:
                raise Gone
            bare = bare or b"\r" in line[:-2] or b"\n" in line[:-2]
            if len(kept) < self._max_octets:
                kept += line.removeprefix(b".")
