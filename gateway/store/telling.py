"""What the duty officer has been told of: each urgent item once, and of strangers no more than a person can bear."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from gateway.store import tables as t
from gateway.store.transaction import Transaction

_HOUR_MS = 3_600_000
_SAME_MS = 600_000  # who cries again after so long without being heard, is told of again
_NOTICES_MOST = 20  # of one item that are remembered: an answer to any of them counts


@dataclass(frozen=True, slots=True)
class Lately:
    """What was told in the hour before an item came; `same` is the alert about the same words, ten minutes before."""

    same: str | None
    of_sender: int
    unmatched: int  # of everybody who answered no question


def names(told: str | None) -> tuple[str, ...]:
    """The notices of an item, the oldest first, as `told` has them; the names are the hub's own, without a space."""
    return tuple((told or "").split())


def noted(told: str | None, notice: str) -> str:
    """`told` with one more notice, or with all those of another item."""
    return " ".join(tuple(dict.fromkeys((*names(told), *names(notice))))[-_NOTICES_MOST:])


def told(tx: Transaction, said: tuple[int, str]) -> None:
    """The duty officer was told of an urgent item, by this alert, or by those of another item."""
    number, notice = said
    before = tx.connection.execute(select(t.inbound.c.told).where(t.inbound.c.id == number)).scalar()
    values = {"told": noted(before, notice)}
    tx.connection.execute(t.inbound.update().where(t.inbound.c.id == number).values(**values))


def untold(connection: Connection, _: None) -> list[int]:
    """Urgent items of which nobody has been told: the hub stopped in between."""
    query = select(t.inbound.c.id).where(t.inbound.c.open, t.inbound.c.urgent, t.inbound.c.told.is_(None))
    return [row.id for row in connection.execute(query.order_by(t.inbound.c.id))]


def told_lately(connection: Connection, number: int) -> Lately:
    of = t.inbound.c
    item = connection.execute(select(of.sender, of.text, of.received_ms).where(of.id == number)).one()
    recent = (of.told.is_not(None), of.received_ms > item.received_ms - _HOUR_MS)
    alike = (
        select(of.told)
        .where(of.told.is_not(None), of.sender == item.sender, of.text == item.text, of.sender != "")
        .where(of.open, of.taken_ms.is_(None))
        .group_by(of.told)
        .having(func.min(of.received_ms) > item.received_ms - _SAME_MS)
    )
    counted = select(
        func.count().filter(of.sender == item.sender), func.count().filter(of.delivery_id.is_(None))
    ).where(*recent)
    of_sender, unmatched = connection.execute(counted).one()
    return Lately(connection.execute(alike.limit(1)).scalar(), of_sender, unmatched)
