"""When to look into the mailbox at the gateway: after a ring, when more is waiting, and now and then without a sign.

A look is paid for, so the budget is asked. Pure: the caller gives the time, in seconds of any clock.
"""

from dataclasses import dataclass, field
from random import Random

# Seconds after the first, second ... failure: soon, then rarer (field reports of integrators).
_RETRIES = ((5, 15), (20, 40), (60, 120), (180, 180), (300, 300))


@dataclass(slots=True)
class Mailbox:
    """What is known of messages that wait for us. `unit_s`: of the table of retries."""

    every_s: float
    first_s: float
    unit_s: float = 1.0
    random: Random = field(default_factory=Random)
    ringing: bool = False
    more: bool = False
    failures: int = 0
    _not_before: float = float("-inf")
    _scheduled: float | None = None

    def rang(self, now: float) -> None:
        if not self.ringing:
            self.ringing, self.failures, self._not_before = True, 0, now

    def waits_s(self, now: float) -> float:
        """Seconds until a look is due; 0 when it is."""
        if self._scheduled is None:
            self._scheduled = now + self.first_s
        due = min(self._scheduled, now) if self.ringing or self.more else self._scheduled
        return max(0.0, due - now, self._not_before - now)

    def looked(self, now: float, *, queued: int) -> None:
        """A session went well: it emptied what it could."""
        self.ringing, self.more, self.failures = False, queued > 0, 0
        self._scheduled = now + self.every_s

    def failed(self, now: float) -> None:
        """A look did not come through. After the last retry only a new ring or the schedule brings another."""
        low, high = _RETRIES[min(self.failures, len(_RETRIES) - 1)]
        self.failures += 1
        self._not_before = now + self.random.uniform(low, high) * self.unit_s
        if self.failures > len(_RETRIES):
            self.ringing = self.more = False
            self._scheduled = now + self.every_s
