"""The emulated Iridium modem itself: settings, the two message buffers and the serial numbers. No line, no network.

A restart loses the settings and the buffers, never the numbers nor the stored profiles. With a file they outlive the
process too, as does what waits for the modem at the gateway.
Source: public ISU AT command references of the 9602 (SBDS, SBDSX, SBDD, CIER, CREG, MSSTM).
"""

import json
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hardware.emulators.iridium_profile import PROFILES, Profile

MO_MOST, MT_MOST = 340, 270  # octets, 9602 and 9603
_WRAP = 65_536


@dataclass(slots=True)
class Settings:
    """What AT commands set, with the values of a fresh start."""

    ring_alerts: bool = True  # SBDMTA
    auto_registration: int = 0  # SBDAREG
    creg: int = 0
    indicators: list[int] = field(default_factory=lambda: [0, 0, 0])  # CIER mode, signal, service
    radio: bool = True  # *R
    speed: int = 6  # IPR: 19200
    session_limit_s: int = 0  # SBDST: 0 is none


@dataclass(slots=True)
class Numbers:
    """What is kept without power. `momsn`: of the next message out; `mtmsn`: of the last one in."""

    momsn: int = 0
    mtmsn: int = 0


@dataclass(slots=True)
class Device:
    imei: str = "300234010753370"  # the example of the public command references
    file: Path | None = None
    settings: Settings = field(default_factory=Settings)
    profile: Profile = field(default_factory=Profile)
    profiles: list[Profile] = field(default_factory=lambda: [Profile() for _ in range(PROFILES)])
    first_profile: int = 0  # &Y: what a start begins with
    numbers: Numbers = field(default_factory=Numbers)
    queue: deque[bytes] = field(default_factory=deque)  # at the gateway, for the modem
    mo: bytes | None = None
    mt: bytes | None = None
    mt_read: bool = True
    ringing: bool = False  # a ring alert that no session has answered
    waiting: int = 0  # at the gateway, as of the last session
    locked: bool = False

    def load(self) -> None:
        """Takes what is kept from the file of an earlier run. Raises OSError, and ValueError when it is none."""
        if self.file is not None and self.file.exists():
            kept = json.loads(self.file.read_text(encoding="utf-8"))
            try:
                self.numbers = Numbers(int(kept["momsn"]), int(kept["mtmsn"]))
                self.queue = deque(bytes.fromhex(item) for item in kept["queue"])
                self.imei = str(kept.get("imei", self.imei))
                self.profiles = [Profile.of(item) for item in kept.get("profiles", ())] or self.profiles
                self.first_profile = int(kept.get("first_profile", 0)) % len(self.profiles)
            except (KeyError, TypeError, AttributeError) as error:
                raise ValueError(f"{self.file} holds no serial numbers of a modem: {error}") from error
        self.profile = self.profiles[self.first_profile].copy()

    def keep(self) -> None:
        if self.file is not None:
            kept = {
                **asdict(self.numbers),
                "queue": [item.hex() for item in self.queue],
                "imei": self.imei,
                "profiles": [item.kept() for item in self.profiles],
                "first_profile": self.first_profile,
            }
            fresh = self.file.with_name(self.file.name + ".new")
            fresh.write_text(json.dumps(kept), encoding="utf-8")
            fresh.replace(self.file)

    def restart(self) -> None:
        """Power off and on."""
        self.settings, self.mo, self.mt, self.ringing, self.waiting = Settings(), None, None, False, 0
        self.profile = self.profiles[self.first_profile].copy()

    def become(self, imei: str) -> None:
        """Another modem, as it left the factory."""
        fresh = Device(imei=imei)
        self.imei, self.numbers, self.queue = imei, fresh.numbers, fresh.queue
        self.profiles, self.first_profile = fresh.profiles, 0
        self.keep()

    def sent(self) -> None:
        self.numbers.momsn = (self.numbers.momsn + 1) % _WRAP
        self.keep()

    def take(self) -> bytes | None:
        """The next message of the queue, into the MT buffer."""
        if not self.queue:
            return None
        self.mt, self.mt_read = self.queue.popleft(), False
        self.numbers.mtmsn = (self.numbers.mtmsn + 1) % _WRAP
        self.keep()
        return self.mt

    @property
    def status(self) -> str:
        """The four fields of +SBDS; the number of an empty MT buffer is -1."""
        mtmsn = self.numbers.mtmsn if self.mt is not None else -1
        return f"{int(self.mo is not None)}, {self.numbers.momsn}, {int(self.mt is not None)}, {mtmsn}"


def checksum(payload: bytes) -> bytes:
    """The sum of the octets modulo 65536, high octet first; lengths are not part of it."""
    return (sum(payload) % _WRAP).to_bytes(2, "big")
