"""Evidence climbs and never falls (I9); the worst part of an attempt and the best attempt of a delivery count."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.evidence import MAY_BECOME, Evidence, best, climb, worst

E = Evidence
evidence = st.sampled_from(Evidence)


@given(evidence, evidence)
def test_what_has_left_never_goes_down(now: Evidence, seen: Evidence) -> None:
    after = climb(now, seen)

    assert after in {now, seen}
    if now >= E.UNKNOWN:
        assert after >= now


@given(st.lists(evidence))
def test_replays_change_nothing(seen: list[Evidence]) -> None:
    once = reduce(climb, seen, E.SENDING)

    assert reduce(climb, seen, once) == once


@given(
    st.lists(st.sampled_from([e for e in E if e >= E.UNKNOWN])).flatmap(
        lambda s: st.tuples(st.just(s), st.permutations(s))
    )
)
def test_reports_may_come_in_any_order(orders: tuple[list[Evidence], list[Evidence]]) -> None:
    sent, came = orders

    assert reduce(climb, sent, E.SENDING) == reduce(climb, came, E.SENDING)


@pytest.mark.parametrize(
    ("now", "seen", "after"),
    [
        (E.QUEUED, E.SENDING, E.SENDING),
        (E.QUEUED, E.DELIVERED, E.QUEUED),
        (E.QUEUED, E.REFUSED, E.REFUSED),
        (E.SENDING, E.UNKNOWN, E.UNKNOWN),
        (E.SENDING, E.REFUSED, E.REFUSED),
        (E.SENDING, E.QUEUED, E.SENDING),
        (E.UNKNOWN, E.SUBMITTED, E.SUBMITTED),
        (E.UNKNOWN, E.REFUSED, E.UNKNOWN),
        (E.SUBMITTED, E.ACKNOWLEDGED, E.ACKNOWLEDGED),
        (E.DELIVERED, E.SUBMITTED, E.DELIVERED),
        (E.DELIVERED, E.REFUSED, E.DELIVERED),
        (E.REFUSED, E.SENDING, E.REFUSED),
        (E.REFUSED, E.UNKNOWN, E.REFUSED),
        (E.REFUSED, E.SUBMITTED, E.SUBMITTED),
        (E.REFUSED, E.DELIVERED, E.DELIVERED),
        (E.REFUSED, E.READ, E.READ),
    ],
)
def test_an_attempt_climbs_as_the_table_says(now: Evidence, seen: Evidence, after: Evidence) -> None:
    assert climb(now, seen) is after


def test_every_evidence_has_its_row_in_the_table() -> None:
    assert MAY_BECOME.keys() == set(Evidence)


@given(st.lists(evidence, min_size=1))
def test_the_worst_part_counts(parts: list[Evidence]) -> None:
    assert worst(parts) == min(parts)


def test_an_attempt_without_parts_waits() -> None:
    assert worst([]) is E.QUEUED


@given(st.lists(evidence), evidence)
def test_a_delivery_shows_its_best_attempt_and_never_less_than_it_showed(
    attempts: list[Evidence], shown: Evidence
) -> None:
    now = best(attempts, floor=shown)

    assert now is not E.REFUSED
    assert all(now >= attempt for attempt in attempts)
    if shown >= E.UNKNOWN:
        assert now >= shown


@pytest.mark.parametrize(
    ("attempts", "floor", "shown"),
    [
        ([], E.QUEUED, E.QUEUED),
        ([E.REFUSED], E.QUEUED, E.QUEUED),
        ([E.REFUSED], E.SENDING, E.QUEUED),
        ([E.UNKNOWN, E.REFUSED], E.QUEUED, E.UNKNOWN),
        ([E.SENDING], E.SUBMITTED, E.SUBMITTED),
        ([E.DELIVERED, E.SUBMITTED], E.SUBMITTED, E.DELIVERED),
    ],
)
def test_a_delivery_falls_back_only_below_unknown(
    attempts: list[Evidence], floor: Evidence, shown: Evidence
) -> None:
    assert best(attempts, floor=floor) is shown


@pytest.mark.parametrize("each", Evidence)
def test_a_word_is_read_in_any_case(each: Evidence) -> None:
    assert Evidence.parse(f" {each.word.upper()} ") is each


def test_another_word_is_refused_with_those_that_can_be_wanted() -> None:
    with pytest.raises(ValueError, match="submitted, delivered, read, acknowledged"):
        Evidence.parse("sent")
