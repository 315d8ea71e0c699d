"""The driver of an Iridium 9602/9603: hands messages of up to 340 octets to the gateway, and fetches those that wait.

Not here: what a message says, and whether to send again. A modem sends what its MO buffer holds with every session,
and keeps it afterwards; so nothing runs a session before the buffer is known to hold what it should. The first octet
that can send anything is that of AT+SBDIX.
Source: public ISU AT command references; duplicates by a kept buffer: mikalhart/IridiumSBD issues 10 and 11.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from hardware.at.dte import Request
from hardware.at.grammar import Info
from hardware.at.results import is_boot
from hardware.chat import Chat
from hardware.errors import HardwareError, MaybeSent, ModemDown, NotNow, NotSent, PortLost, Refused, Restarted
from hardware.iridium_budget import credits_of
from hardware.iridium_exchange import ENOUGH_BARS, Doubt, Sessions
from hardware.iridium_init import has_forgotten, has_time, service_of, set_up
from hardware.iridium_session import (
    Garbled,
    NotTaken,
    bars,
    buffers,
    checked_payload,
    clear,
    load,
    loop_octets,
    read,
)
from hardware.iridium_state import Change, State
from hardware.iridium_status import NO_NETWORK, Buffers, Meaning, Verdict, result_of, verdict
from hardware.iridium_timing import IridiumTiming
from hardware.port import Opener
from hardware.power import PowerCycle

log = logging.getLogger(__name__)


class IridiumModem(Sessions):
    """`async with IridiumModem(opener)`. Entering does not wait for the modem.

    `credits_per_day` bounds what looks into the mailbox may cost; `clock` tells the time for it (aware).
    """

    def __init__(
        self,
        opener: Opener,
        *,
        timing: IridiumTiming | None = None,
        credits_per_day: int = 100,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        event_bound: int = 500,
        power_cycle: PowerCycle | None = None,
    ) -> None:
        super().__init__(
            opener,
            timing=timing or IridiumTiming(),
            credits_per_day=credits_per_day,
            clock=clock,
            event_bound=event_bound,
            power_cycle=power_cycle,
        )
        self._turn = asyncio.Lock()  # one message or one look at a time

    async def send(self, payload: bytes, *, before: Callable[[], None]) -> int:
        """Hands 1 to 340 octets to the gateway and returns their serial number (MOMSN).

        `before` is called immediately before the session that sends them; what it raises passes through. Raises
        NotNow (Held says for how long), NeverToThis and ModemDown (nothing left), or MaybeSent (Uncertain has the
        number; a Resolved event may follow).
        """
        checked_payload(payload)
        async with self._turn:
            chat = await self._ready()
            try:
                if held := self._held():
                    raise held
                await self._way_clear(chat)
                await self._gate(chat)
                return await self._hand_over(chat, payload, before)
            except (NotSent, MaybeSent):
                raise
            except PortLost as error:
                raise ModemDown(error.reason) from error
            except HardwareError as error:
                if not isinstance(error, Refused | NotTaken):
                    self._alarm(error)
                raise NotNow(f"nothing left: {error.reason}") from error

    async def self_test(self) -> int:
        """A message from the MO buffer into the MT buffer and back, within the modem: nothing leaves, nothing is paid.

        Returns how many octets went round. Raises ModemDown, NotNow, Garbled and what `send` raises before a session.
        """
        octets = loop_octets()
        async with self._turn:
            chat = await self._ready()
            await self._way_clear(chat)
            async with self._line:
                try:
                    await load(chat, octets, write_s=self.timing.write_s)
                    await chat.command(Request("AT+SBDTC", bare=True))
                    came = await read(chat)
                finally:
                    await clear(chat, 2)
            if came != octets:
                raise Garbled(f"{len(octets)} octets went round and {len(came)} others came back")
            return len(came)

    # Before a session.

    async def _way_clear(self, chat: Chat) -> None:
        """No session may start over a message that came in and is nowhere but in the modem. Raises NotNow."""
        async with self._line:
            await self._inbox.collect(chat, await buffers(chat))
        timing = self.timing
        if not await self._inbox.settled(limit_s=timing.settle_s, patience_s=timing.patience_s):
            raise NotNow("a message that came in is not safe yet: a session would lose it")

    async def _gate(self, chat: Chat) -> None:
        """Returns when the signal is good, or after `gate_s`: some sessions come through without it."""
        timing, until = self.timing, self._now() + self.timing.gate_s
        while True:
            self._sky(await bars(chat, timing, measure=True))
            timely = not self.setup.needs_time or await has_time(chat)
            if timely and (self.bars is None or self.bars >= ENOUGH_BARS):
                return
            if self._now() >= until:
                log.info("iridium: %s bars after %g s: tried anyway", self.bars, timing.gate_s)
                return
            await asyncio.sleep(timing.gate_rest_s)

    async def _hand_over(self, chat: Chat, payload: bytes, before: Callable[[], None]) -> int:
        async with self._line:
            await clear(chat, 0)
            await load(chat, payload, write_s=self.timing.write_s)
            noted = await buffers(chat)
            if not noted.mo:
                raise NotTaken("the modem has restarted over the message")
            ended = await self._session(chat, noted.momsn, before)
            if isinstance(ended, Doubt) or ended[0].meaning in {Meaning.SENT, Meaning.UNKNOWN}:
                self.budget.spend(credits_of(payload))
            if not isinstance(ended, Doubt):
                result, now = ended
                if result.meaning is not Meaning.SENT or now is not None:
                    return self._outcome(result, now, momsn=noted.momsn)
                # A lost digit makes 0 of 10: without the serial number even a success is doubtful.
                ended = self._doubt = Doubt(noted.momsn, self.setup.told_imei)
        return await self._heard_of(ended)

    async def _look(self, chat: Chat) -> None:
        """A session with nothing to send, for what waits at the gateway."""
        async with self._turn:
            try:
                await self._way_clear(chat)
            except NotNow as error:
                log.info("iridium: the mailbox is looked into later (%s)", error.reason)
                self.mailbox.failed(self._now())
                return
            await self._gate(chat)
            async with self._line:
                await clear(chat, 0)
                noted = await buffers(chat)
                ended = await self._session(chat, noted.momsn, lambda: None)
            self._doubt = None  # nothing was sent, so nothing is to be proved
            if isinstance(ended, Doubt) or ended[0].meaning is not Meaning.SENT:
                self.mailbox.failed(self._now())
            else:
                self.budget.spend(1)

    # What the link asks for.

    async def _settle_in(self, chat: Chat) -> None:
        """Every step again; then what became of a message, what has come in, and an empty MO buffer."""
        async with self._line:
            await set_up(chat, self.setup)
            now = await buffers(chat)
            self._judge(now, chat.rest())
            self._inbox.opened(chat, imei=self.setup.imei)
            await self._inbox.collect(chat, now)
            await clear(chat, 0)

    async def _watch(self, chat: Chat) -> None:
        timing, polled = self.timing, float("-inf")
        while True:
            if self._trouble is not None:
                raise self._trouble
            busy = self._turn.locked()
            if not busy and self._now() - polled >= timing.poll_s:
                await self._poll(chat)
                polled = self._now()
            if not busy and self._look_is_due():
                await self._look(chat)
            rest = timing.poll_s / 10 if self._turn.locked() else polled + timing.poll_s - self._now()
            info = await chat.unasked(timeout_s=max(rest, 0.001))
            if info is not None:
                self._heard(info)

    def _look_is_due(self) -> bool:
        may = self.budget.allows_look and self._held() is None and self.state is not State.SESSION
        return may and self.mailbox.waits_s(self._now()) <= 0

    async def _poll(self, chat: Chat) -> None:
        """What can go wrong, or wait, without a word. Nothing of it is paid for."""
        if await has_forgotten(chat, self.setup):
            raise Restarted("the modem has forgotten its settings")
        now = await buffers(chat)
        if now.ringing:
            self.mailbox.rang(self._now())
        elif now.waiting:
            self.mailbox.more = True
        if now.mt:
            async with self._line:
                await self._inbox.collect(chat, await buffers(chat))
        self._sky(await bars(chat, self.timing, measure=False))

    def _heard(self, info: Info) -> None:
        if is_boot(info):
            raise Restarted(f"the modem restarted ({info.text})")
        if info.text == "SBDRING":
            self.mailbox.rang(self._now())
        elif info.prefix == "+CIEV":
            signal, service = service_of(info)
            self._sky(signal if signal is not None else self.bars if service else 0)
        elif self._denied(info):
            self._resolve(Verdict.NOT_SENT)

    def _judge(self, now: Buffers, late: list[Info]) -> None:
        """What became of a message whose session was cut off. `late`: what the modem has said since, unasked."""
        doubt = self._doubt
        if doubt is None:
            return
        said = Verdict.OPEN
        if self._is_modem_of(doubt):
            said = verdict(doubt.momsn, now, refused=doubt.refused)
            if said is Verdict.OPEN and any(map(self._denied, late)):
                said = Verdict.NOT_SENT
        self._resolve(said)

    def _is_modem_of(self, doubt: Doubt) -> bool:
        """Another modem counts for itself: its numbers say nothing of a message that this one never had."""
        return bool(doubt.imei) and self.setup.told_imei == doubt.imei

    def _denied(self, info: Info) -> bool:
        """Whether this is the late end of the session in doubt, and says that nothing left.

        That something left is believed of the serial number alone: a lost digit makes a success of 10 or 32.
        """
        result = result_of(info) if info.prefix == "+SBDIX" else None
        if result is None or self._doubt is None or result.momsn != self._doubt.momsn:
            return False
        if not self._is_modem_of(self._doubt):
            return False
        return result.meaning not in {Meaning.SENT, Meaning.UNKNOWN}

    def _sky(self, signal: int | None) -> None:
        """What is known of the satellites overhead. A sky that opens ends the hold of "no network"."""
        opened, self.bars = bool(signal) and not self.bars, signal
        if opened and self._hold is not None and self._hold[1].mo == NO_NETWORK:
            self._hold = None
        if signal != 0:
            self._move(Change.HEARD, self.setup.firmware)
        else:
            self._move(Change.UNHEARD, "no satellite heard")
