"""Setting a TETRA radio up: every step is said again after every restart, because a restart forgets all of them.

ATZ is never sent: radios have been seen to restart at it, and to answer nothing any more.
Source: ETSI EN 300 392-5 (CTSP, CTOM, CREG, CSQ, CSCS); which forms are taken differs between makers and years.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from hardware.at.dte import Request
from hardware.at.grammar import Info
from hardware.chat import Chat
from hardware.errors import Refused
from hardware.quirks import CHARACTER_SETS, SERVICE_FORMS
from hardware.tetra_codes import ALREADY_REGISTERED, is_confused, wants_other_form

log = logging.getLogger(__name__)

# AT+CTSP=<profile>,<layer 1>,<layer 2>: profile 1 gives the protocol to us alone, so that nobody reads it on the
# radio's own display; 130 text, 137 immediate text, 138 with user data header, 2 and 9 the simple texts.
REGISTRATIONS = ("1,3,130", "1,3,137", "1,3,138", "1,3,2", "1,3,9", "1,2,20")
_WATCHED = ("2,0,0",)  # calls and transmissions, told to both: they block short data

IN_NETWORK = frozenset({1, 5})  # home, visited (others than in GSM: 2 is "no network")
TRUNKED = frozenset({0, 2})  # with the network; 2 listens to direct mode beside it


@dataclass(slots=True)
class Setup:
    """What the driver has learned from the radio and remembers over restarts."""

    force_trunked: bool = True  # a radio in direct mode is taken back to the network
    model: str = ""
    service_form: str = SERVICE_FORMS[0]
    lasts: bool = False  # the radio says of a registration that it is ours already (38)
    quiet: bool = False  # ATE0 was obeyed: an echo is then the sign of a restart
    refused: set[str] = field(default_factory=set)  # registrations that this radio does not know


async def set_up(chat: Chat, setup: Setup) -> None:
    """The whole initialisation. Raises Refused, NoAnswer and PortLost."""
    await chat.synchronise()
    await _said_twice(chat, "ATE0")
    await _accepts(chat, "AT+CMEE=1")
    for name in CHARACTER_SETS:
        if await _accepts(chat, f"AT+CSCS={name}"):
            break
    await _accepts(chat, "AT+CREG=2")
    await _register_all(chat, setup, (*_WATCHED, *REGISTRATIONS))
    setup.quiet = not chat.echoed
    if not setup.model:
        setup.model = await _identity(chat)


async def _accepts(chat: Chat, command: str) -> bool:
    """Whether the radio takes an optional command."""
    try:
        await _said_twice(chat, command)
    except Refused:
        return False
    return True


async def _said_twice(chat: Chat, command: str) -> None:
    """A command that a radio with garbage of an earlier client before it may misunderstand the first time."""
    try:
        await chat.command(command, timeout_s=chat.timing.slow_s)
    except Refused as refused:
        if not is_confused(refused):
            raise
        await chat.synchronise()
        await chat.command(command, timeout_s=chat.timing.slow_s)


async def _register_all(chat: Chat, setup: Setup, services: Iterable[str]) -> None:
    """A service that is ours already, or that this radio does not know, is no trouble."""
    for service in services:
        try:
            await chat.command(f"AT+CTSP={service}", timeout_s=chat.timing.slow_s)
        except Refused as refused:
            if refused.code != ALREADY_REGISTERED and service not in setup.refused:
                setup.refused.add(service)
                log.info("radio: registration %s is refused (%s)", service, refused.raw)


async def still_registered(chat: Chat, setup: Setup) -> bool:
    """Says the first registration again. False when the radio has restarted: it echoes, or what had lasted is new now.

    A radio that says OK to every registration, old or new, tells nothing by it: it is told all of them again.
    """
    forgotten = False
    try:
        await chat.command(f"AT+CTSP={REGISTRATIONS[0]}", timeout_s=chat.timing.slow_s)
    except Refused as refused:
        setup.lasts |= refused.code == ALREADY_REGISTERED
    else:
        forgotten, setup.lasts = setup.lasts, False
    if forgotten or (setup.quiet and chat.echoed):
        return False
    if not setup.lasts:
        await _register_all(chat, setup, (*_WATCHED, *REGISTRATIONS[1:]))
    return True


async def choose_service(chat: Chat, setup: Setup, *, service: int, identity: int) -> None:
    """Sets the service and the type of identity of the next message. Raises Refused when no form is taken."""
    forms = (setup.service_form, *(form for form in SERVICE_FORMS if form != setup.service_form))
    for form in forms:
        try:
            await _said_twice(chat, f"AT+CTSDS={service},{identity}{form}")
        except Refused as refused:
            if form == forms[-1] or not wants_other_form(refused):
                raise
            continue
        setup.service_form = form
        return


async def trunk(chat: Chat) -> bool:
    """Tells a radio that is in direct mode to use the network. Whether it does."""
    log.warning("radio: in direct mode: told to use the network")
    return await _accepts(chat, "AT+CTOM=0")


async def mode_of(chat: Chat) -> int | None:
    """The operating mode (CTOM); None from a radio that does not tell."""
    try:
        lines = (await chat.command("AT+CTOM?")).lines
    except Refused:
        return None
    return lines[-1].number(0) if lines else None


async def registration(chat: Chat) -> int | None:
    """The registration status; None from a radio that answers with a line that came unasked, or not at all."""
    try:
        lines = (await chat.command("AT+CREG?", timeout_s=chat.timing.slow_s)).lines
    except Refused:
        return None
    return registration_in(lines[-1]) if lines else None


def registration_in(info: Info) -> int | None:
    """The status in a +CREG line: `<stat>[,<LA>[,<MNI>]]`, or with the <n> of a GSM modem in front of it.

    A network's number (MNI) has six digits or more, a location area at most five; a lone second digit is a status.
    """
    if info.prefix != "+CREG":
        return None
    count, last = len(info.fields), info.fields[-1]
    shifted = count >= 4 or (count == 3 and len(last) < 6) or (count == 2 and len(last) == 1)
    return info.number(1 if shifted else 0)


async def signal_dbm(chat: Chat) -> int | None:
    """Received signal strength; None when the radio does not know (99)."""
    try:
        lines = (await chat.command("AT+CSQ?")).lines
    except Refused:
        return None
    rssi = lines[-1].number(0) if lines else None
    return -113 + 2 * rssi if rssi is not None and 0 <= rssi <= 31 else None


async def _identity(chat: Chat) -> str:
    try:
        lines = (await chat.command(Request("AT+GMM?", bare=True))).lines
    except Refused:
        return "unknown"
    name = lines[-1].text.removeprefix("+GMM:").strip(' "') if lines else ""
    return name if re.fullmatch(r"[A-Za-z0-9 ,._-]{1,60}", name) else "unknown"
