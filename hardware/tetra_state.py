"""The states of a TETRA radio's driver and how it passes between them, as one table.

The driver opens the port (STARTING), sets the radio up, and waits for a network (SEARCHING) until it may send
(READY). A call or a transmission blocks short data (SPEAKING); in direct mode (DIRECT) there is no network at all.
Any doubt about what the radio hears goes through RECOVERING.
"""

from enum import Enum


class State(Enum):
    CLOSED = "no port"
    STARTING = "the radio is being set up"
    SEARCHING = "set up, not registered in a network"
    DIRECT = "in direct mode, without the network"
    READY = "may send"
    SPEAKING = "busy with speech"
    RECOVERING = "silent, restarted or confused: being brought back"


class Change(Enum):
    OPENED = "the port is open"
    LOST = "the port is gone, or cannot be opened"
    SET_UP = "the radio has taken its whole set-up"
    REGISTERED = "the network has taken us"
    UNREGISTERED = "the network has let us go"
    LEFT_NETWORK = "the radio is in direct mode"
    SPEECH = "a call has begun"
    SILENCE = "no call is left"
    TROUBLE = "no answer, a restart, or answers that make no sense"
    RESUMED = "set up again"


class IllegalChange(RuntimeError):
    """A fault of the program: this cannot happen in that state."""


_SERVING = (State.SEARCHING, State.DIRECT, State.READY, State.SPEAKING)

TRANSITIONS: dict[tuple[State, Change], State] = {
    (State.CLOSED, Change.OPENED): State.STARTING,
    (State.STARTING, Change.SET_UP): State.SEARCHING,
    (State.STARTING, Change.TROUBLE): State.RECOVERING,
    (State.RECOVERING, Change.TROUBLE): State.RECOVERING,
    (State.RECOVERING, Change.RESUMED): State.STARTING,
    **{(state, Change.REGISTERED): State.READY for state in _SERVING},
    **{(state, Change.UNREGISTERED): State.SEARCHING for state in _SERVING},
    **{(state, Change.LEFT_NETWORK): State.DIRECT for state in _SERVING},
    **{(state, Change.TROUBLE): State.RECOVERING for state in _SERVING},
    (State.SPEAKING, Change.REGISTERED): State.SPEAKING,  # a call goes on whatever the poll says
    (State.READY, Change.SPEECH): State.SPEAKING,
    (State.SPEAKING, Change.SPEECH): State.SPEAKING,
    (State.SPEAKING, Change.SILENCE): State.READY,
    (State.READY, Change.SILENCE): State.READY,
    # A call in a state that cannot send changes nothing: it is remembered, and asked for when READY comes.
    **{(state, change): state for state in (State.SEARCHING, State.DIRECT, State.RECOVERING)
       for change in (Change.SPEECH, Change.SILENCE)},
    # What the network says while the radio is in doubt changes nothing.
    (State.RECOVERING, Change.REGISTERED): State.RECOVERING,
    (State.RECOVERING, Change.UNREGISTERED): State.RECOVERING,
    (State.RECOVERING, Change.LEFT_NETWORK): State.RECOVERING,
    **{(state, Change.LOST): State.CLOSED for state in State},
}  # fmt: skip


def after(state: State, change: Change) -> State:
    """The next state. IllegalChange names both when the table has none."""
    try:
        return TRANSITIONS[state, change]
    except KeyError:
        raise IllegalChange(f"{change.name} in state {state.name}") from None
