"""The commands of an emulated Iridium modem that need no session: identity, settings, signal, registration.

Each handler answers with its information lines and a final code. What is not here or in `iridium_sbd` is ERROR.
Note the missing space after the colon of +CSQ, +CIEV, +CREG and +SBDREG. Source: public ISU AT command references.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form

if TYPE_CHECKING:
    from hardware.emulators.iridium_modem import IridiumEmulator

OK, ERROR = "OK", "ERROR"
Handler = Callable[["IridiumEmulator", Command], Awaitable[str]]

_IDENTITY = {
    "+CGMI": ("Iridium",),
    "+GMI": ("Iridium",),
    "+CGMM": ("IRIDIUM 9600 Family SBD Transceiver",),
    "+GMM": ("IRIDIUM 9600 Family SBD Transceiver",),
    "+CGMR": ("Call Processor Version: TA13001", "Modem DSP Version: 1.7 svn: 2358", "DBB Version: 0x0001"),
    "+GMR": ("Call Processor Version: TA13001",),
}
# Settings that change nothing here; &K is taken as no flow control, which a pty has none of.
_IGNORED = {"&K", "&D", "&W", "&Y", "&C", "&S", "&V", "Q", "X", "L", "M", "+IPR", "+SBDST", "+SBDLOE"}
_EPOCH = datetime(2014, 5, 11, 14, 23, 55, tzinfo=UTC)  # of the system time, in ticks of 90 ms


async def identity(modem: "IridiumEmulator", command: Command) -> str:
    if command.form is Form.DO:
        for line in _IDENTITY[command.name]:
            modem.info(line)
    return OK


async def serial_number(modem: "IridiumEmulator", command: Command) -> str:
    if command.form is Form.DO:
        modem.info(modem.device.imei)
    return OK


async def echo(modem: "IridiumEmulator", command: Command) -> str:
    modem.dce.echo = command.arguments != "0"
    return OK


async def verbose(modem: "IridiumEmulator", command: Command) -> str:
    modem.dce.verbose = command.arguments != "0"
    return OK


async def reset(modem: "IridiumEmulator", command: Command) -> str:
    """Z and &F: the settings of a fresh start; echo on."""
    modem.device.settings = type(modem.device.settings)()
    modem.dce.echo = modem.dce.verbose = True
    return OK


async def radio(modem: "IridiumEmulator", command: Command) -> str:
    """*R0, *R1."""
    if command.arguments not in {"0", "1"}:
        return ERROR
    modem.radio(on=command.arguments == "1")
    return OK


async def flush(modem: "IridiumEmulator", command: Command) -> str:
    """*F: written to EEPROM and detached; only *R1 or power brings the radio back."""
    modem.device.keep()
    modem.radio(on=False)
    return OK


async def signal(modem: "IridiumEmulator", command: Command) -> str:
    """+CSQ measures, which takes its time; +CSQF tells the last value at once."""
    if command.form is Form.TEST:
        modem.info(f"{command.name}:(0-5)")
        return OK
    if command.name == "+CSQ":
        await modem.sleep(1.0)
    modem.info(f"{command.name}:{modem.network.bars}")
    return OK


async def registration(modem: "IridiumEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.TEST:
        modem.info("+CREG:(0-2)")
    elif command.form is Form.READ:
        modem.info(f"+CREG:{settings.creg},{modem.registration()}")
    elif command.number(0) in {0, 1, 2}:
        settings.creg = command.number(0) or 0
    else:
        return ERROR
    return OK


async def indicators(modem: "IridiumEmulator", command: Command) -> str:
    """+CIER: after OK the modem tells what it knows already."""
    settings = modem.device.settings
    if command.form is Form.TEST:
        modem.info("+CIER:(0-1),(0-1),(0-1),(0-1),(0-1)")
    elif command.form is Form.READ:
        modem.info("+CIER:" + ",".join(map(str, settings.indicators)))
    else:
        numbers = [command.number(index) for index in range(min(len(command.fields), 5))]
        if not numbers or any(number not in {0, 1} for number in numbers):
            return ERROR
        settings.indicators = [number or 0 for number in [*numbers, 0, 0][:3]]
        modem.later(0.05, modem.indicate)
    return OK


async def system_time(modem: "IridiumEmulator", command: Command) -> str:
    ticks = int((datetime.now(UTC) - _EPOCH).total_seconds() / 0.09)
    modem.info(f"-MSSTM: {ticks:08x}" if modem.network.bars else "-MSSTM: no network service")
    return OK


async def position(modem: "IridiumEmulator", command: Command) -> str:
    """The grid position of the middle of Denmark."""
    now = int((datetime.now(UTC) - _EPOCH).total_seconds() / 0.09)
    modem.info(f"-MSGEO: 3512,600,5288,{now:08x}" if modem.network.bars else "-MSGEO: no network service")
    return OK


async def clock(modem: "IridiumEmulator", command: Command) -> str:
    now = datetime.now(UTC)
    modem.info(f"+CCLK:{now:%y/%m/%d,%H:%M:%S}" if modem.network.bars else "+CCLK:no network service")
    return OK


async def lock(modem: "IridiumEmulator", command: Command) -> str:
    modem.info(f"+CULK:{int(modem.device.locked)}")
    return OK


async def energy(modem: "IridiumEmulator", command: Command) -> str:
    """+GEMON: microampere-hours since the start; one session takes some 6,000."""
    if command.form is Form.READ or command.form is Form.DO:
        modem.info("+GEMON:0")
    return OK


async def ignored(modem: "IridiumEmulator", command: Command) -> str:
    if command.form is Form.READ:
        modem.info(f"{command.name}:0,0" if command.name == "+SBDLOE" else f"{command.name}:0")
    return OK


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(_IDENTITY, identity),
    **dict.fromkeys(_IGNORED, ignored),
    **dict.fromkeys(("+CGSN", "+GSN", "I"), serial_number),
    **dict.fromkeys(("Z", "&F"), reset),
    **dict.fromkeys(("+CSQ", "+CSQF"), signal),
    "E": echo,
    "V": verbose,
    "*R": radio,
    "*F": flush,
    "+CREG": registration,
    "+CIER": indicators,
    "-MSSTM": system_time,
    "-MSGEO": position,
    "+CCLK": clock,
    "+CULK": lock,
    "+GEMON": energy,
}
