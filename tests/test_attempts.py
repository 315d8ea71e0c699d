"""The ladder's decisions, rule by rule: the policy table of the architecture as examples."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.delivery import (
    Answered,
    AskDeputy,
    ChannelProven,
    ChannelSilent,
    ChannelWentDown,
    Drop,
    End,
    FellSilent,
    GivenUp,
    HandedOver,
    NextRound,
    PutOnCallList,
    Reported,
    Start,
    Stopped,
    Tick,
    TurnedDown,
)
from gateway.errors import GatewayError
from gateway.policy import DEFAULTS
from messages.evidence import Ended, Evidence
from messages.precedence import Precedence
from tests.deliveries import MAIL, MQTT, NOW, SAT, SDS, SMS, Case, H, M, S, case, rung

FLASH, IMMEDIATE, PRIORITY, ROUTINE = Precedence
MS = timedelta(milliseconds=1)


def handed_over(c: Case, channel: str) -> int:
    sent = c.send(channel)
    c.hear(HandedOver(sent.id))
    return sent.id


# Started at once


@pytest.mark.parametrize(("precedence", "at_once"), [(FLASH, 2), (IMMEDIATE, 1), (PRIORITY, 1), (ROUTINE, 1)])
def test_as_many_ways_start_at_once_as_the_precedence_says(precedence: Precedence, at_once: int) -> None:
    c = case(precedence, SMS, SDS, SAT)
    assert c.started() == ["sms-modem", "tetra", "iridium"][:at_once]


def test_a_recipient_without_a_way_fails_at_once_and_the_deputy_and_a_caller_are_asked() -> None:
    c = case(FLASH)
    assert c.effects == (AskDeputy(), PutOnCallList(), End(Ended.FAILED))


def test_a_recipient_without_a_way_who_need_not_answer_troubles_no_deputy() -> None:
    assert case(ROUTINE).effects == (End(Ended.FAILED),)


# The next domain

DEADLINES = [
    (FLASH, SMS, 30 * S),
    (FLASH, SDS, 15 * S),
    (FLASH, MQTT, 10 * S),
    (FLASH, SAT, 120 * S),
    (FLASH, MAIL, 60 * S),
    (IMMEDIATE, SMS, 2 * M),
    (IMMEDIATE, SAT, 5 * M),
    (PRIORITY, SMS, 15 * M),
    (ROUTINE, SMS, 4 * H),
]


@pytest.mark.parametrize(("precedence", "way", "deadline"), DEADLINES)
def test_without_delivered_by_the_bearers_deadline_the_next_domain_starts(
    precedence: Precedence, way: object, deadline: timedelta
) -> None:
    c = case(precedence, way, rung("spare"), at_once=1, want=Evidence.ACKNOWLEDGED)  # type: ignore[arg-type]
    handed_over(c, way.bearer)  # type: ignore[attr-defined]
    c.run_until(deadline - MS)
    assert c.waiting() == []
    c.tick(deadline)
    assert c.started() == ["spare"]


@pytest.mark.parametrize(("precedence", "within"), [(FLASH, 10 * S), (IMMEDIATE, 60 * S), (PRIORITY, 10 * M)])
def test_a_try_that_its_channel_does_not_take_in_time_is_overtaken(
    precedence: Precedence, within: timedelta
) -> None:
    c = case(precedence, SMS, SDS, at_once=1)
    c.run_until(within - MS)
    assert c.waiting() == ["sms-modem"]
    c.tick(within)
    assert c.started() == ["tetra"]


@pytest.mark.parametrize("precedence", [FLASH, IMMEDIATE])
@pytest.mark.parametrize("event", [FellSilent, lambda n: TurnedDown(n, permanent=True), TurnedDown])
def test_the_two_that_hurry_go_on_at_once_after_an_error_or_unknown(
    precedence: Precedence, event: object
) -> None:
    c = case(precedence, SMS, SDS, at_once=1)
    make = (lambda n: TurnedDown(n, permanent=False)) if event is TurnedDown else event
    c.hear(make(c.send("sms-modem").id))  # type: ignore[operator]
    assert "tetra" in c.started()


@pytest.mark.parametrize(("precedence", "deadline"), [(PRIORITY, 15 * M), (ROUTINE, 4 * H)])
def test_the_others_wait_for_the_deadline_after_unknown(precedence: Precedence, deadline: timedelta) -> None:
    c = case(precedence, SMS, SDS)
    c.hear(FellSilent(c.send("sms-modem").id))
    c.run_until(deadline - MS)
    assert c.waiting() == []
    c.tick(deadline)
    assert c.started() == ["tetra"]


@pytest.mark.parametrize("precedence", [PRIORITY, ROUTINE])
def test_a_permanent_refusal_leads_to_the_next_domain_in_every_precedence(precedence: Precedence) -> None:
    c = case(precedence, SMS, SDS)
    c.hear(TurnedDown(c.send("sms-modem").id, permanent=True))
    assert c.started() == ["tetra"]


def test_a_way_that_went_down_while_the_try_waited_is_left_at_once_by_who_hurries() -> None:
    c = case(IMMEDIATE, SMS, SDS)
    c.hear(ChannelWentDown("sms-modem"))
    assert c.started() == ["tetra"]
    assert c.waiting() == ["sms-modem", "tetra"]  # it stays in the queue: the channel may come back


def test_unknown_is_never_sent_again_over_the_same_way_in_the_same_round() -> None:
    c = case(IMMEDIATE, SMS, SDS)
    c.hear(FellSilent(c.send("sms-modem").id))
    c.hear(FellSilent(c.send("tetra").id))
    c.run_until(10 * M - MS)
    assert [t.rung for t in c.delivery.tries] == [0, 1]


def test_the_same_way_in_a_later_round_is_marked_as_repeated() -> None:
    c = case(IMMEDIATE, SMS)
    c.hear(FellSilent(c.send("sms-modem").id))
    c.tick(10 * M)
    assert c.effects == (NextRound(2), Start(0, 2, "round", repeated=True))


def test_the_same_way_is_marked_as_repeated_while_its_first_copy_is_still_leaving() -> None:
    c = case(IMMEDIATE, SMS)
    c.send("sms-modem")
    c.tick(10 * M)
    assert c.effects == (NextRound(2), Start(0, 2, "round", repeated=True))


def test_a_correction_that_waits_is_started_anew_by_its_next_round_and_not_twice() -> None:
    c = case(IMMEDIATE, rung("email", must=True))
    c.tick(10 * M)
    assert c.effects == (Drop(1), NextRound(2), Start(0, 2, "same-way"))


def test_a_way_that_only_ever_refused_is_not_marked_as_repeated() -> None:
    c = case(IMMEDIATE, SMS)
    c.hear(TurnedDown(c.send("sms-modem").id, permanent=True))
    c.tick(10 * M)
    assert Start(0, 2, "round", repeated=False) in c.effects


# Transient refusals


def test_a_transient_refusal_is_tried_again_with_growing_pauses_and_never_twice_at_a_time() -> None:
    c, pauses = case(PRIORITY, SMS), []
    for _ in range(6):
        c.hear(TurnedDown(c.send("sms-modem").id, permanent=False))
        [waiting] = [t for t in c.delivery.tries if t.waiting]
        assert waiting.not_before is not None
        pauses.append(waiting.not_before - c.now)
        c.hear(Tick())
        c.tick(waiting.not_before - NOW)
    assert pauses == [2 * S, 4 * S, 8 * S, 16 * S, 32 * S, 64 * S]


def test_the_pause_ends_growing_at_the_policys_longest() -> None:
    policy = case(PRIORITY, SMS).policy
    assert policy.retry_after(40) == policy.retry_longest == 10 * M


def test_the_far_ends_own_time_to_try_again_is_kept() -> None:
    c = case(PRIORITY, SMS)
    c.hear(TurnedDown(c.send("sms-modem").id, permanent=False, retry_at=NOW + 7 * M))
    assert c.effects == (Start(0, 1, "retry", not_before=NOW + 7 * M),)


def test_a_permanent_refusal_is_not_tried_again_in_its_round() -> None:
    c = case(PRIORITY, SMS)
    c.hear(TurnedDown(c.send("sms-modem").id, permanent=True))
    c.run_until(2 * H - MS)
    assert len(c.delivery.tries) == 1


# Rounds, deputy, call list


def test_a_flash_without_answer_goes_round_three_times_and_asks_deputy_and_caller_once() -> None:
    c, told = case(FLASH, SMS, SDS), {}
    for at in [3 * M, 5 * M, 6 * M, 10 * M, 20 * M]:
        c.run_until(at)
        found = [e for e in c.history if isinstance(e, NextRound | AskDeputy | PutOnCallList)]
        told[at] = found
    assert told[3 * M] == [NextRound(2)]
    assert told[5 * M] == [NextRound(2), AskDeputy()]
    assert told[6 * M] == [NextRound(2), AskDeputy(), NextRound(3)]
    assert told[20 * M] == told[10 * M] == [NextRound(2), AskDeputy(), NextRound(3), PutOnCallList()]


def test_an_immediate_has_its_own_times() -> None:
    c = case(IMMEDIATE, SMS)
    c.run_until(40 * M)
    found = [e for e in c.history if isinstance(e, NextRound | AskDeputy | PutOnCallList)]
    assert found == [NextRound(2), AskDeputy(), NextRound(3), PutOnCallList()]


def test_a_priority_gets_one_reminder_after_two_hours_and_nobody_else_is_asked() -> None:
    c = case(PRIORITY, SMS)
    handed_over(c, "sms-modem")
    c.run_until(2 * H)
    assert c.effects == (NextRound(2), Start(0, 2, "round", repeated=True))
    c.run_until(23 * H)
    assert [e for e in c.history if isinstance(e, NextRound | AskDeputy | PutOnCallList)] == [NextRound(2)]


def test_a_routine_is_never_repeated() -> None:
    c = case(ROUTINE, SMS, want=Evidence.DELIVERED)
    handed_over(c, "sms-modem")
    c.run_until(71 * H)
    assert len(c.delivery.tries) == 1


def test_a_new_round_takes_what_still_waits_out_of_the_queue() -> None:
    c = case(IMMEDIATE, SMS)
    c.tick(10 * M)
    assert c.effects == (Drop(1), NextRound(2), Start(0, 2, "round"))


# Evidence that is enough, and that is not


@pytest.mark.parametrize("precedence", [FLASH, IMMEDIATE])
@pytest.mark.parametrize("evidence", [Evidence.SUBMITTED, Evidence.DELIVERED, Evidence.READ])
def test_mail_alone_never_proves_what_the_two_highest_want(
    precedence: Precedence, evidence: Evidence
) -> None:
    policy = replace(DEFAULTS[precedence], want=Evidence.SUBMITTED)
    c = case(precedence, MAIL, SMS, at_once=1, policy=policy)
    c.hear(Reported(handed_over(c, "email"), evidence))
    assert c.delivery.ended is None
    c.run_until(2 * M)
    assert c.waiting() == ["sms-modem"]


@pytest.mark.parametrize("precedence", [FLASH, IMMEDIATE])
@pytest.mark.parametrize("want", [Evidence.SUBMITTED, Evidence.DELIVERED, Evidence.READ])
def test_mail_proves_what_an_author_wants_of_the_two_highest(precedence: Precedence, want: Evidence) -> None:
    c = case(precedence, MAIL, want=want)
    number = handed_over(c, "email")
    if want > Evidence.SUBMITTED:
        assert c.delivery.ended is None
        c.hear(Reported(number, want))
    assert c.effects[-1] == End(Ended.REACHED)
    c.run_until(1 * H)
    assert len(c.delivery.tries) == 1


def test_mail_is_enough_for_routine() -> None:
    c = case(ROUTINE, MAIL)
    handed_over(c, "email")
    assert c.effects == (End(Ended.REACHED),)


def test_delivered_stops_further_domains_but_not_the_rounds() -> None:
    c = case(FLASH, SMS, SDS, SAT)
    c.hear(Reported(handed_over(c, "sms-modem"), Evidence.DELIVERED))
    assert c.effects == (ChannelProven("sms-modem"), Drop(2))
    c.run_until(3 * M - MS)
    assert c.waiting() == []
    c.tick(3 * M)
    assert c.effects[0] == NextRound(2)
    assert c.started() == ["sms-modem", "tetra"]


def test_an_answer_over_any_way_ends_it_and_empties_the_queue() -> None:
    c = case(FLASH, SMS, SDS)
    c.hear(Answered())
    assert c.effects == (Drop(1), Drop(2), End(Ended.REACHED))
    assert (c.delivery.evidence, c.delivery.due_at) == (Evidence.ACKNOWLEDGED, None)


def test_an_answer_proves_the_way_that_it_says_it_came_over() -> None:
    c = case(FLASH, SMS, SDS)
    c.hear(Answered(handed_over(c, "tetra")))
    assert c.effects == (ChannelProven("tetra"), Drop(1), End(Ended.REACHED))


def test_a_bearer_that_cannot_prove_counts_as_tried_and_the_ladder_goes_on() -> None:
    c = case(FLASH, rung("mqtt", proves=False), SMS, at_once=1)
    handed_over(c, "mqtt")
    c.tick(10 * S)
    assert c.effects == (Start(1, 1, "no-evidence"),)


def test_an_overdue_report_speaks_against_its_channel_once() -> None:
    c = case(FLASH, SMS, at_once=1)
    handed_over(c, "sms-modem")
    c.run_until(2 * M)
    assert [e for e in c.history if isinstance(e, ChannelSilent)] == [ChannelSilent("sms-modem")]


@pytest.mark.parametrize("precedence", list(Precedence))
def test_what_the_far_end_gives_up_is_waited_for_no_longer_and_lowers_nothing(precedence: Precedence) -> None:
    c = case(precedence, MAIL, SMS, at_once=1, want=Evidence.DELIVERED)
    bounced = handed_over(c, "email")
    c.hear(GivenUp(bounced))
    assert c.effects == (Start(1, 1, "given-up"),)
    assert c.delivery.evidence is Evidence.SUBMITTED
    assert c.hear(GivenUp(bounced)) == ()


def test_what_was_given_up_says_nothing_about_its_channel_and_may_still_be_delivered() -> None:
    c = case(FLASH, SMS, at_once=1)
    c.hear(GivenUp(handed_over(c, "sms-modem")))
    c.run_until(2 * M)
    assert not [e for e in c.history if isinstance(e, ChannelSilent)]
    c.hear(Reported(1, Evidence.DELIVERED))
    assert c.delivery.evidence is Evidence.DELIVERED


# Ends


def test_it_expires_at_the_moment_of_its_expiry_and_not_before() -> None:
    c = case(PRIORITY, SMS)
    c.run_until(24 * H - MS)
    assert c.delivery.ended is None
    c.tick(24 * H)
    assert c.effects[-1] == End(Ended.EXPIRED)
    assert c.waiting() == []


def test_it_fails_when_every_rung_and_round_has_been_tried() -> None:
    c = case(ROUTINE, SMS, SDS)
    c.hear(TurnedDown(c.send("sms-modem").id, permanent=True))
    c.hear(TurnedDown(c.send("tetra").id, permanent=True))
    assert c.effects == (End(Ended.FAILED),)


@pytest.mark.parametrize("at", [6 * H, 25 * H])
def test_late_evidence_turns_failed_and_expired_into_reached_and_never_back(at: timedelta) -> None:
    c = case(PRIORITY, SMS, rounds=1, no_answer_next_round=None)
    sent = handed_over(c, "sms-modem")
    c.run_until(at)
    c.tick(at)
    before = c.delivery.ended
    c.hear(Reported(sent, Evidence.DELIVERED))
    assert (before, c.delivery.ended) == (Ended.FAILED, Ended.REACHED)
    c.hear(Reported(sent, Evidence.REFUSED))
    c.hear(FellSilent(sent))
    assert (c.delivery.ended, c.delivery.evidence) == (Ended.REACHED, Evidence.DELIVERED)


def test_an_expired_one_that_was_in_flight_is_reached_when_its_receipt_comes() -> None:
    c = case(ROUTINE, MAIL)
    sent = c.send("email")
    c.tick(72 * H)
    assert c.effects[-1] == End(Ended.EXPIRED)
    c.hear(HandedOver(sent.id))
    assert c.effects == (End(Ended.REACHED),)


def test_a_stop_cancels_and_empties_the_queue_and_stays_cancelled_whatever_comes() -> None:
    c = case(FLASH, SMS, SDS)
    sent = c.send("sms-modem")
    c.hear(Stopped())
    assert c.effects == (Drop(2), End(Ended.CANCELLED))
    c.hear(HandedOver(sent.id))
    c.hear(Reported(sent.id, Evidence.DELIVERED))
    c.hear(Answered())
    assert (c.delivery.ended, c.delivery.evidence) == (Ended.CANCELLED, Evidence.ACKNOWLEDGED)


def test_a_stop_after_the_end_changes_nothing() -> None:
    c = case(ROUTINE, MAIL)
    handed_over(c, "email")
    before = c.delivery
    assert (c.hear(Stopped()), c.delivery) == ((), before)


def test_an_event_about_a_try_of_another_delivery_is_an_error() -> None:
    with pytest.raises(GatewayError, match="has no attempt 99"):
        case(FLASH, SMS).hear(HandedOver(99))


# Corrections go over the same ways


def test_every_way_that_a_correction_must_go_over_starts_at_once() -> None:
    c = case(ROUTINE, rung("email", must=True), rung("sms-modem", must=True), SDS)
    assert c.started() == ["email", "sms-modem"]
    assert {e.why for e in c.effects if isinstance(e, Start)} == {"same-way"}


def test_a_correction_that_is_reached_over_one_way_still_goes_over_the_others() -> None:
    c = case(ROUTINE, rung("email", must=True), rung("sms-modem", must=True), SDS)
    handed_over(c, "email")
    assert c.effects == (End(Ended.REACHED),)
    assert c.waiting() == ["sms-modem"]


def test_a_correction_that_is_reached_still_tries_again_where_it_was_refused_for_now() -> None:
    c = case(ROUTINE, rung("email", must=True), rung("sms-modem", must=True))
    handed_over(c, "email")
    c.hear(TurnedDown(c.send("sms-modem").id, permanent=False))
    assert c.waiting() == ["sms-modem"]


def test_a_stopped_correction_leaves_over_no_way() -> None:
    c = case(ROUTINE, rung("email", must=True), rung("sms-modem", must=True))
    c.hear(Stopped())
    assert c.waiting() == []


# Looking


@pytest.mark.parametrize("precedence", list(Precedence))
def test_a_second_look_at_the_same_moment_does_nothing(precedence: Precedence) -> None:
    c = case(precedence, SMS, SDS, MAIL)
    for at in [10 * S, 3 * M, 5 * M, 2 * H, 4 * H, 80 * H]:
        c.tick(at)
        before = c.delivery
        assert (c.hear(Tick()), c.delivery) == ((), before)
