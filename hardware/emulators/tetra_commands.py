"""The commands of an emulated TETRA radio, short data apart.

Source: ETSI EN 300 392-5 (PEI): the names, the forms and the result codes of +CME ERROR.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form

if TYPE_CHECKING:
    from hardware.emulators.tetra_radio import TetraEmulator

Handler = Callable[["TetraEmulator", Command], Awaitable[str]]

OK, ERROR = "OK", "ERROR"
NOT_ALLOWED, NOT_SUPPORTED, NO_SERVICE = 3, 4, 30
WRONG_TYPE, OUT_OF_RANGE, SYNTAX, ALREADY, UNKNOWN_PARAMETER = 33, 34, 35, 38, 44
_MODES = frozenset(range(7))
_PROFILES = frozenset({0, 1, 2})
_CHARACTER_SETS = frozenset({"8859-1", "UCS2"})
# What the test forms say. The ranges are those that the commands here take; a real radio may take more or less.
_RANGES = {
    "+CREG": "(0-2)",
    "+CTOM": "(0-6)",
    "+CSCS": "(8859-1,UCS2)",
    "+CMEE": "(0-2)",
    "+CTSP": "(0-2),(0-3),(0-255)",
    "+CTGS": "(1),(0-16777215)",
    "+CTSDS": "(9-13),(0-5),(0,1),(0-3),(0,1)",
    "+CTSDC": "(0-8),(0-5)",
    "+CSQ": "(0-31,99),(0-7,99)",
    "+CLVL": "(0-100)",
}


async def _echo(radio: "TetraEmulator", command: Command) -> str:
    radio.dce.echo = command.arguments != "0"
    return OK


async def _verbose(radio: "TetraEmulator", command: Command) -> str:
    radio.dce.verbose = command.arguments != "0"
    return OK


async def _quiet(radio: "TetraEmulator", command: Command) -> str:
    radio.dce.quiet = command.arguments == "1"
    return OK


async def ranges(radio: "TetraEmulator", command: Command) -> str:
    """The test form of any command that there is: what it takes, where that is told here, else a bare OK."""
    if command.name in _RANGES:
        radio.info(f"{command.name}: {_RANGES[command.name]}")
    return OK


async def _reset(radio: "TetraEmulator", command: Command) -> str:
    """ATZ. What it does is a matter of the codeplug: on some radios it is a restart, without an answer."""
    if radio.strike("atz-reboot") or radio.device.make.atz == "reboot":
        radio.reboot("ATZ")
        await radio.sleep(3600)  # the restart ends this command, not its answer
    radio.dce.echo = True
    radio.device.settings = type(radio.device.settings)()
    return OK


async def _errors(radio: "TetraEmulator", command: Command) -> str:
    return _small(radio, command, "cmee", "+CMEE", frozenset({0, 1, 2}))


async def _creg(radio: "TetraEmulator", command: Command) -> str:
    if command.form is Form.READ:
        radio.info(radio.registration_line())
        return OK
    return _small(radio, command, "creg", "+CREG", frozenset({0, 1, 2}))


def _small(radio: "TetraEmulator", command: Command, name: str, shown: str, allowed: frozenset[int]) -> str:
    """A setting that is a small number."""
    if command.form is Form.READ:
        radio.info(f"{shown}: {getattr(radio.device.settings, name)}")
        return OK
    value = command.number(0)
    if command.form is not Form.SET or value not in allowed:
        return radio.cme(OUT_OF_RANGE)
    setattr(radio.device.settings, name, value)
    return OK


async def _character_set(radio: "TetraEmulator", command: Command) -> str:
    settings = radio.device.settings
    if command.form is Form.READ:
        radio.info(f"+CSCS: {settings.character_set}")
    elif command.form is Form.SET and command.word(0) in _CHARACTER_SETS:
        settings.character_set = command.word(0)
    else:
        return radio.cme(OUT_OF_RANGE)
    return OK


async def _signal(radio: "TetraEmulator", command: Command) -> str:
    if command.form is not Form.READ:
        return radio.cme(SYNTAX)  # the standard has it with a question mark
    radio.info(f"+CSQ: {20 if radio.registered else 99},99")
    return OK


async def _profile(radio: "TetraEmulator", command: Command) -> str:
    """+CTSP=<profile>,<layer 1>[,<layer 2>...]: who gets which kind of short data."""
    numbers = [command.number(index) for index in range(len(command.fields))]
    if command.form is not Form.SET or len(numbers) < 2 or None in numbers:
        return radio.cme(WRONG_TYPE)
    profile, *layers = (number for number in numbers if number is not None)
    if profile not in _PROFILES:
        return radio.cme(OUT_OF_RANGE)
    registrations = radio.device.settings.registrations
    if profile and registrations.get(tuple(layers)) == profile:
        return radio.cme(ALREADY)
    registrations[tuple(layers)] = profile
    radio.bring()
    return OK


async def _mode(radio: "TetraEmulator", command: Command) -> str:
    if command.form is Form.READ:
        radio.info(f"+CTOM: {radio.device.mode}")
        return OK
    mode = command.number(0)
    if command.form is not Form.SET or mode not in _MODES or mode is None:
        return radio.cme(OUT_OF_RANGE)
    radio.choose_mode(mode)
    return OK


async def _group(radio: "TetraEmulator", command: Command) -> str:
    if command.form is Form.READ:
        radio.info(f"+CTGS: 1,{radio.network.network_id}{int(radio.device.group):08d}")
        return OK
    number = command.word(1)[-8:]
    if command.form is not Form.SET or not (number.isascii() and number.isdecimal()):
        return radio.cme(WRONG_TYPE)
    radio.device.group = str(int(number))
    return OK


async def _own_number(radio: "TetraEmulator", command: Command) -> str:
    radio.info(f"+CNUMF: 6,{radio.network.network_id}{int(radio.network.issi):08d}")
    return OK


async def _groups(radio: "TetraEmulator", command: Command) -> str:
    """+CNUMS: the groups of the set-up, one a line; +CNUMD, those given over the air: none."""
    if command.name == "+CNUMS":
        for group in sorted(radio.network.groups | {radio.device.group}):
            radio.info(f"+CNUMS: 1,{radio.network.network_id}{int(group):08d}")
    return OK


async def _volume(radio: "TetraEmulator", command: Command) -> str:
    volume = command.number(0)
    if command.form is Form.READ:
        radio.info(f"+CLVL: {radio.device.volume}")
    elif command.form is Form.SET and volume is not None and 0 <= volume <= 100:
        radio.device.volume = volume
    else:
        return radio.cme(OUT_OF_RANGE)
    return OK


async def _no_stack(radio: "TetraEmulator", command: Command) -> str:
    """+CMGL, +CMGR and +CMGD: this radio shows its host no stack of messages, as many do not."""
    return radio.cme(NOT_SUPPORTED)


async def _ignored(radio: "TetraEmulator", command: Command) -> str:
    """What a pty has none of: flow control, DTR, DCD."""
    return OK


async def _battery(radio: "TetraEmulator", command: Command) -> str:
    radio.info("+CBC: 0,100")
    return OK


async def _cells(radio: "TetraEmulator", command: Command) -> str:
    """LA, subscriber class, services, security: what the cell broadcasts."""
    if not radio.registered:
        return radio.cme(NO_SERVICE)
    radio.info(f"+CTBCT: {radio.network.location_area},FFFF,d60,0")
    return OK


def _identity(name: str, text: str) -> Handler:
    async def tell(radio: "TetraEmulator", command: Command) -> str:
        radio.info(f"{name}: {text}" if name.startswith("+") else text)
        return OK

    return tell


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("+CNUMS", "+CNUMD"), _groups),
    **dict.fromkeys(("+CMGL", "+CMGR", "+CMGD"), _no_stack),
    **dict.fromkeys(("&C", "&D", "&K"), _ignored),
    "+CLVL": _volume,
    "Q": _quiet,
    "E": _echo,
    "V": _verbose,
    "Z": _reset,
    "I": _identity("I", "Emulated TETRA radio"),
    "+CMEE": _errors,
    "+CREG": _creg,
    "+CSCS": _character_set,
    "+CSQ": _signal,
    "+CTSP": _profile,
    "+CTOM": _mode,
    "+CTGS": _group,
    "+CNUMF": _own_number,
    "+CBC": _battery,
    "+CTBCT": _cells,
    "+GMI": _identity("+GMI", "EMULATED"),
    "+GMM": _identity("+GMM", "54009,EMULATED,91.2.0.0"),
    "+GMR": _identity("+GMR", "0.1"),
}
