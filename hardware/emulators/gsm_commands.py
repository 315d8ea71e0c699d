"""The commands of an emulated GSM modem that need nothing but the modem: identity, settings, SIM, registration.

Each handler answers with its information lines and a final code. What is not here or in `gsm_messages` is ERROR.
Source: ITU-T V.250 6, 3GPP TS 27.007 5 to 8.
"""

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

OK, ERROR = "OK", "ERROR"
Handler = Callable[["GsmEmulator", Command], Awaitable[str]]

_IDENTITY = {
    "+CGMI": "Bavn",
    "+GMI": "Bavn",
    "+CGMM": "GSM emulator",
    "+GMM": "GSM emulator",
    "+CGMR": "1.0",
    "+GMR": "1.0",
}
OPERATORS = ("Bavn net", "Bavn", "23899")  # long, short, MCC and MNC: a test network of Denmark
_CHARSETS = ("IRA", "GSM", "UCS2", "HEX", "8859-1")
# Settings that a host may write and read back and that change nothing here.
_PLAIN = {"+CMMS", "+CRC", "+CLIP", "+CLIR", "+CSCB", "+CUSD", "+COLP", "+CCWA", "+CMER", "+CTZR"}
_IGNORED = {
    "Z",
    "&F",
    "&C",
    "&D",
    "&K",
    "&W",
    "&S",
    "Q",
    "X",
    "L",
    "M",
    "+IFC",
    "+ICF",
    "+IPR",
    "+FCLASS",
    "+CBST",
}


async def identity(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.DO:
        modem.info(_IDENTITY[command.name])
    return OK


async def serial_number(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.DO:
        modem.info(modem.device.imei)
    return OK


async def about(modem: "GsmEmulator", command: Command) -> str:
    for line in ("Manufacturer: Bavn", "Model: GSM emulator", "Revision: 1.0", f"IMEI: {modem.device.imei}"):
        modem.info(line)
    return OK


async def imsi(modem: "GsmEmulator", command: Command) -> str:
    if not modem.device.unlocked:
        return modem.cme(11)
    if command.form is Form.DO:
        modem.info(modem.device.imsi)
    return OK


async def echo(modem: "GsmEmulator", command: Command) -> str:
    modem.dce.echo = command.arguments not in {"", "0"}
    return OK


async def verbose(modem: "GsmEmulator", command: Command) -> str:
    modem.dce.verbose = command.arguments not in {"", "0"}
    return OK


async def ignored(modem: "GsmEmulator", command: Command) -> str:
    if command.name in {"Z", "&F"}:
        modem.dce.echo = modem.dce.verbose = True
    return OK


async def plain(modem: "GsmEmulator", command: Command) -> str:
    values = modem.plain_values
    if command.form is Form.SET:
        values[command.name] = command.arguments
    elif command.form is Form.READ:
        modem.info(f"{command.name}: {values.get(command.name, '0')}")
    elif command.form is Form.TEST:
        modem.info(f"{command.name}: (0-2)")
    return OK


async def errors(modem: "GsmEmulator", command: Command) -> str:
    return _number(modem, command, field="cmee", allowed=range(3))


async def registration(modem: "GsmEmulator", command: Command) -> str:
    """27.007 7.2 (+CREG), 10.1.20 (+CGREG), 10.1.22 (+CEREG): a fixed place, and LTE for the last."""
    settings, field = modem.device.settings, command.name[1:].lower()
    if command.form is Form.READ:
        status, place = modem.registration(command.name), ""
        if getattr(settings, field) == 2 and status in {1, 5}:
            place = ',"1A2B","0012C4D5",7' if field == "cereg" else ',"1A2B","0012C4D5"'
        modem.info(f"{command.name}: {getattr(settings, field)},{status}{place}")
        return OK
    return _number(modem, command, field=field, allowed=range(3))


async def attachment(modem: "GsmEmulator", command: Command) -> str:
    """27.007 10.1.9 (+CGATT): the packet service is there while the modem is registered, unless it was left."""
    if command.form is Form.READ:
        modem.info(f"+CGATT: {int(modem.registration('+CGREG') in {1, 5})}")
    elif command.form is Form.TEST:
        modem.info("+CGATT: (0,1)")
    elif command.form is Form.SET and command.number(0) not in {0, 1}:
        return modem.cme(50)
    elif command.form is Form.SET:
        modem.device.settings.attached = command.number(0) == 1
    return OK


def _number(modem: "GsmEmulator", command: Command, *, field: str, allowed: range) -> str:
    """A setting of one number: written, read, and its range told."""
    settings = modem.device.settings
    if command.form is Form.TEST:
        modem.info(f"{command.name}: ({allowed.start}-{allowed.stop - 1})")
    elif command.form is Form.READ:
        modem.info(f"{command.name}: {getattr(settings, field)}")
    else:
        value = command.number(0) if command.form is Form.SET else allowed.start
        if value not in allowed:
            return modem.cme(50)
        setattr(settings, field, value)
    return OK


async def charset(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.TEST:
        modem.info("+CSCS: (" + ",".join(f'"{name}"' for name in _CHARSETS) + ")")
    elif command.form is Form.READ:
        modem.info(f'+CSCS: "{modem.device.settings.charset}"')
    elif command.word(0).upper() in _CHARSETS:
        modem.device.settings.charset = command.word(0).upper()
    else:
        return modem.cme(4)
    return OK


async def pin(modem: "GsmEmulator", command: Command) -> str:
    if modem.sim_busy():
        return modem.cme(14)
    if command.form is Form.READ:
        modem.info(f"+CPIN: {modem.device.sim_asks}")
        return OK
    if command.form is not Form.SET or modem.device.unlocked:
        return modem.cme(3)
    if not modem.device.try_pin(command.word(0)):
        return modem.cme(16 if modem.device.pin_tries else 12)
    modem.search()
    return OK


async def pin_tries(modem: "GsmEmulator", command: Command) -> str:
    """How often a PIN may still be wrong (27.007 8.65); of the PIN alone."""
    if command.form is Form.TEST:
        return OK
    modem.info(f"+CPINR: SIM PIN,{modem.device.pin_tries},3")
    return OK


async def radio(modem: "GsmEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.READ:
        modem.info(f"+CFUN: {settings.radio}")
        return OK
    if command.form is Form.TEST:
        modem.info("+CFUN: (0,1,4),(0,1)")
        return OK
    level = command.number(0)
    if level not in {0, 1, 4}:
        return modem.cme(50)
    if command.number(1) == 1:
        modem.reboot("CFUN")
        return OK
    if level != settings.radio:
        settings.radio = level
        modem.network.deaf = modem.network.deaf and level == 1  # what field reports say: this heals deafness
        modem.search()
    return OK


async def signal(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.TEST:
        modem.info("+CSQ: (0-31,99),(0-7,99)")
    else:
        modem.info("+CSQ: 20,99" if modem.hears() else "+CSQ: 99,99")
    return OK


async def operator(modem: "GsmEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.READ:
        shown = OPERATORS[settings.operator_format]
        place = f',{settings.operator_format},"{shown}",7' if modem.registration() in {1, 5} else ""
        modem.info(f"+COPS: 0{place}")
    elif command.form is Form.TEST:
        names = ",".join(f'"{name}"' for name in OPERATORS)
        modem.info(f"+COPS: (2,{names},7),,(0-4),(0-2)")
    elif command.number(0) == 3:  # how it is shown; the network is not touched
        if command.number(1) not in {0, 1, 2}:
            return modem.cme(50)
        settings.operator_format = command.number(1) or 0
    return OK


async def service_centre(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.READ:
        if modem.faults.strikes("smsc-empty"):
            modem.device.smsc = ""
            modem.struck("smsc-empty")
        number = modem.device.smsc
        modem.info(f'+CSCA: "{number}",{145 if number.startswith("+") else 129}')
        return OK
    if command.form is not Form.SET or not re.fullmatch(r"\+?[0-9]{0,20}", command.word(0)):
        return modem.cms(304)
    modem.device.smsc = command.word(0)
    return OK


async def battery(modem: "GsmEmulator", command: Command) -> str:
    modem.info("+CBC: 0,100")
    return OK


async def capabilities(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.DO:
        modem.info("+GCAP: +CGSM")
    return OK


async def activity(modem: "GsmEmulator", command: Command) -> str:
    modem.info("+CPAS: 0")
    return OK


async def clock(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.READ:
        modem.info('+CCLK: "26/11/23,14:20:30+04"')
    return OK


async def dial(modem: "GsmEmulator", command: Command) -> str:
    """A voice call (27.007 6.20: it ends in `;`). There is no data service."""
    number = command.arguments.strip(" ;TPtp")
    if not modem.device.unlocked:
        return modem.cme(11)
    if not re.fullmatch(r"\+?[0-9]{1,20}", number):
        return modem.cme(27)
    return OK if modem.calls.dial(number) and command.arguments.rstrip().endswith(";") else "NO CARRIER"


async def hang_up(modem: "GsmEmulator", command: Command) -> str:
    modem.calls.hang_up()
    return OK


async def calls(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.DO:
        for line in modem.calls.listed():
            modem.info(line)
    return OK


async def own_number(modem: "GsmEmulator", command: Command) -> str:
    return OK


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(_IDENTITY, identity),
    **dict.fromkeys(_PLAIN, plain),
    **dict.fromkeys(_IGNORED, ignored),
    "+CGSN": serial_number,
    "+GSN": serial_number,
    "I": about,
    "+CIMI": imsi,
    "E": echo,
    "V": verbose,
    "+CMEE": errors,
    "+CREG": registration,
    "+CGREG": registration,
    "+CEREG": registration,
    "+CGATT": attachment,
    "+CSCS": charset,
    "+CPIN": pin,
    "+CPINR": pin_tries,
    "+CFUN": radio,
    "+CSQ": signal,
    "+COPS": operator,
    "+CSCA": service_centre,
    "+CBC": battery,
    "+GCAP": capabilities,
    "+CPAS": activity,
    "+CNUM": own_number,
    "+CCLK": clock,
    "D": dial,
    "H": hang_up,
    "+CHUP": hang_up,
    "A": hang_up,
    "+CLCC": calls,
}
