"""What satellite sessions cost, and how many of them a day allows.

A message costs one credit for each 50 octets begun, a look into the mailbox one. Messages are counted and never
refused: who pays for a look must not be without the money for an alarm, so a fifth is kept for them.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

_DAY = timedelta(days=1)
_BLOCK = 50  # octets
_RESERVE = 5  # one in so many credits is not for looks


def credits_of(payload: bytes) -> int:
    return max(1, -(-len(payload) // _BLOCK))


class Budget:
    """Credits of any 24 hours in a row, by the caller's clock. `per_day` 0: no look is paid for."""

    def __init__(self, per_day: int, *, clock: Callable[[], datetime]) -> None:
        self.per_day, self._clock = per_day, clock
        self._spent: deque[tuple[datetime, int]] = deque()

    def spend(self, amount: int) -> None:
        self._spent.append((self._clock(), amount))

    @property
    def left(self) -> int:
        """Below zero when messages cost more than was planned."""
        now = self._clock()
        while self._spent and now - self._spent[0][0] >= _DAY:
            self._spent.popleft()
        return self.per_day - sum(amount for _, amount in self._spent)

    @property
    def allows_look(self) -> bool:
        return self.left > self.per_day // _RESERVE
