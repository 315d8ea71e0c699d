"""Whether a message has come before, and the name under which it is kept: (channel, name) is unique."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from channels.base import Inbound, Unnamed
from gateway.store import tables as t
from gateway.store.transaction import Transaction

SAME_AGAIN = timedelta(minutes=10)  # the same words later than this are said a second time
_LATELY = 100  # messages of one sender among which a bearer's redelivery is looked for


def name_of(tx: Transaction, channel: str, item: Inbound) -> str | None:
    """The name to keep it by; None when it is here already."""
    if item.unnamed is not None:
        return _made(tx, channel, item, unnamed=item.unnamed)
    seen = select(t.inbound.c.id).where(
        t.inbound.c.channel == channel, t.inbound.c.bearer_id.in_((item.bearer_id, *item.also))
    )
    return None if tx.connection.execute(seen).first() is not None else item.bearer_id


@dataclass(frozen=True, slots=True)
class _Made:
    """`bearer_id.TIME.content.packet`, the time in milliseconds and never the same twice: so the names are in order."""

    at_ms: int
    content: str
    packet: str

    @classmethod
    def of(cls, name: str) -> "_Made":
        _, at_ms, content, packet = name.rsplit(".", 3)
        return cls(int(at_ms), content, packet)

    def under(self, bearer_id: str) -> str:
        return f"{bearer_id}.{self.at_ms:014d}.{self.content}.{self.packet}"


def _made(tx: Transaction, channel: str, item: Inbound, *, unnamed: Unnamed) -> str | None:
    before = [_Made.of(row.bearer_id) for row in _lately(tx, channel, item.bearer_id)]
    latest = before[0] if before else _Made(0, "", "")
    again = latest.content == unnamed.content and tx.now_ms - latest.at_ms < SAME_AGAIN // timedelta(
        milliseconds=1
    )
    brought = {(each.content, each.packet) for each in before}
    if unnamed.redelivered and (unnamed.content, unnamed.packet) in brought:
        return None
    if again and not item.unreadable:
        return None
    return _Made(max(tx.now_ms, latest.at_ms + 1), unnamed.content, unnamed.packet).under(item.bearer_id)


def _lately(tx: Transaction, channel: str, bearer_id: str) -> list[Any]:
    """The newest first."""
    name = t.inbound.c.bearer_id
    query = select(name).where(t.inbound.c.channel == channel, name > f"{bearer_id}.", name < f"{bearer_id}/")
    return list(tx.connection.execute(query.order_by(name.desc()).limit(_LATELY)))
