"""Ringing a number for a while, without a word said: a phone that rings is an alarm too.

A voice call is dialled, and its end is heard where modems tell it: as a result code by itself, or only in the list of
calls, which is asked every `call_s`. Whoever picks up is let go at once.
Source: ITU-T V.250 6.3.1 (D), 6.3.5 (H), 5.7.1; 3GPP TS 27.007 7.18 (CLCC), 27.007 6.20 (a voice call ends in `;`).
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from hardware.at.dte import Answered
from hardware.at.grammar import Info
from hardware.at.results import Outcome, final_of
from hardware.chat import Chat
from hardware.errors import HardwareError, MaybeSent, NoAnswer, NotNow, PortLost, Refused

log = logging.getLogger(__name__)

LONGEST_S = 180.0
_ACTIVE = 0  # of CLCC <stat>; 2 dialling, 3 alerting


class CallOutcome(Enum):
    """How a call ended."""

    PICKED_UP = "somebody picked up"
    RANG = "it rang for the whole time, and we hung up"
    NO_ANSWER = "the network gave up: nobody picked up"
    BUSY = "the line is busy, or the call was declined"
    NO_CARRIER = "the network ended the call: phone off, unknown number or no coverage"


_OUTCOMES = {
    Outcome.CONNECT: CallOutcome.PICKED_UP,
    Outcome.BUSY: CallOutcome.BUSY,
    Outcome.NO_ANSWER: CallOutcome.NO_ANSWER,
    Outcome.NO_CARRIER: CallOutcome.NO_CARRIER,
    Outcome.NO_DIALTONE: CallOutcome.NO_CARRIER,
}


def outcome_of(text: str) -> CallOutcome | None:
    """What a result code says of a call; None for any other line."""
    final = final_of(text)
    return _OUTCOMES.get(final.outcome) if final is not None else None


class Ringing:
    """One call. `heard` is told what comes unasked while it lasts."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._outcome: CallOutcome | None = None
        self._ended = asyncio.Event()
        self._listed = False  # the modem has had the call in its list

    def heard(self, info: Info) -> bool:
        """Whether the line was about the call."""
        outcome = outcome_of(info.text)
        if outcome is not None:
            self._end(outcome)
        return outcome is not None

    async def run(self, number: str, seconds: float, *, before: Callable[[], None]) -> CallOutcome:
        """Dials, waits, hangs up. Raises NotNow (it was not dialled) and MaybeSent (it may have rung)."""
        left = False

        def dialling() -> None:
            nonlocal left
            before()
            left = True

        try:
            async with asyncio.timeout(seconds):
                await self._dial(number, seconds, dialling=dialling)
                await self._listen()
        except TimeoutError:
            self._end(CallOutcome.RANG)
        except (NoAnswer, PortLost) as error:
            if not left:
                raise NotNow(error.reason) from error
            raise MaybeSent(f"it was dialled, and then: {error.reason}") from error
        finally:
            if left:
                await self._hang_up()
        return self._outcome or CallOutcome.RANG

    async def _dial(self, number: str, seconds: float, *, dialling: Callable[[], None]) -> None:
        """Most modems say OK at once, some only when the call has ended: until then they hear nothing else."""
        try:
            await self._chat.command(f"ATD{number};", timeout_s=seconds + 1, before=dialling)
        except Refused as refused:
            outcome = outcome_of(refused.raw)
            if outcome is None:
                raise NotNow(
                    f"it was not dialled ({refused.raw})", code=refused.code, raw=refused.raw
                ) from refused
            self._end(outcome)

    async def _listen(self) -> None:
        while self._outcome is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._chat.timing.call_s):
                    await self._ended.wait()
            if self._outcome is None:
                self._look(await self._calls())

    async def _calls(self) -> Answered | None:
        try:
            return await self._chat.command("AT+CLCC")
        except Refused:
            return None  # it has no such list: what it says by itself has to do

    def _look(self, listed: Answered | None) -> None:
        if listed is None:
            return
        states = [line.number(2) for line in listed.lines if line.number(1) == 0]  # 0: made by us
        if _ACTIVE in states:
            self._end(CallOutcome.PICKED_UP)
        elif not states and self._listed:
            self._end(CallOutcome.NO_CARRIER)
        self._listed = self._listed or bool(states)

    def _end(self, outcome: CallOutcome) -> None:
        if self._outcome is None:
            self._outcome = outcome
            self._ended.set()

    async def _hang_up(self) -> None:
        """Also when the call has ended: a call that goes on costs, and keeps the line busy."""
        for command in ("ATH", "AT+CHUP"):
            try:
                await self._chat.command(command)
            except Refused:
                continue
            except HardwareError as error:
                log.warning("a call could not be ended (%s): the next set-up ends it", error.reason)
            return
