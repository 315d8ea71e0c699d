"""Operations on what an operator and the evidence say of a channel; rows, so that a restart forgets nothing."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from gateway.store import tables as t
from gateway.store.ledger import channel_row
from gateway.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class ChannelState:
    disabled: bool = False
    reason: str = ""
    silent: int = 0  # hand-overs in a row whose report is overdue


def load_states(connection: Connection, _: None) -> dict[str, ChannelState]:
    return {
        row.name: ChannelState(row.disabled, row.reason, row.silent)
        for row in connection.execute(select(t.channel_states))
    }


@dataclass(frozen=True, slots=True)
class Switch:
    """An operator's word about a channel."""

    channel: str
    disabled: bool
    reason: str
    by: str


def switch(tx: Transaction, wanted: Switch) -> None:
    """Disables or enables a channel; enabling also forgets its silence."""
    values = {"disabled": wanted.disabled, "reason": wanted.reason, "changed_ms": tx.now_ms, "silent": 0}
    where = t.channel_states.c.name == wanted.channel
    if tx.connection.execute(t.channel_states.update().where(where).values(**values)).rowcount == 0:
        row = channel_row(wanted.channel, tx, disabled=wanted.disabled, reason=wanted.reason)
        tx.connection.execute(t.channel_states.insert(), row)
    verb = "channel_disabled" if wanted.disabled else "channel_enabled"
    tx.audit(verb, channel=wanted.channel, by=wanted.by, reason=wanted.reason)
    tx.changes.silence = True


def queue_lengths(connection: Connection, _: None) -> dict[str, dict[int, int]]:
    """Waiting attempts by channel and rank."""
    query = select(t.attempts.c.channel, t.attempts.c.rank, func.count()).where(
        t.attempts.c.state.in_((0, 1))
    )
    lengths: dict[str, dict[int, int]] = {}
    for channel, rank, number in connection.execute(query.group_by(t.attempts.c.channel, t.attempts.c.rank)):
        lengths.setdefault(channel, {})[rank] = number
    return lengths
