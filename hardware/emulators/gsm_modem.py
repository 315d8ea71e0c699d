"""The emulated GSM modem as a whole: its line, the command that runs, its restarts and its registration.

One worker runs the commands, so that a pulled cable does not stop what was asked: the message leaves, and its
reference is lost. Octets are read meanwhile and wait in the dialogue.
"""

import asyncio
import random
from collections.abc import Callable

from hardware.at.dce import Called, Dce, Event, Given
from hardware.at.results import CME_TEXTS, CMS_TEXTS
from hardware.emulators.faults import Faults
from hardware.emulators.gsm_arrival import Arrivals
from hardware.emulators.gsm_commands import ERROR, HANDLERS, OK
from hardware.emulators.gsm_device import Device
from hardware.emulators.gsm_messages import MESSAGE_HANDLERS
from hardware.emulators.gsm_network import Network
from hardware.emulators.journal import Journal
from hardware.errors import PortLost
from hardware.port import Port

KNOWN_FAULTS = frozenset(
    {
        *("late-cmgs", "usb-renumber", "urc-in-answer", "mute", "deaf", "sent-but-failed", "reboot-banner"),
        *("pdu-lost", "sim-busy", "pin-again", "busy-515", "cnmi-refused", "smsc-empty", "port-gone"),
        *("part-fails", "damaged"),
    }
)
_BOOT_S, _SEARCH_S, _RING_S = 2.0, 1.0, 3.0
_ALL_HANDLERS = HANDLERS | MESSAGE_HANDLERS


class GsmEmulator:
    """One modem. `serve(port)` while its cable is in; `run()` as long as it has power."""

    def __init__(self, *, journal: Journal | None = None, seed: int = 0, speed: float = 1.0) -> None:
        self.journal = journal or Journal()
        self.speed = speed  # how many times faster than life it is
        self.faults = Faults(KNOWN_FAULTS, seed=seed)
        self.device = Device()
        self.dce = Dce()
        self.network = Network(self.journal, self.later, random=random.Random(seed))  # noqa: S311
        self.arrivals = Arrivals(self)
        self.network.arrived = self.arrivals.route
        self.plain_values: dict[str, str] = {}
        self.running = True  # False while it boots or hangs
        self.cable: Callable[[float], None] = lambda back_s: (
            None
        )  # pulls the cable; back after so long, < 0: never
        self._registered = True
        self._port: Port | None = None
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._timers: set[asyncio.TimerHandle] = set()
        self._worker: asyncio.Task[None] | None = None
        self._rings = 0
        self._damage = False

    async def run(self) -> None:
        """Runs commands until cancelled."""
        try:
            while True:
                self._worker = asyncio.create_task(self._work(), name="gsm-commands")
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

    # What handlers use.

    def info(self, text: str, *, follow: str | None = None) -> None:
        """A line of the answer, or the two of a message."""
        line = self.dce.info(text)
        if follow is not None:
            line += self.dce.info(follow).removeprefix(b"\r\n")
        self._write(line)

    def unasked(self, text: str, *, follow: str | None = None) -> None:
        if self.running:
            self.info(text, follow=follow)

    def cme(self, code: int) -> str:
        return self._error("CME", code, CME_TEXTS)

    def cms(self, code: int) -> str:
        return self._error("CMS", code, CMS_TEXTS)

    def _error(self, kind: str, code: int, texts: dict[str, int]) -> str:
        if self.device.settings.cmee == 0:
            return ERROR
        text = next((text for text, number in texts.items() if number == code), str(code))
        return f"+{kind} ERROR: {text if self.device.settings.cmee == 2 else code}"

    async def payload(self, *, prompt: bytes = b"\r\n> ") -> bytes | None:
        """Asks the host for a payload; None when it takes it back."""
        events, out = self.dce.ask(prompt)
        self._take(events, out)
        event = await self._events.get()
        return event.octets if isinstance(event, Given) else None

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

    def sim_busy(self) -> bool:
        if self.faults.strikes("sim-busy"):
            self.struck("sim-busy")
            return True
        return False

    def cannot_send(self) -> str | None:
        """The error for a message that cannot even be taken."""
        if not self.device.unlocked:
            return self.cms(311)
        if self.sim_busy():
            return self.cms(314)
        if not self.device.smsc:
            return self.cms(330)
        return None if self.registration() in {1, 5} else self.cms(331)

    # Radio.

    def registration(self) -> int:
        """+CREG <stat>."""
        if self.device.settings.radio != 1:
            return 0
        return 1 if self._registered or self.network.deaf else 2

    def hears(self) -> bool:
        return self._registered and self.network.reachable and self.device.settings.radio == 1

    def search(self) -> None:
        """Leaves the network, and finds it again when there is one."""
        self._register(False)
        self.later(_SEARCH_S, self._found)

    def _found(self) -> None:
        radio = self.device.settings.radio == 1 and self.device.unlocked and self.running
        if self.network.coverage and radio:
            self._register(True)

    def _register(self, registered: bool) -> None:
        changed, self._registered = registered is not self._registered, registered
        if changed and self.device.settings.creg:
            self.unasked(f"+CREG: {self.registration()}")
        if changed and self.device.settings.cereg:
            self.unasked(f"+CEREG: {self.registration()}")
        self.arrivals.route()

    def cover(self, covered: bool) -> None:
        self.journal.write("coverage", value=covered)
        self.network.coverage = covered
        if covered:
            self.search()
        else:
            self._register(False)

    # Power.

    def hang(self, seconds: float = -1) -> None:
        """Hears nothing and says nothing until it is rebooted (or for so long, when 0 or more)."""
        self.running = False
        self._drop_command()
        if seconds >= 0:
            self.later(seconds, lambda: self.reboot("watchdog"))

    def reboot(self, reason: str) -> None:
        """Power off and on: settings are lost, the SIM may want its PIN again, the banner comes."""
        self.journal.write("reset", reason=reason)
        self.running = False
        self._drop_command()
        self.device.restart()
        self.arrivals.restart()
        self.network.deaf = False
        self._registered = False
        self.later(_BOOT_S, self._booted)

    def _drop_command(self) -> None:
        self.dce.reset()
        while not self._events.empty():
            self._events.get_nowait()
        if self._worker is not None:
            self._worker.cancel()

    def _booted(self) -> None:
        self.running = True
        self.unasked("RDY")
        self.unasked(f"+CPIN: {self.device.sim_asks}")
        self.later(_SEARCH_S, self._found)
        self.later(_SEARCH_S, lambda: self.unasked("SMS DONE"))

    def ring(self, times: int) -> None:
        self._rings = times
        self._ring()

    def _ring(self) -> None:
        if self._rings > 0:
            self._rings -= 1
            self.unasked("RING")
            self.later(_RING_S, self._ring)

    def stop_ringing(self) -> None:
        self._rings = 0

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
        self._misbehave()
        if not self.running:
            return
        handler = _ALL_HANDLERS.get(called.command.name)
        final = await handler(self, called.command) if handler else ERROR
        self._take(*self.dce.end(final or OK))

    def _misbehave(self) -> None:
        """The faults that any command may meet."""
        if fault := self._strike("mute"):
            self.hang(fault)
        if self._strike("reboot-banner"):
            self.reboot("reboot-banner")
        if self._strike("pin-again"):
            self.device.pin = self.device.pin or "1234"
            self.reboot("pin-again")
        if self._strike("urc-in-answer"):
            self.unasked("^RSSI: 17")
            self.unasked('+CREG: 1,"1A2B","0012C4D5"')
            self.unasked("RING")
        self._damage = self._damage or self._strike("damaged") is not None
        if back_s := self._strike("usb-renumber", 0.5):
            self.cable(back_s)
        if back_s := self._strike("port-gone", 5.0):
            self.cable(back_s)

    def _strike(self, name: str, default_s: float = -1) -> float | None:
        """The seconds of a fault that strikes now; never 0."""
        fault = self.faults.strikes(name)
        if fault is None:
            return None
        self.struck(name)
        return fault.number("seconds", default_s) or 1e-3
