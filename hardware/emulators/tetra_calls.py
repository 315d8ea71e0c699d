"""Voice calls of an emulated TETRA radio: those that come in, and those that its host sets up. One at a time.

No voice is carried, and while a call is up no short data goes over the air. A call that the host set up is told to it
in any case, another one only where it has registered for calls (+CTSP with 0,0).
Source: ETSI EN 300 392-5 for the names of the commands and lines. Their fields, and the causes of a release, are from
memory and from hosts in use (svxlink TetraLogic): radios add to them, so a host should read the first ones only.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from hardware.at.grammar import Command, Form

if TYPE_CHECKING:
    from hardware.emulators.tetra_radio import TetraEmulator

OK = "OK"
_NOT_ALLOWED, _NOT_SUPPORTED, _NO_SERVICE = 3, 4, 30
_WRONG_TYPE, _OUT_OF_RANGE, _SYNTAX = 33, 34, 35
_PROGRESS_S, _CONNECT_S, _ANSWER_S, _GRANT_S, _HANG_S = 0.3, 0.8, 2.5, 0.2, 6.0
_PAGED = 2  # call status: the called party is being paged
_GRANTED, _NOT_GRANTED, _TO_ANOTHER = 0, 1, 3  # who may transmit
_LOST, _BY_USER, _UNREACHABLE, _REJECTED, _EXPIRED = 0, 1, 3, 11, 13  # causes of a release
_DEFAULTS = (0, 0, 0, 1, 1, 0, 1, 1)  # +CTSDC: speech, SSI, area, hook, simplex, clear, comms type, slots
_US = "us"


class Stage(Enum):
    CALLING = "set up by the host, not connected yet"
    RINGING = "comes in and wants ATA"
    UP = "connected"


@dataclass(slots=True, eq=False)
class Call:
    """`instance`: the number that the host sees. `speaker`: `us`, the other's number, or '' for nobody."""

    instance: int
    peer: str
    group: bool
    stage: Stage
    ours: bool = False
    speaker: str = ""


class Calls:
    """The calls of one radio. Times are emulated seconds."""

    def __init__(self, radio: "TetraEmulator") -> None:
        self._radio = radio
        self.current: Call | None = None
        self._count = 0

    # What comes in.

    def come(self, caller: str, *, seconds: float, group: bool, rings: bool = False) -> None:
        """Somebody speaks for so long; one that `rings` waits for ATA first."""
        if self.current is not None:
            self.end(self.current)
        self.current = call = self._new(caller, group=group, stage=Stage.RINGING if rings else Stage.UP)
        radio = self._radio
        radio.journal.write("call", **{"from": caller}, seconds=seconds, group=group)
        called = radio.device.group if group else radio.network.issi
        self._tell(call, f"+CTICN: {call.instance},0,0,{caller},0,1,1,0,{called}")
        if not rings:
            self._speaks(call)
        radio.later(seconds, lambda: self.end(call))

    def _speaks(self, call: Call) -> None:
        call.stage, call.speaker = Stage.UP, call.peer
        self._tell(call, f"+CTCC: {call.instance},1,1,0,0,1,1")
        self._tell(call, f"+CTXG: {call.instance},{_TO_ANOTHER},0,0,0,{call.peer}")

    def end(self, call: Call | None) -> None:
        """The other one has finished."""
        if call is not None and call is self.current:
            if call.speaker:
                self._tell(call, f"+CDTXC: {call.instance},0")
            self._release(call, _EXPIRED)

    # What the host does. Each returns the final code.

    def dial(self, number: str, *, group: bool) -> str:
        radio = self._radio
        if radio.device.mode not in {0, 2} or radio.device.inhibited or self.current is not None:
            return radio.cme(_NOT_ALLOWED)
        if not radio.registered:
            return radio.cme(_NO_SERVICE)
        self.current = call = self._new(number, group=group, stage=Stage.CALLING, ours=True)
        radio.journal.write("call", to=number, group=group)
        reached = radio.hears() and number not in radio.network.refusals
        radio.later(_PROGRESS_S, lambda: self._progress(call))
        if reached:
            radio.later(_CONNECT_S if group else _ANSWER_S, lambda: self._connect(call))
        else:
            radio.later(_ANSWER_S, lambda: self._release(call, _UNREACHABLE))
        return OK

    def answer(self) -> str:
        call = self.current
        if call is None or call.stage is not Stage.RINGING:
            return self._radio.cme(_NOT_ALLOWED)
        self._radio.later(_GRANT_S, lambda: self._speaks(call) if call is self.current else None)
        return OK

    def hang_up(self) -> str:
        """Ends or rejects the call there is; without one it is no error (V.250)."""
        call = self.current
        if call is not None:
            cause = _REJECTED if call.stage is Stage.RINGING else _BY_USER
            self._radio.later(_GRANT_S, lambda: self._release(call, cause))
        return OK

    def demand(self, instance: int) -> str:
        """The talk key is pressed: granted unless another one speaks."""
        call = self._up(instance)
        if call is None:
            return self._radio.cme(_NOT_ALLOWED)
        granted = call.speaker in {"", _US}
        if granted:
            call.speaker = _US
            self._radio.journal.write("transmission", to=call.peer, group=call.group)
        grant = f"+CTXG: {call.instance},{_GRANTED if granted else _NOT_GRANTED},0,0"
        self._radio.later(_GRANT_S, lambda: self._tell(call, grant))
        return OK

    def cease(self, instance: int) -> str:
        """The talk key is let go. A call in which nobody speaks ends by itself."""
        call = self._up(instance)
        if call is None or call.speaker != _US:
            return self._radio.cme(_NOT_ALLOWED)
        call.speaker = ""
        self._radio.later(_GRANT_S, lambda: self._tell(call, f"+CDTXC: {call.instance},0"))
        self._radio.later(_HANG_S, lambda: None if call.speaker else self._release(call, _EXPIRED))
        return OK

    # What the network does.

    def lose(self) -> None:
        """No network any more."""
        if self.current is not None:
            self._release(self.current, _LOST)

    def _progress(self, call: Call) -> None:
        service, _, _, hook, simplex, clear, _, slots = self._parameters()
        self._tell(
            call,
            f"+CTOCP: {call.instance},{_PAGED},{service},{hook},{simplex},{clear},{int(call.group)},{slots}",
        )

    def _connect(self, call: Call) -> None:
        if call is not self.current:
            return
        _, _, _, hook, simplex, clear, _, slots = self._parameters()
        call.stage, call.speaker = Stage.UP, _US
        self._tell(call, f"+CTCC: {call.instance},{hook},{simplex},{clear},{int(call.group)},{slots}")
        self._tell(call, f"+CTXG: {call.instance},{_GRANTED},0,{clear}")
        self._radio.journal.write("transmission", to=call.peer, group=call.group)

    def _release(self, call: Call, cause: int) -> None:
        if call is self.current:
            self.current = None
            self._tell(call, f"+CTCR: {call.instance},{cause}", over=True)

    def _new(self, peer: str, *, group: bool, stage: Stage, ours: bool = False) -> Call:
        self._count = self._count % 9 + 1
        return Call(self._count, peer, group, stage, ours)

    def _up(self, instance: int) -> Call | None:
        call = self.current
        return call if call is not None and call.stage is Stage.UP and call.instance == instance else None

    def _parameters(self) -> tuple[int, ...]:
        given = self._radio.device.settings.call
        return (*given, *_DEFAULTS[len(given) :])[: len(_DEFAULTS)]

    def _tell(self, call: Call, text: str, *, over: bool = False) -> None:
        if (call is self.current or over) and (call.ours or self._radio.device.is_registered(0, 0)):
            self._radio.unasked(text)


async def parameters(radio: "TetraEmulator", command: Command) -> str:
    """+CTSDC: what the next calls are like. The first two count: the service (0: speech) and the type of number."""
    settings = radio.device.settings
    if command.form is Form.READ:
        radio.info(f"+CTSDC: {','.join(map(str, settings.call or _DEFAULTS))}")
        return OK
    numbers = [command.number(index) for index in range(len(command.fields))]
    given = tuple(number for number in numbers if number is not None)
    if command.form is not Form.SET or not 2 <= len(given) <= 11 or len(given) != len(numbers):
        return radio.cme(_SYNTAX)
    if given[0] not in range(9) or given[1] not in range(6):
        return radio.cme(_OUT_OF_RANGE)
    settings.call = given
    return OK


async def dial(radio: "TetraEmulator", command: Command) -> str:
    """ATD and a number of the type that +CTSDC has chosen: an SSI or a TSI, of a radio or a group."""
    digits = command.arguments.strip().rstrip(";")
    given = radio.device.settings.call or _DEFAULTS
    if given[1] not in {0, 1}:
        return radio.cme(_NOT_SUPPORTED)  # nobody here has a telephone
    if not re.fullmatch(r"[0-9]{1,8}" if given[1] == 0 else r"[0-9]{15,17}", digits):
        return radio.cme(_WRONG_TYPE)
    number = str(int(digits[-8:]))
    return radio.calls.dial(number, group=number in radio.network.groups or number == radio.device.group)


async def answer(radio: "TetraEmulator", command: Command) -> str:
    return radio.calls.answer()


async def hang_up(radio: "TetraEmulator", command: Command) -> str:
    return radio.calls.hang_up()


async def transmit(radio: "TetraEmulator", command: Command) -> str:
    """+CTXD=<instance>,<priority> and +CUTXC=<instance>: the talk key, from the host."""
    instance = command.number(0)
    if command.form is not Form.SET or instance is None:
        return radio.cme(_SYNTAX)
    return radio.calls.demand(instance) if command.name == "+CTXD" else radio.calls.cease(instance)


CALL_HANDLERS = {
    "D": dial,
    "A": answer,
    "H": hang_up,
    "+CTSDC": parameters,
    **dict.fromkeys(("+CTXD", "+CUTXC"), transmit),
}
