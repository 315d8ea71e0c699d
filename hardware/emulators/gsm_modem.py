"""The emulated GSM modem as a whole: its errors, its restarts and its registration."""

import random

from hardware.at.dce import Called
from hardware.at.results import CME_TEXTS, CMS_TEXTS
from hardware.emulators import gsm_profile
from hardware.emulators.gsm_arrival import Arrivals
from hardware.emulators.gsm_calls import Calls
from hardware.emulators.gsm_commands import ERROR
from hardware.emulators.gsm_device import Device
from hardware.emulators.gsm_handlers import handler_of
from hardware.emulators.gsm_network import Network
from hardware.emulators.gsm_profile import Profile
from hardware.emulators.gsm_text import Reading
from hardware.emulators.journal import Journal
from hardware.emulators.modem import LINE_FAULTS, EmulatedModem

KNOWN_FAULTS = LINE_FAULTS | {
    *("late-cmgs", "urc-in-answer", "deaf", "sent-but-failed", "pdu-lost", "sim-busy", "pin-again"),
    *("busy-515", "cnmi-refused", "smsc-empty", "part-fails"),
}
_BOOT_S, _SEARCH_S = 2.0, 1.0
SWITCHES = {"late-cmgs": frozenset({"lively"})}


class GsmEmulator(EmulatedModem):
    """One modem, its SIM and its network."""

    def __init__(self, *, journal: Journal | None = None, seed: int = 0, speed: float = 1.0) -> None:
        super().__init__(KNOWN_FAULTS, journal=journal, seed=seed, speed=speed, switches=SWITCHES)
        self.device = Device()
        self.network = Network(self.journal, self.later, random=random.Random(seed))  # noqa: S311
        self.arrivals = Arrivals(self)
        self.network.arrived = self.arrivals.route
        self.calls = Calls(self)
        self.plain_values: dict[str, str] = {}
        self.starts = 0
        self.profile: Profile | None = None  # what &W has kept
        self._registered = True

    async def perform(self, called: Called) -> str | None:
        handler = handler_of(called.command)
        return await handler(self, called.command) if handler else ERROR

    # What handlers use.

    def cme(self, code: int) -> str:
        return self._error("CME", code, CME_TEXTS)

    def cms(self, code: int) -> str:
        return self._error("CMS", code, CMS_TEXTS)

    def _error(self, kind: str, code: int, texts: dict[str, int]) -> str:
        if self.device.settings.cmee == 0:
            return ERROR
        text = next((text for text, number in texts.items() if number == code), str(code))
        return f"+{kind} ERROR: {text if self.device.settings.cmee == 2 else code}"

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
        if self.faults.strikes("smsc-empty"):
            self.struck("smsc-empty")
            self.device.smsc = ""
        if not self.device.smsc:
            return self.cms(330)
        return None if self.registration() in {1, 5} else self.cms(331)

    def reading(self) -> Reading:
        settings = self.device.settings
        return Reading(settings.charset, settings.show_headers, self.device.smsc)

    # Radio.

    def registration(self, name: str = "+CREG") -> int:
        """+CREG <stat>; +CGREG is of the packet service, which a host may leave by itself."""
        settings = self.device.settings
        if settings.radio != 1 or settings.operator_mode == 2 or (name == "+CGREG" and not settings.attached):
            return 0
        return 1 if self._registered or self.network.deaf else 2

    def hears(self) -> bool:
        settings = self.device.settings
        return (
            self._registered and self.network.reachable and settings.radio == 1 and settings.registers_at_all
        )

    def search(self) -> None:
        """Leaves the network, and finds it again when there is one."""
        self._register(False)
        self.later(_SEARCH_S, self._found)

    def _found(self) -> None:
        settings = self.device.settings
        radio = settings.radio == 1 and self.device.unlocked and self.running
        if self.network.coverage and radio and settings.registers_at_all:
            self._register(True)

    def _register(self, registered: bool) -> None:
        changed, self._registered = registered is not self._registered, registered
        if not registered:
            self.calls.lost()
        settings = self.device.settings
        for name, asked in {
            "+CREG": settings.creg,
            "+CGREG": settings.cgreg,
            "+CEREG": settings.cereg,
        }.items():
            if changed and asked:
                self.unasked(f"{name}: {self.registration(name)}")
        self.arrivals.route()

    def cover(self, covered: bool) -> None:
        self.journal.write("coverage", value=covered)
        self.network.coverage = covered
        if covered:
            self.search()
        else:
            self._register(False)

    # Power.

    def reboot(self, reason: str) -> None:
        """Power off and on: settings are lost, the SIM may want its PIN again, the banner comes."""
        self.journal.write("reset", reason=reason)
        self.running = False
        self.starts += 1
        self.drop_command()
        self.device.restart()
        self.plain_values = {}
        if self.profile is not None:
            gsm_profile.take(self, self.profile)
        self.arrivals.restart()
        self.calls.restart()
        self.network.deaf = False
        self._registered = False
        self.later(_BOOT_S, self._booted)

    def _booted(self) -> None:
        self.running = True
        self.unasked("RDY")
        self.unasked(f"+CPIN: {self.device.sim_asks}")
        self.later(_SEARCH_S, self._found)
        self.later(_SEARCH_S, lambda: self.unasked("SMS DONE"))

    def misbehave(self) -> None:
        super().misbehave()
        if self.strike("pin-again"):
            self.device.pin = self.device.pin or "1234"
            self.reboot("pin-again")
        if self.strike("urc-in-answer"):
            self.unasked("^RSSI: 17")
            self.unasked('+CREG: 1,"1A2B","0012C4D5"')
            self.unasked("RING")
