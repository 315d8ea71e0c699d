"""Precedence orders by urgency, and its words are read in any case."""

import pytest

from messages.precedence import Precedence


def test_the_most_urgent_comes_first() -> None:
    assert [p.word for p in sorted(Precedence)] == ["flash", "immediate", "priority", "routine"]


def test_its_number_is_the_rank_that_staff_see() -> None:
    assert [p.value for p in sorted(Precedence)] == [1, 2, 3, 4]


@pytest.mark.parametrize("precedence", Precedence)
def test_a_word_is_read_in_any_case(precedence: Precedence) -> None:
    assert Precedence.parse(f" {precedence.word.title()} ") is precedence


@pytest.mark.parametrize("word", ["", "urgent", "1", "Z", "flash!"])
def test_another_word_is_refused_with_the_four(word: str) -> None:
    with pytest.raises(ValueError, match="flash, immediate, priority, routine"):
        Precedence.parse(word)
