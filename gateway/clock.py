"""The one place where the clocks are read, so that everything else can be told what time it is.

The wall clock is set: by a person, or by NTP at a start without a network. The steady one is not. What lies between
them tells whether the wall clock was moved.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time_ns

Clock = Callable[[], datetime]
Steady = Callable[[], float]
JUMP_LEAST_MS = 5_000  # less is how clocks are


def steady_clock() -> float:
    """Seconds since some moment, which nobody sets; they go on while the machine sleeps, where it can tell."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def wall_clock() -> datetime:
    """Now, as an aware UTC datetime with whole milliseconds (what the store keeps)."""
    return from_ms(time_ns() // 1_000_000)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00:00Z: how the store keeps times."""
    return int(at.timestamp() * 1000 + 0.5)


def from_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def rfc3339(ms: int | None) -> str | None:
    """A stored time as scripts read it: RFC 3339 in UTC, milliseconds."""
    return None if ms is None else from_ms(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def opt_ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def opt_from_ms(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one moment. `apart_ms` lies between them; `moved_ms` is how far the wall clock was moved, or 0."""

    now: datetime
    apart_ms: int = 0
    moved_ms: int = 0


class ClockWatch:
    """Finds that the wall clock was moved by more than five seconds, at once or little by little.

    `begin` comes first. A `look` finds the same until it is settled: what follows from it may fail and be done again.
    """

    def __init__(self, clock: Clock, steady: Steady | None) -> None:
        self._clock, self._steady = clock, steady
        self._apart_ms: int | None = None

    def begin(self, latest_ms: int = 0) -> None:
        """`latest_ms` is when something happened last: a clock that stands before that was set back meanwhile."""
        if self._apart_ms is None:
            reading = self._read()
            back_ms = max(0, latest_ms - to_ms(reading.now))
            self._apart_ms = reading.apart_ms + (back_ms if back_ms > JUMP_LEAST_MS else 0)

    def look(self) -> Reading:
        """A jump is looked at twice: the process may have been stopped between one clock and the other."""
        reading = self._read()
        return self._read() if reading.moved_ms else reading

    def settle(self, reading: Reading) -> None:
        if reading.moved_ms:
            self._apart_ms = reading.apart_ms

    def _read(self) -> Reading:
        now = self._clock()
        if self._steady is None:
            return Reading(now)
        apart_ms = to_ms(now) - int(self._steady() * 1000)
        before = apart_ms if self._apart_ms is None else self._apart_ms
        return Reading(now, apart_ms, moved_ms(before, apart_ms))


def moved_ms(before: int, after: int) -> int:
    """How far the wall clock was moved, in ms, where so much lay between the clocks before and after."""
    return after - before if abs(after - before) > JUMP_LEAST_MS else 0
