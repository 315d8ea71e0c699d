"""Messages and reports on their way in: read from the modem, shown to the caller, deleted when it has them.

The type is read from the message, not from how it was told: some modems store status reports among messages and
tell them by +CMTI. A stored message is deleted only while its place still holds the same octets.
A modem takes no +CNMA while it sends: a report that comes in a message of more than some 15 s is the last
that it tells, until it is told again where to.
Source: 3GPP TS 27.005 3.4 (CNMI, CNMA, CMGR, CMGL, CMGD), 3.2.2 (+CPMS).
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable

from hardware.at.grammar import Info
from hardware.chat import Chat
from hardware.codecs.semioctets import split_pdu
from hardware.errors import CodecError, HardwareError, Refused
from hardware.gsm_events import Event, EventQueue, Received, Reported, Settle
from hardware.gsm_init import Setup, route, still_set_up

log = logging.getLogger(__name__)

Place = tuple[str, int]  # storage and index


class Inbox:
    """One per open port: what was shown before the port was lost is shown again after it."""

    def __init__(self, chat: Chat, setup: Setup, *, events: EventQueue) -> None:
        self._chat, self._setup, self._events = chat, setup, events
        self._shown: dict[Place, str] = {}  # place -> PDU in hex, not settled yet
        self._lock = asyncio.Lock()  # the storage that CMGR reads is a setting of the modem

    async def unasked(self, info: Info) -> None:
        """Takes +CMT, +CDS, +CMTI and +CDSI; other lines are not its business."""
        if info.prefix in {"+CMT", "+CDS"} and info.follow is not None:
            self._offer(info.follow, self._acknowledge)
        elif info.prefix in {"+CMTI", "+CDSI"} and (index := info.number(1)) is not None:
            storage = info.word(0)
            if re.fullmatch(r"[A-Z]{2}", storage):
                await self._told((storage, index))

    async def sweep(self) -> None:
        """Shows everything that is stored and was not shown: what came while nobody listened."""
        reports = ("SR",) if self._setup.routing[3:4] == (2,) and "SR" in self._setup.storages else ()
        for storage in (self._setup.storage, *reports):
            await self._sweep(storage)

    async def sweep_everywhere(self) -> None:
        """As `sweep`, in every storage there is: until it is told where to, a modem that restarted stores elsewhere."""
        for storage in dict.fromkeys((self._setup.storage, *self._setup.storages)):
            await self._sweep(storage)

    async def _sweep(self, storage: str) -> None:
        async with self._lock:
            lines = await self._in(storage, "AT+CMGL=4")
        for line in lines:
            index, status = line.number(0), line.number(1)
            if index is not None and line.follow is not None and status in {0, 1}:
                self._show((storage, index), line.follow)

    async def _told(self, place: Place) -> None:
        async with self._lock:
            pdu = await self._read(place)
        if pdu is not None:
            self._show(place, pdu)

    def _show(self, place: Place, pdu: str) -> None:
        if self._shown.get(place) != pdu and self._offer(pdu, self._settler(place, pdu)):
            self._shown[place] = pdu

    def _offer(self, pdu: str, settle: Settle) -> bool:
        event = _event_of(pdu, settle)
        return event is not None and self._events.offer(event)

    def _settler(self, place: Place, pdu: str) -> Settle:
        async def settle() -> None:
            await self._quietly(self._delete(place, pdu), "it will come again")

        return settle

    async def _delete(self, place: Place, pdu: str) -> None:
        async with self._lock:
            if await self._read(place) == pdu:
                await self._in(place[0], f"AT+CMGD={place[1]}")
        self._shown.pop(place, None)

    async def _acknowledge(self) -> None:
        if self._setup.acknowledged:
            await self._quietly(self._acknowledged(), "the modem has stopped waiting for it")

    async def _acknowledged(self) -> None:
        """Too late (a message took its time, or the caller) the modem has stopped telling reports: it is told again."""
        try:
            await self._chat.command("AT+CNMA")
        except Refused as refused:
            log.info("a report was acknowledged in vain: %s", refused.reason)
            if not await still_set_up(self._chat, self._setup):
                await route(self._chat, self._setup)

    async def _quietly(self, work: Awaitable[None], consequence: str) -> None:
        """A message that cannot be settled is no error of the caller: it is safe with them already."""
        try:
            await work
        except HardwareError as error:
            log.info("a message was not settled (%s): %s", error.reason, consequence)

    async def _read(self, place: Place) -> str | None:
        """The PDU at a place; None when it is empty: a bare OK or CMS 321, both occur."""
        try:
            lines = await self._in(place[0], f"AT+CMGR={place[1]}")
        except Refused as refused:
            if refused.code in {321, 22, 21}:
                return None
            raise
        return lines[-1].follow if lines else None

    async def _in(self, storage: str, command: str) -> tuple[Info, ...]:
        """Runs a command on a storage, and goes back to ours."""
        slow = self._chat.timing.slow_s
        if storage == self._setup.storage:
            return (await self._chat.command(command, timeout_s=slow)).lines
        await self._chat.command(f'AT+CPMS="{storage}"', timeout_s=slow)
        try:
            return (await self._chat.command(command, timeout_s=slow)).lines
        finally:
            await self._chat.command(f'AT+CPMS="{self._setup.storage}"', timeout_s=slow)


def _event_of(pdu: str, settle: Callable[[], Awaitable[None]]) -> Event | None:
    try:
        _, tpdu = split_pdu(bytes.fromhex(pdu))
    except (ValueError, CodecError):
        log.warning("a stored message is no PDU (%d digits): left where it is", len(pdu))
        return None
    kind = tpdu[0] & 0x03 if tpdu else -1
    if kind == 0x00:
        return Received(tpdu, settle)
    if kind == 0x02:
        return Reported(tpdu, settle)
    return None
