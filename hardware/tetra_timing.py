"""The time limits of a TETRA radio's driver. Sources beside the fields are radio hosts in use, not the standard."""

from dataclasses import dataclass, replace
from typing import Self

from hardware.timing import Timing


@dataclass(frozen=True, slots=True)
class TetraTiming(Timing):
    """Seconds."""

    answer_s: float = 4.0  # with `idle_s` before it: a dead radio is noticed within 15 s
    sent_s: float = 10.0  # a radio says at once whether it has taken a message
    on_air_s: float = 10.0  # hosts wait 5 to 10 s for "sent over the air"
    late_s: float = 120.0  # a status that comes later than this is nobody's
    idle_s: float = 10.0  # so long without a word: the radio is asked for one (svxlink does it too)
    poll_s: float = 20.0  # registration, signal, mode, and whether the registrations are still there
    cooling_s: float = 2.0
    cooling_most_s: float = 30.0  # a vehicle's radio comes back when its key is turned
    speech_wait_s: float = 5.0  # a message waits so long for a call to end
    hang_s: float = 15.0  # a call is over so long after the last transmission, if nothing says so earlier
    speech_s: float = 300.0  # longer than any call: its end was missed

    def scaled(self, factor: float) -> Self:
        """All limits times `factor`."""
        return replace(self, **{name: getattr(self, name) * factor for name in self.__dataclass_fields__})
