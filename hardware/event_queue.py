"""The queue between a modem's driver and the one reader of its events: bounded, with a stated overflow rule."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

E = TypeVar("E")


class EventQueue(Generic[E]):
    """Events for one reader. Overflow rule: of events of the type `newest` only the newest waits, and always finds
    room; any other that finds the queue full is refused, and its driver says what becomes of it.
    """

    def __init__(self, newest: type[E], *, bound: int = 500) -> None:
        self._newest = newest
        self._bound = bound
        self._waiting: deque[E] = deque()
        self._news = asyncio.Event()
        self._closed = False

    def offer(self, event: E) -> bool:
        """Whether there was room."""
        if isinstance(event, self._newest):
            self._waiting = deque(e for e in self._waiting if not isinstance(e, self._newest))
        elif len(self._waiting) >= self._bound:
            log.warning("the queue of modem events is full: no room for a %s", type(event).__name__)
            return False
        self._waiting.append(event)
        self._news.set()
        return True

    def close(self) -> None:
        """What waits is still read; then the reader ends."""
        self._closed = True
        self._news.set()

    async def read(self) -> AsyncIterator[E]:
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._closed:
                return
            self._news.clear()
            await self._news.wait()
