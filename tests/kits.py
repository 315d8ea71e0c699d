"""What the hardware tests know of each modem: its emulator, its driver, and the commands that read its state back."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hardware import iridium_state, tetra_events, tetra_state
from hardware.codecs import sds
from hardware.codecs.sds import Wanted, text_transfers
from hardware.codecs.tpdu import submits
from hardware.destination import checked_destination
from hardware.emulators import gsm_control, iridium_control, tetra_control
from hardware.emulators.control import Verb
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.tetra_radio import TetraEmulator
from hardware.errors import HardwareError
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
from tests.guard import Payload, Rules

NOBODY = "+4500000001"
SUB = b"\x1a"
TEXT = "Prøve af et modem. Du skal ikke gøre noget. æøå ÆØÅ"


def _octets_of(payload: bytes) -> bytes:
    """Those of the hexadecimal digits before a Ctrl-Z; none when it is anything else."""
    digits, end, rest = payload.partition(SUB)
    plain = re.fullmatch(rb"(?:[0-9A-F]{2})+", digits)
    return bytes.fromhex(digits.decode()) if plain and end and not rest else b""


def _submit(text: str, to: str) -> Payload | None:
    """A TPDU to nobody but `to`, with the SIM's own service centre."""

    def fits(payload: bytes) -> bool:
        octets = _octets_of(payload)
        try:
            return octets[:1] == b"\0" and checked_destination(octets[1:]) == to
        except HardwareError:
            return False

    return Payload(b"> ", fits) if text.startswith("+CMGS=") else None


class GsmKit(Kit):
    name = "gsm"
    baud = 115200
    address = r"\+[1-9][0-9]{7,14}"
    rules = Rules(
        asks=r"|E0|\^CURC=0|\+CG(MI|MM)|\+CMEE=1|\+CMGF=0|\+CSMS=1|\+CE?REG=1|\+COPS=3,2|\+CSQ|\+CMGL=4|\+CMGR=[0-9]{1,4}"
        r"|\+(CFUN|CPIN|CPMS|CNMI|C[EG]?REG|COPS|CSCA|CMGF|CMEE)\?|\+(CPMS|CNMI)=\?"
        r'|\+CPMS="[A-Z]{2}"(,"[A-Z]{2}"){0,2}|\+CNMI=[0-9](,[0-9]){0,4}',
        sends=r"\+CMGS=[0-9]{1,3}",
        spares=r"H|&F|\+CFUN=[0-9](,[0-9])?",
        payload=_submit,
    )
    known_by = "AT+CPIN?"
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


def _binary(text: str, to: str) -> Payload | None:
    """What AT+SBDWB has announced, and its sum; it goes into the modem's buffer and no further."""
    size = re.fullmatch(r"\+SBDWB=([0-9]{1,3})", text)
    return Payload(b"READY", lambda payload: len(payload) == int(size[1]) + 2) if size else None


class IridiumKit(Kit):
    name = "iridium"
    baud = 19200
    address = "provisioned"  # an MO message has no other: it costs one
    rules = Rules(
        asks=r"|E0|&[DK]0|\*R1|\+SBDMTA=1|\+CIER=1,1,1|\+CGSN|\+CGMR|\+SBDSX|\+(CIER|SBDMTA|SBDLOE)\?|-MSSTM|\+CSQF?"
        r"|\+SBDD[02]|\+SBDWB=[0-9]{1,3}|\+SBDTC|\+SBDRB",
        sends=r"\+SBDIXA?",
        spares=r"\*F|\*R0|\+SBDAREG=1",  # the last has the modem itself register, over the air
        payload=_binary,
    )
    known_by = "AT+SBDSX"
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


def _short_data(text: str, to: str) -> Payload | None:
    """A text to nobody but `to`, or the acknowledgement that its report asks for."""

    def fits(payload: bytes) -> bool:
        return re.fullmatch(rf"\+CMGS={to},[0-9]{{1,4}}", text) is not None and _message(payload) is not None

    return Payload(b"", fits) if text.startswith("+CMGS=") else None


def _message(payload: bytes) -> sds.Transfer | sds.Ack | None:
    try:
        message = sds.decode(_octets_of(payload))
    except HardwareError:
        return None
    return message if isinstance(message, sds.Transfer | sds.Ack) else None


class TetraKit(Kit):
    name = "tetra"
    baud = 38400
    address = r"[1-9][0-9]{0,7}"  # one radio (ISSI)
    rules = Rules(
        asks=r'|E0|\+CMEE=1|\+CSCS=(8859-1|"8859-1")|\+CREG=2|\+CTSP=[0-9],[0-9],[0-9]{1,3}|\+GMM\?|\+(CREG|CTOM|CSQ)\?',
        sends=r"\+CTSDS=12,0(,[01]){0,3}|\+CMGS=[0-9]{1,8},[0-9]{1,4}",
        spares=r"\+CTSDS=12,0(,[01]){0,3}",  # before the acknowledgement that a radio out there asks for
        payload=_short_data,
        counts=lambda text, payload: isinstance(_message(payload), sds.Transfer),
    )
    known_by = "AT+CTSP=1,3,130"
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
