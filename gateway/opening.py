"""How a delivery begins over a ladder: the first decision, remembered, since it is the same for everybody.

`attempts.step` asks only for the state and for how much time has passed, so what it decides about a new delivery
holds at any hour; only the times have to be put in. Pure.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway import attempts
from gateway.delivery import Delivery, Effect, Start, Tick, Try, TryState
from gateway.policy import Policy
from gateway.router import Rung
from messages.evidence import Ended, Evidence
from messages.precedence import Precedence

_SOMETIME = datetime(2026, 1, 1, tzinfo=UTC)
_FAR = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new delivery is like right after its first step."""

    ladder: tuple[Rung, ...]
    effects: tuple[Effect, ...]
    ended: Ended | None
    deputy_asked: bool
    on_call_list: bool
    due_after: timedelta | None  # until it is looked at, unless it expires before; None: never


def opening(ladder: tuple[Rung, ...], precedence: Precedence, *, want: Evidence, policy: Policy) -> Opening:
    new = Delivery(
        id=0,
        precedence=precedence,
        want=want,
        ladder=ladder,
        began_at=_SOMETIME,
        round_began=_SOMETIME,
        expires_at=_SOMETIME + _FAR,
    )
    after, effects = attempts.step(new, Tick(), policy, now=_SOMETIME)
    tries = tuple(_queued(number, each) for number, each in enumerate(effects) if isinstance(each, Start))
    started = attempts.with_tries(after, tries)
    due_after = None if after.ended else attempts.due(started, policy, _SOMETIME) - _SOMETIME
    return Opening(ladder, effects, after.ended, after.deputy_asked, after.on_call_list, due_after)


def _queued(number: int, start: Start) -> Try:
    return Try(
        id=number,
        rung=start.rung,
        round=start.round,
        state=TryState.READY,
        evidence=Evidence.QUEUED,
        queued_at=_SOMETIME,
    )
