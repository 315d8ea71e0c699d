"""Keeps a session with the broker: opened again when it ends, with growing pauses while it cannot be.

While a session is being renewed for the first time `session` waits for the outcome of that one try; after it has failed
everybody hears at once that the broker is away, until it is back.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable

from channels.base import ChannelDown, Health, State
from channels.mqtt_client import End, Incoming, NotOpen
from channels.mqtt_config import MqttConfig
from channels.mqtt_memory import SessionMemory
from channels.mqtt_outcome import RETAINS_NOTHING, TAKEN_OVER
from channels.mqtt_session import Session

log = logging.getLogger(__name__)

_OFTEN = 3
_UNSEEN = "the broker keeps nothing retained, so that nobody sees our availability: set availability = false"
_FORGOTTEN = "the broker had forgotten our session: answers sent while we were away are lost"


class Keeper:
    """`run()` until cancelled, then `close()`. `health` tells each change; `incoming` gets what arrives."""

    def __init__(
        self,
        config: MqttConfig,
        tls: ssl.SSLContext | None,
        *,
        client_id: str,
        memory: SessionMemory,
        health: Callable[[Health], object],
        incoming: Callable[[Session, Incoming], None],
    ) -> None:
        self._config, self._tls, self._client_id = config, tls, client_id
        self._memory, self._name_of_session = memory, f"{client_id} at {config.host}:{config.port}"
        self._tell, self._incoming = health, incoming
        self._session: Session | None = None
        self._decided = asyncio.Event()  # the last try to have a session has ended, well or not
        self._check: asyncio.Task[None] | None = None
        self._pause_s = config.reconnect_s
        self._short = 0  # sessions in a row that ended soon
        self.health = Health(State.STARTING)
        self._availability = config.availability  # as it was asked for
        self.window = config.window  # messages at a time that the broker allowed last

    async def session(self) -> Session:
        """An open session; ChannelDown when there is none."""
        while True:
            await self._decided.wait()
            session = self._session
            if session is None:
                raise ChannelDown(self.health.reason)
            if not session.gone.done():
                return session
            self._decided.clear()  # `run` is about to renew it

    @property
    def undecided(self) -> bool:
        """Whether `session` would wait: for a session that is being renewed, or one that was silent."""
        ended = self._session is not None and self._session.gone.done()
        return ended or not self._decided.is_set()

    def doubt(self, session: Session) -> None:
        """The broker did not answer a message: nothing more is handed to it until it has answered something."""
        if session is self._session and (self._check is None or self._check.done()):
            self._decided.clear()
            self._check = asyncio.create_task(self._examine(session), name="check the broker")

    async def run(self) -> None:
        """A session that lasted is renewed at once; one that ended soon, or never began, after a pause that grows."""
        loop, config = asyncio.get_running_loop(), self._config
        while True:
            began = loop.time()
            end = await self._one_session()
            if self._session is not None and not end.code and loop.time() - began > config.reconnect_max_s:
                self._short, self._pause_s, self._session = 0, config.reconnect_s, None
                continue
            self._short += self._session is not None
            if end.code == TAKEN_OVER:
                self._pause_s = config.reconnect_max_s
            self._down(end.why + self._guess(end))
            await asyncio.sleep(self._pause_s * random.uniform(0.5, 1.0))  # noqa: S311 (no secret)
            self._pause_s = min(2 * self._pause_s, config.reconnect_max_s)

    def _guess(self, end: End) -> str:
        """Mosquitto 2.0.11 does not say that another client took the session: the connection just ends."""
        if end.code or self._short < _OFTEN:
            return ""
        return f"; again and again: does another client use our client_id {self._client_id}?"

    async def close(self) -> None:
        if self._check is not None:
            self._check.cancel()
            await asyncio.wait({self._check})
        if self._session is not None:
            await self._session.close()

    async def _one_session(self) -> End:
        """From the try to open it to its end. Afterwards `_session` is None if it did not open."""
        try:
            session = await self._opened()
        except NotOpen as error:
            return End(str(error))
        except Exception as error:  # whatever a library raises, the broker is tried again
            log.exception("a session with the broker could not be opened")
            return End(f"it failed: {error!r}")
        self._session, self.window = session, session.places
        forgotten = not session.offer.resumed and self._memory.had(self._name_of_session)
        if forgotten:
            log.warning("%s: %s", self._name_of_session, _FORGOTTEN)
        unseen = self._availability and not (self._config.availability and session.offer.retain)
        self._set(Health(State.UP, "; ".join([_FORGOTTEN] * forgotten + [_UNSEEN] * unseen)))
        self._decided.set()
        if not self._memory.had(self._name_of_session):
            await asyncio.to_thread(self._memory.opened, self._name_of_session)
        end = await asyncio.shield(session.gone)
        self._decided.clear()
        await session.close()
        return end

    async def _opened(self) -> Session:
        """NotOpen. A broker that keeps nothing retained refuses our will: alerts matter more than our availability."""
        try:
            return await self._open()
        except NotOpen as error:
            if error.code != RETAINS_NOTHING or not self._config.availability:
                raise
        log.warning("%s: %s", self._name_of_session, _UNSEEN)
        self._config = self._config.model_copy(update={"availability": False})
        return await self._open()

    async def _open(self) -> Session:
        session = Session(
            self._config,
            self._tls,
            client_id=self._client_id,
            incoming=lambda incoming: self._incoming(session, incoming),
        )
        await session.open()
        return session

    async def _examine(self, session: Session) -> None:
        if await session.check():
            self._decided.set()

    def _down(self, why: str) -> None:
        self._session = None
        self._set(Health(State.DOWN, why))
        self._decided.set()

    def _set(self, health: Health) -> None:
        self.health = health
        self._tell(health)
