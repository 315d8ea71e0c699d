"""The driver of a GSM or LTE modem: keeps it set up, sends TPDUs, and passes on what comes in.

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
from hardware.at.grammar import SUB, Info
from hardware.at.results import is_boot, may_be_boot
from hardware.chat import Chat
from hardware.destination import checked_destination
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
from hardware.gsm_events import Event, EventQueue, LateReference, StateChanged
from hardware.gsm_init import (
    Setup,
    SimRefused,
    check_smsc,
    registered,
    registration_of,
    route,
    set_up,
    signal_dbm,
    still_routed,
)
from hardware.gsm_receive import Inbox
from hardware.gsm_state import Change, Rung, State, after
from hardware.port import Opener
from hardware.portlog import LogLine, PortLog
from hardware.timing import Timing

log = logging.getLogger(__name__)

_DEAF_AFTER = 3  # refusals in a row that mean "no network", or polls without a signal
_CALM_POLLS = 20


class Deaf(HardwareError):
    """The modem answers and hears no network."""


class GsmModem:
    """`async with GsmModem(opener)`: opens the port, sets the modem up and brings it back, until it is left.

    Entering does not wait for the modem. `opener` opens the port: `lambda: open_port("/dev/serial/by-id/...")`.
    """

    def __init__(
        self, opener: Opener, *, pin: str | None = None, timing: Timing | None = None, event_bound: int = 500
    ) -> None:
        self.timing = timing or Timing()
        self.setup = Setup(pin=pin)
        self.state, self.reason = State.CLOSED, "not opened yet"
        self.signal_dbm: int | None = None
        self._opener = opener
        self._port_log = PortLog()
        self._events = EventQueue(bound=event_bound)
        self._chat: Chat | None = None
        self._tried = False  # the port has been tried at least once
        self._turned = asyncio.Event()  # the state may have changed
        self._uncertain = ""  # the destination of a message whose reference may still come
        self._deaf_signs = 0  # refusals in a row that mean "no network"
        self._mute_polls = 0  # polls in a row without a signal
        self._relapses = 0  # troubles since the last message that was sent, or since a long calm
        self._troubled_at = float("-inf")
        self._trouble: HardwareError | None = None  # found by a send, for the supervisor
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
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
        except HardwareError:
            return False
        return True

    async def examine(self) -> None:
        """Asks the network's registration and the signal anew: `state` and `signal_dbm` are of this moment then.

        Raises ModemDown while it is not set up, NoAnswer and PortLost.
        """
        chat = self._chat
        if chat is None or self.state not in {State.READY, State.SEARCHING}:
            raise ModemDown(f"{self.state.value}: {self.reason}")
        is_in, self.signal_dbm = await registered(chat), await signal_dbm(chat)
        if self.state in {State.READY, State.SEARCHING}:
            self._register(is_in)

    async def send(self, tpdu: bytes, *, before: Callable[[], None]) -> int:
        """Sends one SUBMIT and returns the reference that its reports will carry (TP-MR, 0 to 255).

        `before` is called immediately before the first octet of the TPDU leaves; what it raises passes through.
        Raises NotNow, NeverToThis and ModemDown (nothing left) or MaybeSent. Its reference may come later, as a
        LateReference event.
        """
        destination = checked_destination(tpdu)
        chat = await self._ready()
        left = False

        def handing() -> None:
            nonlocal left
            before()
            left, self._uncertain = True, destination

        payload = b"00" + tpdu.hex().upper().encode() + SUB  # 00: the SIM's own service centre
        request = Request(f"AT+CMGS={len(tpdu)}", payload=payload, ask=Ask.ANGLE)
        try:
            answered = await chat.command(request, timeout_s=self.timing.prompt_s, before=handing, last=True)
        except Refused as refused:
            raise self._refused(refused, left=left) from refused
        except (NoAnswer, PortLost) as error:
            raise self._silent(error, left=left) from error
        return self._reference(answered)

    async def _ready(self) -> Chat:
        """The dialogue of a modem that may send. While it is being set up, a message waits for `start_s`."""
        try:
            async with asyncio.timeout(self.timing.start_s):
                while self._starting:
                    self._turned.clear()
                    await self._turned.wait()
        except TimeoutError:
            log.info("modem: not set up in %g s", self.timing.start_s)
        if self.state is State.SEARCHING:
            raise NotNow("not registered in a network")
        if self._chat is None or self.state is not State.READY:
            raise ModemDown(f"{self.state.value}: {self.reason}")
        return self._chat

    @property
    def _starting(self) -> bool:
        return self.state is State.STARTING or (self.state is State.CLOSED and not self._tried)

    def _reference(self, answered: Answered) -> int:
        self._deaf_signs = self._relapses = 0
        reference = answered.lines[-1].number(0) if answered.lines else None
        if reference is None or not 0 <= reference <= 255:  # an OK alone proves nothing: ESC gives one too
            raise MaybeSent("the modem said OK and gave no reference", raw=answered.final.text)
        self._uncertain = ""
        return reference

    def _refused(self, refused: Refused, *, left: bool) -> HardwareError:
        error = gsm_codes.not_sent(refused, left=left)
        if gsm_codes.is_deaf(refused):
            self._deaf_signs += 1
        if self._deaf_signs >= _DEAF_AFTER:
            self._alarm(Deaf(f"{self._deaf_signs} refusals in a row: {refused.raw}"))
        elif isinstance(error, ModemDown):
            self._alarm(error)
        if not isinstance(error, MaybeSent):
            self._uncertain = ""
        return error

    def _silent(self, error: HardwareError, *, left: bool) -> HardwareError:
        self._alarm(error)
        if left:
            return MaybeSent(f"the message left and then: {error.reason}")
        return ModemDown(error.reason) if isinstance(error, PortLost) else NotNow(error.reason)

    def _alarm(self, error: HardwareError) -> None:
        """Tells the supervisor, and closes the way for the next send at once."""
        if self._trouble is None and self.state in {State.READY, State.SEARCHING}:
            self._trouble = error
            self._move(Change.TROUBLE, error.reason)
            if self._chat is not None:
                self._chat.wake()

    def _move(self, change: Change, reason: str) -> None:
        state = after(self.state, change)
        if (state, reason) != (self.state, self.reason) and not (state is self.state is State.READY):
            log.info("modem: %s (%s)", state.value, reason)
            self._events.offer(StateChanged(state, reason))
            self.reason = reason
        self.state, self._tried = state, True
        self._turned.set()

    async def _supervise(self) -> None:
        try:
            await self._keep_open()
        finally:
            self._chat, self.state, self.reason = None, State.CLOSED, "the driver has stopped"
            self._tried = True
            self._turned.set()
            self._events.close()

    async def _keep_open(self) -> None:
        """Opens the port, again and again; within an open port `_bring_up` climbs the ladder."""
        failures = 0
        while True:
            try:
                port = await self._opener()
            except OSError as error:
                self._move(Change.LOST, str(error))
                failures += 1
                await self._cool(failures)
                continue
            self._move(Change.OPENED, "the port is open")
            chat = Chat(port, timing=self.timing, port_log=self._port_log)
            try:
                async with chat:
                    failures = 0 if await self._bring_up(chat) else failures + 1
                    reason = "the recovery closes it"
            except PortLost as error:
                reason = error.reason
            finally:
                self._chat = None
                await port.close()
            for info in chat.rest():
                if info.prefix == "+CMGS":
                    self._late(info)
            self._move(Change.LOST, reason)
            await self._cool(failures + 1)

    async def _cool(self, failures: int) -> None:
        seconds = self.timing.cooling_s * 2 ** min(failures - 1, 10)
        await asyncio.sleep(min(seconds, self.timing.cooling_most_s))

    async def _bring_up(self, chat: Chat) -> bool:
        """Sets up and watches until no rung helps any more. True when the modem had been well in between."""
        rung, well = Rung.RESYNC, False
        while True:
            try:
                await self._climb(chat, rung)
                chat.forget_boot()
                await set_up(chat, self.setup)
                self._trouble, self._deaf_signs, self._mute_polls = None, 0, 0
                is_in = await registered(chat)
                self._chat = chat
                self._move(Change.SET_UP, "not registered in a network")
                self._register(is_in)
                rung, well = await self._watch(chat), True
            except SimRefused as error:
                self._move(Change.SIM_REFUSED, error.reason)
                await asyncio.sleep(self.timing.poll_s)
                self._move(Change.RESUMED, "the SIM is asked again")
                rung = Rung.RESYNC
            except Restarted as error:  # power came back, or our own reset: no reason to climb
                self._move(Change.TROUBLE, error.reason)
                await self._cool(1)
            except (NoAnswer, Refused) as error:
                self._move(Change.TROUBLE, error.reason)
                rung = rung.next()
                await self._cool(list(Rung).index(rung))
            if rung is Rung.REOPEN:
                return well
            if self.state is State.RECOVERING:
                self._move(Change.RESUMED, rung.value)

    async def _climb(self, chat: Chat, rung: Rung) -> None:
        """One rung; the set-up that follows every one of them begins with ESC and AT."""
        if rung is Rung.RADIO:
            await chat.command("AT+CFUN=4", timeout_s=self.timing.slow_s)
            await asyncio.sleep(self.timing.radio_s)
            await chat.command("AT+CFUN=1", timeout_s=self.timing.slow_s)
        if rung is Rung.RESET:
            try:
                await chat.command("AT+CFUN=1,1", timeout_s=self.timing.slow_s)
            except (NoAnswer, Refused) as error:
                log.info("modem reset: %s", error.reason)  # many restart without an answer
            await asyncio.sleep(self.timing.boot_s)

    async def _watch(self, chat: Chat) -> Rung:
        """Listens and polls while all is well. Returns the rung at which the recovery begins."""
        loop = asyncio.get_running_loop()
        inbox = Inbox(chat, self.setup, events=self._events)
        polled = -1e9
        searching_since: float | None = None
        while True:
            try:
                if self._trouble is not None:
                    raise self._trouble
                if loop.time() - polled >= self.timing.poll_s:
                    await self._poll(chat, inbox)
                    polled = loop.time()
                searching_since = self._searching(searching_since, loop.time())
                rest = max(self.timing.poll_s - (loop.time() - polled), 0.001)
                info = await chat.unasked(timeout_s=rest)
                if info is not None:
                    await self._heard(info, chat, inbox)
            except PortLost:
                raise
            except Refused as error:  # an answer: the modem is there
                log.info("modem: %s", error.reason)
                polled = loop.time()
            except Deaf as error:
                return self._unwell(error, Rung.RADIO)
            except HardwareError as error:
                return self._unwell(error, Rung.RESYNC)

    def _unwell(self, error: HardwareError, rung: Rung) -> Rung:
        """The rung to begin at: higher when setting up helped again and again and nothing was sent since."""
        self._move(Change.TROUBLE, error.reason)
        now = asyncio.get_running_loop().time()
        calm = now - self._troubled_at > _CALM_POLLS * self.timing.poll_s
        self._relapses, self._troubled_at = (1 if calm else self._relapses + 1), now
        rungs = list(Rung)
        return rungs[min(max(rungs.index(rung), self._relapses // 3), len(rungs) - 1)]

    def _searching(self, since: float | None, now: float) -> float | None:
        """Since when there is no network; Deaf when that is too long."""
        if self.state is not State.SEARCHING:
            return None
        since = now if since is None else since
        if now - since > self.timing.searching_s:
            raise Deaf(f"no network for {self.timing.searching_s:g} s")
        return since

    async def _heard(self, info: Info, chat: Chat, inbox: Inbox) -> None:
        if is_boot(info):
            raise Restarted(f"the modem restarted ({info.text})")
        if may_be_boot(info) and not await still_routed(chat, self.setup):
            raise Restarted(f"the modem restarted ({info.text})")
        if info.prefix == "+CMGS":
            self._late(info)
            return
        if (is_in := registration_of(info)) is not None:
            self._register(is_in)
            return
        await inbox.unasked(info)

    def _late(self, info: Info) -> None:
        reference = info.number(0)
        if reference is not None and self._uncertain:
            self._events.offer(LateReference(reference, self._uncertain))
            self._uncertain = ""

    def _register(self, is_in: bool) -> None:
        if is_in:
            self._move(Change.REGISTERED, self.setup.model)
        else:
            self._move(Change.UNREGISTERED, "not registered in a network")

    async def _poll(self, chat: Chat, inbox: Inbox) -> None:
        """What can go wrong without a word: the registration, the service centre, the routing, the storage."""
        self._register(await registered(chat))
        self.signal_dbm = await signal_dbm(chat)
        self._mute_polls = self._mute_polls + 1 if self.signal_dbm is None else 0
        if self.state is State.READY and self._mute_polls >= _DEAF_AFTER:
            raise Deaf(f"registered, and no signal in {_DEAF_AFTER} polls")
        if not await check_smsc(chat, self.setup):
            log.warning("modem: it has no service centre (CSCA), and none was known before")
        if not await still_routed(chat, self.setup):
            await route(chat, self.setup)
        await inbox.sweep()
