"""Who is connected: bounded in number and in patience, so that whoever only holds connections keeps nobody out.

| what comes                                         | what happens                                          |
|----------------------------------------------------|-------------------------------------------------------|
| no whole head in PATIENCE_S                        | closed                                                |
| no whole body in PATIENCE_S, and it comes slowly   | 408, closed (`bodies`)                                |
| one more than may be open                          | the oldest that has shown no token is closed          |
| the same, and every one of them has shown a token  | 503, closed                                           |
| what is no proper HTTP                             | a problem, as every other error, then closed          |

The store, the modems and the other ports need descriptors too: each of the two sockets gets at most a quarter of them.
"""

import asyncio
import logging
import resource
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from gateway.api.problems import problem
from gateway.log_floods import Tenths
from gateway.logs import escaped

log = logging.getLogger(__name__)
log.addFilter(Tenths())  # strangers can make it speak

PATIENCE_S = 120.0  # longer than proxies keep an idle connection (60 to 90 s): they are to close first
CONNECTIONS_MOST = 400  # of one socket: many times the submitters and watchers that an authority has
DESCRIPTORS_WANTED = 65_536
_DETAIL_MOST = 200
_FULL_BODY = (
    b'{"type": "about:blank", "title": "Too many connections", "status": 503,'
    b' "detail": "close those that are not needed; more are taken once one is closed"}'
)
_FULL = b"\r\n".join(
    (
        b"HTTP/1.1 503 Service Unavailable",
        b"Content-Type: application/problem+json",
        b"Content-Length: %d" % len(_FULL_BODY),
        b"Retry-After: 1",
        b"Connection: close",
        b"",
        _FULL_BODY,
    )
)

_OPTIONS: Mapping[str, Any] = {"access_log": None, "keepalive_timeout": PATIENCE_S}

Listen = Callable[[Callable[[], asyncio.BaseProtocol]], Awaitable[asyncio.AbstractServer]]


def raise_descriptor_limit() -> None:
    """As far as the system lets us: the soft limit is made for programs that use select(2)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_WANTED if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS_WANTED)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError) as error:  # a sandbox may forbid it: then there are fewer connections
        log.warning("the limit of %d descriptors stays: %s", soft, error)


def connections_most() -> int:
    """How many connections one socket may have with the descriptors of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return CONNECTIONS_MOST if soft == resource.RLIM_INFINITY else min(CONNECTIONS_MOST, soft // 4)


class Connection(web.RequestHandler):
    """One connection; `shows_token` is called when a request on it was authenticated."""

    __slots__ = ("_door", "_trusted")

    def __init__(self, door: "Door", server: web.Server) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, **_OPTIONS)
        self._door, self._trusted = door, False

    def shows_token(self) -> None:
        if not self._trusted:
            self._trusted = True
            self._door.trust(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._door.leave(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is wrong with the HTTP itself; the base logs it, and would answer it in plain text."""
        super().handle_error(request, status, exc, message)
        said = (message or "").partition("\n")[0].rstrip(":")  # the next lines show what came
        detail = "the hub's log says more" if status >= 500 else escaped(said, _DETAIL_MOST)
        answer = problem(status, HTTPStatus(status).phrase, detail=detail)
        answer.force_close()
        return answer


class Door:
    """Makes the connections of one socket, of which at most `most` are open."""

    def __init__(self, server: web.Server, most: int) -> None:
        self._server, self._most = server, most
        self._strangers: dict[Connection, None] = {}  # the oldest first
        self._trusted: set[Connection] = set()

    def __call__(self) -> asyncio.BaseProtocol:
        if len(self._strangers) + len(self._trusted) >= self._most:
            log.warning(
                "%d connections are open, as many as may be: for each newcomer one is closed", self._most
            )
            if not self._close_a_stranger():
                return _Full()
        connection = Connection(self, self._server)
        self._strangers[connection] = None
        return connection

    def trust(self, connection: Connection) -> None:
        if connection in self._strangers:
            del self._strangers[connection]
            self._trusted.add(connection)

    def leave(self, connection: Connection) -> None:
        self._strangers.pop(connection, None)
        self._trusted.discard(connection)

    def _close_a_stranger(self) -> bool:
        for connection in self._strangers:
            if connection.transport is not None:  # None: accepted a moment ago, and not at work yet
                self.leave(connection)
                connection.transport.abort()  # close() would wait for one who reads no answer
                return True
        return False


class _Full(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(_FULL)
        transport.close()


class Site(web.BaseSite):
    """A socket of the server; `listen` is the loop's own way to open one for a maker of connections."""

    def __init__(self, runner: web.BaseRunner, name: str, listen: Listen) -> None:
        super().__init__(runner)
        self._name, self._listen = name, listen

    @property
    def name(self) -> str:
        return self._name

    async def start(self) -> None:
        await super().start()
        server = self._runner.server
        if server is None:
            raise RuntimeError("the runner is not set up")
        self._server = await self._listen(Door(server, connections_most()))
