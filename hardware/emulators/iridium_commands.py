"""The commands of an emulated Iridium modem that need no session: identity, settings, signal, registration.

Each handler answers with its information lines and a final code. What is not here or in `iridium_sbd` is ERROR.
Note the missing space after the colon of +CSQ, +CIEV, +CREG and +SBDREG. Source: public ISU AT command references.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form
from hardware.emulators.iridium_profile import PROFILE_HANDLERS

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
_IGNORED = {"&C", "&S", "X", "L", "M", "N", "B"}  # modems of old had them
_EPOCH = datetime(2014, 5, 11, 14, 23, 55, tzinfo=UTC)  # of the system time, in ticks of 90 ms
_SPEEDS = range(1, 10)  # +IPR: 1 is 600, 6 is 19200 and 9 is 115200
# What the test form says, where it is no bare OK.
_RANGES = {
    "+CSQ": "(0-5)",
    "+CSQF": "(0-5)",
    "+CREG": "(0-2)",
    "+CIER": "(0-1),(0-1),(0-1),(0-1),(0-1)",
    "+SBDMTA": "(0-1)",
    "+SBDAREG": "(0-2)",
    "+IPR": "(001-009)",
}


async def identity(modem: "IridiumEmulator", command: Command) -> str:
    if command.form is Form.DO:
        for line in _IDENTITY[command.name]:
            modem.info(line)
    return OK


async def serial_number(modem: "IridiumEmulator", command: Command) -> str:
    if command.form is Form.DO:
        modem.info(modem.device.imei)
    return OK


async def ranges(modem: "IridiumEmulator", command: Command) -> str:
    """The test form of any command that there is."""
    if command.name in _RANGES:
        modem.info(f"{command.name}:{_RANGES[command.name]}")
    return OK


async def radio(modem: "IridiumEmulator", command: Command) -> str:
    """*R0, *R1 and *R?."""
    if command.form is Form.READ:
        modem.info(f"*R:{int(modem.device.settings.radio):03d}")
        return OK
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
    if command.name == "+CSQ":
        await modem.sleep(1.0)
    modem.info(f"{command.name}:{modem.network.bars}")
    return OK


async def registration(modem: "IridiumEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.READ:
        modem.info(f"+CREG:{settings.creg},{modem.registration()}")
    elif command.number(0) in {0, 1, 2}:
        settings.creg = command.number(0) or 0
    else:
        return ERROR
    return OK


async def indicators(modem: "IridiumEmulator", command: Command) -> str:
    """+CIER: after OK the modem tells what it knows already."""
    settings = modem.device.settings
    if command.form is Form.READ:
        modem.info("+CIER:" + ",".join(map(str, settings.indicators)))
    else:
        numbers = [command.number(index) for index in range(min(len(command.fields), 5))]
        if not numbers or any(number not in {0, 1} for number in numbers):
            return ERROR
        settings.indicators = [number or 0 for number in [*numbers, 0, 0][:3]]
        modem.later(0.05, modem.indicate)
    return OK


async def system_time(modem: "IridiumEmulator", command: Command) -> str:
    told = f"{ticks(modem.wall_clock()):08x}" if modem.network.bars else "no network service"
    modem.info(f"-MSSTM: {told}")
    return OK


def ticks(now: datetime) -> int:
    """The system time. Its field has 32 bits and so comes round every 12.25 years, in August 2026 for the first time.

    After that the time that a host reckons from it is 12.25 years too early, until the network chooses a new epoch: a
    host may see from it whether there is a time at all, and should take the date from elsewhere.
    """
    return int((now - _EPOCH).total_seconds() / 0.09) % 2**32


async def position(modem: "IridiumEmulator", command: Command) -> str:
    """The grid position of the middle of Denmark."""
    told = f"3512,600,5288,{ticks(modem.wall_clock()):08x}" if modem.network.bars else "no network service"
    modem.info(f"-MSGEO: {told}")
    return OK


async def clock(modem: "IridiumEmulator", command: Command) -> str:
    now = modem.wall_clock()
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


async def speed(modem: "IridiumEmulator", command: Command) -> str:
    """+IPR: kept, and without effect on a pty."""
    settings, value = modem.device.settings, command.number(0)
    if command.form is Form.READ:
        modem.info(f"+IPR:{settings.speed:03d}")
    elif command.form is Form.SET and value in _SPEEDS and value is not None:
        settings.speed = value
    else:
        return ERROR
    return OK


async def ignored(modem: "IridiumEmulator", command: Command) -> str:
    return OK


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(_IDENTITY, identity),
    **dict.fromkeys(_IGNORED, ignored),
    **PROFILE_HANDLERS,
    **dict.fromkeys(("+CGSN", "+GSN"), serial_number),
    **dict.fromkeys(("+CSQ", "+CSQF"), signal),
    "*R": radio,
    "*F": flush,
    "+CREG": registration,
    "+CIER": indicators,
    "-MSSTM": system_time,
    "-MSGEO": position,
    "+CCLK": clock,
    "+CULK": lock,
    "+GEMON": energy,
    "+IPR": speed,
}
