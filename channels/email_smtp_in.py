"""An inbox as an SMTP port (RFC 5321): one's own mail server passes on what is addressed to the sender.

| step                                         | answer                                                            |
|----------------------------------------------|-------------------------------------------------------------------|
| connect from outside of `allow`              | 554 5.7.1, closed                                                 |
| more sessions than `sessions`                | 421 4.3.2, closed                                                 |
| RCPT of somebody else                        | 550 5.1.1                                                         |
| the content holds a bare CR or LF            | 550 5.6.0 (a server that sees another end of it could smuggle)    |
| the content is longer than `max_octets`      | read to its end, kept up to there                                 |
| the hub has committed it                     | 250 2.0.0                                                         |
| not in `commit_s`, or the channel closes     | 451 4.3.0; a copy that comes again counts once by its `bearer_id` |
| a stranger's mail beyond `strangers_per_minute` | 451 4.7.0                                                      |

It relays nothing, looks nobody up and answers no mail. TLS and logins are left to the server before it, on the same
machine or in the same closed net.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

from channels.email_config import SmtpInbox
from channels.email_inbound import Arrived
from channels.email_inlet import Inlet, now
from channels.email_smtp_session import Gone, Session

log = logging.getLogger(__name__)

_LONGEST_LINE = 1_000_000  # octets of content; a server breaks them at 998 (RFC 5321 4.5.3.1.6)


class SmtpReader:
    """`note` hears why the port cannot be opened, and '' when it is."""

    def __init__(self, config: SmtpInbox, inlet: Inlet, *, sender: str, note: Callable[[str], None]) -> None:
        self._config, self._inlet, self._note = config, inlet, note
        self._for = frozenset(each.lower() for each in (config.recipients or (sender,)))
        self._sessions: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.port = 0

    async def run(self) -> None:
        """Listens until it is cancelled."""
        pause_s = self._config.reconnect_s
        while True:
            try:
                server = await asyncio.start_server(self._accept, *self._config.address, limit=_LONGEST_LINE)
            except OSError as error:
                self._note(f"nobody can listen on {self._config.listen}: {error.strerror or error}")
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self._config.reconnect_max_s)
                continue
            self.port = server.sockets[0].getsockname()[1]
            self._note("")
            try:
                await asyncio.Event().wait()
            finally:
                server.close()
                await self._close()

    async def _close(self) -> None:
        for task in self._sessions:
            task.cancel()
        if self._sessions:
            await asyncio.wait(list(self._sessions), timeout=1)
        for writer in self._sessions.values():
            writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="a mail comes in")
        self._sessions[task] = writer
        task.add_done_callback(self._sessions.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            refusal = self._refusal(writer)
            if refusal:
                writer.write(f"{refusal}\r\n".encode("ascii"))
            else:
                await self._session(reader, writer).run()
        except (Gone, OSError, EOFError, asyncio.LimitOverrunError):
            pass  # what had no 250 was not taken over, and the server before us still has it
        except asyncio.CancelledError:
            with suppress(OSError):
                writer.write(b"421 4.3.2 closing\r\n")
            raise
        finally:
            writer.close()

    def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Session:
        config = self._config
        return Session(
            reader,
            writer,
            take=self._take,
            knows=self._knows,
            max_octets=config.max_octets,
            command_s=config.command_s,
        )

    def _refusal(self, writer: asyncio.StreamWriter) -> str:
        peer = writer.get_extra_info("peername")
        try:
            address = ip_address(peer[0].partition("%")[0])
        except (TypeError, ValueError, IndexError):
            return "554 5.7.1 who are you"
        if not any(address in net for net in self._config.allow if net.version == address.version):
            return "554 5.7.1 not from there"
        return "421 4.3.2 too many sessions" if len(self._sessions) > self._config.sessions else ""

    def _knows(self, mailbox: str) -> bool:
        return mailbox.lower() in self._for

    async def _take(self, raw: bytes, octets: int) -> str:
        """The answer to a mail: 250 once the hub has committed it."""
        kept = asyncio.Event()

        async def settle() -> None:
            kept.set()

        event = await asyncio.to_thread(self._inlet.event, Arrived(raw, now(), octets), settle)
        if self._inlet.wait_s(event, reserve=False):
            return "451 4.7.0 too many from strangers, come again"
        try:
            async with asyncio.timeout(self._config.commit_s):
                await self._inlet.put(event)
                await kept.wait()
        except TimeoutError:
            return "451 4.3.0 not kept in time, come again"
        return "250 2.0.0 kept"
