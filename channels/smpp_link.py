"""Keeps one session with the message centre: opens it, asks it for signs of life, opens it anew when it ends."""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable
from contextlib import suppress

from channels.base import ChannelDown, ChannelError, Health, State
from channels.smpp_config import SmppConfig
from channels.smpp_session import Delivered, Session, Silence
from channels.smpp_status import WRONG_LOGIN

log = logging.getLogger(__name__)

_GOODBYE_S = 1.0  # for unbind, when the channel closes
_WRONG_LOGIN = frozenset(f"{status:#04x}" for status in WRONG_LOGIN)


class Link:
    """`deliver` takes what arrives or says False; `note` hears of each change of health."""

    def __init__(
        self,
        name: str,
        config: SmppConfig,
        *,
        deliver: Callable[[Delivered], bool],
        note: Callable[[Health], Health],
    ) -> None:
        self._name, self._config, self._deliver, self._note = name, config, deliver, note
        self._health = Health(State.STARTING, "the session is being opened")
        self._session: Session | None = None
        self._tls: ssl.SSLContext | None = None

    async def open(self) -> None:
        """Does not wait for the message centre. ChannelError for an unusable ca_file."""
        config = self._config
        if config.tls == "implicit":
            try:
                self._tls = await asyncio.to_thread(ssl.create_default_context, cafile=config.ca_file)
            except OSError as error:
                reason = f"channel {self._name}: ca_file {config.ca_file} is no PEM: {error}"
                raise ChannelError(reason) from error
        self._keeper = asyncio.create_task(self._keep(), name=f"{self._name}: keep the session")

    async def close(self) -> None:
        self._keeper.cancel()
        await asyncio.wait({self._keeper})
        if not self._keeper.cancelled() and (error := self._keeper.exception()) is not None:
            log.error("channel %s stopped keeping its session", self._name, exc_info=error)
        if self._session is None:
            return
        with suppress(TimeoutError, Silence):
            async with asyncio.timeout(_GOODBYE_S):
                if self._session.usable:
                    await self._session.unbind()
                await self._session.closed.wait()
        self._session.cut("the channel closed")

    @property
    def latest(self) -> Session | None:
        """The session that was bound last, also when it has ended."""
        return self._session

    def session(self) -> Session:
        """The session to send over; ChannelDown where there is none that can be trusted."""
        session = self._session
        if session is None or not session.usable:
            fate = session.fate if session is not None else ""
            raise ChannelDown(fate or self._health.reason or "the session has just ended")
        if session.silent:
            raise ChannelDown("the message centre has fallen silent")
        return session

    async def probe(self) -> Health:
        """Asks for a sign of life; without a session the keeper is at it already."""
        session = self._session
        if session is None or not session.usable:
            return self._health
        asked_at = asyncio.get_running_loop().time()
        try:
            await session.enquire()
        except Silence as silence:
            if session.fate or session.heard_at < asked_at:  # else it lives, and answers other things
                session.cut(f"no answer to enquire_link: {silence}")
                return self._set(Health(State.DOWN, session.fate))
        return self._set(Health(State.UP))

    def _set(self, health: Health) -> Health:
        self._health = self._note(health)
        return health

    async def _keep(self) -> None:
        """Growing pauses while the message centre is away, refuses, or hangs up soon after the bind."""
        config = self._config
        pause_s = config.reconnect_s
        while True:
            try:
                session = await open_session(config, self._tls, deliver=self._deliver)
            except ChannelDown as down:
                self._set(Health(State.DOWN, down.reason))
                if down.code in _WRONG_LOGIN:  # asking often with a wrong password gets an account locked
                    pause_s = config.reconnect_max_s
            else:
                if await self._watch(session) >= config.reconnect_max_s:
                    pause_s = config.reconnect_s
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 (spreads gateways, no secret)
            pause_s = min(2 * pause_s, config.reconnect_max_s)

    async def _watch(self, session: Session) -> float:
        """From the bind to the end of a session; how many seconds it lasted."""
        loop = asyncio.get_running_loop()
        self._session, began = session, loop.time()
        self._set(Health(State.UP))
        while session.usable:
            await self._wait_for_doubt(session)
            if session.usable and session.silent:
                self._set(Health(State.DOWN, "the message centre has fallen silent, and is being asked"))
            await self.probe()
        self._set(Health(State.DOWN, session.fate or "the session is closing"))
        return loop.time() - began

    async def _wait_for_doubt(self, session: Session) -> None:
        """Returns when the session ended, an answer is overdue, or nothing was heard for `enquire_link_s`."""
        loop, signs = asyncio.get_running_loop(), (session.doubted, session.closed)
        session.doubted.clear()
        while session.usable and not session.silent:
            left_s = session.heard_at + self._config.enquire_link_s - loop.time()
            if left_s <= 0:
                return
            waits = [asyncio.ensure_future(sign.wait()) for sign in signs]
            try:
                await asyncio.wait(waits, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()


async def open_session(
    config: SmppConfig, tls: ssl.SSLContext | None, *, deliver: Callable[[Delivered], bool]
) -> Session:
    """A bound session, within `connect_s`; ChannelDown says at what it failed."""
    host, port = config.where
    where = f"{host}:{port}"
    session = Session(config, deliver)
    try:
        async with asyncio.timeout(config.connect_s):
            await asyncio.get_running_loop().create_connection(lambda: session, host, port, ssl=tls)
            await session.bind()
    except TimeoutError as late:
        session.cut("no session in time")
        raise ChannelDown(f"{where} opened no session in {config.connect_s:g} s") from late
    except (OSError, Silence) as error:
        session.cut(str(error))
        raise ChannelDown(f"no session with {where}: {error}") from error
    except BaseException:
        session.cut("the bind was given up")
        raise
    return session
