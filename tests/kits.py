"""What the hardware tests know of each modem: its emulator, its driver, and the commands that read its state back."""

from collections.abc import Callable, Mapping
from typing import Any

from hardware.codecs.tpdu import submits
from hardware.emulators import gsm_control
from hardware.emulators.control import Verb
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.gsm import GsmModem
from hardware.gsm_events import Received, Reported
from hardware.gsm_state import State
from hardware.timing import Timing
from tests.benches import Bench, Kit, World

NOBODY = "+4500000001"
TEXT = "Prøve af et modem. Du skal ikke gøre noget. æøå ÆØÅ"


class GsmKit(Kit):
    baud = 115200
    address = r"\+[1-9][0-9]{7,14}"
    read_back: Mapping[str, str] = {
        "AT+CMGF?": r"\+CMGF: ?0",
        "AT+CNMI?": r"\+CNMI: ?[12],1\b.*",
        "AT+CMEE?": r"\+CMEE: ?1",
        "AT+CPMS?": r'\+CPMS: ?("[A-Z]{2}"),.*,\1,.*,\1,.*',
    }
    received, reported = Received, Reported

    def emulated(self, *, speed: float) -> GsmEmulator:
        return GsmEmulator(speed=speed)

    def verbs(
        self, modem: GsmEmulator, *, plug: Callable[[], None], unplug: Callable[[], None]
    ) -> Mapping[str, Verb]:
        return gsm_control.verbs(modem, plug=plug, unplug=unplug)

    def driver(self, bench: Bench) -> GsmModem:
        return GsmModem(bench.opener, timing=self.timing(bench.factor))

    def timing(self, factor: float) -> Timing:
        return Timing().scaled(factor)

    def ready(self, driver: GsmModem) -> bool:
        return driver.state is State.READY

    def said(self, driver: GsmModem) -> str:
        return f"{driver.setup.model}, {driver.state.value}, signal {driver.signal_dbm} dBm"

    async def send(self, driver: GsmModem, bench: Bench) -> None:
        (tpdu,) = submits(TEXT, bench.to or NOBODY, reference=0, report_requested=True)
        assert 0 <= await driver.send(tpdu, before=lambda: None) <= 255

    def arrived(self, world: World) -> int:
        return len([line for line in world.seen("sent") if line["text"] == TEXT])

    def bring(self, world: World) -> None:
        world.do("receive", from_="+4500000002", text="JA #K7")

    def lose(self, world: World) -> None:
        world.do("coverage", value=False)


KITS: dict[str, Any] = {"gsm": GsmKit()}
