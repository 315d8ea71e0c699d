"""What the hardware tests know of each modem: its emulator, its driver, and the commands that read its state back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hardware import iridium_state, tetra_events, tetra_state
from hardware.codecs.sds import Wanted, text_transfers
from hardware.codecs.tpdu import submits
from hardware.emulators import gsm_control, iridium_control, tetra_control
from hardware.emulators.control import Verb
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.tetra_radio import TetraEmulator
from hardware.gsm import GsmModem
from hardware.gsm_events import Received, Reported
from hardware.gsm_state import State
from hardware.iridium import IridiumModem
from hardware.iridium_events import Arrived
from hardware.iridium_timing import IridiumTiming
from hardware.tetra import TetraRadio
from hardware.tetra_timing import TetraTiming
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
        "AT+CPMS?": r'\+CPMS: ?"[A-Z]{2}",.*,("[A-Z]{2}"),.*,\1,.*',  # the first is what was swept last
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


class IridiumKit(Kit):
    baud = 19200
    address = "provisioned"  # an MO message has no other: it costs one
    read_back: Mapping[str, str] = {
        "AT+SBDMTA?": r"\+SBDMTA: ?1",
        "AT+CIER?": r"\+CIER: ?1,1,1\b.*",
        "AT+SBDSX": r"\+SBDSX: ?0, ?\d+, ?[01], ?-?\d+, ?[01], ?\d+",  # nothing is left to be sent by mistake
    }
    received, reported = Arrived, None

    def emulated(self, *, speed: float) -> IridiumEmulator:
        modem = IridiumEmulator(speed=speed)
        modem.network.latency_s = 5
        return modem

    def verbs(
        self, modem: IridiumEmulator, *, plug: Callable[[], None], unplug: Callable[[], None]
    ) -> Mapping[str, Verb]:
        return iridium_control.verbs(modem, plug=plug, unplug=unplug)

    def driver(self, bench: Bench) -> IridiumModem:
        credits_per_day = 0 if bench.is_real else 100  # no look into a real mailbox: it is paid for
        return IridiumModem(bench.opener, timing=self.timing(bench.factor), credits_per_day=credits_per_day)

    def timing(self, factor: float) -> IridiumTiming:
        return replace(IridiumTiming(), gate_s=10.0).scaled(factor)

    def ready(self, driver: IridiumModem) -> bool:
        return (
            driver.state is iridium_state.State.READY and driver.bars != 0
        )  # a failed session ends READY too

    def said(self, driver: IridiumModem) -> str:
        return f"firmware {driver.setup.firmware or 'unknown'}, {driver.state.value}, {driver.bars} bars of 5"

    async def send(self, driver: IridiumModem, bench: Bench) -> None:
        assert await driver.send(TEXT.encode(), before=lambda: None) >= 0

    def arrived(self, world: World) -> int:
        return len([line for line in world.seen("sent") if bytes.fromhex(line["raw"]) == TEXT.encode()])

    def bring(self, world: World) -> None:
        world.do("queue", hex=b"JA #K7".hex())

    def lose(self, world: World) -> None:
        world.do("coverage", value=False)


class TetraKit(Kit):
    baud = 38400
    address = r"[1-9][0-9]{0,7}"  # one radio (ISSI)
    read_back: Mapping[str, str] = {
        "AT+CTOM?": r"\+CTOM: ?[02]\b.*",
        "AT+CTSP=1,3,130": r"\+CME ERROR: 38",  # ours already; some radios say nothing of it
    }
    received, reported = tetra_events.Received, tetra_events.Reported

    def emulated(self, *, speed: float) -> TetraEmulator:
        return TetraEmulator(speed=speed)

    def verbs(
        self, modem: TetraEmulator, *, plug: Callable[[], None], unplug: Callable[[], None]
    ) -> Mapping[str, Verb]:
        return tetra_control.verbs(modem, plug=plug, unplug=unplug)

    def driver(self, bench: Bench) -> TetraRadio:
        # The mode of a real radio is its user's: nobody is taken out of direct mode by a test.
        return TetraRadio(bench.opener, timing=self.timing(bench.factor), force_trunked=not bench.is_real)

    def timing(self, factor: float) -> TetraTiming:
        return TetraTiming().scaled(factor)

    def ready(self, driver: TetraRadio) -> bool:
        return driver.state is tetra_state.State.READY

    def said(self, driver: TetraRadio) -> str:
        return f"{driver.setup.model}, {driver.state.value}, signal {driver.signal_dbm} dBm"

    async def send(self, driver: TetraRadio, bench: Bench) -> None:
        (message,) = text_transfers(TEXT, 1, max_bits=668, wanted=Wanted.RECEIVED)
        octets = message.encode()
        await driver.send(bench.to or "2345678", octets, 8 * len(octets))

    def arrived(self, world: World) -> int:
        return len([line for line in world.seen("sent") if line.get("text") == TEXT])

    def bring(self, world: World) -> None:
        world.do("receive", from_="2345678", text="JA #K7", report=True)

    def lose(self, world: World) -> None:
        world.do("coverage", value=False)


KITS: dict[str, Any] = {"gsm": GsmKit(), "iridium": IridiumKit(), "tetra": TetraKit()}
