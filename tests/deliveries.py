"""One delivery under the decision function: effects are carried out as the store does, the clock is told."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from gateway.attempts import due, step
from gateway.delivery import Delivery, Effect, Event, Start, Tick, Try, TryState
from gateway.policy import DEFAULTS, Policy
from gateway.router import Rung
from messages.evidence import Evidence
from messages.precedence import Precedence

NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
S, M, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def rung(bearer: str, *, must: bool = False, proves: bool = True, channel: str = "") -> Rung:
    return Rung(
        channel=channel or bearer,
        bearer=bearer,
        address=f"{bearer}:vagt",
        domains=(bearer,),
        why="other-domain",
        must=must,
        proves=proves,
    )


SMS, SDS, MAIL, SAT, MQTT = (rung(b) for b in ("sms-modem", "tetra", "email", "iridium", "mqtt"))


@dataclass
class Case:
    """A delivery as it goes on. `at` is how long ago it began; `effects` are those of the last event."""

    precedence: Precedence
    ladder: tuple[Rung, ...]
    policy: Policy
    delivery: Delivery
    at: timedelta = timedelta()
    effects: tuple[Effect, ...] = ()
    history: list[Effect] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def now(self) -> datetime:
        return NOW + self.at

    def hear(self, event: Event) -> tuple[Effect, ...]:
        self.delivery, self.effects = step(self.delivery, event, self.policy, now=self.now)
        self.history += self.effects
        for effect in self.effects:
            if isinstance(effect, Start):
                self._queue(effect)
        return self.effects

    def tick(self, at: timedelta) -> tuple[Effect, ...]:
        self.at = at
        return self.hear(Tick())

    def run_until(self, at: timedelta) -> None:
        """Looks whenever a look is due, as the timekeeper does."""
        while (due := self.delivery.due_at) is not None and due <= NOW + at:
            self.tick(due - NOW)
        self.at = at

    def send(self, channel: str) -> Try:
        """The channel takes its waiting try: it is committed as `sending`."""
        waiting = next(t for t in self.delivery.tries if t.waiting and self._channel(t) == channel)
        sending = replace(
            waiting, state=TryState.SENDING, evidence=Evidence.SENDING, started_at=self.now, not_before=None
        )
        self._put(sending)
        best = max(self.delivery.evidence, Evidence.SENDING)
        self.delivery = replace(self.delivery, evidence=best)
        return sending

    def started(self) -> list[str]:
        return [self.ladder[e.rung].channel for e in self.effects if isinstance(e, Start)]

    def waiting(self) -> list[str]:
        return [self._channel(t) for t in self.delivery.tries if t.waiting]

    def _channel(self, t: Try) -> str:
        return self.ladder[t.rung].channel

    def _put(self, changed: Try) -> None:
        tries = tuple(changed if t.id == changed.id else t for t in self.delivery.tries)
        self.delivery = replace(self.delivery, tries=tries)

    def _queue(self, start: Start) -> None:
        delayed = start.not_before is not None and start.not_before > self.now
        new = Try(
            id=next(self._ids),
            rung=start.rung,
            round=start.round,
            state=TryState.DELAYED if delayed else TryState.READY,
            evidence=Evidence.QUEUED,
            queued_at=self.now,
            not_before=start.not_before if delayed else None,
        )
        self.delivery = replace(self.delivery, tries=(*self.delivery.tries, new))
        if self.delivery.ended is None:
            # What the store does after it has queued a try: the deadline of the new try counts too.
            self.delivery = replace(self.delivery, due_at=due(self.delivery, self.policy, self.now))


def case(
    precedence: Precedence,
    *ladder: Rung,
    want: Evidence | None = None,
    policy: Policy | None = None,
    **changes: object,
) -> Case:
    """A new delivery, looked at for the first time."""
    policy = replace(policy or DEFAULTS[precedence], **changes)  # type: ignore[arg-type]
    delivery = Delivery(
        id=1,
        precedence=precedence,
        want=want or policy.want,
        ladder=ladder,
        began_at=NOW,
        expires_at=NOW + policy.expires_after,
        round_began=NOW,
    )
    made = Case(precedence, ladder, policy, delivery)
    made.hear(Tick())
    return made
