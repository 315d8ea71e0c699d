"""Calls of the emulated modem: what becomes of a number that it dials, and who rings it.

Source: ITU-T V.250 5.7.1 and 6.3 (result codes, D, A, H, S0), 3GPP TS 27.007 6.11 (CRC), 7.6 (CLIP), 7.18 (CLCC),
8.1 (CPAS).
"""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.emulators.gsm_modem import GsmEmulator

_RING_S = 3.0


class Callee(Enum):
    """What a number does when it is called, and the result code that ends the call by itself."""

    RINGS = "rings"  # nobody picks up; the network gives up
    ANSWERS = "answers"
    BUSY = "busy"
    ABSENT = "absent"  # switched off, or no such number


_ENDS = {
    Callee.RINGS: (60.0, "NO ANSWER"),
    Callee.BUSY: (1.5, "BUSY"),
    Callee.ABSENT: (2.0, "NO CARRIER"),
}
_PICKS_UP_S = 3.0
_ACTIVE, _DIALLING, _ALERTING, _INCOMING = 0, 2, 3, 4  # CLCC <stat>
_READY, _RINGING, _IN_CALL = 0, 3, 4  # CPAS <pas>


@dataclass(slots=True)
class _Call:
    """`number` is empty when the caller withholds it; `rings`: those still to come, of a call to us."""

    number: str
    state: int = _DIALLING
    incoming: bool = False
    rings: int = 0
    rung: int = 0

    @property
    def kind(self) -> int:
        """The type of its address."""
        return (145 if self.number.startswith("+") else 129) if self.number else 128


class Calls:
    """One call at a time, made or taken."""

    def __init__(self, modem: "GsmEmulator") -> None:
        self._modem = modem
        self._call: _Call | None = None
        self.callees: dict[
            str, tuple[Callee, float | None]
        ] = {}  # number -> what it does, and after how long

    def dial(self, number: str) -> bool:
        """Calls a number; False when there is no network, or a call already."""
        modem = self._modem
        modem.journal.write("call", to=number, state="dialled")
        if self._call is not None or not modem.hears():
            return False
        call = self._call = _Call(number)
        callee, after_s = self.callees.get(number, (Callee.RINGS, None))
        if callee in {Callee.RINGS, Callee.ANSWERS}:
            modem.later(1.0, lambda: self._alert(call))
        if callee is Callee.ANSWERS:
            modem.later(_PICKS_UP_S if after_s is None else after_s, lambda: self._pick_up(call))
            return True
        seconds, code = _ENDS[callee]
        modem.later(seconds if after_s is None else after_s, lambda: self._end(call, code))
        return True

    def _alert(self, call: _Call) -> None:
        if call is self._call and call.state == _DIALLING:
            call.state = _ALERTING
            self._journal(call, state="ringing")

    def _pick_up(self, call: _Call) -> None:
        if call is self._call:
            call.state = _ACTIVE
            self._journal(call, state="answered")

    def _end(self, call: _Call, code: str) -> None:
        if call is self._call:
            self._call = None
            self._journal(call, state="ended", code=code)
            self._modem.unasked(code)

    def _journal(self, call: _Call, **fields: str) -> None:
        self._modem.journal.write("call", **{"from" if call.incoming else "to": call.number}, **fields)

    def lost(self) -> None:
        """The far end, the coverage or the radio is gone."""
        if self._call is not None:
            self._end(self._call, "NO CARRIER")

    def listed(self) -> list[str]:
        """The lines of +CLCC."""
        call = self._call
        if call is None:
            return []
        number = f',"{call.number}",{call.kind}' if call.number else ""
        return [f"+CLCC: 1,{int(call.incoming)},{call.state},0,0{number}"]

    def activity(self) -> int:
        """What +CPAS tells."""
        if self._call is None:
            return _READY
        return _RINGING if self._call.state == _INCOMING else _IN_CALL

    def hang_up(self) -> None:
        """Ends what there is: our call, or somebody else's ringing."""
        if self._call is not None:
            self._journal(self._call, state="ended", code="hung up")
            self._call = None

    def restart(self) -> None:
        self._call = None

    def ring(self, times: int, *, caller: str = "") -> bool:
        """Somebody calls the modem, and gives up after so many rings; False when it is engaged or out of reach."""
        if self._call is not None or not self._modem.hears():
            return False
        call = self._call = _Call(caller, _INCOMING, incoming=True, rings=times)
        self._journal(call, state="ringing")
        self._ring(call)
        return True

    def _ring(self, call: _Call) -> None:
        if call is not self._call or call.state != _INCOMING:
            return
        if call.rings == call.rung:
            self._end(call, "NO CARRIER")
            return
        call.rung += 1
        told = self._modem.plain_values
        self._modem.unasked("+CRING: VOICE" if told.get("+CRC", "0") == "1" else "RING")
        if told.get("+CLIP", "0") == "1":
            withheld = 0 if call.number else 1
            self._modem.unasked(f'+CLIP: "{call.number}",{call.kind},"",,"",{withheld}')
        if call.rung == self._modem.device.settings.registers[0]:  # S0: it answers by itself
            self.answer()
        self._modem.later(_RING_S, lambda: self._ring(call))

    def answer(self) -> bool:
        """Takes the call that rings; False when none does."""
        call = self._call
        if call is None or call.state != _INCOMING:
            return False
        self._pick_up(call)
        return True
