"""The emulated GSM modem itself: its settings, its SIM and its message storage. No line, no network.

Settings are lost at every restart, the SIM and the storage are not. Source: 3GPP TS 27.007, 27.005.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from hardware.emulators.gsm_submit import Parameters

REC_UNREAD, REC_READ, STO_UNSENT, STO_SENT = range(4)
SLOTS = {"SM": 30, "ME": 100, "SR": 30}


@dataclass(slots=True)
class Stored:
    """A message in a slot: the PDU with its service centre, and its state (27.005 3.1, <stat>)."""

    pdu: bytes
    tpdu_octets: int
    status: int = REC_UNREAD


@dataclass(slots=True)
class Settings:
    """What AT commands set, with the values of a fresh start."""

    cmee: int = 0
    text_mode: bool = False
    charset: str = "IRA"
    phase: int = 0  # CSMS
    routing: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])  # CNMI mode, mt, bm, ds, bfr
    creg: int = 0
    cgreg: int = 0
    cereg: int = 0
    attached: bool = True  # CGATT: not detached by hand
    storages: list[str] = field(default_factory=lambda: ["SM", "SM", "SM"])
    parameters: Parameters = field(default_factory=Parameters)  # CSMP
    show_headers: bool = False  # CSDH
    radio: int = 1  # CFUN
    operator_format: int = 0  # COPS: long, short, numeric
    operator_mode: int = 0  # COPS: any, this one, none
    operator_found: bool = True  # the one that was asked for is there
    ussd: int = 0  # CUSD: whether the network's answers are shown
    registers: dict[int, int] = field(  # S parameters, but S5: the dialogue has it
        default_factory=lambda: {0: 0, 3: 13, 4: 10, 6: 2, 7: 60, 8: 2, 10: 15}
    )

    @property
    def registers_at_all(self) -> bool:
        """Whether the host lets the modem into the network that there is."""
        return self.operator_mode != 2 and self.operator_found


class StorageFull(Exception):
    """No slot is free: the network keeps the message (CMS 322 for a write)."""


@dataclass(slots=True)
class Device:
    """One modem and its SIM."""

    pin: str | None = None  # the SIM's; None: it asks for none
    unlocked: bool = True
    pin_tries: int = 3
    smsc: str = "+4540390999"
    imei: str = "490154203237518"  # the example of 3GPP TS 23.003: no device has it
    svn: str = "01"  # version of the software, the end of the IMEISV
    imsi: str = "238019000000001"
    clock_ahead: timedelta = timedelta()  # of the network's, as a host has set it
    settings: Settings = field(default_factory=Settings)
    storage: dict[str, dict[int, Stored]] = field(default_factory=lambda: {name: {} for name in SLOTS})

    def restart(self) -> None:
        self.settings = Settings()
        self.unlocked = self.pin is None

    def try_pin(self, pin: str) -> bool:
        """Three wrong ones in a row and the SIM asks for its PUK."""
        if self.pin_tries and pin == self.pin:
            self.unlocked, self.pin_tries = True, 3
            return True
        self.pin_tries = max(0, self.pin_tries - 1)
        return False

    @property
    def sim_asks(self) -> str:
        if self.unlocked:
            return "READY"
        return "SIM PIN" if self.pin_tries else "SIM PUK"

    def store(self, name: str, message: Stored) -> int:
        """The index of the first free slot, which it takes. Raises StorageFull."""
        slots = self.storage[name]
        for index in range(1, SLOTS[name] + 1):
            if index not in slots:
                slots[index] = message
                return index
        raise StorageFull(name)

    def reading(self) -> dict[int, Stored]:
        """The storage that CMGR, CMGL and CMGD work on."""
        return self.storage[self.settings.storages[0]]

    def usage(self) -> list[int]:
        """Used and total of the three selected storages, as +CPMS tells them."""
        return [n for name in self.settings.storages for n in (len(self.storage[name]), SLOTS[name])]
