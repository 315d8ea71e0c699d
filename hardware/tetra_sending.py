"""One message on its way through a TETRA radio: accepted, then on air or failed, as three separate steps.

The answer to AT+CMGS says only that the radio has taken the message. What became of it comes later, as a +CMGS line
of its own with the status 4 (sent over the air) or 5 (failed), or not at all. Failed means that no acknowledgement was
heard: the message may have been, so that 5 and silence both leave the outcome unknown.
Source: ETSI EN 300 392-5 6.13.2 (CMGS) and 6.14.6 (CTSDS); statuses 4 and 5 as four hosts in use read them.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hardware import tetra_codes
from hardware.at.dte import Answered, Ask, Request
from hardware.at.grammar import SUB, Info
from hardware.chat import Chat
from hardware.errors import HardwareError, MaybeSent, ModemDown, NoAnswer, NotNow, PortLost, Refused
from hardware.tetra_address import SDS4
from hardware.tetra_events import LateStep, Sent, Step
from hardware.tetra_init import choose_service
from hardware.tetra_standing import Standing
from hardware.tetra_timing import TetraTiming

log = logging.getLogger(__name__)

_STEPS = {4: Step.ON_AIR, 5: Step.FAILED}
_MOST_CONFUSIONS = 3
_KEPT = 32  # messages whose status may still come


class Confused(HardwareError):
    """The radio answers, and takes data for commands or the other way round, again and again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`destination` has been checked: digits alone. `identity`: SSI or TSI."""

    destination: str
    identity: int
    user_data: bytes
    bits: int
    service: int

    @property
    def reference(self) -> int | None:
        """The message reference of SDS-TL (29.4.2.4), in a report behind its status; None for what has none."""
        if self.service != SDS4 or len(self.user_data) < 2 or self.user_data[0] < 0x80:
            return None
        place = 3 if self.user_data[1] >> 4 in {1, 2} else 2  # SDS-REPORT and SDS-ACK
        return self.user_data[place] if len(self.user_data) > place else None


@dataclass(slots=True)
class Open:
    """A message that left, until its status comes or it is too late for one."""

    destination: str
    reference: int | None
    since: float = 0.0  # on the clock of the event loop
    taken: bool = False  # the radio said that it has it
    instance: int | None = None
    step: Step | None = None
    lost: HardwareError | None = None  # the port went while it was waited for
    awaited: bool = False  # `send` waits; what comes later is told as an event
    news: asyncio.Event = field(default_factory=asyncio.Event)


def match(waiting: list[Open], instance: int | None, mr: int | None) -> Open | None:
    """Whose status this is: by the radio's instance, then by the reference; None when two could be meant.

    A radio may always use the same instance and may put a number of its own for the reference. So an exact pair is
    believed first, then the only one with that instance, then the only one with that reference.
    """
    same = [item for item in waiting if item.instance == instance and instance is not None]
    exact = [item for item in same if item.reference == mr and mr is not None]
    if exact:
        return exact[0]
    if same:
        return same[0] if len(same) == 1 else None
    by_reference = [item for item in waiting if item.reference == mr and mr is not None]
    return by_reference[0] if len(by_reference) == 1 else None


class Sending:
    """The messages that have left and whose outcome is open; one at a time is in hand."""

    def __init__(self, standing: Standing, timing: TetraTiming, *, tells_on_air: bool = True) -> None:
        self._standing, self._timing, self._tells_on_air = standing, timing, tells_on_air
        self._open: deque[Open] = deque(maxlen=_KEPT)
        self._in_hand = False  # a message has left, and the radio has not answered yet
        self._early: deque[Info] = deque(maxlen=_KEPT)  # statuses that came meanwhile

    async def send(self, chat: Chat, outgoing: Outgoing, *, before: Callable[[], None]) -> Sent:
        """Raises NotNow, NeverToThis and ModemDown (nothing left) or MaybeSent; what `before` raises passes."""
        entry = Open(outgoing.destination, outgoing.reference)
        left = False

        def handing() -> None:
            nonlocal left
            before()
            left = self._in_hand = True
            entry.since = asyncio.get_running_loop().time()
            self._open.append(entry)

        payload = outgoing.user_data.hex().upper().encode() + SUB
        header = f"AT+CMGS={outgoing.destination},{outgoing.bits}"
        request = Request(header, payload=payload, ask=Ask.AT_ONCE)
        setup, limit_s = self._standing.setup, self._timing.sent_s
        answered: Answered | None = None
        try:
            await choose_service(chat, setup, service=outgoing.service, identity=outgoing.identity)
            answered = await chat.command(request, timeout_s=limit_s, before=handing, last=True)
        except Refused as refused:
            if left:
                self._open.remove(entry)
            raise self._refused(refused, left=left, chat=chat) from refused
        except (NoAnswer, PortLost) as error:
            raise self._silent(error, left=left) from error
        finally:
            self._answered(entry, answered)
        return await self._outcome(entry)

    def heard(self, info: Info) -> None:
        """A +CMGS line that came by itself."""
        if self._in_hand:  # whose it is can be told when the radio has named its instance
            self._early.append(info)
            return
        step = _STEPS.get(info.number(1) or 0)
        now = asyncio.get_running_loop().time()
        recent = [item for item in self._open if now - item.since <= self._timing.late_s]
        self._open = deque(recent, maxlen=_KEPT)
        entry = match(recent, info.number(0), info.number(2)) if step is not None else None
        if entry is None or step is None:
            log.info("radio: a +CMGS that belongs to no open message")
            return
        self._open.remove(entry)
        entry.step = step
        entry.news.set()
        if not entry.awaited:
            self._standing.events.offer(LateStep(entry.destination, entry.reference, step))

    def lose(self, error: HardwareError) -> None:
        """The port is gone: nobody will hear now what became of the messages."""
        for entry in self._open:
            entry.lost = error
            entry.news.set()

    def forget(self, error: HardwareError) -> None:
        """The radio has restarted: it knows nothing of them, and counts its instances anew."""
        self.lose(error)
        self._open.clear()

    def _answered(self, entry: Open, answered: Answered | None) -> None:
        """The radio has answered, or will not: whose the statuses are can be told now."""
        lines = [] if answered is None else [line for line in answered.lines if line.prefix == "+CMGS"]
        taken = next((line for line in lines if line.number(1) not in _STEPS), lines[-1] if lines else None)
        if taken is not None:
            entry.taken, entry.instance = True, taken.number(0)
        entry.awaited = answered is not None
        self._in_hand = False
        early, self._early = self._early, deque(maxlen=_KEPT)
        for line in (*early, *(line for line in lines if line.number(1) in _STEPS)):
            self.heard(line)

    async def _outcome(self, entry: Open) -> Sent:
        """What follows the radio's OK."""
        self._standing.confusions = 0
        if not entry.taken:
            entry.awaited = False
            raise MaybeSent("the radio said OK and gave no instance", raw="OK")
        if entry.step is None and not self._tells_on_air:
            entry.awaited = False
            return Sent(entry.instance, Step.ACCEPTED)
        await self._told(entry)
        return self._ended(entry)

    async def _told(self, entry: Open) -> None:
        try:
            async with asyncio.timeout(self._timing.on_air_s):
                await entry.news.wait()
        except TimeoutError:
            log.info("radio: no word of a message in %g s", self._timing.on_air_s)
        finally:
            entry.awaited = False

    def _ended(self, entry: Open) -> Sent:
        if entry.step is Step.ON_AIR:
            return Sent(entry.instance, Step.ON_AIR)
        if entry.step is Step.FAILED:
            raise MaybeSent("the radio says that it failed: nobody acknowledged it", raw="+CMGS status 5")
        if entry.lost is not None:
            raise MaybeSent(f"the radio took the message and then: {entry.lost.reason}")
        raise MaybeSent(f"the radio took the message and said nothing of it in {self._timing.on_air_s:g} s")

    def _refused(self, refused: Refused, *, left: bool, chat: Chat) -> HardwareError:
        error = tetra_codes.not_sent(refused, left=left)
        if tetra_codes.is_confused(refused):
            chat.astray = True  # the next command says AT first, until it is clean
            self._standing.confusions += 1
            if self._standing.confusions >= _MOST_CONFUSIONS:
                self._standing.alarm(
                    Confused(f"{self._standing.confusions} refusals in a row: {refused.raw}")
                )
        elif refused.code == tetra_codes.NO_SERVICE:
            self._standing.doubt()
        elif isinstance(error, ModemDown):
            self._standing.alarm(error)
        return error

    def _silent(self, error: HardwareError, *, left: bool) -> HardwareError:
        self._standing.alarm(error)
        if left:
            return MaybeSent(f"the message left and then: {error.reason}")
        return ModemDown(error.reason) if isinstance(error, PortLost) else NotNow(error.reason)
