"""The states of an Iridium driver and how it passes between them, as one table.

SEARCHING may send too: bars are a hint, and a session is tried without them after a while. ALARMED wants a person (the
antenna, the lock, the account); it is tried again after `alarm_s`.
"""

from enum import Enum


class State(Enum):
    CLOSED = "no port"
    STARTING = "the modem is being set up"
    SEARCHING = "set up, hears no satellite"
    READY = "may send"
    SESSION = "a session with the gateway runs"
    ALARMED = "the modem cannot, and a person has to see to it"
    RECOVERING = "silent or restarted: being brought back"


class Change(Enum):
    OPENED = "the port is open"
    LOST = "the port is gone, or cannot be opened"
    SET_UP = "the modem has taken its whole initialisation"
    HEARD = "there is a satellite"
    UNHEARD = "there is none"
    BEGUN = "a session has begun"
    ENDED = "the session has ended, with whatever status"
    ALARM = "a status that no retry mends"
    TROUBLE = "no answer, a restart, or an answer that cannot be true"
    RESUMED = "a rung of the recovery is done: set up again"


class IllegalChange(RuntimeError):
    """A fault of the program: this cannot happen in that state."""


_AT_WORK = (State.SEARCHING, State.READY, State.SESSION)
_UNMOVED = (State.CLOSED, State.STARTING, State.SESSION, State.ALARMED, State.RECOVERING)

TRANSITIONS: dict[tuple[State, Change], State] = {
    (State.CLOSED, Change.OPENED): State.STARTING,
    (State.STARTING, Change.SET_UP): State.SEARCHING,
    (State.SEARCHING, Change.HEARD): State.READY,
    (State.SEARCHING, Change.UNHEARD): State.SEARCHING,
    (State.READY, Change.HEARD): State.READY,
    (State.READY, Change.UNHEARD): State.SEARCHING,
    (State.SEARCHING, Change.BEGUN): State.SESSION,
    (State.READY, Change.BEGUN): State.SESSION,
    (State.SESSION, Change.ENDED): State.READY,
    (State.ALARMED, Change.RESUMED): State.STARTING,
    (State.RECOVERING, Change.RESUMED): State.STARTING,
    **{(state, Change.ALARM): State.ALARMED for state in _AT_WORK},
    **{(state, Change.TROUBLE): State.RECOVERING for state in State if state is not State.CLOSED},
    # What the sky does while the modem is in doubt, or at work, changes nothing.
    **{(state, change): state for state in _UNMOVED for change in (Change.HEARD, Change.UNHEARD)},
    **{(state, Change.LOST): State.CLOSED for state in State},
}


def after(state: State, change: Change) -> State:
    """The next state. IllegalChange names both when the table has none."""
    try:
        return TRANSITIONS[state, change]
    except KeyError:
        raise IllegalChange(f"{change.name} in state {state.name}") from None


class Rung(Enum):
    """The recovery, from the cheapest step up. Each failure climbs one."""

    RESYNC = "ESC and AT"
    RADIO = "radio off and on (*R0, *R1)"  # heals modems that show bars and reach nobody
    POWER = "power off and on, by the site's own switch"
    REOPEN = "the port is closed and opened again"

    def next(self) -> "Rung":
        rungs = list(Rung)
        return rungs[min(rungs.index(self) + 1, len(rungs) - 1)]
