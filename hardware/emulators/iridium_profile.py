"""What an emulated Iridium modem is set to, and its two stored profiles: E, Q, V, &D, &K and the S registers.

&W writes a profile, Z reads one back, &Y says which one the next start begins with, &F is the factory's.
Source: ITU-T V.250 (E, Q, V, S registers); public ISU AT command references, from memory: which settings a profile
holds, how &V and %R show them, and what ATI0 to ATI7 say.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hardware.at.grammar import Command, Form

if TYPE_CHECKING:
    from hardware.emulators.iridium_modem import IridiumEmulator

OK, ERROR = "OK", "ERROR"
PROFILES = 2
_REGISTERS = {0: 0, 2: 43, 3: 13, 4: 10, 5: 8, 13: 49, 14: 170, 21: 48, 23: 61, 25: 5, 27: 9, 31: 0, 39: 3}
_PRODUCT = {
    "": "2400",
    "0": "2400",
    "1": "0000",
    "2": "OK",
    "3": "TA13001",
    "4": "IRIDIUM",
    "5": "8816",
    "6": "XXX",
    "7": "9602",
}
_NAMES = {"E": "echo", "Q": "quiet", "V": "verbose", "&D": "dtr", "&K": "flow"}
_VALUES = {"E": {"0", "1"}, "Q": {"0", "1"}, "V": {"0", "1"}, "&D": set("0123"), "&K": {"0", "3"}}


@dataclass(slots=True)
class Profile:
    """One row of settings, as the factory has them. `&K` is kept and has no effect: a pty has no flow control."""

    echo: int = 1
    quiet: int = 0
    verbose: int = 1
    dtr: int = 2
    flow: int = 3
    registers: dict[int, int] = field(default_factory=lambda: dict(_REGISTERS))

    def copy(self) -> "Profile":
        return Profile.of(self.kept())

    def kept(self) -> dict[str, Any]:
        """For a file."""
        told = {name: getattr(self, name) for name in _NAMES.values()}
        return {**told, "registers": {str(key): value for key, value in self.registers.items()}}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Profile":
        """Raises KeyError, TypeError and ValueError for what is none."""
        registers = {int(key): int(value) for key, value in kept["registers"].items()}
        numbers = {name: int(kept[name]) for name in _NAMES.values()}
        return cls(**numbers, registers=registers)

    def shown(self) -> tuple[str, str]:
        """The two lines of &V."""
        registers = " ".join(f"S{key}:{value:03d}" for key, value in sorted(self.registers.items()))
        return f"E{self.echo} Q{self.quiet} V{self.verbose} &D{self.dtr} &K{self.flow}", registers


async def setting(modem: "IridiumEmulator", command: Command) -> str:
    """E, Q, V, &D and &K; without a number they are 0."""
    value = command.arguments or "0"
    if command.form is not Form.DO or value not in _VALUES[command.name]:
        return ERROR
    setattr(modem.device.profile, _NAMES[command.name], int(value))
    modem.speak()
    return OK


async def profile(modem: "IridiumEmulator", command: Command) -> str:
    """&W, &Y and Z with the number of a profile, and &F."""
    device, number = modem.device, int(command.arguments or "0")
    if number >= PROFILES:
        return ERROR
    if command.name == "&W":
        device.profiles[number] = device.profile.copy()
    elif command.name == "&Y":
        device.first_profile = number
    elif command.name == "Z":
        device.profile = device.profiles[number].copy()
    elif number:
        return ERROR
    else:
        device.profile, device.settings = Profile(), type(device.settings)()
    device.keep()
    modem.speak()
    return OK


async def view(modem: "IridiumEmulator", command: Command) -> str:
    device = modem.device
    named = [("ACTIVE PROFILE:", device.profile)]
    named += [(f"STORED PROFILE {number}:", item) for number, item in enumerate(device.profiles)]
    for name, item in named:
        for line in (name, *item.shown()):
            modem.info(line)
    return OK


async def registers(modem: "IridiumEmulator", command: Command) -> str:
    """%R: all S registers, in decimal and hexadecimal."""
    modem.info("REG DEC HEX")
    for line in _table(modem.device.profile):
        modem.info(line)
    return OK


def _table(item: Profile) -> Iterator[str]:
    for key, value in sorted(item.registers.items()):
        yield f"{key:03d} {value:03d} {value:02X}H"


async def register(modem: "IridiumEmulator", command: Command) -> str:
    """Sn? and Sn=value, of those that there are."""
    known, number = modem.device.profile.registers, int(command.name[1:] or "-1")
    if number not in known:
        return ERROR
    if command.form is Form.READ:
        modem.info(f"{known[number]:03d}")
        return OK
    value = int(command.arguments or "0")
    if command.form is not Form.SET or value > 255:
        return ERROR
    known[number] = value
    return OK


async def product(modem: "IridiumEmulator", command: Command) -> str:
    if command.arguments not in _PRODUCT:
        return ERROR
    modem.info(_PRODUCT[command.arguments])
    return OK


PROFILE_HANDLERS = {
    **dict.fromkeys(_NAMES, setting),
    **dict.fromkeys(("&W", "&Y", "Z", "&F"), profile),
    **{f"S{number}": register for number in _REGISTERS},
    "&V": view,
    "%R": registers,
    "I": product,
}
