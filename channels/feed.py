"""The queue behind a channel's `events()`: bounded, and it ends when the channel closes.

Overflow rule: at most one change of health waits, the newest, since it says all that the older ones did.
Reports and inbound messages are never dropped: `put` waits until the hub has read on.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from channels.base import Event, Health, HealthChanged


class Feed:
    """Events of one channel on their way to the hub. One reader at a time."""

    def __init__(self, *, bound: int = 1000) -> None:
        self._waiting: deque[Event] = deque()
        self._bound = bound
        self._health: Health | None = None
        self._closed = False
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()

    async def put(self, event: Event) -> None:
        """Adds a report or an inbound message; waits while the queue is full. Nothing once closed."""
        while len(self._waiting) >= self._bound and not self._closed:
            self._room.clear()
            await self._room.wait()
        if not self._closed:
            self._waiting.append(event)
            self._arrived.set()

    def offer(self, event: Event) -> bool:
        """As `put` for who cannot wait: False when the queue is full, and the bearer must keep it."""
        if len(self._waiting) >= self._bound or self._closed:
            return False
        self._waiting.append(event)
        self._arrived.set()
        return True

    def put_health(self, health: Health) -> Health:
        """Adds a change of health in place of one that still waits, unless it is as it was. Returns it."""
        if health != self._health and not self._closed:
            kept = [event for event in self._waiting if not isinstance(event, HealthChanged)]
            self._waiting = deque([*kept, HealthChanged(health=health)])
            self._arrived.set()
        self._health = health
        return health

    def close(self) -> None:
        """What waits is still read; then `events` ends."""
        self._closed = True
        self._arrived.set()
        self._room.set()

    async def events(self) -> AsyncIterator[Event]:
        """The events in the order they came, until `close`."""
        while True:
            while self._waiting:
                yield self._waiting.popleft()
                self._room.set()
            if self._closed:
                return
            self._arrived.clear()
            await self._arrived.wait()
