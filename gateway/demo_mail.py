"""A mail server in memory, for the demonstration: takes every mail, keeps it per mailbox, and can be taken away.

It speaks enough ESMTP (RFC 5321, PIPELINING) for any client and relays nothing. `refuse` closes the port as a
machine that is off, `mute` answers nothing as a network that swallows, `restore` brings it back on the same port.
The journal is one JSON object a line, like the modem emulators'.
"""

import asyncio
import email.policy
import json
import ssl
import time
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Self

_LONGEST_LINE = 65_536  # octets
_LARGEST_MAIL = 4_000_000  # octets; a demonstration never comes near
_OFFERS = ("PIPELINING", "8BITMIME", f"SIZE {_LARGEST_MAIL}")

_REPLIES = {
    "connect": "220 sink.invalid ESMTP",
    **dict.fromkeys(("HELO", "MAIL", "RCPT", "RSET", "NOOP"), "250 2.0.0 ok"),
    "DATA": "354 end with a dot",
    "DATA too early": "554 5.5.1 no valid recipients",
    "content": "250 2.0.0 kept",
    "QUIT": "221 bye",
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived: `raw` with CRLF and without dot-stuffing, `text` decoded, lines ended by LF."""

    t: float  # seconds since the epoch
    sender: str
    to: str
    subject: str
    text: str
    raw: bytes


class Hangup(Exception):
    """Raised by `answer`: the connection is cut without a word."""


class MailSink:
    """`async with MailSink() as sink`: listens on 127.0.0.1, `port` 0 for a free one. `mailboxes` is by address."""

    offers: tuple[str, ...] = _OFFERS
    tls: ssl.SSLContext | None = None  # TLS from the start of each connection

    def __init__(self, *, port: int = 0, journal: Path | None = None) -> None:
        self.port = port
        self.mailboxes: dict[str, list[Mail]] = {}
        self._journal = journal
        self._server: asyncio.Server | None = None
        self._sessions: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._speaking = asyncio.Event()
        self._speaking.set()

    @property
    def mails(self) -> list[Mail]:
        """All mails in the order they came."""
        return sorted((mail for box in self.mailboxes.values() for mail in box), key=lambda mail: mail.t)

    async def __aenter__(self) -> Self:
        await self.restore()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()

    async def restore(self) -> None:
        """Listens (again) on its port and answers what was left unanswered."""
        self._speaking.set()
        if self._server is None:
            self._server = await asyncio.start_server(
                self._accept, "127.0.0.1", self.port, limit=_LONGEST_LINE, ssl=self.tls
            )
            self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Closes the port and cuts every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task, writer in list(self._sessions.items()):
            writer.transport.abort()
            task.cancel()
        if self._sessions:
            await asyncio.wait(list(self._sessions))

    def mute(self) -> None:
        """Answers nothing any more; connections stay open."""
        self._speaking.clear()

    async def answer(self, step: str, line: str) -> str:
        """The reply to a step: connect, a command, or content. Tests override it."""
        if step == "EHLO":
            *names, last = ("sink.invalid", *self.offers)
            return "".join(f"250-{name}\r\n" for name in names) + f"250 {last}"
        return _REPLIES.get(step, f"502 5.5.1 {line.split(' ')[0][:20]} is not known here")

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="a mail session")
        self._sessions[task] = writer
        task.add_done_callback(self._sessions.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._session(reader, writer)
        except (OSError, ValueError, LookupError, EOFError, asyncio.LimitOverrunError, Hangup):
            pass  # the far end left, or is told to be left: what had no 250 was not taken over
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = "", list[str]()
        step, line = "connect", ""
        while True:
            reply = await self._say(writer, step, line)
            if step == "QUIT":
                return
            if step.startswith("DATA") and reply.startswith("354"):
                raw = await _content(reader)
                await self._keep(writer, sender=sender, recipients=recipients, raw=raw)
                recipients.clear()
            elif step == "MAIL" and reply.startswith("250"):
                sender = _path(line)
                recipients.clear()
            elif step == "RCPT" and reply.startswith("250"):
                recipients.append(_path(line))
            elif step == "RSET":
                recipients.clear()
            line = (await reader.readuntil(b"\r\n")).decode("utf-8", "replace").rstrip("\r\n")
            step = line.split(" ")[0].upper()
            if step == "DATA" and not recipients:
                step = "DATA too early"

    async def _say(self, writer: asyncio.StreamWriter, step: str, line: str) -> str:
        reply = await self.answer(step, line)
        await self._speaking.wait()
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()
        return reply

    async def _keep(
        self, writer: asyncio.StreamWriter, *, sender: str, recipients: list[str], raw: bytes
    ) -> None:
        """A mail is in its mailboxes before the 250, as with a real server."""
        parsed = message_from_bytes(raw, policy=email.policy.default)
        part = parsed.get_body(("plain",))
        text = str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
        reply = await self.answer("content", "")
        if reply.startswith("250"):
            for to in recipients:
                mail = Mail(time.time(), sender, to, str(parsed["Subject"] or ""), text, raw)
                self.mailboxes.setdefault(to, []).append(mail)
                self._note(mail)
        await self._speaking.wait()
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()

    def _note(self, mail: Mail) -> None:
        if self._journal is None:
            return
        line = {"t": mail.t, "event": "sent", "to": mail.to, "subject": mail.subject, "text": mail.text}
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(
                json.dumps(line | {"raw": mail.raw.decode("utf-8", "replace")}, ensure_ascii=False) + "\n"
            )


def _path(line: str) -> str:
    """The mailbox of `MAIL FROM:<a@b.invalid> SIZE=9`."""
    return line.partition("<")[2].partition(">")[0]


async def _content(reader: asyncio.StreamReader) -> bytes:
    """What comes after 354, up to CRLF.CRLF and nothing else (RFC 5321 4.1.1.4), without dot-stuffing."""
    lines, octets = list[bytes](), 0
    while (line := await reader.readuntil(b"\r\n")) != b".\r\n":
        octets += len(line)
        if octets > _LARGEST_MAIL:
            raise Hangup
        lines.append(line.removeprefix(b"."))
    return b"".join(lines)
