"""What a TETRA radio's driver tells its caller."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

from hardware.codecs.sds_status import Verdict
from hardware.event_queue import EventQueue
from hardware.tetra_state import State

Settle = Callable[[], Awaitable[None]]


class Step(Enum):
    """How far a message has come, as the radio says; that it arrived is a `Reported`."""

    ACCEPTED = "the radio has taken it"
    ON_AIR = "sent over the air"
    FAILED = "the radio could not send it"


@dataclass(frozen=True, slots=True)
class Sent:
    """What `send` returns. `instance` is the radio's own number, None from one that gives none."""

    instance: int | None
    step: Step


@dataclass(frozen=True, slots=True)
class Received:
    """Short data or a status that is no report. Numbers are SSIs without leading zeros, '' for one not shown.

    The radio keeps nothing: it is lost with this process. `settle` tells the sender's radio that it was received,
    if it asked for that; call it when the message is safe, and one that is not settled is sent again by its sender.
    """

    service: int  # 9 to 11 SDS type 1 to 3, 12 SDS type 4 with SDS-TL, 13 status
    sender: str
    called: str
    user_data: bytes
    to_group: bool
    settle: Settle = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reported:
    """An SDS-TL report or short report on a message of ours. `reference` is that message's, 0 to 255."""

    sender: str
    reference: int
    verdict: Verdict
    detail: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class LateStep:
    """What became of a message after `send` had ended as MaybeSent, or after it had returned.

    `reference` is the message's own, None where it has none.
    """

    destination: str
    reference: int | None
    step: Step


@dataclass(frozen=True, slots=True)
class StateChanged:
    state: State
    reason: str


Event = Received | Reported | LateStep | StateChanged


class TetraEvents(EventQueue[Event]):
    """Events for one reader. Overflow rule: of changes of state only the newest waits. A message or a report that
    finds the queue full is dropped with a warning: its sender gets no report, and sends it again.
    """

    def __init__(self, *, bound: int = 500) -> None:
        super().__init__(StateChanged, bound=bound)
