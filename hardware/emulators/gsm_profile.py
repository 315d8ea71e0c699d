"""How the emulated GSM modem speaks and what it goes back to: E, Q, V, the S registers, Z, &F and &W; and the settings
that a host may write and read back and that change nothing here.

Source: ITU-T V.250 5.3.2 (S parameters), 6.1.1 (Z), 6.1.2 (&F), 6.2 (E, Q, V, S0 to S10).
"""

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form
from hardware.emulators.gsm_device import Settings

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

_FLAGS = {"E": "echo", "V": "verbose", "Q": "quiet"}
# Register: what it may be. Nothing but CR and LF ends a line here, whatever a host would like.
_REGISTERS = {
    0: range(256),
    3: range(13, 14),
    4: range(10, 11),
    5: range(128),
    6: range(2, 256),
    7: range(1, 256),
    8: range(256),
    10: range(1, 255),
}
REGISTERS = tuple(f"S{number}" for number in _REGISTERS)
_ERASE = 5
# Not settings of a profile: where the modem is, and where it keeps messages.
_STAYS = ("radio", "attached", "operator_mode", "operator_found", "storages")


@dataclass(frozen=True, slots=True)
class Plain:
    """A setting without an effect: its value at first, what follows it when it is read, its range, and its test."""

    value: str = "0"
    also: str = ""
    allowed: range = range(2)
    shown: str = "(0,1)"


PLAIN = {
    "+CMMS": Plain(allowed=range(3), shown="(0-2)"),
    "+CRC": Plain(),
    "+CLIP": Plain(also=",1"),
    "+CLIR": Plain(also=",4", allowed=range(3), shown="(0-2)"),
    "+CSCB": Plain(also=',"",""'),
    "+COLP": Plain(also=",0"),
    "+CCWA": Plain(),
    "+CMER": Plain("0,0,0,0,0", allowed=range(4), shown="(0-3),(0),(0),(0-2),(0,1)"),
    "+CTZR": Plain(),
    "+IFC": Plain("2,2", allowed=range(3), shown="(0-2),(0-2)"),
    "+ICF": Plain("3,3", allowed=range(1, 7), shown="(1-6),(0-3)"),
    "+IPR": Plain(allowed=range(4_000_001), shown="(),(0-4000000)"),  # a pty has no speed
    "+FCLASS": Plain(allowed=range(1), shown="(0)"),
    "+CBST": Plain("0,0,1", allowed=range(1), shown="(0),(0),(1)"),
}


@dataclass(slots=True)
class Profile:
    """What &W has kept."""

    settings: Settings
    plain: dict[str, str]
    echo: bool = True
    verbose: bool = True
    quiet: bool = False
    erase: int = 8


async def flag(modem: "GsmEmulator", command: Command) -> str:
    if command.arguments not in {"", "0", "1"}:
        return "ERROR"
    setattr(modem.dce, _FLAGS[command.name], command.arguments == "1")
    return "OK"


async def register(modem: "GsmEmulator", command: Command) -> str:
    number, registers = int(command.name[1:]), modem.device.settings.registers
    if command.form is Form.READ:
        modem.info(f"{modem.dce.erase if number == _ERASE else registers[number]:03d}")
        return "OK"
    value = int(command.arguments or "0")
    if value not in _REGISTERS[number]:
        return "ERROR"
    if number == _ERASE:
        modem.dce.erase = value
    else:
        registers[number] = value
    return "OK"


async def reset(modem: "GsmEmulator", command: Command) -> str:
    """Z: back to what &W has kept, and any call ends. &F: back to the factory's."""
    if command.arguments not in {"", "0"}:
        return "ERROR"
    if command.name == "Z":
        modem.calls.hang_up()
    take(modem, modem.profile if command.name == "Z" and modem.profile else Profile(Settings(), {}))
    return "OK"


def take(modem: "GsmEmulator", profile: Profile) -> None:
    settings, now = copy.deepcopy(profile.settings), modem.device.settings
    for name in _STAYS:
        setattr(settings, name, getattr(now, name))
    modem.device.settings, modem.plain_values = settings, dict(profile.plain)
    dce = modem.dce
    dce.echo, dce.verbose, dce.quiet, dce.erase = profile.echo, profile.verbose, profile.quiet, profile.erase
    modem.arrivals.restart()
    modem.arrivals.route()


async def keep(modem: "GsmEmulator", command: Command) -> str:
    """&W."""
    if command.arguments not in {"", "0"}:
        return "ERROR"
    dce = modem.dce
    settings, plain = copy.deepcopy(modem.device.settings), dict(modem.plain_values)
    modem.profile = Profile(settings, plain, dce.echo, dce.verbose, dce.quiet, dce.erase)
    return "OK"


async def ignored(modem: "GsmEmulator", command: Command) -> str:
    return "OK"


async def plain(modem: "GsmEmulator", command: Command) -> str:
    values, kind = modem.plain_values, PLAIN[command.name]
    head = "" if command.name == "+FCLASS" else f"{command.name}: "  # T.31 tells it bare
    if command.form is Form.READ:
        modem.info(f"{head}{values.get(command.name, kind.value)}{kind.also}")
    elif command.form is Form.TEST:
        modem.info(f"{head}{kind.shown}")
    elif command.form is Form.SET:
        if command.fields[:1] != ("",) and command.number(0) not in kind.allowed:
            return modem.cme(50)
        values[command.name] = command.arguments
    return "OK"
