"""A delivery as a value: one alert to one recipient, its ladder, its tries, and what may happen to it. Pure.

A try is one attempt over one rung: one row of the queue. `attempts.step` folds an Event into a Delivery and says
with Effects what is to be done about it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from gateway.router import Rung
from messages.evidence import Ended, Evidence
from messages.precedence import Precedence


class TryState(IntEnum):
    """Where a try is. The numbers are literal in the store's partial indexes: never renumber."""

    READY = 0  # waits for its channel
    DELAYED = 1  # not before a time
    SENDING = 2  # committed; bytes may be leaving
    DONE = 3  # receipt, refusal, silence, or dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    id: int
    rung: int  # index into the ladder
    round: int  # from 1
    state: TryState
    evidence: Evidence
    queued_at: datetime
    not_before: datetime | None = None
    started_at: datetime | None = None
    permanent: bool = False  # refused for good: this way is not tried again
    stalled: bool = False  # nothing more is to be hoped for: its channel went down, or the far end gave it up
    silent: bool = False  # its deadline passed with a receipt and no report
    dropped: bool = False  # taken out of the queue: nothing left, nothing will

    @property
    def waiting(self) -> bool:
        return self.state in {TryState.READY, TryState.DELAYED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    id: int
    precedence: Precedence
    want: Evidence
    ladder: tuple[Rung, ...]
    began_at: datetime
    expires_at: datetime
    round_began: datetime
    tries: tuple[Try, ...] = ()
    round: int = 1
    evidence: Evidence = Evidence.QUEUED
    ended: Ended | None = None
    deputy_asked: bool = False
    on_call_list: bool = False
    due_at: datetime | None = None


# What may happen to it.


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed, or the delivery is new."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A receipt."""

    try_id: int
    evidence: Evidence = Evidence.SUBMITTED


@dataclass(frozen=True, slots=True)
class TurnedDown:
    """A refusal: nothing left. `channel_down`: nothing else would have left either."""

    try_id: int
    permanent: bool
    channel_down: bool = False
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FellSilent:
    """Bytes left and no answer came: it may have arrived."""

    try_id: int


@dataclass(frozen=True, slots=True)
class Reported:
    """A report about a try, early or late, in or out of order."""

    try_id: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The far end took it and now says that it came to nothing: a bounce, a failed report, an out-of-office.

    What is known is not lowered; but nothing is waited for on this way.
    """

    try_id: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answered, by whatever way. `try_id`: what they say they answer, which therefore arrived."""

    try_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChannelWentDown:
    channel: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The alert is stopped or withdrawn: nothing more leaves."""


Event = (
    Tick | HandedOver | TurnedDown | FellSilent | Reported | GivenUp | Answered | ChannelWentDown | Stopped
)

# What is to be done about it.


@dataclass(frozen=True, slots=True)
class Start:
    """Queue a new try. `why` is a word of the catalogue; `repeated` marks the text (gentaget)."""

    rung: int
    round: int
    why: str
    not_before: datetime | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """Take a waiting try out of the queue."""

    try_id: int


@dataclass(frozen=True, slots=True)
class AskDeputy:
    """The recipient's deputy gets the alert too."""


@dataclass(frozen=True, slots=True)
class PutOnCallList:
    """A person has to phone."""


@dataclass(frozen=True, slots=True)
class NextRound:
    number: int


@dataclass(frozen=True, slots=True)
class ChannelSilent:
    """The channel took it and nothing was reported by its deadline."""

    channel: str


@dataclass(frozen=True, slots=True)
class ChannelProven:
    """A report, or an answer to what it brought, shows that the channel delivers."""

    channel: str


@dataclass(frozen=True, slots=True)
class End:
    ended: Ended


Effect = Start | Drop | AskDeputy | PutOnCallList | NextRound | ChannelSilent | ChannelProven | End
