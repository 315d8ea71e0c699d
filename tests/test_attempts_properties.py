"""What holds for a delivery whatever happens to it, in whatever order: Hypothesis plays the world."""

from collections import Counter
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.delivery import (
    Answered,
    ChannelWentDown,
    Delivery,
    Event,
    FellSilent,
    GivenUp,
    HandedOver,
    Reported,
    Stopped,
    Tick,
    TryState,
    TurnedDown,
)
from messages.evidence import Ended, Evidence
from messages.precedence import Precedence
from tests.deliveries import MAIL, NOW, SAT, SDS, SMS, Case, case, rung

LADDERS = [
    (SMS,),
    (SMS, SDS),
    (MAIL,),
    (MAIL, SMS, SAT),
    (SMS, SDS, SAT, MAIL),
    (rung("email", must=True), rung("sms-modem", must=True), SDS),
    (rung("mqtt", proves=False), SMS),
]
PAUSES = st.sampled_from([0, 0.001, 1, 9.999, 10, 30, 61, 180, 600, 3600, 14400]).map(
    lambda s: timedelta(seconds=s)
)
LATE = {Ended.EXPIRED, Ended.FAILED}
IN_FLIGHT = TryState.SENDING


class World(RuleBasedStateMachine):
    """Channels take, refuse and fall silent; reports come late, twice and in any order; people answer or do not."""

    def __init__(self) -> None:
        super().__init__()
        self.c: Case = case(Precedence.FLASH, SMS)

    @initialize(precedence=st.sampled_from(Precedence), ladder=st.sampled_from(LADDERS))
    def begin(self, precedence: Precedence, ladder: tuple[object, ...]) -> None:
        self.c = case(precedence, *ladder)  # type: ignore[arg-type]

    def hear(self, event: Event) -> None:
        before = self.c.delivery
        self.c.hear(event)
        self.compare(before, self.c.delivery)

    def compare(self, before: Delivery, after: Delivery) -> None:
        if before.evidence >= Evidence.UNKNOWN:
            assert after.evidence >= before.evidence
        if before.ended is not after.ended:
            assert before.ended is None or (before.ended in LATE and after.ended is Ended.REACHED)
        then = {t.id: t for t in before.tries}
        for t in after.tries:
            if t.id in then and then[t.id].evidence >= Evidence.UNKNOWN:
                assert t.evidence >= then[t.id].evidence

    def tries(self, *states: TryState) -> list[int]:
        return [t.id for t in self.c.delivery.tries if t.state in states and not t.dropped]

    @rule(pause=PAUSES)
    def wait(self, pause: timedelta) -> None:
        self.c.at += pause
        self.hear(Tick())

    @rule()
    def wait_until_due(self) -> None:
        if (due := self.c.delivery.due_at) is not None:
            self.c.at = due - NOW
            self.hear(Tick())

    @precondition(lambda self: any(t.state is TryState.READY for t in self.c.delivery.tries))
    @rule()
    def a_channel_takes_a_try(self) -> None:
        ready = next(t for t in self.c.delivery.tries if t.state is TryState.READY)
        if self.c.now < self.c.delivery.expires_at:  # a claim checks the expiry once more
            self.c.send(self.c.ladder[ready.rung].channel)

    @precondition(lambda self: self.tries(IN_FLIGHT))
    @rule(data=st.data(), how=st.sampled_from(["receipt", "silence", "later", "never"]))
    def a_hand_over_ends(self, data: st.DataObject, how: str) -> None:
        n = data.draw(st.sampled_from(self.tries(IN_FLIGHT)))
        events = {"receipt": HandedOver(n), "silence": FellSilent(n), "later": TurnedDown(n, permanent=False)}
        self.hear(events.get(how, TurnedDown(n, permanent=True)))

    @precondition(lambda self: self.tries(TryState.DONE))
    @rule(data=st.data(), evidence=st.sampled_from(sorted(Evidence)))
    def a_report_comes(self, data: st.DataObject, evidence: Evidence) -> None:
        if evidence not in {Evidence.QUEUED, Evidence.SENDING}:
            self.hear(Reported(data.draw(st.sampled_from(self.tries(TryState.DONE))), evidence))

    @precondition(lambda self: self.tries(TryState.DONE))
    @rule(data=st.data())
    def the_far_end_gives_up(self, data: st.DataObject) -> None:
        self.hear(GivenUp(data.draw(st.sampled_from(self.tries(TryState.DONE)))))

    @rule(channel=st.sampled_from(["sms-modem", "email", "tetra"]))
    def a_channel_goes_down(self, channel: str) -> None:
        self.hear(ChannelWentDown(channel))

    @rule()
    def somebody_answers(self) -> None:
        self.hear(Answered())

    @rule()
    def it_is_stopped(self) -> None:
        self.hear(Stopped())
        assert self.c.delivery.ended is not None

    @invariant()
    def it_is_looked_at_again_or_has_ended(self) -> None:
        d = self.c.delivery
        assert (d.due_at is None) == (d.ended is not None)
        assert d.due_at is None or NOW < d.due_at <= d.expires_at

    @invariant()
    def at_most_one_copy_a_round_may_have_left_over_a_way(self) -> None:
        copies = Counter(
            (t.rung, t.round)
            for t in self.c.delivery.tries
            if t.state is TryState.SENDING or t.evidence >= Evidence.UNKNOWN or t.waiting
        )
        assert all(number == 1 for number in copies.values()), copies

    @invariant()
    def a_second_look_at_the_same_moment_does_nothing(self) -> None:
        if self.c.delivery.due_at is None or self.c.delivery.due_at > self.c.now:
            self.c.hear(Tick())
            before = self.c.delivery
            assert self.c.hear(Tick()) == ()
            assert self.c.delivery == before

    def teardown(self) -> None:
        """Whatever happened, its expiry ends it."""
        self.c.run_until(self.c.delivery.expires_at - NOW)
        self.c.at = max(self.c.at, self.c.delivery.expires_at - NOW)
        self.c.hear(Tick())
        assert self.c.delivery.ended is not None


World.TestCase.settings = settings(max_examples=120, stateful_step_count=25, deadline=None)
TestWhateverHappens = World.TestCase
