"""Keeps an Iridium modem's port open and the modem set up, and brings it back: the half of the driver below `iridium`.

A subclass says how it settles in on a fresh dialogue, and how it watches one.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from hardware.chat import Chat
from hardware.errors import HardwareError, ModemDown, NoAnswer, PortLost, Restarted
from hardware.event_queue import EventQueue
from hardware.iridium_events import Event, StateChanged
from hardware.iridium_init import Setup
from hardware.iridium_state import Change, Rung, State, after
from hardware.iridium_timing import IridiumTiming
from hardware.port import Opener, Port, SocketPort
from hardware.portlog import LogLine, PortLog
from hardware.power import PowerCycle

log = logging.getLogger(__name__)

_CALM_POLLS = 60
AT_WORK = frozenset({State.SEARCHING, State.READY, State.SESSION})


class Deaf(HardwareError):
    """The modem shows a signal, and no session gets through."""


class Alarmed(HardwareError):
    """The modem names a reason that no retry mends."""


class IridiumLink(ABC):
    """`async with` opens the port, sets the modem up and brings it back, until it is left."""

    def __init__(
        self, opener: Opener, *, timing: IridiumTiming, event_bound: int, power_cycle: PowerCycle | None
    ) -> None:
        self.timing = timing
        self.setup = Setup()
        self.state, self.reason = State.CLOSED, "not opened yet"
        self._opener, self._power_cycle = opener, power_cycle
        self._port_log = PortLog()
        self._events: EventQueue[Event] = EventQueue(StateChanged, bound=event_bound)
        self._line = asyncio.Lock()  # who uses the modem's buffers
        self._chat: Chat | None = None
        self._tried = False  # the port has been tried at least once
        self._turned = asyncio.Event()  # the state may have changed
        self._trouble: HardwareError | None = None  # found by a session, for the supervisor
        self._busy_until = float("-inf")  # a session that was cut off may still run in the modem
        self._relapses, self._troubled_at = 0, float("-inf")
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._supervise(), name="iridium-modem")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            try:
                await self._flush()
            finally:
                self._task.cancel()
                await asyncio.wait([self._task])
            if not self._task.cancelled():  # it ended by itself: a fault of the program, to be seen
                self._task.result()

    def events(self) -> AsyncIterator[Event]:
        """What happens, for one reader, until the driver is left or has failed."""
        return self._events.read()

    def log(self) -> list[LogLine]:
        """The last lines of the port, for the technician: secrets and texts are masked."""
        return self._port_log.lines()

    async def probe(self) -> bool:
        """Whether the modem answers now; changes nothing. One that is in a session is there."""
        if self._chat is None or self.state not in AT_WORK:
            return False
        if self.state is State.SESSION:
            return True
        try:
            await self._chat.command("AT")
        except HardwareError:
            return False
        return True

    @abstractmethod
    async def _settle_in(self, chat: Chat) -> None:
        """The initialisation, and what an earlier dialogue left behind."""

    @abstractmethod
    async def _watch(self, chat: Chat) -> None:
        """Listens and polls while all is well; ends with a HardwareError."""

    async def _flush(self) -> None:
        """AT*F: the modem writes what it has to remember before its power may go."""
        if self._chat is None or self.state not in AT_WORK:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timing.flush_s):
                try:
                    await self._chat.command("AT*F", timeout_s=self.timing.flush_s)
                except HardwareError as error:
                    log.info("the modem was left without AT*F: %s", error.reason)

    async def _ready(self) -> Chat:
        """The dialogue of a modem that may send. While it is being set up, a message waits for `start_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timing.start_s):
                while self.state is State.STARTING or (self.state is State.CLOSED and not self._tried):
                    self._turned.clear()
                    await self._turned.wait()
        if self._chat is None or self.state not in AT_WORK:
            raise ModemDown(f"{self.state.value}: {self.reason}")
        return self._chat

    def _alarm(self, error: HardwareError) -> None:
        """Tells the supervisor, and closes the way for the next message at once."""
        if self._trouble is None and self.state in AT_WORK:
            self._trouble = error
            self._move(Change.ALARM if isinstance(error, Alarmed) else Change.TROUBLE, error.reason)
            if self._chat is not None:
                self._chat.wake()

    def _move(self, change: Change, reason: str) -> None:
        state = after(self.state, change)
        quiet = state is self.state and state in AT_WORK
        if (state, reason) != (self.state, self.reason) and not quiet:
            log.info("iridium: %s (%s)", state.value, reason)
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
            self._port_log.noted("the port was opened")
            chat = Chat(port, timing=self.timing, port_log=self._port_log)
            try:
                async with chat:
                    failures = 0 if await self._bring_up(chat, port) else failures + 1
                    reason = "the recovery closes it"
            except PortLost as error:
                reason = error.reason
            finally:
                self._chat = None
                await port.close()
            self._move(Change.LOST, reason)
            await self._cool(failures + 1)

    async def _cool(self, failures: int) -> None:
        seconds = self.timing.cooling_s * 2 ** min(failures - 1, 10)
        await asyncio.sleep(min(seconds, self.timing.cooling_most_s))

    async def _bring_up(self, chat: Chat, port: Port) -> bool:
        """Sets up and watches until no rung helps any more. True when the modem had been well in between."""
        rung, well = Rung.RESYNC, False
        while True:
            here = False  # well since the last rung
            try:
                await self._climb(chat, rung)
                chat.forget_boot()
                await self._settle_in(chat)
                self._chat, self._trouble, here, well = chat, None, True, True
                self._move(Change.SET_UP, "no satellite heard yet")
                await self._watch(chat)
            except PortLost:
                raise
            except HardwareError as error:
                if well and not here and isinstance(error, NoAnswer) and isinstance(port, SocketPort):
                    return well  # the connection may have died: a fresh one before any switch
                rung = await self._next(error, rung, here=here)
            if rung is Rung.REOPEN:
                return well
            if self.state in {State.RECOVERING, State.ALARMED}:
                self._move(Change.RESUMED, f"{self.reason}; now: {rung.value}")

    async def _next(self, error: HardwareError, rung: Rung, *, here: bool) -> Rung:
        """The rung to try next, after the rest that the trouble asks for."""
        self._chat = None
        if isinstance(error, Alarmed):
            await asyncio.sleep(self.timing.alarm_s)
            return Rung.RESYNC
        self._move(Change.TROUBLE, error.reason)
        if isinstance(error, Restarted):  # power came back: no reason to climb
            await self._cool(1)
            return Rung.RESYNC
        if isinstance(error, Deaf):
            return Rung.RADIO
        if here:
            return self._relapsed()
        if (
            asyncio.get_running_loop().time() < self._busy_until
        ):  # it may be in a session yet: no switch is touched
            await self._cool(1)
            return Rung.RESYNC
        rung = rung.next()
        if rung is Rung.POWER and self._power_cycle is None:
            rung = rung.next()
        await self._cool(list(Rung).index(rung))
        return rung

    def _relapsed(self) -> Rung:
        """Higher when setting up helped again and again and the modem was never well for long."""
        now = asyncio.get_running_loop().time()
        calm = now - self._troubled_at > _CALM_POLLS * self.timing.poll_s
        self._relapses, self._troubled_at = (1 if calm else self._relapses + 1), now
        rungs = [rung for rung in Rung if rung is not Rung.POWER or self._power_cycle is not None]
        return rungs[min(self._relapses // 3, len(rungs) - 1)]

    async def _climb(self, chat: Chat, rung: Rung) -> None:
        """One rung; the set-up that follows every one of them begins with ESC and AT."""
        if rung is Rung.RADIO:
            await chat.command("AT*R0", timeout_s=self.timing.slow_s)
            await asyncio.sleep(self.timing.radio_s)
            await chat.command("AT*R1", timeout_s=self.timing.slow_s)
        if rung is Rung.POWER and self._power_cycle is not None:
            log.warning("iridium: its power is cut and given back")
            try:
                await self._power_cycle()
            except PortLost:
                raise
            except (HardwareError, OSError) as error:  # the hook's own trouble: the next rung is tried
                log.error("iridium: its power could not be switched: %s", error)
            await asyncio.sleep(self.timing.boot_s)
