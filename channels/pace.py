"""How fast messages may leave: the configured rate, and what the far end says when it is too fast for it."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

from channels.base import TransientFailure

_LONGEST_PAUSE_S = 30.0
_LONGEST_ASKED_S = 3600.0


class Pace:
    """`per_second`: parts; None for as fast as the window lets them. The most urgent do not wait for their turn.

    `pause_s`: the first pause after the far end found us too fast.
    """

    def __init__(self, per_second: float | None, *, pause_s: float) -> None:
        self._first_pause_s = pause_s
        self._step_s = 1 / per_second if per_second else 0.0
        self._next_at = self._until = 0.0
        self._pause_s = 0.0

    def check(self, *, urgent: bool) -> None:
        """TransientFailure while the far end has told us to slow down. One that is urgent tries all the same."""
        left_s = self.left_s()
        if left_s > 0 and not urgent:
            raise TransientFailure("the far end asked to slow down", retry_at=_in(left_s))

    def left_s(self) -> float:
        """Seconds until anything that is not urgent may leave; 0: now."""
        return max(0.0, self._until - asyncio.get_running_loop().time())

    def wait_s(self) -> float:
        """As `left_s`, or until the next place in the rate where that is later."""
        return max(self.left_s(), self._next_at - asyncio.get_running_loop().time())

    async def turn(self, *, urgent: bool) -> None:
        """Waits for the place of one part in the rate."""
        if not self._step_s:
            return
        now = asyncio.get_running_loop().time()
        at = max(now, self._next_at)
        self._next_at = at + self._step_s
        if at > now and not urgent:
            await asyncio.sleep(at - now)

    def throttled(self, asked_s: float | None = None) -> float:
        """The far end refused one for that reason: seconds until the next is worth trying, doubled each time.

        `asked_s`: what it asked for itself, which holds for up to an hour. Refusals of what was under way together
        count once.
        """
        now = asyncio.get_running_loop().time()
        if asked_s is not None:
            self._until = max(self._until, now + min(max(asked_s, 0.0), _LONGEST_ASKED_S))
        elif now >= self._until:
            self._pause_s = min(_LONGEST_PAUSE_S, max(self._first_pause_s, 2 * self._pause_s))
            self._until = now + self._pause_s * random.uniform(0.75, 1.0)  # noqa: S311 (spreads gateways, no secret)
        return self._until - now

    def taken(self) -> None:
        """One was taken: the next refusal begins with a short pause again."""
        if asyncio.get_running_loop().time() >= self._until:
            self._pause_s = 0.0


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
