"""What an Iridium driver tells its caller."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hardware.iridium_state import State

Settle = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message from the gateway. Call `settle` when it is safe elsewhere: only then is it deleted from the modem.

    `imei`: the modem's, empty when it does not tell. `at`: when it was first read. `brought`: a session of ours brought
    it; else it was in the modem already, and may have been shown before this process began. `before`: how many
    messages of the same modem, number and octets came before it in this process: numbers come round. `momsn`: the
    number of the next message out, which stays while it is in the modem: a session that sends empties that buffer.
    """

    payload: bytes
    mtmsn: int
    settle: Settle = field(compare=False, repr=False)
    imei: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    brought: bool = False
    before: int = 0
    momsn: int = 0


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
