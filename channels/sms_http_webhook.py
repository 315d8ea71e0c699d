"""Where an aggregator's webhooks come in: a port of the channel's own, never the hub's (docs/adr/0012).

| what comes                                         | answered                                                   |
|----------------------------------------------------|------------------------------------------------------------|
| another path, another method                       | 404, 405                                                   |
| more than 256 kB, compressed, or slower than 10 s  | 413, 415, 408                                              |
| a signature that is wrong, missing or there twice  | 401, before anything of it is read                         |
| signed, but the youngest of it is not fresh        | 401; a replay inside of the window counts once by its id   |
| signed and readable                                | 204 once the hub has committed every event of it           |
| not in `commit_s`, no room, or the channel closes  | 503; what comes again counts once by its id                |
| signed, and one event of it is not readable         | that one stands open in the inbox; the others count; 204   |
| signed, and nothing of it is readable              | stands open in the inbox, then 204: it blocks nothing      |

Connections are bounded in number: for one too many the oldest that has brought nothing signed is cut, and each such one
after 10 s. TLS is left to the reverse proxy before it, and so is whom to let through.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from weakref import WeakSet

from aiohttp import web

from channels import strict_json
from channels.base import Inbound, Report
from channels.feed import Feed
from channels.sms_http_config import SmsHttpConfig
from channels.sms_http_dialect import Dialect, phone
from channels.strict_json import Unreadable

log = logging.getLogger(__name__)

_BODY_MOST = 262_144  # octets: the longest text of a phone, with six for each sign of it, and some more
_BODY_S = 10.0  # for a whole request, and for the first signed one of a connection
_CONNECTIONS_MOST = 100
_TEXT_MOST = 2000  # characters of what could be made out of an event that cannot be read


class _Refused(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class Webhooks:
    """`note` hears why the port cannot be opened, and '' when it is."""

    def __init__(
        self, name: str, config: SmsHttpConfig, dialect: Dialect, feed: Feed, *, note: Callable[[str], None]
    ) -> None:
        self._name, self._config, self._dialect, self._feed, self._note = name, config, dialect, feed, note
        self._refused = 0
        self._trusted = WeakSet[asyncio.BaseTransport]()  # connections that brought something signed
        self._waits: set[asyncio.Event] = set()
        self._closing = False
        self.port = 0

    async def run(self) -> None:
        """Listens until it is cancelled."""
        pause_s = self._config.reconnect_s
        while True:
            server = web.Server(self._answer, auto_decompress=False, keepalive_timeout=30, access_log=None)
            try:
                listener = await asyncio.get_running_loop().create_server(
                    partial(self._accept, server), *self._config.at, reuse_address=True
                )
            except OSError as error:
                self._note(f"nobody can listen on {self._config.listen}: {error.strerror or error}")
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self._config.reconnect_max_s)
                continue
            self.port = listener.sockets[0].getsockname()[1]
            self._note("")
            try:
                await asyncio.Event().wait()
            finally:
                listener.close()
                await self._close(server)

    async def _close(self, server: web.Server) -> None:
        """Whoever waits for a commit hears 503 and comes again."""
        self._closing = True
        for wait in self._waits:
            wait.set()
        await server.shutdown(1.0)

    def _accept(self, server: web.Server) -> asyncio.BaseProtocol:
        if len(server.connections) >= _CONNECTIONS_MOST and not self._cut_the_oldest(server):
            return _Refused()
        protocol = server()
        asyncio.get_running_loop().call_later(_BODY_S, self._cut, protocol)
        return protocol

    def _cut_the_oldest(self, server: web.Server) -> bool:
        """Whether one that brought nothing signed made room: whoever holds all of them keeps nobody out."""
        for protocol in server.connections:
            transport = protocol.transport
            if transport is not None and not transport.is_closing() and transport not in self._trusted:
                transport.abort()
                return True
        return False

    def _cut(self, protocol: Any) -> None:
        """A connection that is only held open would keep the aggregator out."""
        if protocol.transport is not None and protocol.transport not in self._trusted:
            protocol.transport.abort()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if request.path != self._config.path:
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        if request.headers.get("Content-Encoding", "identity") != "identity":
            return web.Response(status=415)
        if (request.content_length or 0) > _BODY_MOST:
            return self._turned_away(413, "it is too large")
        try:
            async with asyncio.timeout(_BODY_S):
                if request.headers.get("Expect", "").lower() == "100-continue":  # RFC 9110 10.1.1
                    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await _body(request)
        except TimeoutError:
            return self._turned_away(408, "it was too slow")
        if body is None:
            return self._turned_away(413, "it is too large")
        return await self._taken(request, body)

    async def _taken(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if not self._is_signed(request, body):
            return self._turned_away(401, "its signature is not the aggregator's")
        if (transport := request.transport) is not None:
            self._trusted.add(transport)
        now = datetime.now(UTC)
        try:
            value = strict_json.read_around(body)
            age_s = (now - self._dialect.sent_at(request.headers, value)).total_seconds()
            if not self._config.is_fresh(age_s):
                return self._turned_away(401, f"it is {age_s:.0f} s old: is a clock wrong?")
            events = [self._read(event, now) for event in self._dialect.events(value)]
        except Unreadable as error:
            events = [_unreadable(body, now, why=str(error))]
        return web.Response(status=204 if await self._settled(events) else 503)

    def _read(self, event: Any, now: datetime) -> Report | Inbound:
        """One event; of a batch each counts, or stands in the inbox, by itself."""
        try:
            return self._dialect.read(strict_json.flawless(event), self._config, now=now)
        except Unreadable as error:
            why = str(error)
        except Exception:  # of our own code: it would fail on every further try as well
            log.exception("channel %s: an event of a webhook could not be read", self._name)
            why = "the program failed on it"
        octets = json.dumps(event, ensure_ascii=False, default=str).encode("utf-8", "replace")
        sender, said = self._dialect.made_out(event)
        name = str(sender)[:40] if isinstance(sender, str | int) else ""
        text = said[:_TEXT_MOST] if isinstance(said, str) else ""
        address = phone(name, country=self._config.country)
        return replace(_unreadable(octets, now, why=why), sender=str(address or name), text=text)

    def _is_signed(self, request: web.BaseRequest, body: bytes) -> bool:
        """Of two headers of a name the one that was checked could be the one that was not meant."""
        names = [name.lower() for name, _ in request.raw_headers]
        names = [name for name in names if name.endswith((b"signature", b"timestamp"))]
        return len(names) == len(set(names)) and self._dialect.is_signed(
            request.headers, body, key=self._config.key
        )

    async def _settled(self, events: list[Report | Inbound]) -> bool:
        """Whether the hub has committed all of them in time."""
        if not events:
            return True
        done, left = asyncio.Event(), len(events)

        async def settle() -> None:
            nonlocal left
            left -= 1
            if not left:
                done.set()

        if not all(self._feed.offer(replace(event, settle=settle)) for event in events):
            return False
        self._waits.add(done)
        try:
            async with asyncio.timeout(self._config.commit_s):
                await done.wait()
        except TimeoutError:
            log.warning("channel %s: a webhook was not kept in time, and will come again", self._name)
        finally:
            self._waits.discard(done)
        return not left

    def _turned_away(self, status: int, why: str) -> web.Response:
        """A line at the first one and then at every tenth power: a flood must not fill the log as well."""
        self._refused += 1
        if str(self._refused).rstrip("0") == "1":
            log.warning("channel %s: %d webhooks turned away; the last: %s", self._name, self._refused, why)
        return web.Response(status=status)


async def _body(request: web.BaseRequest) -> bytes | None:
    """The octets as they came; None for more than are taken."""
    octets = bytearray()
    async for chunk in request.content.iter_any():
        octets += chunk
        if len(octets) > _BODY_MOST:
            return None
    return bytes(octets)


def _unreadable(octets: bytes, now: datetime, *, why: str) -> Inbound:
    """The aggregator itself said it, and it may be a person's: somebody should look. Brought again it is the same."""
    return Inbound(
        bearer_id=hashlib.sha256(octets).hexdigest()[:32],
        sender="",
        text="",
        at=now,
        unreadable=f"of a webhook: {why}",
        raw=octets.decode("utf-8", "backslashreplace"),
    )
