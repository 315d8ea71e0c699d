"""The call commands of an emulated GSM modem.

Source: ITU-T V.250 6.3 (D, A, H), 3GPP TS 27.007 6.2 (a voice call ends in `;`), 6.5 (CHUP), 7.18 (CLCC), 8.1 (CPAS).
"""

import re
from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

# T and P (tones or pulses) mean nothing here; I, i, G and g are for this call alone (27.007 6.2).
_NUMBER = re.compile(r"[TtPp]?(\+?[0-9]{1,20})[IiGg]*")


async def dial(modem: "GsmEmulator", command: Command) -> str:
    """A voice call. There is no data service: a call without `;` is not dialled."""
    called = re.sub(r"[ ().,-]", "", command.arguments)
    match = _NUMBER.fullmatch(called.removesuffix(";"))
    if not modem.device.unlocked:
        return modem.cme(11)
    if match is None:
        return modem.cme(27)
    return "OK" if called.endswith(";") and modem.calls.dial(match[1]) else "NO CARRIER"


async def answer(modem: "GsmEmulator", command: Command) -> str:
    return "OK" if modem.calls.answer() else "NO CARRIER"


async def hang_up(modem: "GsmEmulator", command: Command) -> str:
    modem.calls.hang_up()
    return "OK"


async def listed(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.DO:
        for line in modem.calls.listed():
            modem.info(line)
    return "OK"


async def activity(modem: "GsmEmulator", command: Command) -> str:
    if command.form is Form.TEST:
        modem.info("+CPAS: (0,3,4)")
    else:
        modem.info(f"+CPAS: {modem.calls.activity()}")
    return "OK"
