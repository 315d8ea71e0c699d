"""Which of the waiting attempts a channel hands over next. Pure; the hub and every simulation use these two.

Rank is the order of the queue: live before exercise, then precedence. Within a rank the oldest goes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from messages.precedence import Precedence

RANKS = tuple(range(1, 9))
_PER_PLANE = len(Precedence)


def rank(precedence: Precedence, plane: str) -> int:
    """1 to 4 for live FLASH to ROUTINE, 5 to 8 for the same in an exercise: a live alert pre-empts a drill."""
    return int(precedence) + (0 if plane == "live" else _PER_PLANE)


def is_flash(queue_rank: int) -> bool:
    return (queue_rank - 1) % _PER_PLANE == Precedence.FLASH - 1


def is_exercise(queue_rank: int) -> bool:
    return queue_rank > _PER_PLANE


@dataclass(frozen=True, slots=True)
class Head:
    """One ready attempt near the front of its rank."""

    attempt_id: int
    rank: int


def choose(heads: Sequence[Head], window: int, *, in_flight: int, live_under_way: bool) -> tuple[Head, ...]:
    """The attempts to hand over now, best first, at most as many as there are free slots.

    Where the window is two or more, its last slot is kept for FLASH (invariant I4); a drill's FLASH does not take it
    while anything live waits. Exercise attempts wait while a live alert is under way (I7).
    """
    free = window - in_flight
    ordinary = free - 1 if window >= 2 else free
    chosen, passed_over = list[Head](), False
    for head in sorted(heads, key=lambda h: (h.rank, h.attempt_id)):
        if len(chosen) >= free:
            break
        if live_under_way and is_exercise(head.rank):
            continue
        if ordinary <= 0 and (passed_over or not is_flash(head.rank)):
            passed_over = True
            continue
        chosen.append(head)
        ordinary -= 1
    return tuple(chosen)
