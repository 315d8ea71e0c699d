"""The HTTP server: one application on TCP and on a Unix socket."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from aiohttp import web

from gateway.api import alerts, channels, events, health, inbox, openapi
from gateway.api.auth import authenticated
from gateway.api.bodies import BODY_MOST, expected, whole_bodies
from gateway.api.connections import Site
from gateway.api.keys import CONFIG, HUB, OPERATOR, TOKENS
from gateway.api.problems import as_problems
from gateway.api.socket_place import place
from gateway.config import Config
from gateway.errors import StoreUnfit
from gateway.hub import Hub
from gateway.operator import Operator
from gateway.socket_path import short_path
from gateway.tokens import Token

BACKLOG = 128


def application(hub: Hub, config: Config, tokens: Sequence[Token]) -> web.Application:
    app = web.Application(client_max_size=BODY_MOST, middlewares=[as_problems, authenticated, whole_bodies])
    app[HUB], app[CONFIG], app[TOKENS] = hub, config, tuple(tokens)
    app[OPERATOR] = Operator(hub)
    for part in (alerts, channels, events, health, inbox, openapi):
        app.add_routes(map(_route, part.routes))
    app.on_shutdown.append(_let_watchers_go)
    return app


def _route(route: web.AbstractRouteDef) -> web.AbstractRouteDef:
    if isinstance(route, web.RouteDef):
        kwargs = {**route.kwargs, "expect_handler": expected}
        return web.RouteDef(route.method, route.path, route.handler, kwargs)
    return route


async def _let_watchers_go(app: web.Application) -> None:
    """Those who watch /events wait for ever: without this the server would wait for them to the end of its patience."""
    app[HUB].stopping = True
    app[HUB].watchers.tell({"type": "stopping"})


def listener(config: Config) -> socket.socket:
    """The TCP socket, bound before anything else is started. StoreUnfit if the address is taken."""
    family = socket.AF_INET6 if ":" in config.http.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((config.http.host, config.http.port))
        bound.listen(BACKLOG)
    except (OSError, UnicodeError) as error:  # a name of more than 63 signs is no name for Python
        bound.close()
        reason = getattr(error, "strerror", None) or error
        raise StoreUnfit(f"http.listen {config.http.listen}: {reason}; {_remedy(error)}") from error
    return bound


def _remedy(error: OSError | UnicodeError) -> str:
    number = getattr(error, "errno", None)
    if isinstance(error, socket.gaierror | UnicodeError) or number == errno.EADDRNOTAVAIL:
        return 'write an address of this machine, for example listen = "127.0.0.1:8470"'
    if number == errno.EACCES:
        return "choose a port from 1024"
    return "stop the other program, or choose another port"


@asynccontextmanager
async def serving(app: web.Application, config: Config, tcp: socket.socket) -> AsyncIterator[int]:
    """Serves on the bound socket and on the Unix socket; yields the TCP port."""
    runner = web.AppRunner(app, shutdown_timeout=2.0, handle_signals=False)
    loop = asyncio.get_running_loop()
    with place(config.socket) as at:
        await runner.setup()
        try:
            await Site(runner, "tcp", partial(loop.create_server, sock=tcp, backlog=BACKLOG)).start()
            unix = partial(loop.create_unix_server, path=str(at.address), backlog=BACKLOG)
            await _start(
                Site(runner, "unix", unix),
                f"socket {config.socket}",
                "name a file in a folder that the hub may write",
            )
            at.bound()
            yield tcp.getsockname()[1]
        finally:
            await runner.cleanup()


async def _start(site: web.BaseSite, what: str, remedy: str) -> None:
    try:
        await site.start()
    except OSError as error:
        raise StoreUnfit(f"{what}: {error.strerror or error}; {remedy}") from error


async def nobody_listens(path: Path) -> bool:
    """True if no hub answers on this socket."""
    try:
        _, writer = await asyncio.open_unix_connection(str(short_path(path)))
    except OSError:
        return True
    writer.close()
    await writer.wait_closed()
    return False
