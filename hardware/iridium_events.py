"""What an Iridium driver tells its caller."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hardware.iridium_state import State

Settle = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message from the gateway. Call `settle` when it is safe elsewhere: only then is it deleted from the modem."""

    payload: bytes
    mtmsn: int
    settle: Settle = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of a message that `send` had given up as Uncertain."""

    momsn: int
    sent: bool


@dataclass(frozen=True, slots=True)
class StateChanged:
    state: State
    reason: str


Event = Arrived | Resolved | StateChanged
