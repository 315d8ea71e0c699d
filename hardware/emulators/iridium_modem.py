"""The emulated Iridium 9602/9603 as a whole: what it tells by itself, its restarts, its ring alerts.

`reboot` says nothing on the line, as the real one; only the fault reboot-banner does, as its carrier boards do.
"""

import asyncio
import random
from datetime import UTC, datetime
from pathlib import Path

from hardware.at.dce import Called
from hardware.at.grammar import Form
from hardware.emulators.faults import Fault
from hardware.emulators.iridium_commands import ERROR, HANDLERS, ranges
from hardware.emulators.iridium_device import MT_MOST, Device
from hardware.emulators.iridium_network import Network
from hardware.emulators.iridium_sbd import SBD_HANDLERS
from hardware.emulators.journal import Journal
from hardware.emulators.modem import LINE_FAULTS, EmulatedModem
from hardware.port import Port

# By the names that all emulators share: busy-515 is MO status 35 here, pdu-lost octets of SBDWB that never come,
# mo-kept an SBDD0 that answers 1, sent-but-failed MO status 18, or with its switch a plain ERROR.
KNOWN_FAULTS = LINE_FAULTS | {
    *("mo-kept", "slow-sbdix", "urc-in-answer", "deaf", "sent-but-failed", "pdu-lost", "busy-515"),
}
SWITCHES = {"sent-but-failed": frozenset({"error"})}
_BOOT_S, _RING_S, _RING_AGAIN_S, _REGISTER_S = 4.0, 2.0, 20.0, 5.0
_ALL_HANDLERS = HANDLERS | SBD_HANDLERS


class IridiumEmulator(EmulatedModem):
    """One modem, the satellites above it and the gateway behind them. `kept`: the file of its serial numbers."""

    def __init__(
        self, *, journal: Journal | None = None, seed: int = 0, speed: float = 1.0, kept: Path | None = None
    ) -> None:
        super().__init__(KNOWN_FAULTS, journal=journal, seed=seed, speed=speed, switches=SWITCHES)
        self.device = Device(file=kept)
        self.device.load()
        self.network = Network(self.device, self.journal, self._clock, random=random.Random(seed))  # noqa: S311
        self._told: tuple[int, int] | None = None

    def _clock(self) -> float:
        return asyncio.get_running_loop().time() * self.speed

    async def perform(self, called: Called) -> str:
        handler = _ALL_HANDLERS.get(called.command.name)
        if handler and called.command.form is Form.TEST:
            return await ranges(self, called.command)
        return await handler(self, called.command) if handler else ERROR

    async def serve(self, port: Port) -> None:
        """A cable that is plugged in changes nothing of what the modem is set to."""
        self.speak()
        await super().serve(port)

    def speak(self) -> None:
        """Echo and result codes as they are set."""
        profile = self.device.profile
        self.dce.echo, self.dce.verbose = bool(profile.echo), bool(profile.verbose)
        self.dce.quiet = bool(profile.quiet)

    def wall_clock(self) -> datetime:
        """The date, as the network has it (UTC)."""
        return datetime.now(UTC)

    # What handlers use.

    def strikes(self, name: str) -> Fault | None:
        """The fault when it strikes now; the journal says so."""
        fault = self.faults.strikes(name)
        if fault is not None:
            self.struck(name)
        return fault

    def trouble_in_answer(self) -> None:
        """Lines that nobody asked for, in the middle of an answer."""
        if self.strikes("urc-in-answer"):
            self.unasked("SBDRING")
            self.unasked("+CIEV:0,3")
            self.unasked("+CIEV:1,1")

    def registration(self) -> int:
        """+CREG <stat>."""
        return 1 if self.network.bars else 2

    def indicate(self) -> None:
        """+CIEV for the signal and the service, when asked for and when they are not as they were told last."""
        mode, signal, service = self.device.settings.indicators
        now = (self.network.bars, int(self.network.bars > 0))
        before, self._told = self._told, now if mode else None
        if mode and signal and (before is None or before[0] != now[0]):
            self.unasked(f"+CIEV:0,{now[0]}")
        if mode and service and (before is None or before[1] != now[1]):
            self.unasked(f"+CIEV:1,{now[1]}")

    def radio(self, *, on: bool) -> None:
        """Switching it on heals a modem that has lost the satellites without knowing."""
        self.device.settings.radio = on
        if on:
            self.network.deaf = False
        else:
            self.network.lose()
        self.later(0.05, self.indicate)
        self.later(_REGISTER_S, self.register_by_itself)

    def register_by_itself(self) -> None:
        """SBDAREG=1: as soon as there is a network, and again when the hold between two registrations is over."""
        network = self.network
        if self.device.settings.auto_registration != 1 or network.registered or not self.running:
            return
        if network.register() and network.bars:
            self.later(network.hold_s, self.register_by_itself)

    # The world.

    def cover(self, covered: bool) -> None:
        self.journal.write("coverage", value=covered)
        self.network.coverage = covered
        if not covered:
            self.network.lose()
        self.indicate()
        if covered:
            self.later(_REGISTER_S, self.register_by_itself)
        if covered and self.device.queue:
            self.later(_RING_S, self.ring)

    def queue(self, payload: bytes) -> int:
        """A message for the modem waits at the gateway, which rings; returns how many wait. Raises ValueError."""
        if not 0 < len(payload) <= MT_MOST:
            raise ValueError(f"an MT message has 1 to {MT_MOST} octets, not {len(payload)}")
        self.device.queue.append(payload)
        self.device.keep()
        self.journal.write("received", raw=payload.hex().upper(), waiting=len(self.device.queue))
        self.later(_RING_S, self.ring)
        self.later(_RING_AGAIN_S, self._ring_again)
        return len(self.device.queue)

    def ring(self) -> None:
        """A ring alert. A modem that hears nothing misses it, and the network does not repeat it for long."""
        if self.network.bars and self.running and not self.network.deaf:
            self.device.ringing = True
            if self.device.settings.ring_alerts:
                self.unasked("SBDRING")

    def _ring_again(self) -> None:
        if self.device.queue:
            self.ring()

    # Power.

    def reboot(self, reason: str) -> None:
        """Power off and on: settings and buffers are lost, the serial numbers are not."""
        self.journal.write("reset", reason=reason)
        self.running = False
        self.drop_command()
        self.device.restart()
        self.speak()
        self.network.lose()
        self.network.deaf, self._told = False, None
        self.later(_BOOT_S, lambda: self._booted(banner=reason == "reboot-banner"))

    def replace(self, imei: str) -> None:
        """Another modem, with another subscription: nobody has written to it yet."""
        self.device.become(imei)
        self.reboot("replaced")

    def _booted(self, *, banner: bool) -> None:
        self.running = True
        if banner:
            self.unasked("RDY")

    def misbehave(self) -> None:
        super().misbehave()
        self.trouble_in_answer()
