"""What is known of a TETRA radio at this moment, and who is told when it changes.

Shared by those who learn it: the supervisor, the watch over the open port, and sending.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from hardware.errors import HardwareError
from hardware.tetra_events import StateChanged, TetraEvents
from hardware.tetra_init import Setup
from hardware.tetra_speech import Speech
from hardware.tetra_state import Change, State, after

log = logging.getLogger(__name__)

SERVING = frozenset({State.SEARCHING, State.DIRECT, State.READY, State.SPEAKING})


@dataclass(slots=True)
class Standing:
    """The state, its reason, and what it is reckoned from."""

    setup: Setup
    events: TetraEvents
    speech: Speech
    state: State = State.CLOSED
    reason: str = "not opened yet"
    registered: bool = False
    direct: bool = False  # in direct mode, without the network
    signal_dbm: int | None = None
    tried: bool = False  # the port has been tried at least once
    turned: asyncio.Event = field(default_factory=asyncio.Event)  # the state may have changed
    trouble: HardwareError | None = None  # found by a sender, for the watch
    confusions: int = 0  # refusals in a row that say that the dialogue has slipped
    doubtful: bool = False  # the network was said to be gone: ask now
    wake: Callable[[], None] = lambda: None  # the watch, where there is one

    @property
    def starting(self) -> bool:
        return self.state is State.STARTING or (self.state is State.CLOSED and not self.tried)

    def reckon(self, now: float) -> None:
        """The state that follows from mode, registration and calls, while the radio is set up."""
        if self.state not in SERVING:
            return
        if self.direct:
            self.move(Change.LEFT_NETWORK, "it talks to radios nearby only")
        elif not self.registered:
            self.move(Change.UNREGISTERED, "not registered in a network")
        elif self.speech.busy(now):
            self.move(Change.REGISTERED, self.setup.model)
            self.move(Change.SPEECH, "a call or a transmission")
        else:
            self.move(Change.REGISTERED, self.setup.model)
            self.move(Change.SILENCE, self.setup.model)

    def move(self, change: Change, reason: str) -> None:
        """One step of the table; told when it leads anywhere."""
        state = after(self.state, change)
        same = state is self.state and (reason == self.reason or state in {State.READY, State.SPEAKING})
        self.state, self.tried = state, True
        if not same:
            log.info("radio: %s (%s)", state.value, reason)
            self.events.offer(StateChanged(state, reason))
            self.reason = reason
        self.turned.set()

    def alarm(self, error: HardwareError) -> None:
        """Tells the watch, and closes the way for the next message at once."""
        if self.trouble is None and self.state in SERVING:
            self.trouble = error
            self.move(Change.TROUBLE, error.reason)
            self.wake()

    def doubt(self) -> None:
        """Has the registration asked for soon."""
        self.doubtful = True
        self.wake()

    def restarted(self) -> None:
        """What a restart of the radio makes untrue."""
        self.speech.forget()
        self.trouble, self.confusions, self.doubtful, self.direct = None, 0, False, False

    def stopped(self) -> None:
        self.state, self.reason, self.tried = State.CLOSED, "the driver has stopped", True
        self.turned.set()
        self.events.close()
