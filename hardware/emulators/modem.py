"""What every emulated modem is: a line, a command that runs, faults, and power that may go.

One worker runs the commands, so that a pulled cable does not stop what was asked: the message leaves, and its
result is lost. Octets are read meanwhile and wait in the dialogue.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from hardware.at.dce import Called, Dce, Event, Given
from hardware.emulators.faults import Faults
from hardware.emulators.journal import Journal
from hardware.errors import PortLost
from hardware.port import Port

# Those that `misbehave` plays for every modem.
LINE_FAULTS = frozenset({"mute", "reboot-banner", "usb-renumber", "port-gone", "damaged"})


class EmulatedModem(ABC):
    """One modem. `serve(port)` while its cable is in; `run()` as long as it has power."""

    def __init__(
        self,
        known_faults: frozenset[str],
        *,
        journal: Journal | None = None,
        seed: int = 0,
        speed: float = 1.0,
        switches: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.journal = journal or Journal()
        self.speed = speed  # how many times faster than life it is
        self.faults = Faults(known_faults, seed=seed, switches=switches)
        self.dce = Dce()
        self.running = True  # False while it boots or hangs
        # Pulls the cable; back after so many seconds, < 0: never.
        self.cable: Callable[[float], None] = lambda back_s: None
        self._port: Port | None = None
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._timers: set[asyncio.TimerHandle] = set()
        self._worker: asyncio.Task[None] | None = None
        self._damage = False

    async def run(self) -> None:
        """Runs commands until cancelled."""
        try:
            while True:
                self._worker = asyncio.create_task(self._work(), name="emulated-commands")
                await asyncio.wait([self._worker])
                if not self._worker.cancelled():
                    self._worker.result()  # a fault of the program: to be seen
        finally:
            if self._worker is not None:
                self._worker.cancel()
            for timer in self._timers:
                timer.cancel()

    async def serve(self, port: Port) -> None:
        """Speaks on a port until it is lost."""
        self._port = port
        try:
            while True:
                octets = await port.read()
                if self.running:
                    self._take(*self.dce.receive(octets))
        except PortLost:
            self._port = None

    @abstractmethod
    async def perform(self, called: Called) -> str | None:
        """Runs one command and returns its final code; "ERROR" for one that it does not know, None for no word."""

    # What handlers use.

    def info(self, text: str | bytes, *, follow: str | bytes | None = None) -> None:
        """A line of the answer, or the two of a message."""
        self._write(self.dce.info(text) + self._second(follow))

    def unasked(self, text: str | bytes, *, follow: str | bytes | None = None) -> None:
        if self.running:
            self._write(self.dce.unasked(text) + self._second(follow))

    def _second(self, follow: str | bytes | None) -> bytes:
        return b"" if follow is None else self.dce.info(follow).removeprefix(b"\r\n")

    async def payload(self, *, prompt: bytes = b"\r\n> ", count: int = 0) -> bytes | None:
        """Asks the host for a payload (of `count` octets, or ended by Ctrl-Z); None when it takes it back."""
        events, out = self.dce.ask(prompt, count=count)
        self._take(events, out)
        event = await self._events.get()
        return event.octets if isinstance(event, Given) else None

    async def typed(self, *, erasers: bytes) -> bytes | None:
        """As `payload`, for a text of many lines that somebody may be typing."""
        self._take(*self.dce.ask(next_line=b"\r\n> ", erasers=erasers))
        event = await self._events.get()
        return event.octets if isinstance(event, Given) else None

    async def payload_in(
        self, seconds: float, *, prompt: bytes, count: int = 0, stops: bytes = b""
    ) -> bytes | None:
        """As `payload`; None too when it has not come after so long, and what came of it is thrown away."""
        self._take(*self.dce.ask(prompt, count=count, stops=stops))
        try:
            async with asyncio.timeout(seconds / self.speed):
                event = await self._events.get()
        except TimeoutError:
            self.dce.give_up()
            return None
        return event.octets if isinstance(event, Given) else None

    def raw(self, octets: bytes) -> None:
        """Octets of an answer that are no line."""
        self._write(octets)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Does something in emulated time, unless the emulator ends before."""
        timer: asyncio.TimerHandle

        def act() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(seconds / self.speed, act)
        self._timers.add(timer)

    def struck(self, fault: str) -> None:
        self.journal.write("fault", name=fault)

    def strike(self, name: str, default_s: float = -1) -> float | None:
        """The seconds of a fault that strikes now; never 0."""
        fault = self.faults.strikes(name)
        if fault is None:
            return None
        self.struck(name)
        return fault.number("seconds", default_s) or 1e-3

    # Power.

    def hang(self, seconds: float = -1) -> None:
        """Hears nothing and says nothing until it is rebooted (or for so long, when 0 or more)."""
        self.running = False
        self.drop_command()
        if seconds >= 0:
            self.later(seconds, self._watchdog)

    def _watchdog(self) -> None:
        if not self.running:
            self.reboot("watchdog")

    @abstractmethod
    def reboot(self, reason: str) -> None:
        """Power off and on: settings are lost."""

    def drop_command(self) -> None:
        """The command that runs will never end."""
        self.dce.reset()
        while not self._events.empty():
            self._events.get_nowait()
        if self._worker is not None:
            self._worker.cancel()

    # The line and the command that runs.

    def _write(self, octets: bytes) -> None:
        if self._port is None or not self.running:
            return
        if self._damage and octets:
            self._damage = False
            octets = octets[: len(octets) // 2] + octets[len(octets) // 2 + 1 :]
        try:
            self._port.write(octets)
        except PortLost:
            self._port = None

    def _take(self, events: list[Event], out: bytes) -> None:
        self._write(out)
        for event in events:
            self._events.put_nowait(event)

    async def _work(self) -> None:
        while True:
            event = await self._events.get()
            if isinstance(event, Called):
                await self._execute(event)

    async def _execute(self, called: Called) -> None:
        self.journal.write("command", line=called.line, name=called.command.name)
        self.misbehave()
        if self.running:
            final = await self._answer(called)
            self._take(*(self.dce.let_go() if final is None else self.dce.end(final)))

    async def _answer(self, called: Called) -> str | None:
        if called.command.name:
            return await self.perform(called)
        return "ERROR" if called.command.arguments else "OK"  # what cannot be read, and a bare AT

    def misbehave(self) -> None:
        """The faults that any command may meet."""
        if fault := self.strike("mute"):
            self.hang(fault)
        if self.strike("reboot-banner"):
            self.reboot("reboot-banner")
        self._damage = self._damage or self.strike("damaged") is not None
        if back_s := self.strike("usb-renumber", 0.5):
            self.cable(back_s)
        if back_s := self.strike("port-gone", 5.0):
            self.cable(back_s)
