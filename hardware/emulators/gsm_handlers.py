"""Which handler a command of the emulated GSM modem has, and which forms of it there are. All others are ERROR."""

from hardware.at.grammar import Command, Form
from hardware.emulators import gsm_call_commands as calls
from hardware.emulators import gsm_commands as commands
from hardware.emulators import gsm_messages as messages
from hardware.emulators import gsm_profile as profile
from hardware.emulators import gsm_radio as radio
from hardware.emulators.gsm_commands import Handler

_IGNORED = ("&C", "&D", "&K", "&S", "X", "L", "M")

HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(commands.IDENTITY, commands.identity),
    "+CGSN": commands.serial_number,
    "+GSN": commands.serial_number,
    "I": commands.about,
    "+CIMI": commands.imsi,
    "+CMEE": commands.errors,
    "+CSCS": commands.charset,
    "+CPIN": commands.pin,
    "+CPINR": commands.pin_tries,
    "+CSCA": commands.service_centre,
    "+CBC": commands.battery,
    "+GCAP": commands.capabilities,
    "+CNUM": commands.own_number,
    "+CCLK": commands.clock,
    **dict.fromkeys(("E", "V", "Q"), profile.flag),
    **dict.fromkeys(profile.REGISTERS, profile.register),
    **dict.fromkeys(("Z", "&F"), profile.reset),
    "&W": profile.keep,
    **dict.fromkeys(_IGNORED, profile.ignored),
    **dict.fromkeys(profile.PLAIN, profile.plain),
    **dict.fromkeys(("+CREG", "+CGREG", "+CEREG"), radio.registration),
    "+CGATT": radio.attachment,
    "+CFUN": radio.radio,
    "+CSQ": radio.signal,
    "+CESQ": radio.extended_signal,
    "+COPS": radio.operator,
    "+CUSD": radio.ussd,
    "D": calls.dial,
    "A": calls.answer,
    **dict.fromkeys(("H", "+CHUP"), calls.hang_up),
    "+CLCC": calls.listed,
    "+CPAS": calls.activity,
    "+CMGF": messages.message_format,
    "+CSMS": messages.service,
    "+CSMP": messages.parameters,
    "+CSDH": messages.headers,
    "+CPMS": messages.storages,
    "+CNMI": messages.routing,
    "+CNMA": messages.acknowledge,
    "+CMGS": messages.send,
    "+CMGW": messages.write,
    "+CMSS": messages.send_stored,
    "+CMGL": messages.listed,
    "+CMGR": messages.read,
    "+CMGD": messages.delete,
}
# A test of one of these tells its values; of all others it is OK, and does nothing (V.250 5.4.4.4).
_TELLING = frozenset(
    {
        *profile.PLAIN,
        "+CMEE",
        "+CREG",
        "+CGREG",
        "+CEREG",
        "+CESQ",
        "+CGSN",
        "+CGATT",
        "+CSCS",
        "+CFUN",
        "+CSQ",
        "+COPS",
        "+CUSD",
    }
    | {"+CPAS", "+CMGF", "+CSMS", "+CSDH", "+CPMS", "+CNMI", "+CMGL", "+CMGD"}
)
# What these do has no value to be read.
_DOING = frozenset(
    {
        *commands.IDENTITY,
        "+CGSN",
        "+GSN",
        "+CIMI",
        "+CPINR",
        "+CBC",
        "+GCAP",
        "+CNUM",
        "+CSQ",
        "+CESQ",
        "+CHUP",
        "+CLCC",
        "+CPAS",
    }
    | {"+CMGS", "+CMGW", "+CMSS", "+CMGL", "+CMGR", "+CMGD", "+CNMA"}
)


def handler_of(command: Command) -> Handler | None:
    """None for a command, or a form of one, that the modem does not know."""
    handler = HANDLERS.get(command.name)
    if command.form is Form.READ and command.name in _DOING:
        return None
    if handler is not None and command.form is Form.TEST and command.name not in _TELLING:
        return profile.ignored
    return handler
