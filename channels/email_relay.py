"""Opening a session with the relay, and the pool of those that are kept open.

aiosmtplib connects, reads the greeting, upgrades to TLS, says EHLO and logs in; whatever fails there is ChannelDown,
since it would fail for every message.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import cast

import aiosmtplib

from channels.base import ChannelDown
from channels.email_config import EmailConfig
from channels.email_replies import Reply
from channels.email_session import Envelope, Session, StaleSession

Offers = Mapping[str, str]  # EHLO's extensions in lower case, with their parameters
_GOODBYE_S = 1.0  # for QUIT, when the channel closes


def tls_context(config: EmailConfig) -> ssl.SSLContext | None:
    """The certificates to trust; reads files, so call it off the loop. OSError (SSLError) for an unusable ca_file."""
    if config.tls == "none":
        return None
    return ssl.create_default_context(cafile=config.ca_file)


async def open_session(
    config: EmailConfig, tls: ssl.SSLContext | None, *, lost: Callable[[Session], None]
) -> Session:
    """A session that is ready for MAIL, within `connect_s`; ChannelDown says at what it failed."""
    task, session = asyncio.current_task(), None
    cancels = task.cancelling() if task else 0
    try:
        session = await _open(config, tls, lost=lost)
        return session
    finally:
        if task and task.cancelling() > cancels:
            # Before Python 3.12 wait_for, which aiosmtplib uses, forgets a cancellation that comes with the answer.
            if session:
                session.abort()
            raise asyncio.CancelledError


async def _open(
    config: EmailConfig, tls: ssl.SSLContext | None, *, lost: Callable[[Session], None]
) -> Session:
    client = aiosmtplib.SMTP(
        hostname=config.host,
        port=config.port,
        username=config.username or None,
        password=config.password.get_secret_value() if config.password else None,
        local_hostname=config.helo or config.sender.rpartition("@")[2],
        timeout=config.connect_s,
        use_tls=config.tls == "implicit",
        start_tls=config.tls == "starttls",
        tls_context=tls,
    )
    where = f"{config.host}:{config.port}"
    try:
        async with asyncio.timeout(config.connect_s):
            await client.connect()
            await _greet(client)
        if client.transport is None:
            raise ChannelDown(f"{where} hung up after its greeting")
        transport = cast("asyncio.Transport", client.transport)
        return Session(transport, config, offers=dict(client.esmtp_extensions), lost=lost)
    except aiosmtplib.SMTPResponseException as refused:
        reply = Reply(refused.code, " ".join(refused.message.split()))
        reason, code = f"{where} refused the session: {reply}", str(reply.code)
        raise ChannelDown(reason, code=code, raw=str(reply)) from refused
    except TimeoutError as late:
        raise ChannelDown(f"{where} opened no session in {config.connect_s:g} s") from late
    except (aiosmtplib.SMTPException, OSError) as error:
        raise ChannelDown(f"no session with {where}: {error}") from error


async def _greet(client: aiosmtplib.SMTP) -> None:
    """EHLO, unless STARTTLS or the login has said it already; HELO for a relay that knows no extensions."""
    try:
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()
    finally:
        if client.is_ehlo_or_helo_needed:
            client.close()


class Pool:
    """At most `connections` sessions, the one used last first, so that the others age and are let go."""

    def __init__(self, config: EmailConfig, tls: ssl.SSLContext | None, *, lost: Callable[[], None]) -> None:
        self._config, self._tls, self._lost = config, tls, lost
        self._slots = asyncio.Semaphore(config.connections)
        self._idle: list[Session] = []
        self._open: set[Session] = set()

    async def send(
        self, envelope: Callable[[Offers], Envelope], *, content: bytes, hand_over: Callable[[], None]
    ) -> Reply:
        """Hands over one message over a session of the pool; waits while all are taken. Raises as `Session.send`."""
        async with self._slots:
            kept = self._take()
            if kept is not None:
                with suppress(StaleSession):  # it had been closed meanwhile; nothing left
                    return await self._send(kept, envelope, content=content, hand_over=hand_over)
            return await self._send(await self._new(), envelope, content=content, hand_over=hand_over)

    async def check(self) -> bool:
        """Asks the relay for a sign of life, over a new session if none is free; False if all are taken by messages.

        Raises ChannelDown when there is none.
        """
        if self._slots.locked():
            return False
        async with self._slots:
            session = self._take()
            if session is not None:
                with suppress(ChannelDown):
                    await session.noop()
                    self._idle.append(session)
                    return True
            self._idle.append(await self._new())
            return True

    async def close(self) -> None:
        """Says goodbye on idle sessions and ends those in use."""
        for session in self._open:
            if session in self._idle:
                session.quit()
            else:
                session.abort()
        self._idle.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                for session in list(self._open):
                    await session.closed.wait()
        for session in list(self._open):
            session.abort()

    def _take(self) -> Session | None:
        oldest = asyncio.get_running_loop().time() - self._config.idle_s
        while self._idle:
            session = self._idle.pop()
            if session.usable and session.idle_since >= oldest:
                return session
            session.quit()
        return None

    async def _new(self) -> Session:
        session = await open_session(self._config, self._tls, lost=self._forget)
        self._open.add(session)
        return session

    def _forget(self, session: Session) -> None:
        idle = session in self._idle
        self._open.discard(session)
        if idle:
            self._idle.remove(session)
            self._lost()

    async def _send(
        self,
        session: Session,
        envelope: Callable[[Offers], Envelope],
        *,
        content: bytes,
        hand_over: Callable[[], None],
    ) -> Reply:
        try:
            return await session.send(envelope(session.offers), content=content, hand_over=hand_over)
        finally:
            if session.usable:
                self._idle.append(session)
