"""What a GSM modem says of its network: registration, operator, signal. Asking changes nothing.

Source: 3GPP TS 27.007 7.2 (CREG), 7.3 (COPS), 8.5 (CSQ), 10.1.22 (CEREG).
"""

import re

from hardware.at.grammar import Info
from hardware.chat import Chat
from hardware.errors import Refused

_REGISTERED = frozenset({1, 5, 6, 7, 9, 10})  # home, roaming, SMS only, CSFB not preferred


async def registered(chat: Chat) -> bool:
    """Whether any of the networks (GSM, LTE) has taken us."""
    for name in ("+CREG", "+CEREG"):
        try:
            lines = (await chat.command(f"AT{name}?")).lines
        except Refused:
            continue
        if any(line.number(1) in _REGISTERED for line in lines):
            return True
    return False


def registration_of(info: Info) -> bool | None:
    """What a +CREG or +CEREG that came unasked says; None for any other line."""
    return info.number(0) in _REGISTERED if info.prefix in {"+CREG", "+CEREG"} else None


async def signal_dbm(chat: Chat) -> int | None:
    """Received signal strength; None when the modem does not know (99)."""
    try:
        lines = (await chat.command("AT+CSQ")).lines
    except Refused:
        return None
    rssi = lines[0].number(0) if lines else None
    return -113 + 2 * rssi if rssi is not None and 0 <= rssi <= 31 else None


async def operator(chat: Chat) -> str:
    """The network as MCC-MNC ("238-01"), once AT+COPS=3,2 has been said; empty when there is none."""
    try:
        lines = (await chat.command("AT+COPS?")).lines
    except Refused:
        return ""
    number = lines[0].word(2) if lines and lines[0].number(1) == 2 else ""
    return f"{number[:3]}-{number[3:]}" if re.fullmatch(r"[0-9]{5,6}", number) else ""
