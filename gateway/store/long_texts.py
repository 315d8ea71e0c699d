"""Texts that come in parts: which parts belong together, and the row of the whole, which is what people see.

Parts are of one channel, sender, reference and day. Each has a row of its own, so that it is known again; the whole
has one more. A part that comes after its text was passed on goes into the same whole.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from channels.base import Inbound
from channels.signs import joined
from gateway.clock import from_ms
from gateway.store import tables as t
from gateway.store.transaction import Transaction

# A phone sends its parts one right after the other. After this a person reads what there is.
PART_WAIT = timedelta(minutes=3)
GAP = " [...] "  # what stands for a part that has not come

_DAY_MS = 86_400_000
_MS = timedelta(milliseconds=1)
_OVERDUE_MOST = 100  # texts that one transaction passes on
_PARTS = select(
    t.inbound.c.id,
    t.inbound.c.part_number,
    t.inbound.c.text,
    t.inbound.c.raw,
    t.inbound.c.at_ms,
    t.inbound.c.received_ms,
    t.inbound.c.whole_id,
).order_by(t.inbound.c.id)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The parts of a text that are here. `whole_id`: the row by which some of them were passed on already."""

    channel: str
    sender: str
    total: int
    rows: tuple[Any, ...]
    whole_id: int | None = None

    @property
    def text(self) -> str:
        """What there is of it, in order; a gap for what there is not."""
        here, texts = {row.part_number: row.text for row in self.rows}, list[str]()
        for number in range(1, self.total + 1):
            if number in here:
                texts.append(here[number])
            elif texts[-1:] != [GAP]:
                texts.append(GAP)
        text = joined("".join(texts))
        return text.strip() if self.missing else text

    @property
    def is_blank(self) -> bool:
        """Nothing in it is a text."""
        return not any(row.text.strip() for row in self.rows)

    @property
    def raw(self) -> str:
        return "\n".join(row.raw for row in sorted(self.rows, key=lambda row: row.part_number) if row.raw)

    @property
    def missing(self) -> int:
        return self.total - len({row.part_number for row in self.rows})

    @property
    def bearer_id(self) -> str:
        """A name for the whole that no bearer gives."""
        return f"parts \x1f{self.rows[0].id}"

    def message(self) -> Inbound:
        """As it would have come in one piece; at the time of its first part."""
        at = from_ms(min(row.at_ms for row in self.rows))
        return Inbound(bearer_id=self.bearer_id, sender=self.sender, text=self.text, at=at, raw=self.raw)


def gather(tx: Transaction, channel: str, item: Inbound) -> Gathered:
    """What belongs with a part that has just been kept, itself among it.

    Of two with one number the later counts here; the other is of another text, and waits on.
    """
    assert item.part is not None
    reference, total, number = item.part
    same = (channel, item.sender, reference, total)
    waiting = _one_each(_rows(tx, same, t.inbound.c.kind == "part", since_ms=tx.now_ms - _DAY_MS))
    earlier = _passed_on(tx, same) if len(waiting) == 1 else ()
    if earlier and number not in {row.part_number for row in earlier}:
        return Gathered(channel, item.sender, total, (*earlier, *waiting), earlier[0].whole_id)
    return Gathered(channel, item.sender, total, waiting)


def _passed_on(tx: Transaction, same: tuple[str, str, int, int]) -> tuple[Any, ...]:
    """The parts of the newest such text that was passed on without all of them."""
    whole = t.inbound.alias()
    lacking = select(whole.c.id).where(whole.c.id == t.inbound.c.whole_id, whole.c.missing > 0).exists()
    rows = _one_each(_rows(tx, same, lacking, since_ms=tx.now_ms - _DAY_MS))
    return tuple(row for row in rows if row.whole_id == rows[-1].whole_id)


def overdue(tx: Transaction) -> list[Gathered]:
    """Texts whose parts have waited long enough for the rest. Of two parts with one number the earlier is overdue."""
    before = tx.now_ms - PART_WAIT // _MS
    same = (t.inbound.c.channel, t.inbound.c.sender, t.inbound.c.part_reference, t.inbound.c.part_total)
    query = select(*same).where(t.inbound.c.kind == "part", t.inbound.c.received_ms <= before)
    found = []
    for row in tx.connection.execute(query.distinct().limit(_OVERDUE_MOST)).all():
        rows = _rows(tx, tuple(row), t.inbound.c.kind == "part", since_ms=0)
        found.append(Gathered(row[0], row[1], row[3], _one_each(rows[::-1])))
    return found


def _rows(
    tx: Transaction, same: tuple[str, str, int, int], condition: ColumnElement[bool], *, since_ms: int
) -> tuple[Any, ...]:
    """In the order that they came."""
    channel, sender, reference, total = same
    query = _PARTS.where(
        t.inbound.c.channel == channel,
        t.inbound.c.sender == sender,
        t.inbound.c.part_reference == reference,
        t.inbound.c.part_total == total,
        t.inbound.c.received_ms > since_ms,
        condition,
    )
    return tuple(tx.connection.execute(query).all())


def _one_each(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    """Of each number the last."""
    return tuple({row.part_number: row for row in rows}.values())


def spend(tx: Transaction, gathered: Gathered, *, whole_id: int) -> None:
    """These parts stand in that whole from now on: a phone may count from the same reference again."""
    mine = t.inbound.c.id.in_([row.id for row in gathered.rows])
    tx.connection.execute(t.inbound.update().where(mine).values(kind="joined", whole_id=whole_id))
    whole = {"text": gathered.text, "missing": gathered.missing}
    tx.connection.execute(t.inbound.update().where(t.inbound.c.id == whole_id).values(**whole))
