"""What has come in: read from the modem's one buffer, shown to the caller, deleted when the caller has it.

The buffer is emptied by the next session, so none may start over a message that nobody has. Messages are known by
their number (MTMSN) and their octets: one that is read twice is shown once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from hardware.chat import Chat
from hardware.errors import HardwareError
from hardware.event_queue import EventQueue
from hardware.iridium_events import Arrived, Event, Settle
from hardware.iridium_session import buffers, clear, read
from hardware.iridium_status import Buffers

log = logging.getLogger(__name__)

Message = tuple[int, bytes]  # MTMSN and octets
_REMEMBERED = 64


class Inbox:
    """One per driver; `chat` changes with every open port. `line` is held by whoever uses the buffers."""

    def __init__(self, events: EventQueue[Event], line: asyncio.Lock, *, clock: Callable[[], float]) -> None:
        self._events, self._line, self._clock = events, line, clock
        self.chat: Chat | None = None
        self._shown: dict[Message, float] = {}  # not settled yet -> since when
        self._settled: deque[Message] = deque(maxlen=_REMEMBERED)
        self._news = asyncio.Event()

    def opened(self, chat: Chat | None) -> None:
        """A fresh dialogue: what was shown before and is still in the modem is shown again."""
        self.chat = chat
        self._shown.clear()

    async def collect(self, chat: Chat, now: Buffers) -> None:
        """Takes what the MT buffer holds; the caller holds `line`. Raises NoAnswer, NotCleared and PortLost."""
        if not now.mt:
            return
        payload = await read(chat)
        message = (now.mtmsn, payload)
        if message in self._settled or not payload:
            await clear(chat, 1)
        elif message not in self._shown and self._events.offer(
            Arrived(payload, now.mtmsn, self._settler(message))
        ):
            self._shown[message] = self._clock()

    async def settled(self, *, limit_s: float, patience_s: float) -> bool:
        """Whether nothing is left that only the modem's buffer and this process have.

        Waits `limit_s` for it. A caller who has not settled in `patience_s` does not hold the modem up any longer.
        """
        try:
            async with asyncio.timeout(limit_s):
                while self._holding(patience_s):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return not self._holding(patience_s)
        return True

    def _holding(self, patience_s: float) -> bool:
        now = self._clock()
        return any(now - since < patience_s for since in self._shown.values())

    def _settler(self, message: Message) -> Settle:
        async def settle() -> None:
            if message not in self._settled:
                self._settled.append(message)
            try:
                await self._delete(message)
            except HardwareError as error:  # no error of the caller: the message is safe with them
                log.info("message %d was not deleted (%s): that is done later", message[0], error.reason)
            finally:
                self._shown.pop(message, None)
                self._news.set()

        return settle

    async def _delete(self, message: Message) -> None:
        """From the modem, while it is still this message that the buffer holds."""
        async with self._line:
            if self.chat is not None and (now := await buffers(self.chat)).mt and now.mtmsn == message[0]:
                await clear(self.chat, 1)
