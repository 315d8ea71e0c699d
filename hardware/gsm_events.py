"""What a GSM modem driver tells its caller, and the queue it waits in."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from hardware.gsm_state import State

log = logging.getLogger(__name__)

Settle = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Received:
    """A DELIVER. `settle` takes it from the modem: call it when it is safe elsewhere; unsettled, it comes again."""

    tpdu: bytes
    settle: Settle = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reported:
    """A STATUS-REPORT; `settle` as above."""

    tpdu: bytes
    settle: Settle = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StateChanged:
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class LateReference:
    """The reference of a message that `send` had given up as MaybeSent."""

    reference: int
    destination: str


Event = Received | Reported | StateChanged | LateReference


class EventQueue:
    """Events for one reader. Overflow rule: of changes of state only the newest waits; a message that finds the
    queue full is left with the modem, unsettled, and comes again with the next sweep of its storage.
    """

    def __init__(self, *, bound: int = 500) -> None:
        self._bound = bound
        self._waiting: deque[Event] = deque()
        self._news = asyncio.Event()
        self._closed = False

    def offer(self, event: Event) -> bool:
        """Whether there was room. Changes of state always have room."""
        if isinstance(event, StateChanged):
            self._waiting = deque(e for e in self._waiting if not isinstance(e, StateChanged))
        elif len(self._waiting) >= self._bound:
            log.warning(
                "the queue of modem events is full: a %s is left with the modem", type(event).__name__
            )
            return False
        self._waiting.append(event)
        self._news.set()
        return True

    def close(self) -> None:
        """What waits is still read; then the reader ends."""
        self._closed = True
        self._news.set()

    async def read(self) -> AsyncIterator[Event]:
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._closed:
                return
            self._news.clear()
            await self._news.wait()
