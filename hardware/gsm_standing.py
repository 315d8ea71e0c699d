"""What is known of a GSM modem at this moment, and who is told when it changes.

Shared by those who learn it: the supervisor, the watch over the open port, sending and calling.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hardware.at.grammar import Info
from hardware.errors import HardwareError
from hardware.gsm_call import Ringing
from hardware.gsm_events import EventQueue, LateReference, StateChanged
from hardware.gsm_init import Setup
from hardware.gsm_owed import OwedMemory
from hardware.gsm_state import Change, State, after

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Status:
    """A modem as a technician wants to see it. None and "": not known."""

    state: State
    reason: str
    model: str
    operator: str  # MCC-MNC, as "238-01"
    signal_dbm: int | None
    used: int | None  # messages in the storage, of `room`
    room: int | None


@dataclass(slots=True)
class Standing:
    """The state, its reason, and the doubts."""

    setup: Setup
    events: EventQueue
    memory: OwedMemory = field(default_factory=OwedMemory)
    state: State = State.CLOSED
    reason: str = "not opened yet"
    signal_dbm: int | None = None
    operator: str = ""
    tried: bool = False  # the port has been tried at least once
    turned: asyncio.Event = field(default_factory=asyncio.Event)  # the state may have changed
    uncertain: str = ""  # the destination of a message whose reference may still come
    owed_until: float | None = None  # its answer may come until then, on the clock of the event loop
    deaf_signs: int = 0  # refusals in a row that mean "no network"
    relapses: int = 0  # troubles since the last message that was sent, or since a long calm
    trouble: HardwareError | None = None  # found by a sender, for the supervisor
    ringing: Ringing | None = None  # the call that is under way
    wake: Callable[[], None] = lambda: None  # the watch, where there is one

    @property
    def starting(self) -> bool:
        return self.state is State.STARTING or (self.state is State.CLOSED and not self.tried)

    @property
    def set_up(self) -> bool:
        return self.state in {State.READY, State.SEARCHING, State.WAITING}

    def status(self) -> Status:
        known = self.state is State.READY
        setup = self.setup
        return Status(
            self.state, self.reason, setup.model, self.operator if known else "",
            self.signal_dbm if known else None, setup.used, setup.room,
        )  # fmt: skip

    def move(self, change: Change, reason: str) -> None:
        """One step of the table; told when it leads anywhere."""
        state = after(self.state, change)
        if (state, reason) != (self.state, self.reason) and not (state is self.state is State.READY):
            log.info("modem: %s (%s)", state.value, reason)
            self.events.offer(StateChanged(state, reason))
            self.reason = reason
        self.state, self.tried = state, True
        self.turned.set()

    def register(self, is_in: bool) -> None:  # what the network said
        if self.state is State.WAITING:  # asked again when it is over
            return
        if is_in:
            self.move(Change.REGISTERED, self.setup.model)
        else:
            self.move(Change.UNREGISTERED, "not registered in a network")

    def alarm(self, error: HardwareError) -> None:
        """Tells the supervisor, and closes the way for the next message at once."""
        if self.trouble is None and self.set_up:
            self.trouble = error
            self.move(Change.TROUBLE, error.reason)
            self.wake()

    def late(self, info: Info) -> None:
        """A +CMGS that nobody waits for any more."""
        reference = info.number(0)
        if self.owed_until is not None:
            self.owes_nothing()
        if reference is not None and self.uncertain:
            self.events.offer(LateReference(reference, self.uncertain))
            self.uncertain = ""

    def recall(self, *, patience_s: float) -> None:
        """What an earlier run of the program has left open: an answer that may come until so long after its message."""
        owed = self.memory.recall()
        if owed is None:
            return
        if owed.age_s >= patience_s:
            self.owes_nothing()
            return
        log.info(
            "modem: a message left %g s ago, before this start, and its answer may still come", owed.age_s
        )
        self.owed_until = asyncio.get_running_loop().time() + patience_s - owed.age_s
        self.uncertain, self.setup.announces = owed.destination, owed.announces

    def handed(self, destination: str) -> None:
        """A message is about to leave."""
        self.uncertain = destination
        self.memory.note(destination, announces=self.setup.announces)

    def owes_nothing(self) -> None:
        """No answer is owed for any message that left."""
        self.owed_until = None
        self.memory.clear()

    def owe(self, until: float) -> None:
        """A message left and was not answered; the answer may come until then."""
        self.owed_until = until
        if self.set_up and self.state is not State.WAITING:
            self.move(Change.OWED, self.untold(until))
            self.wake()

    def untold(self, until: float) -> str:
        """Why nothing is sent, with the hour of this machine at which that ends."""
        left = timedelta(seconds=until - asyncio.get_running_loop().time())
        return (
            f"nothing is sent until {datetime.now().astimezone() + left:%H:%M:%S %Z}, or until the last message is "
            "answered: a late answer does not say whose it is"
        )

    def settle(self, reason: str, *, is_in: bool) -> None:
        """No answer to an earlier message can come any more."""
        if self.owed_until is not None:
            self.owes_nothing()
        if self.state is State.WAITING:
            self.move(Change.SETTLED, reason)
            self.register(is_in)

    def stopped(self) -> None:
        self.state, self.reason, self.tried = State.CLOSED, "the driver has stopped", True
        self.turned.set()
        self.events.close()
