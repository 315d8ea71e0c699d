"""The commands of an emulated GSM modem about its radio and its network: registration, operator, signal, codes.

Source: 3GPP TS 27.007 7.2 (CREG), 7.3 (COPS), 7.15 (CUSD), 8.2 (CFUN), 8.5 (CSQ), 8.69 (CESQ),
10.1 (CGATT, CGREG, CEREG).
"""

from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form
from hardware.codecs import gsm7
from hardware.emulators import gsm_charset
from hardware.emulators.gsm_commands import OK, number_setting
from hardware.errors import CodecError

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

OPERATORS = ("Bavn net", "Bavn", "23899")  # long, short, MCC and MNC: a test network of Denmark
# An LTE cell of 10 MHz under full load: 50 blocks of 12 carriers share what CSQ tells the sum of.
_BELOW_SUM_DB, _RSRQ = 28, 18  # 10 log10(600); -10.8 dB
_USSD_S = 1.0  # until the network answers


async def registration(modem: "GsmEmulator", command: Command) -> str:
    """27.007 7.2 (+CREG), 10.1.20 (+CGREG), 10.1.22 (+CEREG): a fixed place, and LTE for the last."""
    settings, field = modem.device.settings, command.name[1:].lower()
    if command.form is Form.READ:
        status, place = modem.registration(command.name), ""
        if getattr(settings, field) == 2 and status in {1, 5}:
            place = ',"1A2B","0012C4D5",7' if field == "cereg" else ',"1A2B","0012C4D5"'
        modem.info(f"{command.name}: {getattr(settings, field)},{status}{place}")
        return OK
    return number_setting(modem, command, field=field, allowed=range(3))


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
        modem.later(0, lambda: modem.reboot("CFUN"))  # after its OK
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
        modem.info(f"+CSQ: {modem.network.rssi if modem.hears() else 99},99")
    return OK


async def extended_signal(modem: "GsmEmulator", command: Command) -> str:
    """27.007 8.69: <rxlev>,<ber>,<rscp>,<ecno> of other networks than LTE, which we are in, then <rsrq>,<rsrp>."""
    if command.form is Form.TEST:
        modem.info("+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)")
        return OK
    rssi = modem.network.rssi if modem.hears() else 99
    rsrp = -113 + 2 * rssi - _BELOW_SUM_DB  # dBm
    quality, power = (255, 255) if rssi == 99 else (_RSRQ, min(max(rsrp + 141, 0), 97))
    modem.info(f"+CESQ: 99,99,255,255,{quality},{power}")
    return OK


async def operator(modem: "GsmEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.READ:
        modem.info(f"+COPS: {settings.operator_mode}".encode() + _operator(modem))
    elif command.form is Form.TEST:
        names = b",".join(gsm_charset.quoted(name, settings.charset) for name in OPERATORS)
        modem.info(b"+COPS: (2," + names + b",7),,(0-4),(0-2)")
    elif command.form is Form.SET:
        return _choose(modem, command)
    return OK


def _operator(modem: "GsmEmulator") -> bytes:
    """The fields of the network that we are in; none when there is none."""
    settings = modem.device.settings
    if modem.registration() not in {1, 5}:
        return b""
    shown = gsm_charset.quoted(OPERATORS[settings.operator_format], settings.charset)
    return f",{settings.operator_format},".encode() + shown + b",7"


def _choose(modem: "GsmEmulator", command: Command) -> str:
    """0 any network, 1 this one alone, 2 none, 3 how it is shown, 4 this one if it is there."""
    settings, mode, form = modem.device.settings, command.number(0), command.number(1)
    if mode not in range(5) or form not in {None, 0, 1, 2}:
        return modem.cme(50)
    if mode == 3:
        settings.operator_format = form or 0
        return OK
    found = mode in {0, 2} or command.word(2) == OPERATORS[form or 0]
    before = settings.registers_at_all
    settings.operator_mode, settings.operator_found = (0 if mode == 4 and not found else mode or 0), found
    if mode == 4:
        settings.operator_found = True
    if settings.registers_at_all != before or mode == 2:
        modem.search()
    return OK if settings.operator_found else modem.cme(30)


async def ussd(modem: "GsmEmulator", command: Command) -> str:
    """A code to the network, which answers a while later."""
    settings, network = modem.device.settings, modem.network
    if command.form is Form.READ:
        modem.info(f"+CUSD: {settings.ussd}")
    elif command.form is Form.TEST:
        modem.info("+CUSD: (0-2)")
    elif command.form is Form.SET:
        if command.number(0) not in {0, 1, 2}:
            return modem.cme(50)
        if len(command.fields) > 1 and not modem.hears():
            return modem.cme(30)
        settings.ussd = 1 if command.number(0) == 1 else 0
        if len(command.fields) > 1:
            try:
                code = gsm_charset.decode(command.word(1).encode("latin-1"), settings.charset)
            except CodecError:
                return modem.cme(50)
            modem.journal.write("ussd", code=code)
            modem.later(_USSD_S, lambda: _answer(modem, network.ussd.get(code)))
    return OK


def _answer(modem: "GsmEmulator", text: str | None) -> None:
    """What the network says to a code; it does not know most of them."""
    settings = modem.device.settings
    if not settings.ussd:
        return
    if text is None:
        modem.unasked("+CUSD: 4")  # not supported
    elif gsm7.fits(text):
        modem.unasked(b'+CUSD: 0,"' + gsm_charset.encode(text, settings.charset) + b'",15')
    else:
        modem.unasked(b'+CUSD: 0,"' + gsm_charset.encode(text, "UCS2") + b'",72')
