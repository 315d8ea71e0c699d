"""What a broker passes on to us, on its way to the hub: every message becomes an event or is settled here.

One that nobody can read must not stand in the way of the others. What has words in it, or says who it is from or what
it answers, always goes on: the store knows what in it cannot wait. Of a flood of the rest only the first go on, and now
and then the latest, with how many came before it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
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
_NOISE_MOST, _NOISE_S = 60, 3600.0  # wordless unreadable messages that the store hears of in that time
_TELL_S = 60.0  # between what the store hears of those that were let go


@dataclass(frozen=True, slots=True)
class Overflow:
    """`lost`: people's words may be among what was dropped."""

    why: str = ""
    lost: bool = False


_NOISE = Overflow("nonsense comes in faster than anybody can look at: most of it is only counted")
_FLOOD = Overflow(
    "messages of QoS 0 come in faster than they can be kept, and some are lost: let the others publish with QoS 1",
    lost=True,
)


class Arrivals:
    """`arrived` is called by the session, `run` passes on to the feed until cancelled; `note` hears of overflows."""

    def __init__(
        self, name: str, config: MqttConfig, feed: Feed, *, note: Callable[[Overflow], None] = lambda _: None
    ) -> None:
        self._name, self._config, self._feed, self._note = name, config, feed, note
        self._waiting = asyncio.Queue[Event]()
        self._noise: deque[float] = deque(maxlen=_NOISE_MOST)
        self._dropped = 0
        self._unheard: Inbound | None = None  # the latest that was let go since the store heard of such
        self._over: Overflow | None = None
        self._timer: asyncio.TimerHandle | None = None

    def put(self, event: Event) -> None:
        """One of the channel's own."""
        self._waiting.put_nowait(event)

    def arrived(self, session: Session, incoming: Incoming) -> None:
        event = None if incoming.retained else self._event(incoming.arrived)
        if event is None or not self._has_room(event, incoming):
            self._drop()
            session.settle(incoming.mid)
            return

        async def settle() -> None:
            session.settle(incoming.mid)

        self.put(replace(event, settle=settle))

    async def run(self) -> None:
        try:
            while True:
                await self._feed.put(await self._waiting.get())
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _event(self, arrived: Arrived) -> Inbound | Report:
        at, config = datetime.now(UTC), self._config
        try:
            return read(arrived, at, reports=config.topic("report"), answers=config.topic("answer"))
        except Unreadable as error:
            return unreadable(arrived, at, why=str(error))

    def _has_room(self, event: Inbound | Report, incoming: Incoming) -> bool:
        if not incoming.mid and self._waiting.qsize() >= _WAITING_MOST:
            self._overflows(_FLOOD)
            return False
        if isinstance(event, Inbound) and _is_noise(event):
            now = asyncio.get_running_loop().time()
            if len(self._noise) == _NOISE_MOST and now - self._noise[0] < _NOISE_S:
                more = self._unheard.more + 1 if self._unheard else 0
                self._unheard = replace(event, more=more)
                self._overflows(_NOISE)
                return False
            self._noise.append(now)
        return True

    def _overflows(self, what: Overflow) -> None:
        if self._over is None or what.lost:
            self._over = what
        if self._timer is None:
            self._tell()

    def _tell(self) -> None:
        """What was let go is told of at once, then no more often than it takes; and once, that it has ended."""
        over, self._over, self._timer = self._over, None, None
        self._note(over or Overflow())
        if self._unheard is not None:
            self.put(self._unheard)
            self._unheard = None
        if over is not None:
            self._timer = asyncio.get_running_loop().call_later(_TELL_S, self._tell)

    def _drop(self) -> None:
        """A line at the first one and then at every tenth power: a flood must not fill the log as well."""
        self._dropped += 1
        if str(self._dropped).rstrip("0") == "1":
            log.warning("channel %s: dropped %d messages that nobody could use", self._name, self._dropped)


def _is_noise(event: Inbound) -> bool:
    """Nobody can read it, and it says neither a word, nor whom it is from, nor what it answers."""
    return bool(event.unreadable) and not (event.text.strip() or event.sender or event.in_reply_to)
