"""Reports that other radios have asked of us, one after the other behind the messages that we send ourselves."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from hardware.errors import MaybeSent, NotSent
from hardware.tetra_receive import Reply

log = logging.getLogger(__name__)

_TRIES = 3


class Replies:
    """Overflow rule: the oldest goes; its sender then sends the message again."""

    def __init__(self, *, bound: int = 100) -> None:
        self._waiting: deque[Reply] = deque(maxlen=bound)
        self._news = asyncio.Event()

    def put(self, reply: Reply | None) -> None:
        """Adds one, if there is one."""
        if reply is not None:
            self._waiting.append(reply)
            self._news.set()

    async def run(self, send: Callable[[Reply], Awaitable[object]], *, pause_s: float) -> None:
        """Sends them until cancelled. One that may have gone is not sent again."""
        while True:
            while self._waiting:
                reply = self._waiting.popleft()
                for attempt in range(1, _TRIES + 1):
                    try:
                        await send(reply)
                        break
                    except MaybeSent as error:
                        log.info("a report may have gone: %s", error.reason)
                        break
                    except NotSent as error:
                        log.info("a report was not sent (try %d): %s", attempt, error.reason)
                        await asyncio.sleep(pause_s)
            self._news.clear()
            await self._news.wait()
