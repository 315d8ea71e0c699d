"""Calls of the emulated modem: what becomes of a number that it dials, and who rings it.

Source: ITU-T V.250 5.7.1 and 6.3 (result codes, D, H), 3GPP TS 27.007 7.18 (CLCC).
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
_DIALLING, _ALERTING, _ACTIVE = 2, 3, 0  # CLCC <stat>


@dataclass(slots=True)
class _Call:
    to: str
    state: int = _DIALLING


class Calls:
    """One call at a time, made or taken."""

    def __init__(self, modem: "GsmEmulator") -> None:
        self._modem = modem
        self._call: _Call | None = None
        self._rings = 0
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
            self._modem.journal.write("call", to=call.to, state="ringing")

    def _pick_up(self, call: _Call) -> None:
        if call is self._call:
            call.state = _ACTIVE
            self._modem.journal.write("call", to=call.to, state="answered")

    def _end(self, call: _Call, code: str) -> None:
        if call is self._call:
            self._call = None
            self._modem.journal.write("call", to=call.to, state="ended", code=code)
            self._modem.unasked(code)

    def lost(self) -> None:
        """Coverage or the radio is gone."""
        if self._call is not None:
            self._end(self._call, "NO CARRIER")

    def listed(self) -> list[str]:
        """The lines of +CLCC."""
        call = self._call
        if call is None:
            return []
        return [f'+CLCC: 1,0,{call.state},0,0,"{call.to}",{145 if call.to.startswith("+") else 129}']

    def hang_up(self) -> None:
        """Ends what there is: our call, or somebody else's ringing."""
        self._rings = 0
        if self._call is not None:
            self._modem.journal.write("call", to=self._call.to, state="ended", code="hung up")
            self._call = None

    def restart(self) -> None:
        self._call, self._rings = None, 0

    def ring(self, times: int) -> None:
        """Somebody calls the modem."""
        self._rings = times
        self._ring()

    def _ring(self) -> None:
        if self._rings > 0:
            self._rings -= 1
            self._modem.unasked("RING")
            self._modem.later(_RING_S, self._ring)
