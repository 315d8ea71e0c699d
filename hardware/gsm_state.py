"""The states of a GSM modem driver and how it passes between them, as one table.

The driver opens the port (STARTING), initialises, and waits for a network (SEARCHING) until it may send (READY).
Any doubt about what the modem hears goes through RECOVERING. A SIM that wants a person (LOCKED) is asked again, but
never given a PIN a second time: three wrong ones lock the card.
While a message that left may still be answered (WAITING) no other one is sent: its answer would be taken for theirs.
"""

from enum import Enum


class State(Enum):
    CLOSED = "no port"
    STARTING = "the modem is being set up"
    LOCKED = "the SIM wants a person: absent, PIN or PUK"
    SEARCHING = "set up, not registered in a network"
    WAITING = "set up, and the answer to a message may still come"
    READY = "may send"
    RECOVERING = "silent, restarted or deaf: being brought back"


class Change(Enum):
    OPENED = "the port is open"
    LOST = "the port is gone, or cannot be opened"
    SIM_REFUSED = "the SIM does not let us in"
    SET_UP = "the modem has taken its whole initialisation"
    REGISTERED = "the network has taken us"
    UNREGISTERED = "the network has let us go"
    OWED = "a message that left has not been answered"
    SETTLED = "it was answered, or no answer can come any more"
    TROUBLE = "no answer, a restart, or deafness"
    RESUMED = "a rung of the recovery is done: set up again"


class IllegalChange(RuntimeError):
    """A fault of the program: this cannot happen in that state."""


TRANSITIONS: dict[tuple[State, Change], State] = {
    (State.CLOSED, Change.OPENED): State.STARTING,
    (State.STARTING, Change.SIM_REFUSED): State.LOCKED,
    (State.STARTING, Change.SET_UP): State.SEARCHING,
    (State.STARTING, Change.TROUBLE): State.RECOVERING,
    (State.LOCKED, Change.RESUMED): State.STARTING,
    (State.LOCKED, Change.TROUBLE): State.RECOVERING,
    (State.SEARCHING, Change.REGISTERED): State.READY,
    (State.SEARCHING, Change.UNREGISTERED): State.SEARCHING,
    (State.SEARCHING, Change.TROUBLE): State.RECOVERING,
    (State.SEARCHING, Change.OWED): State.WAITING,
    (State.READY, Change.OWED): State.WAITING,
    (State.WAITING, Change.SETTLED): State.SEARCHING,
    (State.WAITING, Change.TROUBLE): State.RECOVERING,
    (State.READY, Change.REGISTERED): State.READY,
    (State.READY, Change.UNREGISTERED): State.SEARCHING,
    (State.READY, Change.TROUBLE): State.RECOVERING,
    (State.RECOVERING, Change.TROUBLE): State.RECOVERING,
    (State.RECOVERING, Change.RESUMED): State.STARTING,
    # What the network says while the modem is in doubt changes nothing.
    (State.RECOVERING, Change.REGISTERED): State.RECOVERING,
    (State.RECOVERING, Change.UNREGISTERED): State.RECOVERING,
    **{(state, Change.LOST): State.CLOSED for state in State},
}


def after(state: State, change: Change) -> State:
    """The next state. IllegalChange names both when the table has none."""
    try:
        return TRANSITIONS[state, change]
    except KeyError:
        raise IllegalChange(f"{change.name} in state {state.name}") from None


class Rung(Enum):
    """The recovery, from the cheapest step up. Each failure climbs one; a message that left goes back to the first."""

    RESYNC = "ESC and AT, then the whole set-up again"
    RADIO = "radio off and on (CFUN=4, CFUN=1)"  # heals modems that are registered but deaf
    RESET = "modem reset (CFUN=1,1)"
    DTR = "DTR dropped and raised"  # ends a connection that swallows commands (V.250 6.2.9)
    POWER = "power off and on"
    REOPEN = "the port is closed and opened again"

    def next(self, without: frozenset["Rung"] = frozenset()) -> "Rung":
        """The next one up that is not among `without`; the last one at the top."""
        rungs = list(Rung)
        above = (rung for rung in rungs[rungs.index(self) + 1 :] if rung not in without)
        return next(above, Rung.REOPEN)
