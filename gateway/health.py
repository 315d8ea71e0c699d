"""How a channel stands, from what it says of itself, what its evidence says, and what an operator said. Pure."""

from channels.base import Health, State
from gateway.store.channel_states import ChannelState

SILENT_TO_DOUBT = 3  # hand-overs in a row whose report is overdue: it answers and delivers nothing


def judge(own: Health, kept: ChannelState) -> Health:
    """The worst of the three, with its reason."""
    if kept.disabled:
        return Health(State.DOWN, f"disabled: {kept.reason}" if kept.reason else "disabled by an operator")
    if own.state is State.UP and kept.silent >= SILENT_TO_DOUBT:
        return Health(State.DEGRADED, f"accepts, but {kept.silent} in a row were not reported delivered")
    return own
