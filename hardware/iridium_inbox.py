"""What has come in: read from the modem's one buffer, shown to the caller, deleted when the caller has it.

The buffer is emptied by the next session, so none may start over a message that nobody has. Messages are known by
the modem (IMEI), their number (MTMSN) and their octets: one that is read twice is shown once. The numbers are a
subscription's own and come round: the same number brought by a later session, after a restart, is another message.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hardware.chat import Chat
from hardware.errors import HardwareError
from hardware.event_queue import EventQueue
from hardware.iridium_events import Arrived, Event, Settle
from hardware.iridium_session import buffers, clear, is_loop, read
from hardware.iridium_status import Buffers

log = logging.getLogger(__name__)

_REMEMBERED = 64


@dataclass(slots=True, eq=False)
class _Message:
    """One that was read. `since`: shown and not settled, on the loop's clock."""

    imei: str
    mtmsn: int
    payload: bytes
    at: datetime
    brought: bool
    dialogue: int  # in which it was read first
    before: int = 0  # others just like it
    momsn: int = 0  # of the next message out
    since: float | None = None
    settled: bool = False


class Inbox:
    """One per driver; `chat` changes with every open port. `line` is held by whoever uses the buffers."""

    def __init__(
        self,
        events: EventQueue[Event],
        line: asyncio.Lock,
        *,
        now_s: Callable[[], float],
        clock: Callable[[], datetime],
    ) -> None:
        self._events, self._line, self._now_s, self._clock = events, line, now_s, clock
        self.chat: Chat | None = None
        self._imei, self._dialogues = "", 0
        self._known: OrderedDict[tuple[str, int, bytes], _Message] = OrderedDict()
        self._latest: _Message | None = None  # that a session has brought
        self._news = asyncio.Event()

    def opened(self, chat: Chat, *, imei: str) -> None:
        """A fresh dialogue: what was shown before and is still in the modem is shown again."""
        self.chat, self._imei = chat, imei
        self._dialogues += 1
        for message in self._known.values():
            message.since = None

    async def collect(self, chat: Chat, now: Buffers, *, brought: bool = False) -> None:
        """Takes what the MT buffer holds; the caller holds `line`. Raises NoAnswer, NotCleared and PortLost.

        `brought`: the session that has just ended brought it.
        """
        if not now.mt:
            return
        payload = await read(chat)
        if not payload or (is_loop(payload) and not brought):
            await clear(chat, 1)
            return
        message = self._message(now, payload, brought=brought)
        if message.settled:
            log.info("iridium: message %d was read again: deleted", message.mtmsn)
            await clear(chat, 1)
        elif message.since is None and self._events.offer(self._arrived(message)):
            message.since = self._now_s()

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
        now = self._now_s()
        return any(item.since is not None and now - item.since < patience_s for item in self._known.values())

    def _message(self, now: Buffers, payload: bytes, *, brought: bool) -> _Message:
        """The one that was read before, or a new one. The network may bring one twice whose receipt it has missed."""
        key = self._imei, now.mtmsn, payload
        known = self._known.get(key)
        if known is not None:
            latest = known is self._latest and known.dialogue == self._dialogues
            if latest if brought else known.momsn == now.momsn:
                return known
        before = 0 if known is None else known.before + 1
        message = _Message(*key, self._clock(), brought, self._dialogues, before, now.momsn)
        self._known[key] = message
        self._known.move_to_end(key)
        self._latest = message if brought else self._latest
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return message

    def _arrived(self, message: _Message) -> Arrived:
        return Arrived(
            message.payload,
            message.mtmsn,
            self._settler(message),
            imei=message.imei,
            at=message.at,
            brought=message.brought,
            before=message.before,
            momsn=message.momsn,
        )

    def _settler(self, message: _Message) -> Settle:
        async def settle() -> None:
            message.settled = True
            try:
                await self._delete(message)
            except HardwareError as error:  # no error of the caller: the message is safe with them
                log.info("message %d was not deleted (%s): that is done later", message.mtmsn, error.reason)
            finally:
                message.since = None
                self._news.set()

        return settle

    async def _delete(self, message: _Message) -> None:
        """From the modem, while it is still this message that the buffer holds."""
        async with self._line:
            if self.chat is None or self._imei != message.imei:
                return
            newest = self._known.get((message.imei, message.mtmsn, message.payload), message)
            if newest is message and (now := await buffers(self.chat)).mt and now.mtmsn == message.mtmsn:
                await clear(self.chat, 1)
