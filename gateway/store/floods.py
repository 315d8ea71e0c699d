"""Floods from outside: no more of one kind stands open than a person reads, and the rest is counted on the newest.

| what came, of one channel in an hour             | kept, as long as it stands open                     |
|--------------------------------------------------|-----------------------------------------------------|
| what nobody can read                             | 20; of each contact its own 20                      |
| a cry for help in what nobody can read           | 300; of each contact its own 300                    |
| what answers no question, from nobody we know    | 100, as it came 20 of them                          |
| a cry for help among these                       | 300, as it came 20 of them                          |
| the same, from who only says to be a contact     | as many, of each its own                            |
| from a contact's telephone or mailbox            | all                                                 |

How many strangers are told of is `gateway.duty`'s to say.
"""

from typing import Any

from sqlalchemy import Select, select

from channels.base import Inbound
from gateway.store import tables as t
from gateway.store.questions import contacts_at
from gateway.store.transaction import Transaction

UNREADABLE_MOST = 20
STRANGERS_MOST, CRIES_MOST = 100, 300
RAW_OF_STRANGERS = 20
_HOUR_MS = 3_600_000
_OF = t.inbound.c


def unreadable_instead(tx: Transaction, channel: str, item: Inbound, *, urgent: bool) -> int | None:
    """The newest of so many that one more that nobody can read is only counted on it; None: it is kept."""
    kept = _lately(tx, channel, kind="unreadable").where(_OF.urgent == urgent)
    if contacts_at(tx, item.sender):  # whom strangers' noise does not hide
        kept = kept.where(_OF.sender == item.sender)
    before = tx.connection.execute(kept).all()
    return before[0].id if len(before) >= (CRIES_MOST if urgent else UNREADABLE_MOST) else None


def one_too_many(
    tx: Transaction, number: int, channel: str, *, item: Inbound, kind: str, urgent: bool
) -> bool:
    """Whether nobody could read it among so many: then its row is gone, and it is counted. It answers no question."""
    known = bool(contacts_at(tx, item.sender))
    if (known and not item.claimed) or not _is_new(tx, number):
        return False
    kept = _lately(tx, channel, kind=kind).where(_OF.urgent == urgent)
    if _claims(tx, item.sender):  # many may say so, and hide no other
        kept = kept.where(_OF.sender == item.sender)
    before, most = tx.connection.execute(kept).all(), CRIES_MOST if urgent else STRANGERS_MOST
    if len(before) >= most:
        strangers = [row.id for row in before if row.sender == item.sender or not _claims(tx, row.sender)]
        if len(strangers) >= most:
            _forget(tx, number, channel, sender=item.sender)
            count(tx, strangers[0])
            return True
    if len(before) >= RAW_OF_STRANGERS:
        tx.connection.execute(t.inbound.update().where(_OF.id == number).values(raw=""))
    return False


def count(tx: Transaction, number: int, more: int = 1) -> None:
    """So many more like the message of that number have come."""
    tx.connection.execute(t.inbound.update().where(_OF.id == number).values(more=_OF.more + more))
    tx.changes.inbox = True


def _claims(tx: Transaction, sender: str) -> bool:
    """A bare name is what an MQTT message says of itself beside nothing that binds it."""
    return bool(contacts_at(tx, sender) or contacts_at(tx, f"mqtt:{sender}"))


def _lately(tx: Transaction, channel: str, *, kind: str) -> Select[Any]:
    return (
        select(_OF.id, _OF.sender)
        .where(
            _OF.open,
            _OF.channel + "" == channel,  # by what is open: else SQLite reads all of the channel
            _OF.kind == kind,
            _OF.received_ms > tx.now_ms - _HOUR_MS,
        )
        .order_by(_OF.id.desc())
    )


def _is_new(tx: Transaction, number: int) -> bool:
    """Not the rest of a text whose first part stands, or stood, open already."""
    row = tx.connection.execute(select(_OF.open, _OF.handled_ms).where(_OF.id == number)).one()
    return not row.open and row.handled_ms is None


def _forget(tx: Transaction, number: int, channel: str, *, sender: str) -> None:
    """Its parts too, where it came in parts."""
    parts = (_OF.channel == channel) & (_OF.sender == sender) & (_OF.whole_id == number)
    tx.connection.execute(t.inbound.delete().where(parts))
    tx.connection.execute(t.inbound.delete().where(_OF.id == number))
