"""What a GSM modem driver tells its caller, and the queue it waits in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hardware import event_queue
from hardware.gsm_state import State

Settle = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Received:
    """A DELIVER. `settle` takes it from the modem: call it when it is safe elsewhere; unsettled, it comes again."""

    tpdu: bytes
    settle: Settle = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reported:
    """A STATUS-REPORT; `settle` as above."""

    tpdu: bytes
    settle: Settle = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StateChanged:
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class LateReference:
    """The reference of a message that `send` had given up as MaybeSent."""

    reference: int
    destination: str


Event = Received | Reported | StateChanged | LateReference


class EventQueue(event_queue.EventQueue[Event]):
    """Events for one reader. Overflow rule: of changes of state only the newest waits; a message that finds the
    queue full is left with the modem, unsettled, and comes again with the next sweep of its storage.
    """

    def __init__(self, *, bound: int = 500) -> None:
        super().__init__(StateChanged, bound=bound)
