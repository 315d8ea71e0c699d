"""Iridium sessions: how one is run, what it brings, and what its end proves. The half of the driver between link and
messages.

Six numbers can be damaged and still be six; so a success counts only when the modem's serial number (MOMSN) moved on.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from hardware.chat import Chat
from hardware.errors import HardwareError, NotNow, Refused, Restarted
from hardware.iridium_budget import Budget
from hardware.iridium_events import Resolved
from hardware.iridium_inbox import Inbox
from hardware.iridium_link import AT_WORK, Alarmed, Deaf, IridiumLink
from hardware.iridium_mailbox import Mailbox
from hardware.iridium_session import buffers, clear, session, traffic_hold_s
from hardware.iridium_state import Change, State
from hardware.iridium_status import (
    NO_NETWORK,
    RADIO_OFF,
    TRAFFIC,
    Buffers,
    Held,
    Meaning,
    Result,
    Uncertain,
    Verdict,
    failure,
    hold_s,
    verdict,
)
from hardware.iridium_timing import IridiumTiming
from hardware.port import Opener
from hardware.power import PowerCycle

log = logging.getLogger(__name__)

ENOUGH_BARS = 2
_DEAF_AFTER = 2  # sessions in a row that reach nobody under a good signal


@dataclass(slots=True)
class Doubt:
    """A message whose session nobody heard the end of. `refused`: the modem did not take the command.

    `imei`: of the modem that had it, empty when it had not told. `waited`: its `send` waits yet to hear what became
    of it.
    """

    momsn: int
    imei: str
    refused: bool = False
    heard: asyncio.Future[Verdict] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    waited: bool = False


class Sessions(IridiumLink):
    """Runs sessions one at a time, on a set-up modem."""

    def __init__(
        self,
        opener: Opener,
        *,
        timing: IridiumTiming,
        credits_per_day: int,
        clock: Callable[[], datetime],
        event_bound: int,
        power_cycle: PowerCycle | None,
    ) -> None:
        super().__init__(opener, timing=timing, event_bound=event_bound, power_cycle=power_cycle)
        self.budget = Budget(credits_per_day, clock=clock)
        self.mailbox = Mailbox(timing.mailbox_s, timing.first_look_s, unit_s=timing.retry_s)
        self.bars: int | None = None
        self._inbox = Inbox(self._events, self._line, now_s=self._now, clock=clock)
        self._doubt: Doubt | None = None
        self._hold: tuple[float, Result] | None = None  # until when no session is worth trying, and why
        self._unreached = 0

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _held(self) -> Held | None:
        """The error while no session is worth trying."""
        if self._hold is None:
            return None
        until, result = self._hold
        if (left := until - self._now()) > 0:
            return Held(f"held ({result.text})", retry_s=left, code=result.mo, raw=result.text)
        self._hold = None
        return None

    async def _session(
        self, chat: Chat, momsn: int, before: Callable[[], None]
    ) -> tuple[Result, Buffers | None] | Doubt:
        """Runs one, and takes what it brought. A Doubt when nobody knows how it ended; the caller holds `_line`."""
        left_at: float | None = None

        def leaving() -> None:
            nonlocal left_at
            before()
            left_at = self._now()
            self._busy_until = left_at + 2 * self.timing.session_s

        if chat is not self._chat or self.state not in AT_WORK:
            raise NotNow(f"{self.state.value}: {self.reason}")
        self._doubt = None  # from now on the serial number speaks of this one
        self._move(Change.BEGUN, "a session runs")
        try:
            result = await session(
                chat, answering=self.mailbox.ringing, limit_s=self.timing.session_s, before=leaving
            )
        except (HardwareError, asyncio.CancelledError) as error:
            if left_at is None:
                self._ended("not begun")
                raise
            at_once = self._now() - left_at <= self.timing.refusal_s
            self._doubt = Doubt(momsn, self.setup.told_imei, refused=isinstance(error, Refused) and at_once)
            doubt = self._doubt
            cut = error if isinstance(error, HardwareError) else Restarted("a session was given up")
            self._alarm(cut)
            if not isinstance(error, HardwareError):
                raise
            return doubt
        except Exception:  # `before` takes it back: nothing left
            self._ended("taken back")
            await clear(chat, 0)
            raise
        self._busy_until = float("-inf")
        self._ended(result.text)
        return result, await self._tidy(chat, result)

    def _ended(self, reason: str) -> None:
        if self.state is State.SESSION:  # else the supervisor has found a trouble meanwhile
            self._move(Change.ENDED, reason)
            if self.bars == 0:
                self._move(Change.UNHEARD, reason)

    async def _tidy(self, chat: Chat, result: Result) -> Buffers | None:
        """After every session: what it brought is read at once, and the MO buffer is cleared.

        Returns what the modem said of its buffers in between; None when it did not say. Its troubles are told to the
        supervisor, never to the caller: the outcome is known.
        """
        now = None
        try:
            now = await buffers(chat)
            await self._inbox.collect(chat, now, brought=result.mt == 1 and result.mtmsn == now.mtmsn)
            await clear(chat, 0)
        except HardwareError as error:
            self._alarm(error)
        await self._learn(chat, result)
        return now

    async def _learn(self, chat: Chat, result: Result) -> None:
        """What a session's status means for those after it."""
        if result.meaning is Meaning.SENT:
            self.mailbox.looked(self._now(), queued=result.queued)
            self._unreached, self._relapses, self._hold = 0, 0, None
            return
        if seconds := hold_s(result, self.timing):
            if result.mo == TRAFFIC:
                seconds = await traffic_hold_s(chat) or seconds
            self._hold = (self._now() + seconds, result)
        if result.mo == RADIO_OFF:
            self._alarm(Restarted(result.text))  # the set-up switches it on
        elif result.meaning is Meaning.DOWN:
            self._alarm(Alarmed(result.text))
        elif (result.mo == NO_NETWORK or result.meaning is Meaning.UNKNOWN) and self.bars:
            self._unreached += 1
            if self._unreached >= _DEAF_AFTER and self.bars >= ENOUGH_BARS:
                self._unreached = 0
                self._alarm(Deaf(f"{self.bars} bars, and {result.text}"))

    def _outcome(self, result: Result, now: Buffers | None, *, momsn: int) -> int:
        """The serial number of a message that was sent; else the error that tells the truth."""
        said = None if now is None else verdict(momsn, now)
        if result.meaning is Meaning.SENT:
            if said is Verdict.SENT:
                return momsn
            raise Uncertain(
                f"{result.text}, but the serial number says otherwise", momsn=momsn, code=result.mo
            )
        if said is Verdict.SENT:
            return momsn
        raise failure(result, momsn=momsn, retry_s=hold_s(result, self.timing))

    async def _heard_of(self, doubt: Doubt) -> int:
        """Waits for what the modem tells, once it is back, of a session that was cut off."""
        doubt.waited = True
        try:
            await asyncio.wait({doubt.heard}, timeout=self.timing.verdict_s)
        finally:
            doubt.waited = False
        said = doubt.heard.result() if doubt.heard.done() else Verdict.OPEN
        if said is Verdict.SENT:
            return doubt.momsn
        if said is Verdict.NOT_SENT:
            raise NotNow("the modem says that nothing left")
        raise Uncertain("the session was cut off, and nobody knows how it ended", momsn=doubt.momsn)

    def _resolve(self, said: Verdict) -> None:
        """Tells what became of it, to its `send` or as an event. While nobody knows, a late line may still say."""
        doubt = self._doubt
        if doubt is None:
            return
        if said is not Verdict.OPEN:
            self._doubt = None
        waited = doubt.waited and not doubt.heard.done()
        if not doubt.heard.done():
            doubt.heard.set_result(said)
        if not waited and said is not Verdict.OPEN:
            self._events.offer(Resolved(doubt.momsn, said is Verdict.SENT))
