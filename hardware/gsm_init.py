"""Setting a GSM modem up: every step is said again after every reset, because a reset forgets all of them.

Source: 3GPP TS 27.007 (CMEE, CPIN, CFUN, CREG, CSQ), 27.005 3.1 to 3.4 (CMGF, CSMS, CPMS, CNMI).
"""

import asyncio
import logging
import re
from dataclasses import dataclass, field

from hardware.at.dte import Request
from hardware.at.grammar import Info, unquote
from hardware.chat import Chat
from hardware.errors import HardwareError, Refused
from hardware.gsm_codes import is_sim_busy
from hardware.pin_memory import Pin, PinMemory
from hardware.quirks import Behaviour, behaviour_of

log = logging.getLogger(__name__)


_PIN_TRIES = 3  # of a card that has refused none since the last right one


class SimRefused(HardwareError):
    """The SIM does not let us in; a person has to see to it."""


@dataclass(slots=True)
class Setup:
    """What the driver has learned from the modem and remembers over resets."""

    pin: str | None = field(default=None, repr=False)
    pin_state: Pin = Pin.UNTRIED  # in this run
    pins: PinMemory = field(default_factory=PinMemory)
    model: str = ""
    behaviour: Behaviour = field(default_factory=Behaviour)
    storage: str = "ME"
    storages: tuple[str, ...] = ()  # all that hold received messages or reports
    used: int | None = None  # messages in the storage, of `room`
    room: int | None = None
    routing: tuple[int, ...] = ()
    shown_routing: tuple[int | None, ...] = ()  # how the modem itself tells it: some round what they took
    acknowledged: bool = False  # CSMS=1 works: +CMT and +CDS are to be answered by +CNMA
    announces: bool = False  # CREG=1 works: what the modem says to CREG? then shows whether it has restarted
    smsc: str = ""  # the last service centre that was not empty


async def set_up(chat: Chat, setup: Setup) -> None:
    """The whole initialisation. Raises SimRefused, Refused, NoAnswer and PortLost."""
    await chat.synchronise()
    await chat.command("ATE0")
    if not setup.model:
        await _identify(chat, setup)
    for command in setup.behaviour.first:
        await _accepts(chat, command)
    await _accepts(chat, "AT+CMEE=1")
    await _accepts(chat, "ATH")  # a call that outlived the trouble
    await _radio_on(chat)
    await _unlock(chat, setup)
    await patient(chat, "AT+CMGF=0")
    setup.acknowledged = await _accepts(chat, "AT+CSMS=1")
    await _choose_storage(chat, setup)
    await route(chat, setup)
    setup.announces = await _accepts(chat, "AT+CREG=1")
    await _accepts(chat, "AT+CEREG=1")
    await _accepts(chat, "AT+COPS=3,2")  # the operator by its number; the network is not touched
    await check_smsc(chat, setup)


async def patient(chat: Chat, command: str) -> tuple[Info, ...]:
    """A command that the SIM answers: "SIM busy" is waited out, for `sim_busy_s`."""
    tries = max(1, round(chat.timing.sim_busy_s / chat.timing.sim_retry_s))
    for attempt in range(tries):
        try:
            return (await chat.command(command, timeout_s=chat.timing.slow_s)).lines
        except Refused as refused:
            if not is_sim_busy(refused) or attempt == tries - 1:
                raise
            await asyncio.sleep(chat.timing.sim_retry_s)
    raise AssertionError("unreachable")


async def _accepts(chat: Chat, command: str) -> bool:
    """Whether the modem takes an optional command."""
    try:
        await chat.command(command, timeout_s=chat.timing.slow_s)
    except Refused:
        return False
    return True


async def _radio_on(chat: Chat) -> None:
    """AT+CFUN=1 unless the radio is on; a modem that does not know the question is taken to have it on."""
    try:
        lines = (await chat.command("AT+CFUN?")).lines
    except Refused:
        return
    if lines and lines[0].number(0) != 1:
        await chat.command("AT+CFUN=1", timeout_s=chat.timing.switch_s)


async def _unlock(chat: Chat, setup: Setup) -> None:
    asks = wanted = await _sim_asks(chat)
    if asks == "SIM PIN":
        await _give_pin(chat, setup)
        asks = await _sim_asks(chat)
    if asks != "READY":
        raise SimRefused(f"the SIM asks for {asks}: a person has to enter it in a phone")
    if setup.pin is not None and (setup.pin_state is Pin.GIVEN or wanted == "SIM PIN"):
        setup.pin_state = Pin.RIGHT
        _remember(setup, setup.pin, Pin.RIGHT)


async def _sim_asks(chat: Chat) -> str:
    try:
        lines = await patient(chat, "AT+CPIN?")
    except Refused as refused:
        raise SimRefused(
            f"the SIM cannot be used ({refused.raw})", code=refused.code, raw=refused.raw
        ) from refused
    return lines[-1].word(0) if lines else "READY"


async def _give_pin(chat: Chat, setup: Setup) -> None:
    """Gives the PIN once: again after a reset, or by a later start, only if the card has taken it before."""
    pin = setup.pin
    if pin is None:
        raise SimRefused("the SIM wants its PIN: set the channel's pin")
    if not re.fullmatch(r"[0-9]{4,8}", pin):
        raise SimRefused("the configured PIN is not 4 to 8 digits: not tried")
    known = _known(setup, pin) if setup.pin_state is Pin.UNTRIED else setup.pin_state
    if setup.pin_state is not Pin.RIGHT:
        await _spare_the_card(chat, setup, known=known)
    if known is Pin.UNTRIED:
        _remember_given(setup, pin)
    setup.pin_state = Pin.RIGHT if known is Pin.RIGHT else Pin.GIVEN
    try:
        await chat.command(f'AT+CPIN="{pin}"', timeout_s=chat.timing.switch_s)
    except Refused as refused:
        if is_sim_busy(refused):  # it has not looked at the PIN; the recovery asks again
            setup.pin_state = Pin.UNTRIED
            _remember(setup, pin, known)
            raise
        setup.pin_state = Pin.REFUSED
        _remember(setup, pin, Pin.REFUSED)
        raise SimRefused(
            f"the SIM refused its PIN ({refused.raw}), which is not given again. {_remedy(setup, setup.pins.lost())}",
            code=refused.code,
            raw=refused.raw,
        ) from refused


def _known(setup: Setup, pin: str) -> Pin:
    """What earlier starts have found out about the PIN."""
    try:
        return setup.pins.recall(pin)
    except (OSError, ValueError) as error:
        raise SimRefused(
            f"the PIN is not given: what became of it before cannot be read ({error}). {_remedy(setup, 0)}"
        ) from error


def _remember_given(setup: Setup, pin: str) -> None:
    """SimRefused where it cannot be: a program that is started again and again would lock the card."""
    try:
        setup.pins.keep(pin, Pin.GIVEN)
    except (OSError, ValueError) as error:
        raise SimRefused(f"the PIN is not given: that it was cannot be written down ({error})") from error


def _remember(setup: Setup, pin: str, state: Pin) -> None:
    """What became of it; where that cannot be written down, it stands there as given."""
    try:
        setup.pins.keep(pin, state)
    except (OSError, ValueError) as error:
        log.error("what became of the SIM's PIN cannot be written down: %s", error)


def _remedy(setup: Setup, lost: int) -> str:
    """How it goes on: the words that a person reads in the channel's health."""
    path = setup.pins.path
    if lost >= _PIN_TRIES - 1:
        then = f", then remove {path} and restart" if path else ""
        return f"A third wrong one locks the card: enter the right PIN in a phone{then}"
    again = f", or remove {path} to have this one given once more" if path else ""
    return f"Set the right pin for the channel, take the PIN off the card in a phone{again}"


async def _spare_the_card(chat: Chat, setup: Setup, *, known: Pin) -> None:
    """SimRefused when this PIN has been refused, or the card has refused any: each counts towards its lock.

    One of which only is known that it was given goes again where the card says that no try was lost (27.007 8.65).
    Where it does not say so, our own count has to do, and no third PIN is given.
    """
    lost = setup.pins.lost()
    if known is Pin.REFUSED:
        raise SimRefused(
            f"the SIM has refused this PIN before: it is not given again. {_remedy(setup, lost)}"
        )
    left = await _tries_left(chat) if setup.pin_state is Pin.UNTRIED else None
    if left is not None and left < _PIN_TRIES:
        raise SimRefused(f"the SIM has refused a PIN before, {left} tries are left: a person has to enter it")
    if known is Pin.GIVEN and left is None:
        raise SimRefused(
            f"the PIN was given before, and may have been refused: not again. {_remedy(setup, lost)}"
        )
    if left is None and lost >= _PIN_TRIES - 1:
        raise SimRefused(f"the SIM has refused {lost} PINs: no other one is given. {_remedy(setup, lost)}")


async def _tries_left(chat: Chat) -> int | None:
    """None from modems that do not know the question."""
    try:
        lines = (await chat.command('AT+CPINR="SIM PIN"', timeout_s=chat.timing.slow_s)).lines
    except Refused:
        return None
    return lines[-1].number(1) if lines else None


async def _choose_storage(chat: Chat, setup: Setup) -> None:
    """The first of ME, SM, MT that the modem can both read and receive into; refused: it keeps its own."""
    try:
        lines = await patient(chat, "AT+CPMS=?")
    except Refused:
        return
    sets = [set(re.findall(r'"([A-Z]{2})"', group)) for group in (lines[0].fields if lines else ())]
    usable = set.intersection(*sets) if sets else {"SM"}
    setup.storages = tuple(name for name in ("ME", "SM", "SR") if sets and name in sets[0])
    for name in ("ME", "SM", "MT"):
        if name in usable and await _accepts(chat, f'AT+CPMS="{name}","{name}","{name}"'):
            setup.storage = name
            break
    await read_storage(chat, setup)


async def read_storage(chat: Chat, setup: Setup) -> None:
    """Reads back where messages are kept and how full it is: what the modem says counts, not what it was told."""
    try:
        lines = (await chat.command("AT+CPMS?", timeout_s=chat.timing.slow_s)).lines
    except Refused:
        return
    if lines and re.fullmatch(r"[A-Z]{2}", name := lines[0].word(0)):
        setup.storage, setup.used, setup.room = name, lines[0].number(1), lines[0].number(2)


async def route(chat: Chat, setup: Setup) -> None:
    """AT+CNMI with the first routing that the modem offers and takes; reports by storage or not at all at worst."""
    offered = await _offered_routing(chat)
    for routing in setup.behaviour.routings:
        if offered and not all(value in allowed for value, allowed in zip(routing, offered, strict=False)):
            continue
        if await _accepts(chat, "AT+CNMI=" + ",".join(map(str, routing))):
            setup.routing, setup.shown_routing = routing, await _shown_routing(chat)
            return
    setup.routing, setup.shown_routing = (), await _shown_routing(chat)
    log.warning("the modem takes no routing of incoming messages (CNMI): its storage is read at every poll")


async def _offered_routing(chat: Chat) -> list[set[int]]:
    try:
        lines = (await chat.command("AT+CNMI=?")).lines
    except Refused:
        return []
    return [_range(group) for group in (lines[0].fields if lines else ())]


def _range(group: str) -> set[int]:
    """The numbers of `(0,1,3)` or `(0-3)`."""
    numbers: set[int] = set()
    for item in group.strip("()").split(","):
        low, dash, high = item.partition("-")
        if low.isdecimal() and (not dash or high.isdecimal()):
            numbers.update(range(int(low), min(int(high or low), 255) + 1))
    return numbers


async def still_set_up(chat: Chat, setup: Setup) -> bool:
    """Whether the modem still knows what it was told: a silent restart, or an unanswered +CDS, shows here."""
    storage = setup.storage
    await read_storage(chat, setup)
    known, setup.storage = setup.storage == storage, storage
    return known and await _shown_routing(chat) == setup.shown_routing


async def has_restarted(chat: Chat, setup: Setup) -> bool:
    """Whether the modem is proved to have restarted since it was set up. Its routing is no proof: that one it also
    drops when a +CDS is not answered.
    """
    if not setup.announces:
        return False
    await chat.synchronise()
    try:
        lines = (await chat.command("AT+CREG?")).lines
    except Refused:
        return False
    return bool(lines) and lines[0].number(0) == 0


async def _shown_routing(chat: Chat) -> tuple[int | None, ...]:
    """What AT+CNMI? says; nothing where it says nothing."""
    try:
        lines = (await chat.command("AT+CNMI?")).lines
    except Refused:
        return ()
    return tuple(lines[0].number(i) for i in range(len(lines[0].fields))) if lines else ()


async def check_smsc(chat: Chat, setup: Setup) -> bool:
    """Whether the modem has a service centre. One that it forgot is given back to it."""
    try:
        lines = await patient(chat, "AT+CSCA?")
    except Refused:
        return True  # it does not tell; the send will
    number = unquote(lines[0].fields[0]) if lines and lines[0].fields else ""
    if number:
        setup.smsc = number
        return True
    if not re.fullmatch(r"\+?[0-9]{3,20}", setup.smsc):
        return False
    return await _accepts(chat, f'AT+CSCA="{setup.smsc}",{145 if setup.smsc.startswith("+") else 129}')


async def _identify(chat: Chat, setup: Setup) -> None:
    """Who made it and what it is: asked once an open port, since another may be plugged in."""
    maker = await _about(chat, "+CGMI")
    setup.model = await _about(chat, "+CGMM") or "unknown"
    setup.behaviour = behaviour_of(f"{maker} {setup.model}")


async def _about(chat: Chat, name: str) -> str:
    """The answer may lack its prefix."""
    try:
        lines = (await chat.command(Request(f"AT{name}", bare=True))).lines
    except Refused:
        return ""
    return lines[0].text.removeprefix(f"{name}:").strip(' "')[:60] if lines else ""
