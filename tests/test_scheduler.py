"""What a channel hands over next (invariant I4), and what has to wait (I7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scheduler import Head, choose, is_exercise, is_flash, rank
from messages.precedence import Precedence

FLASH, IMMEDIATE, PRIORITY, ROUTINE, DRILL_FLASH, DRILL_ROUTINE = 1, 2, 3, 4, 5, 8


def chosen(*ranks: int, window: int, in_flight: int = 0, live: bool = False) -> list[int]:
    heads = [Head(n, r) for n, r in enumerate(ranks, start=1)]
    return [head.rank for head in choose(heads, window, in_flight=in_flight, live_under_way=live)]


@pytest.mark.parametrize("precedence", list(Precedence))
def test_live_comes_before_every_exercise(precedence: Precedence) -> None:
    assert rank(precedence, "live") == int(precedence) < rank(Precedence.FLASH, "exercise")
    assert is_exercise(rank(precedence, "exercise"))
    assert is_flash(rank(precedence, "exercise")) == (precedence is Precedence.FLASH)


@pytest.mark.parametrize(
    ("waiting", "window", "in_flight", "expected"),
    [
        ((ROUTINE, FLASH, PRIORITY), 1, 0, [FLASH]),
        ((ROUTINE,), 1, 0, [ROUTINE]),  # a bearer with one slot has none to keep
        ((ROUTINE,), 1, 1, []),
        ((ROUTINE, ROUTINE, ROUTINE), 3, 0, [ROUTINE, ROUTINE]),  # the last slot is kept for FLASH
        ((ROUTINE, FLASH), 2, 1, [FLASH]),
        ((ROUTINE,), 2, 1, []),
        ((FLASH, FLASH, ROUTINE), 3, 0, [FLASH, FLASH]),
        ((FLASH, IMMEDIATE, ROUTINE), 4, 0, [FLASH, IMMEDIATE, ROUTINE]),
        ((DRILL_ROUTINE, DRILL_FLASH), 2, 1, [DRILL_FLASH]),
        ((ROUTINE, DRILL_FLASH), 2, 1, []),  # nor does a drill take it while anything live waits
        ((), 4, 0, []),
    ],
)
def test_the_best_go_first_and_a_slot_stays_free_for_flash(
    waiting: tuple[int, ...], window: int, in_flight: int, expected: list[int]
) -> None:
    assert chosen(*waiting, window=window, in_flight=in_flight) == expected


def test_the_oldest_goes_first_within_a_rank() -> None:
    heads = [Head(9, ROUTINE), Head(4, ROUTINE), Head(7, ROUTINE)]
    assert [h.attempt_id for h in choose(heads, 3, in_flight=0, live_under_way=False)] == [4, 7]


def test_exercises_wait_while_a_live_alert_is_under_way() -> None:
    assert chosen(DRILL_FLASH, ROUTINE, DRILL_ROUTINE, window=4, live=True) == [ROUTINE]


@given(st.lists(st.integers(1, 8), max_size=12), st.integers(1, 6), st.integers(0, 6), st.booleans())
def test_nothing_chosen_is_worse_than_what_was_left_waiting(
    ranks: list[int], window: int, in_flight: int, live: bool
) -> None:
    taken = chosen(*ranks, window=window, in_flight=in_flight, live=live)
    assert len(taken) <= max(0, window - in_flight)
    left = list(ranks)
    for each in taken:
        left.remove(each)
    eligible = [r for r in left if not (live and is_exercise(r))]
    assert not taken or not eligible or max(taken) <= min(eligible)
