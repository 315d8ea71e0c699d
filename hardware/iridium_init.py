"""Setting an Iridium modem up: every step is said again after every restart, because a restart forgets all of them.

Source: public ISU AT command references (&K, &D, SBDMTA, SBDAREG, CIER, *R, CGMR, MSSTM); firmware before TA13001
must not open a session before it has the system time (field report).
"""

import logging
import re
from dataclasses import dataclass

from hardware.at.dte import Request
from hardware.at.grammar import Info
from hardware.chat import Chat
from hardware.errors import NoAnswer, Refused

log = logging.getLogger(__name__)

_FIRST_SAFE_FIRMWARE = 13001
_IMEI = r"(?<![0-9])[0-9]{15}(?![0-9])"
# Flow control first: with a cable of three wires a modem that waits for RTS cannot even answer AT.
_FLOW = "AT&K0"
_STEPS = (
    "ATE0",
    _FLOW,
    "AT&D0",  # DTR has no wire either
    "AT*R1",  # the radio, which AT*F had switched off when we left
    "AT+SBDMTA=1",  # ring alerts
    "AT+SBDAREG=1",  # registers by itself, so that the network knows where to ring
    "AT+CIER=1,1,1",  # signal and service, and the sign of a silent restart: it goes back to 0
)


@dataclass(slots=True)
class Setup:
    """What the driver has learned from the modem and remembers over restarts."""

    imei: str = ""
    told_imei: str = ""  # as the latest set-up heard it; empty when it could not be read
    firmware: str = ""
    indicates: bool = False  # CIER was taken

    @property
    def needs_time(self) -> bool:
        match = re.search(r"TA([0-9]{2})([0-9]{3})", self.firmware)
        return match is not None and int(match[1] + match[2]) < _FIRST_SAFE_FIRMWARE


async def set_up(chat: Chat, setup: Setup) -> None:
    """The whole initialisation. Raises NoAnswer and PortLost; optional commands may be refused."""
    try:
        await _accepts(chat, _FLOW)
    except NoAnswer:
        log.info("the modem did not answer %s: it is called until it does", _FLOW)
    await chat.synchronise()
    for step in _STEPS:
        taken = await _accepts(chat, step)
        if step.startswith("AT+CIER"):
            setup.indicates = taken
    setup.told_imei = ""  # what is read next may be another modem's
    setup.told_imei = await _told(chat, "AT+CGSN", _IMEI) or await _told(chat, "AT+CGSN", _IMEI)  # if damaged
    setup.imei = setup.told_imei or setup.imei
    setup.firmware = await _told(chat, "AT+CGMR", r"TA[0-9]{5}") or setup.firmware


async def _accepts(chat: Chat, command: str) -> bool:
    try:
        await chat.command(command, timeout_s=chat.timing.slow_s)
    except Refused as refused:
        log.info("the modem refuses %s (%s)", command, refused.raw)
        return False
    return True


async def _told(chat: Chat, command: str, pattern: str) -> str:
    """The part of the answer that looks like this; empty when there is none."""
    try:
        lines = (await chat.command(Request(command, bare=True))).lines
    except Refused:
        return ""
    found = [match[0] for line in lines if (match := re.search(pattern, line.text))]
    return found[0] if found else ""


async def has_forgotten(chat: Chat, setup: Setup) -> bool:
    """Whether the modem has restarted without a word."""
    if not setup.indicates:
        return False
    try:
        lines = (await chat.command("AT+CIER?")).lines
    except Refused:
        return False
    return bool(lines) and lines[0].number(0) == 0


async def has_time(chat: Chat) -> bool:
    """Whether the modem has the network's system time."""
    try:
        lines = (await chat.command("AT-MSSTM")).lines
    except Refused:
        return True
    return bool(lines) and "no network" not in lines[0].text


def service_of(info: Info) -> tuple[int | None, bool | None]:
    """(bars, service) as far as a line that came unasked tells them."""
    if info.prefix == "+CIEV":
        which, value = info.number(0), info.number(1)
        if which == 0 and value is not None and 0 <= value <= 5:
            return value, None
        if which == 1 and value in {0, 1}:
            return None, value == 1
    return None, None
