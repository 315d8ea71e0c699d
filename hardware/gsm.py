"""The driver of a GSM or LTE modem: keeps it set up, sends TPDUs, rings numbers, and passes on what comes in.

Not here: what an SMS says (`codecs.tpdu` and the caller), and whether to send again. Opaque octets in and out.
Source: 3GPP TS 27.005 3.5.1 (CMGS); the recovery ladder is that of tools which run such modems for years.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

from hardware import gsm_codes
from hardware.at.dte import Answered, Ask, Request
from hardware.at.grammar import SUB
from hardware.chat import Chat
from hardware.destination import checked_destination, checked_number
from hardware.errors import (
    HardwareError,
    MaybeSent,
    ModemDown,
    NoAnswer,
    NotNow,
    PortLost,
    Refused,
    Restarted,
)
from hardware.gsm_call import LONGEST_S, CallOutcome, Ringing
from hardware.gsm_events import Event, EventQueue
from hardware.gsm_init import Setup, SimRefused, has_restarted, set_up
from hardware.gsm_owed import OwedMemory
from hardware.gsm_radio import operator, registered, signal_dbm
from hardware.gsm_receive import Inbox
from hardware.gsm_recovery import Recovery
from hardware.gsm_standing import Standing, Status
from hardware.gsm_state import Change, Rung, State
from hardware.gsm_watch import DEAF_AFTER, Deaf, Watch
from hardware.pin_memory import PinMemory
from hardware.port import Opener, SocketPort
from hardware.portlog import LogLine, PortLog
from hardware.power import PowerCycle
from hardware.timing import Timing

log = logging.getLogger(__name__)

_CALM_POLLS = 20
_RESTARTS = 5  # in a row, in the middle of the set-up, that are borne before the next rung is tried


def _at_will() -> None:
    """No check before it leaves."""


class GsmModem:
    """`async with GsmModem(opener)`: opens the port, sets the modem up and brings it back, until it is left.

    Entering does not wait for the modem. `opener` opens the port: `lambda: open_port("/dev/serial/by-id/...")`.
    `pins` remembers over restarts of the program that a PIN was refused, `owed` that a message was not answered.
    `power_cycle` cuts the modem's power and
    gives it back, where somebody has wired that.
    """

    def __init__(
        self,
        opener: Opener,
        *,
        pin: str | None = None,
        timing: Timing | None = None,
        event_bound: int = 500,
        pins: PinMemory | None = None,
        owed: OwedMemory | None = None,
        power_cycle: PowerCycle | None = None,
    ) -> None:
        self.timing = timing or Timing()
        self.setup = Setup(pin=pin, pins=pins or PinMemory())
        self._opener, self._power_cycle = opener, power_cycle
        self._port_log = PortLog()
        self._events = EventQueue(bound=event_bound)
        self._standing = Standing(self.setup, self._events, owed or OwedMemory())
        self._chat: Chat | None = None
        self._calling = asyncio.Lock()  # one call at a time
        self._troubled_at = float("-inf")
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._standing.recall(patience_s=self.timing.sent_s + self.timing.late_s)
        self._task = asyncio.create_task(self._supervise(), name="gsm-modem")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():  # it ended by itself: a fault of the program, to be seen
                self._task.result()

    @property
    def state(self) -> State:
        return self._standing.state

    @property
    def reason(self) -> str:
        return self._standing.reason

    @property
    def signal_dbm(self) -> int | None:
        return self._standing.signal_dbm

    @property
    def status(self) -> Status:
        """State, model, operator, signal and storage, as last read."""
        return self._standing.status()

    def log(self) -> list[LogLine]:
        """The last lines of the port, for the technician: secrets, texts and numbers are masked."""
        return self._port_log.lines()

    def events(self) -> AsyncIterator[Event]:
        """What happens, for one reader, until the driver is left or has failed."""
        return self._events.read()

    async def probe(self) -> bool:
        """Whether the modem answers now; changes nothing."""
        if self._chat is None or self.state in {State.CLOSED, State.RECOVERING}:
            return False
        try:
            await self._chat.command("AT")
        except Refused:  # an answer, if a strange one
            return True
        except HardwareError:
            return False
        return True

    async def examine(self) -> None:
        """Asks registration, signal and operator anew: `state` and `status` are of this moment then.

        Raises ModemDown while it is not set up, NoAnswer and PortLost.
        """
        chat, standing = self._chat, self._standing
        if chat is None or not standing.set_up:
            raise ModemDown(f"{self.state.value}: {self.reason}")
        is_in, standing.signal_dbm = await registered(chat), await signal_dbm(chat)
        standing.operator = await operator(chat)
        if standing.set_up:
            standing.register(is_in)

    async def send(self, tpdu: bytes, *, before: Callable[[], None]) -> int:
        """Sends one SUBMIT and returns the reference that its reports will carry (TP-MR, 0 to 255).

        A modem that was silent for `sent_s` may answer later, and nothing in that answer says which message it is
        for. So after such a MaybeSent the next message is refused (ModemDown) until the answer has come, the modem
        has restarted, or `late_s` more are over.

        `before` is called immediately before the first octet of the TPDU leaves; what it raises passes through.
        Raises NotNow, NeverToThis and ModemDown (nothing left) or MaybeSent. Its reference may come later, as a
        LateReference event.
        """
        destination = checked_destination(tpdu)
        chat = await self._ready()
        left_at: float | None = None

        def handing() -> None:
            nonlocal left_at
            if (
                until := self._standing.owed_until
            ) is not None:  # of the message before this one in the queue
                raise ModemDown(self._standing.untold(until))
            before()
            self._standing.handed(destination)
            left_at = asyncio.get_running_loop().time()

        payload = b"00" + tpdu.hex().upper().encode() + SUB  # 00: the SIM's own service centre
        request = Request(f"AT+CMGS={len(tpdu)}", payload=payload, ask=Ask.ANGLE)
        try:
            answered = await chat.command(request, timeout_s=self.timing.prompt_s, before=handing, last=True)
        except Refused as refused:
            raise self._refused(refused, left=left_at is not None) from refused
        except (NoAnswer, PortLost) as error:
            raise self._silent(error, left_at=left_at) from error
        except asyncio.CancelledError:
            if left_at is not None:
                self._owe(left_at)
            raise
        return self._reference(answered)

    async def ring(
        self, number: str, seconds: float, *, before: Callable[[], None] = _at_will
    ) -> CallOutcome:
        """Lets a phone ring for so long, 180 s at most, and says how that ended. Nothing is said to anybody.

        `before` as in `send`. Raises NeverToThis (no plain number, or an emergency number), NotNow and ModemDown
        (it was not dialled) or MaybeSent (it may have rung).
        """
        digits = checked_number(number)
        if not 0 < seconds <= LONGEST_S:
            raise ValueError(f"a phone rings for {LONGEST_S:g} s at most")
        async with self._calling:
            chat = await self._ready()
            ringing = self._standing.ringing = Ringing(chat)
            try:
                return await ringing.run(digits, seconds, before=before)
            except MaybeSent as error:
                self._standing.alarm(error)
                raise
            finally:
                self._standing.ringing = None

    async def _ready(self) -> Chat:
        """The dialogue of a modem that may send. A message waits for `start_s` while it is being set up, or may still
        answer an earlier one.
        """
        standing = self._standing
        try:
            async with asyncio.timeout(self.timing.start_s):
                while standing.starting or self.state is State.WAITING:
                    standing.turned.clear()
                    await standing.turned.wait()
        except TimeoutError:
            log.info("modem: not ready in %g s", self.timing.start_s)
        if self.state is State.SEARCHING:
            raise NotNow("not registered in a network")
        if self._chat is None or self.state is not State.READY:
            raise ModemDown(f"{self.state.value}: {self.reason}")
        return self._chat

    def _reference(self, answered: Answered) -> int:
        self._standing.deaf_signs = self._standing.relapses = 0
        self._standing.owes_nothing()
        reference = answered.lines[-1].number(0) if answered.lines else None
        if reference is None or not 0 <= reference <= 255:  # an OK alone proves nothing: ESC gives one too
            raise MaybeSent("the modem said OK and gave no reference", raw=answered.final.text)
        self._standing.uncertain = ""
        return reference

    def _refused(self, refused: Refused, *, left: bool) -> HardwareError:
        error, standing = gsm_codes.not_sent(refused, left=left), self._standing
        if gsm_codes.is_deaf(refused):
            standing.deaf_signs += 1
        if standing.deaf_signs >= DEAF_AFTER:
            standing.alarm(Deaf(f"{standing.deaf_signs} refusals in a row: {refused.raw}"))
        elif isinstance(error, ModemDown):
            standing.alarm(error)
        if left:
            standing.owes_nothing()
        if not isinstance(error, MaybeSent):
            standing.uncertain = ""
        return error

    def _silent(self, error: HardwareError, *, left_at: float | None) -> HardwareError:
        if isinstance(error, Restarted):
            self._standing.owes_nothing()
        elif left_at is not None:
            self._owe(left_at)
        self._standing.alarm(error)
        if left_at is not None:
            return MaybeSent(f"the message left and then: {error.reason}")
        return ModemDown(error.reason) if isinstance(error, PortLost) else NotNow(error.reason)

    def _owe(self, left_at: float) -> None:
        self._standing.owe(left_at + self.timing.sent_s + self.timing.late_s)

    async def _supervise(self) -> None:
        try:
            await self._keep_open()
        finally:
            self._chat = None
            self._standing.stopped()

    async def _keep_open(self) -> None:
        """Opens the port, again and again; within an open port `_bring_up` climbs the ladder."""
        failures, standing = 0, self._standing
        while True:
            try:
                port = await self._opener()
            except OSError as error:
                standing.move(Change.LOST, str(error))
                failures += 1
                await self._cool(failures)
                continue
            standing.move(Change.OPENED, "the port is open")
            self.setup.model = ""  # another modem may be plugged in
            self._port_log.noted("the port was opened")
            chat = Chat(port, timing=self.timing, port_log=self._port_log)
            try:
                async with chat:
                    recovery = Recovery(port, self._power_cycle)
                    failures = 0 if await self._bring_up(chat, recovery) else failures + 1
                    reason = "the recovery closes it"
            except PortLost as error:
                reason = error.reason
            finally:
                self._chat = None
                await port.close()
            for info in chat.rest():
                if info.prefix == "+CMGS":
                    standing.late(info)
                elif info.prefix in {"+CMT", "+CDS"}:  # nobody else will ever show it
                    await Inbox(chat, self.setup, events=self._events).unasked(info)
            standing.move(Change.LOST, reason)
            await self._cool(failures + 1)

    async def _cool(self, failures: int) -> None:
        seconds = self.timing.cooling_s * 2 ** min(failures - 1, 10)
        await asyncio.sleep(min(seconds, self.timing.cooling_most_s))

    async def _bring_up(self, chat: Chat, recovery: Recovery) -> bool:
        """Sets up and watches until no rung helps any more. True when the modem had been well in between."""
        rung, well, standing, restarts = Rung.RESYNC, False, self._standing, 0
        while True:
            try:
                await recovery.climb(chat, rung)
                chat.forget_boot()
                if standing.owed_until is not None and await has_restarted(chat, self.setup):
                    standing.owes_nothing()
                await set_up(chat, self.setup)
                rung, well, restarts = await self._watch(chat), True, 0
            except SimRefused as error:
                standing.move(Change.SIM_REFUSED, error.reason)
                await asyncio.sleep(self.timing.poll_s)
                standing.move(Change.RESUMED, f"{standing.reason}; now the SIM is asked again")
                rung = Rung.RESYNC
            except Restarted as error:  # power came back, or our own reset: no reason to climb
                standing.move(Change.TROUBLE, error.reason)
                restarts += 1
                rung = _after_restarts(restarts)
                await self._cool(1)
            except (NoAnswer, Refused) as error:
                standing.move(Change.TROUBLE, error.reason)
                if well and isinstance(error, NoAnswer) and isinstance(recovery.port, SocketPort):
                    return well  # the connection may have died: a fresh one before any switch
                rung = rung.next(recovery.without | self.setup.behaviour.useless)
                await self._cool(min(list(Rung).index(rung), 2))
            if rung in recovery.without:
                rung = rung.next(recovery.without)
            if rung is Rung.REOPEN:
                return well
            if self.state is State.RECOVERING:
                standing.move(Change.RESUMED, f"{standing.reason}; now: {rung.value}")

    async def _watch(self, chat: Chat) -> Rung:
        """Listens and polls while all is well. Returns the rung at which the recovery begins."""
        standing = self._standing
        standing.trouble, standing.deaf_signs = None, 0
        is_in = await registered(chat)
        self._chat, standing.wake = chat, chat.wake
        standing.move(Change.SET_UP, "not registered in a network")
        if standing.owed_until is not None:
            standing.owe(standing.owed_until)
        standing.register(is_in)
        inbox = Inbox(chat, self.setup, events=self._events)
        error = await Watch(chat, standing, inbox).until_trouble()
        return self._unwell(error, Rung.RADIO if isinstance(error, Deaf) else Rung.RESYNC)

    def _unwell(self, error: HardwareError, rung: Rung) -> Rung:
        """The rung to begin at: higher when setting up helped again and again and nothing was sent since."""
        standing = self._standing
        standing.move(Change.TROUBLE, error.reason)
        now = asyncio.get_running_loop().time()
        calm = now - self._troubled_at > _CALM_POLLS * self.timing.poll_s
        standing.relapses, self._troubled_at = (1 if calm else standing.relapses + 1), now
        rungs = list(Rung)
        # Where there is no network nothing helps but waiting: a modem that is switched off all the time finds none.
        most = Rung.RESET if isinstance(error, Deaf) else Rung.REOPEN
        return rungs[min(max(rungs.index(rung), standing.relapses // 3), rungs.index(most))]


def _after_restarts(count: int) -> Rung:
    """Setting up again is all that a restart needs; every fifth in a row takes the recovery one rung higher."""
    rungs = list(Rung)
    return Rung.RESYNC if count % _RESTARTS else rungs[min(count // _RESTARTS, len(rungs) - 1)]
