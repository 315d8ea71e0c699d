"""The commands of an emulated GSM modem that need nothing but the modem: identity, settings, SIM, clock.

Each handler answers with its information lines and a final code; `gsm_handlers` says which handler a command has.
Source: ITU-T V.250 6, 3GPP TS 27.007 5 to 8.
"""

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form
from hardware.codecs.semioctets import INTERNATIONAL
from hardware.emulators import gsm_charset
from hardware.emulators.gsm_charset import CHARSETS
from hardware.emulators.gsm_submit import time_of
from hardware.emulators.gsm_text import stamp
from hardware.errors import CodecError

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

OK, ERROR = "OK", "ERROR"
Handler = Callable[["GsmEmulator", Command], Awaitable[str | None]]

IDENTITY = {
    "+CGMI": "Bavn",
    "+GMI": "Bavn",
    "+CGMM": "GSM emulator",
    "+GMM": "GSM emulator",
    "+CGMR": "1.0",
    "+GMR": "1.0",
}


async def identity(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.DO:
        modem.info(IDENTITY[command.name])
    return OK


async def serial_number(modem: "GsmEmulator", command: Command) -> str:
    """27.007 5.4: bare, or IMEI, IMEISV and the version of the software by <snt>. +GSN is V.250's, and bare."""
    device = modem.device
    if command.form is Form.DO:
        modem.info(device.imei)
        return OK
    if command.name == "+GSN":
        return OK if command.form is Form.TEST else ERROR
    if command.form is Form.TEST:
        modem.info("+CGSN: (0-3)")
        return OK
    kinds = {1: device.imei, 2: device.imei[:14] + device.svn, 3: device.svn}
    if (kind := command.number(0)) == 0:
        modem.info(device.imei)
    elif len(command.fields) == 1 and kind in kinds:
        modem.info(b"+CGSN: " + gsm_charset.quoted(kinds[kind], device.settings.charset))
    else:
        return modem.cme(50)
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


async def errors(modem: "GsmEmulator", command: Command) -> str:
    return number_setting(modem, command, field="cmee", allowed=range(3))


def number_setting(modem: "GsmEmulator", command: Command, *, field: str, allowed: range) -> str:
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
        modem.info("+CSCS: (" + ",".join(f'"{name}"' for name in CHARSETS) + ")")
    elif command.form is Form.READ:
        modem.info(f'+CSCS: "{modem.device.settings.charset}"')
    elif command.word(0).upper() in CHARSETS:
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
    if command.form is not Form.SET:
        return ERROR
    if modem.device.unlocked:
        return modem.cme(3)
    if not modem.device.try_pin(command.word(0)):
        return modem.cme(16 if modem.device.pin_tries else 12)
    modem.search()
    return OK


async def pin_tries(modem: "GsmEmulator", command: Command) -> str:
    """How often a PIN may still be wrong (27.007 8.65); of the PIN alone."""
    modem.info(f"+CPINR: SIM PIN,{modem.device.pin_tries},3")
    return OK


async def service_centre(modem: "GsmEmulator", command: Command) -> str:
    charset = modem.device.settings.charset
    if command.form is Form.READ:
        if modem.faults.strikes("smsc-empty"):
            modem.device.smsc = ""
            modem.struck("smsc-empty")
        number = modem.device.smsc
        kind = 145 if number.startswith("+") else 129
        modem.info(b"+CSCA: " + gsm_charset.quoted(number, charset) + f",{kind}".encode())
        return OK
    try:
        number = gsm_charset.number_of(command.word(0), charset)
    except CodecError:
        return modem.cms(304)
    if command.form is not Form.SET or not re.fullmatch(r"\+?[0-9]{0,20}", number, re.ASCII):
        return modem.cms(304)
    international = command.number(1) == INTERNATIONAL and number and not number.startswith("+")
    modem.device.smsc = f"+{number}" if international else number
    return OK


async def clock(modem: "GsmEmulator", command: Command) -> str:
    """27.007 8.15; it goes on from what a host has set."""
    now, device = modem.network.now(), modem.device
    if command.form is Form.READ:
        modem.info(f'+CCLK: "{stamp(now + device.clock_ahead)}"')
    elif command.form is Form.SET:
        try:
            device.clock_ahead = time_of(command.word(0)) - now
        except CodecError:
            return modem.cme(50)
    return OK


async def battery(modem: "GsmEmulator", command: Command) -> str:
    modem.info("+CBC: 0,100")
    return OK


async def capabilities(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.DO:
        modem.info("+GCAP: +CGSM")
    return OK


async def own_number(modem: "GsmEmulator", command: Command) -> str:
    return OK
