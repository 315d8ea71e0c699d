"""The audit chain, verified page by page beside a hub that works, and the record that says an anchor was set."""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from gateway.audit import ANCHORED, GENESIS, Flaw, verify
from gateway.store import tables as t
from gateway.store.schema import revision
from gateway.store.showing import records_after
from gateway.store.transaction import Transaction
from gateway.store.writer import brief


@dataclass(frozen=True, slots=True)
class Anchors:
    """Record number to hash, and the numbers in order. `known`: those that the file is said to hold."""

    hashes: Mapping[int, bytes]
    known: Container[int]
    numbers: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", tuple(sorted(self.hashes)))

    def within(self, after: int, last: int) -> dict[int, bytes]:
        span = self.numbers[bisect_right(self.numbers, after) : bisect_left(self.numbers, last + 1)]
        return {n: self.hashes[n] for n in span}


_SET_ANCHORS = "0007"  # the schema of the first version of which every start sets one
UNREAD = Anchors({}, known=range(1 << 63))  # a file that cannot be read: nothing in it is missed


@dataclass(frozen=True, slots=True)
class Page:
    """The records after number `after`, at most so many. `head` None: take the hash that record `after` has."""

    after: int
    most: int
    anchors: Anchors
    head: bytes | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """`last` is `Page.after` when there was no further record."""

    last: int
    head: bytes
    flaws: tuple[Flaw, ...]


def verified(connection: Connection, page: Page) -> Verified:
    """Whether a page follows from the record before it, and meets the anchors that were set within it."""
    head = page.head or _head(connection, page.after)
    if head is None:
        return Verified(page.after, GENESIS, (Flaw(page.after, f"record {page.after} is missing"),))
    records = records_after(connection, page.after, most=page.most)
    last = records[-1] if records else None
    if last is None:
        return Verified(page.after, head, ())
    anchors = page.anchors.within(page.after, last.n)
    flaws = verify(records, anchors, known=page.anchors.known, after=page.after, head=head)
    return Verified(last.n, last.hash, tuple(flaws))


def _head(connection: Connection, n: int) -> bytes | None:
    if n == 0:
        return GENESIS
    found = records_after(connection, n - 1, most=1)
    return found[0].hash if found and found[0].n == n else None


def sets_anchors(connection: Connection) -> bool:
    """Whether a version that anchors at each start wrote to this store: older ones set none, and hid none."""
    if (revision(connection) or "") >= _SET_ANCHORS:
        return True
    noted = t.audit.c.record.contains(f'"event":"{ANCHORED}"', autoescape=True)
    return connection.execute(select(t.audit.c.n).where(noted).limit(1)).first() is not None


@brief
def anchored(tx: Transaction, head: int) -> int:
    """Notes in the chain that record `head` stands in the anchor file; returns the number of this note."""
    tx.audit(ANCHORED, head=head)
    return tx.session.audit_n + len(tx.entries)
