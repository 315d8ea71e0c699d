"""The SBD commands of an emulated Iridium modem: messages in and out of its two buffers, sessions, registration.

Source: public ISU AT command references of the 9602: +SBDWB (result 0 taken, 1 too late, 2 wrong sum, 3 wrong size),
+SBDD (0 cleared, 1 not), +SBDS, +SBDSX, +SBDIX, +SBDREG, +SBDTC.
"""

from typing import TYPE_CHECKING

from hardware.at.grammar import CR, Command, Form
from hardware.emulators.iridium_commands import ERROR, OK, Handler
from hardware.emulators.iridium_device import MO_MOST, checksum

if TYPE_CHECKING:
    from hardware.emulators.iridium_modem import IridiumEmulator

_READY = b"\r\nREADY\r\n"
_PAYLOAD_S = 60.0
_INLINE_MOST = 120  # characters of +SBDWT=


async def write_binary(modem: "IridiumEmulator", command: Command) -> str:
    size = command.number(0)
    if command.form is not Form.SET or size is None:
        return ERROR
    if not 1 <= size <= MO_MOST:
        modem.info("3")
        return OK
    modem.device.mo = None
    modem.trouble_in_answer()
    octets = await modem.payload_in(_PAYLOAD_S, prompt=_READY, count=size + 2)
    if octets is not None and modem.strikes("pdu-lost"):
        # The line has lost some of it: the modem waits for the rest until its time is out.
        octets = await modem.payload_in(_PAYLOAD_S, prompt=b"", count=8)
        octets = octets and octets + bytes(8)
    if octets is None:
        modem.info("1")
    elif checksum(octets[:-2]) != octets[-2:]:
        modem.info("2")
    else:
        modem.device.mo = octets[:-2]
        modem.info("0")
    return OK


async def write_text(modem: "IridiumEmulator", command: Command) -> str:
    """Both forms: the text behind the equals sign, or after READY up to the carriage return."""
    if command.form is Form.SET:
        if not 1 <= len(command.arguments) <= _INLINE_MOST:
            return ERROR
        modem.device.mo = command.arguments.encode("latin-1")
        return OK
    if command.form is not Form.DO:
        return ERROR
    text = await modem.payload_in(_PAYLOAD_S, prompt=_READY, stops=CR)
    taken = text is not None and 1 <= len(text) <= MO_MOST
    if taken:
        modem.device.mo = text
    modem.info("0" if taken else "1")
    return OK


async def read_binary(modem: "IridiumEmulator", command: Command) -> str:
    """Length, octets and sum, as they are: no line end in front."""
    payload = modem.device.mt or b""
    modem.device.mt_read = True
    modem.raw(len(payload).to_bytes(2, "big") + payload + checksum(payload))
    return OK


async def read_text(modem: "IridiumEmulator", command: Command) -> str:
    payload = modem.device.mt or b""
    modem.device.mt_read = True
    modem.raw(b"\r\n+SBDRT:\r\n" + payload + b"\r\n")
    return OK


async def clear(modem: "IridiumEmulator", command: Command) -> str:
    """+SBDD0 the MO buffer, 1 the MT buffer, 2 both."""
    which = command.name[-1]
    if which in "02" and modem.strikes("mo-kept"):
        modem.info("1")
        return OK
    if which in "02":
        modem.device.mo = None
    if which in "12":
        modem.device.mt = None
    modem.info("0")
    return OK


async def status(modem: "IridiumEmulator", command: Command) -> str:
    modem.info(f"+SBDS: {modem.device.status}")
    return OK


async def status_extended(modem: "IridiumEmulator", command: Command) -> str:
    device = modem.device
    modem.info(f"+SBDSX: {device.status}, {int(device.ringing)}, {device.waiting}")
    return OK


async def session(modem: "IridiumEmulator", command: Command) -> str:
    """+SBDIX and +SBDIXA: sends what the MO buffer holds, whoever asks and however often."""
    if command.form not in {Form.DO, Form.SET}:
        return ERROR
    if modem.strikes("deaf"):
        modem.network.deaf = True
    await modem.sleep(modem.network.session_s())
    modem.trouble_in_answer()
    fields = modem.network.session(strike=modem.strikes)
    modem.indicate()
    if slow := modem.strikes("slow-sbdix"):
        await modem.sleep(slow.number("seconds", 90.0))
    if not fields:
        return ERROR
    modem.info(f"+SBDIX: {fields}")
    return OK


async def old_session(modem: "IridiumEmulator", command: Command) -> str:
    """+SBDI, of the 9601: 0 nothing to send, 1 sent, 2 failed. It does not register, detaches, and answers no ring."""
    if command.form is not Form.DO:
        return ERROR
    device, ringing, loaded = modem.device, modem.device.ringing, modem.device.mo is not None
    await modem.sleep(modem.network.session_s())
    modem.trouble_in_answer()
    fields = modem.network.session(strike=modem.strikes, registers=False)
    device.ringing = ringing
    modem.network.lose()
    modem.indicate()
    if not fields:
        return ERROR
    mo, rest = fields.split(", ", 1)
    modem.info(f"+SBDI: {2 if int(mo) > 4 else int(loaded)}, {rest}")
    return OK


async def session_limit(modem: "IridiumEmulator", command: Command) -> str:
    """+SBDST: kept; sessions here end in time."""
    settings, value = modem.device.settings, command.number(0)
    if command.form is Form.READ:
        modem.info(f"+SBDST:{settings.session_limit_s}")
    elif command.form is Form.SET and value is not None and 0 <= value <= 65_535:
        settings.session_limit_s = value
    else:
        return ERROR
    return OK


async def gateway(modem: "IridiumEmulator", command: Command) -> str:
    """+SBDGW and +SBDGWN: the commercial one, as its name and as its number."""
    modem.info("+SBDGWN:2" if command.name == "+SBDGWN" else "+SBDGW:non-EMSS")
    return OK


async def traffic(modem: "IridiumEmulator", command: Command) -> str:
    """+SBDLOE: status and seconds of a period of traffic management; there is none."""
    modem.info("+SBDLOE:0,0")
    return OK


async def register(modem: "IridiumEmulator", command: Command) -> str:
    network = modem.network
    if command.form is Form.READ:
        modem.info(f"+SBDREG:{2 if network.registered else 0}")
        return OK
    await modem.sleep(network.session_s() / 2)
    error = network.register()
    modem.info(f"+SBDREG:{2 if network.registered else 3},{error}")
    return OK


async def detach(modem: "IridiumEmulator", command: Command) -> str:
    modem.network.lose()
    modem.info("+SBDDET:0,0")
    return OK


async def ring_alerts(modem: "IridiumEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.READ:
        modem.info(f"+SBDMTA:{int(settings.ring_alerts)}")
    elif command.number(0) in {0, 1}:
        settings.ring_alerts = command.number(0) == 1
    else:
        return ERROR
    return OK


async def auto_registration(modem: "IridiumEmulator", command: Command) -> str:
    settings = modem.device.settings
    if command.form is Form.READ:
        modem.info(f"+SBDAREG:{settings.auto_registration}")
    elif command.number(0) in {0, 1, 2}:
        settings.auto_registration = command.number(0) or 0
        modem.later(5.0, modem.register_by_itself)
    else:
        return ERROR
    return OK


async def ring_reason(modem: "IridiumEmulator", command: Command) -> str:
    told = f"{command.name}:0,{int(modem.device.ringing)}"
    modem.info(f"{told},00000000" if command.name == "+CRISX" else told)
    return OK


async def copy(modem: "IridiumEmulator", command: Command) -> str:
    """+SBDTC: what is to go out becomes what has come in; nothing leaves and nothing is charged."""
    device = modem.device
    device.mt, device.mt_read = device.mo, True
    modem.info(f"SBDTC: Outbound SBD copied to Inbound SBD: size = {len(device.mt or b'')}")
    return OK


async def clear_number(modem: "IridiumEmulator", command: Command) -> str:
    modem.device.numbers.momsn = 0
    modem.device.keep()
    modem.info("0")
    return OK


SBD_HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("+SBDIX", "+SBDIXA"), session),
    **dict.fromkeys(("+SBDGW", "+SBDGWN"), gateway),
    "+SBDI": old_session,
    "+SBDST": session_limit,
    "+SBDLOE": traffic,
    **dict.fromkeys(("+SBDD0", "+SBDD1", "+SBDD2"), clear),
    "+SBDWB": write_binary,
    "+SBDWT": write_text,
    "+SBDRB": read_binary,
    "+SBDRT": read_text,
    "+SBDS": status,
    "+SBDSX": status_extended,
    "+SBDREG": register,
    "+SBDDET": detach,
    "+SBDMTA": ring_alerts,
    "+SBDAREG": auto_registration,
    **dict.fromkeys(("+CRIS", "+CRISX"), ring_reason),
    "+SBDTC": copy,
    "+SBDC": clear_number,
}
