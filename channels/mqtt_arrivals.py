"""What a broker passes on to us, on its way to the hub: every message becomes an event or is settled here.

One that nobody can read must not stand in the way of the others: it is kept for a person, and of a flood of such only
the first are, with how many came after them; what is beyond that is not even counted.
"""

import asyncio
import logging
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime

from channels.base import Event, Inbound, Report
from channels.feed import Feed
from channels.mqtt_client import Incoming
from channels.mqtt_config import MqttConfig
from channels.mqtt_inbound import Arrived, read, unreadable
from channels.mqtt_session import Session
from channels.strict_json import Unreadable

log = logging.getLogger(__name__)

_WAITING_MOST = 1000  # messages of QoS 0, which nothing else bounds; later ones are dropped
_NOISE_MOST, _NOISE_S = 60, 3600.0  # unreadable messages that the store hears of in that time


class Arrivals:
    """`arrived` is called by the session, `run` passes on to the feed until cancelled."""

    def __init__(self, name: str, config: MqttConfig, feed: Feed) -> None:
        self._name, self._config, self._feed = name, config, feed
        self._waiting = asyncio.Queue[Event]()
        self._noise: deque[float] = deque(maxlen=_NOISE_MOST)
        self._dropped = 0

    def put(self, event: Event) -> None:
        """One of the channel's own."""
        self._waiting.put_nowait(event)

    def arrived(self, session: Session, incoming: Incoming) -> None:
        event = None if incoming.retained else self._event(incoming.arrived)
        if event is None or (not incoming.mid and self._waiting.qsize() >= _WAITING_MOST):
            self._drop()
            session.settle(incoming.mid)
            return

        async def settle() -> None:
            session.settle(incoming.mid)

        self.put(replace(event, settle=settle))

    async def run(self) -> None:
        while True:
            await self._feed.put(await self._waiting.get())

    def _event(self, arrived: Arrived) -> Inbound | Report | None:
        """None: unreadable, like too many before it."""
        at, config = datetime.now(UTC), self._config
        try:
            return read(arrived, at, reports=config.topic("report"), answers=config.topic("answer"))
        except Unreadable as error:
            now = asyncio.get_running_loop().time()
            if len(self._noise) == _NOISE_MOST and now - self._noise[0] < _NOISE_S:
                return None
            self._noise.append(now)
            return unreadable(arrived, at, why=str(error))

    def _drop(self) -> None:
        """A line at the first one and then at every tenth power: a flood must not fill the log as well."""
        self._dropped += 1
        if str(self._dropped).rstrip("0") == "1":
            log.warning("channel %s: dropped %d messages that nobody could use", self._name, self._dropped)
