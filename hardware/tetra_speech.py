"""Whether the radio is busy with speech: short data waits for the end of a call or a transmission.

Pure: it is given the lines and the time. The end of a call is a line of its own, but lines get lost: a call also
ends so long after its last transmission, and in any case after a time no call takes.
Source: ETSI EN 300 392-5 (PEI), call control; TetraLogic of svxlink sends again after +CTCR.
"""

from hardware.at.grammar import Info
from hardware.tetra_timing import TetraTiming

_BEGINS = frozenset(
    {"+CTICN", "+CTCC", "+CTOCP", "+CTXG"}
)  # call in, connected, call out, transmission granted
_PAUSES = frozenset({"+CDTXC"})  # the transmission has ceased: an answer may follow
_ENDS = frozenset({"+CTCR"})  # the call is released


class Speech:
    """The calls that are known, by their instance."""

    def __init__(self, timing: TetraTiming) -> None:
        self._timing = timing
        self._over_at: dict[int, float] = {}

    def take(self, info: Info, now: float) -> bool:
        """Whether the line is about a call, and is therefore taken."""
        call = info.number(0) or 0
        if info.prefix in _BEGINS:
            self._over_at[call] = now + self._timing.speech_s
        elif info.prefix in _PAUSES:
            self._over_at[call] = now + self._timing.hang_s
        elif info.prefix in _ENDS:
            self._over_at.pop(call, None)
        else:
            return False
        if len(self._over_at) > 16:  # more than a radio has: the oldest is a ghost
            del self._over_at[min(self._over_at, key=self._over_at.__getitem__)]
        return True

    def busy(self, now: float) -> bool:
        self._over_at = {call: over for call, over in self._over_at.items() if over > now}
        return bool(self._over_at)

    def rest(self, now: float) -> float:
        """Seconds until the first known call is taken to be over; infinite without one."""
        return min((over - now for over in self._over_at.values()), default=float("inf"))

    def forget(self) -> None:
        """The radio has restarted: it has no calls."""
        self._over_at.clear()
