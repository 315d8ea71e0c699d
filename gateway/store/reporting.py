"""Reports about what was handed over: they raise evidence and never lower it.

A report may overtake its own receipt, by minutes where the receipt itself is late. It then waits in the store, and
is told when the receipt comes; what waits for nothing is noted in the audit and let go.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select

from channels.base import Report
from gateway.attempt_names import attempt_id, attempt_name
from gateway.audit import far_end_code
from gateway.clock import from_ms, to_ms
from gateway.delivery import GivenUp, Reported, TryState
from gateway.store import tables as t
from gateway.store.ledger import Ledger
from gateway.store.transaction import Transaction
from gateway.store.writer import grouped
from messages.address import parse_address
from messages.evidence import Evidence, climb, worst

LATE_RECEIPT = timedelta(minutes=15)  # how long after an unknown hand-over its receipt may still come
REPORT_WINDOW = timedelta(days=8)  # longer than any validity given to a network; TP-MR wraps at 256
EARLY_MOST = 1000  # reports of a channel that wait for their receipt; the oldest is let go first


@grouped
def report(tx: Transaction, items: Sequence[tuple[str, Report]]) -> Sequence[bool]:
    """Raises the evidence of the attempts that the reports are about. False: it is about nothing we know of yet."""
    ledger = Ledger(tx)
    found = [_report_one(tx, ledger, channel, item) for channel, item in items]
    ledger.flush()
    for (channel, item), known in zip(items, found, strict=True):
        if not known:
            _put_by(tx, channel, item)
        elif item.evidence is Evidence.SUBMITTED:  # it was a late receipt: reports may have come before it
            receipts_came(tx, [(channel, 0, (item.reference,))])
    return found


def receipts_came(tx: Transaction, came: Iterable[tuple[str, int, Sequence[str]]]) -> None:
    """Tells the reports that waited for these: (channel, attempt, references). The parts are written already."""
    if tx.connection.execute(select(t.early_reports.c.id).limit(1)).first() is None:
        return
    ledger, early = Ledger(tx), t.early_reports.c
    for channel, attempt, references in came:
        about = or_(early.reference.in_(references), early.attempt.endswith(f".{attempt}", autoescape=True))
        for row in _waiting(tx, and_(early.channel == channel, about)):
            if _report_one(tx, ledger, channel, _as_report(row)):
                tx.connection.execute(t.early_reports.delete().where(early.id == row.id))
    ledger.flush()


def let_go(tx: Transaction, _: None) -> None:
    """Housekeeping: what no receipt came for in time was about nothing of ours."""
    before = tx.now_ms - LATE_RECEIPT // timedelta(milliseconds=1)
    _unmatched(tx, _waiting(tx, t.early_reports.c.received_ms < before))


def _report_one(tx: Transaction, ledger: Ledger, channel: str, item: Report) -> bool:
    named = _attempt(tx, channel, item.attempt) if item.attempt else None
    if named is None:  # a far end that cut our name, or puts its own there: its reference still says which
        part = _part(tx, channel, item) if item.reference else None
    else:
        part = _named_part(tx, channel, named, item=item)
    if part is None:
        return _late_receipt(tx, ledger, channel, item)
    after = climb(Evidence(part.evidence), item.evidence)
    tx.connection.execute(t.parts.update().where(t.parts.c.id == part.id).values(evidence=int(after)))
    _raise_attempt(tx, ledger, part.attempt_id, channel=channel, item=item)
    return True


_PART = select(t.parts.c.id, t.parts.c.attempt_id, t.parts.c.evidence, t.parts.c.reference)


def _part(tx: Transaction, channel: str, item: Report) -> Any:
    """The newest part with the reference."""
    query = _PART.where(
        t.parts.c.channel == channel,
        t.parts.c.reference == item.reference,
        t.parts.c.at_ms >= tx.now_ms - REPORT_WINDOW // timedelta(milliseconds=1),
    )
    if item.address is not None:
        query = query.where(t.parts.c.address == str(item.address))
    return tx.connection.execute(query.order_by(t.parts.c.id.desc()).limit(1)).first()


def _named_part(tx: Transaction, channel: str, named: Any, *, item: Report) -> Any:
    """The part of the attempt that the report names; one whose receipt was lost is given a part now."""
    query = _PART.where(t.parts.c.attempt_id == named.id).order_by(t.parts.c.id)
    rows = tx.connection.execute(query).all()
    same = [row for row in rows if row.reference == item.reference]
    left_out = len(rows) < (named.parts or 1) and (item.reference or not rows)
    if not same and left_out and named.state != int(TryState.SENDING):
        _add_part(tx, named.id, channel, reference=item.reference or item.attempt, address=named.address)
        return tx.connection.execute(query).all()[-1]
    return next(iter(same or rows), None)  # of one still leaving the outcome is on its way to the store


def _attempt(tx: Transaction, channel: str, name: str) -> Any:
    """The attempt of that name over this channel. A name of another alert's attempt is no name."""
    number = attempt_id(name)
    if number is None:
        return None
    query = (
        select(
            t.attempts.c.id,
            t.attempts.c.state,
            t.attempts.c.address,
            t.attempts.c.parts,
            t.alerts.c.identifier,
        )
        .join_from(t.attempts, t.deliveries, t.deliveries.c.id == t.attempts.c.delivery_id)
        .join(t.alerts, t.alerts.c.id == t.deliveries.c.alert_id)
        .where(t.attempts.c.id == number, t.attempts.c.channel == channel)
    )
    row = tx.connection.execute(query).first()
    return row if row is not None and attempt_name(row.identifier, row.id) == name else None


def _late_receipt(tx: Transaction, ledger: Ledger, channel: str, item: Report) -> bool:
    """A receipt that came after its hand-over was given up as unknown: the newest such one to this address."""
    if item.evidence is not Evidence.SUBMITTED or item.address is None:
        return False
    query = _uncertain(tx, channel).where(t.attempts.c.address == str(item.address))
    row = tx.connection.execute(query.order_by(t.attempts.c.id.desc()).limit(1)).first()
    if row is None:
        return False
    _add_part(
        tx, row.id, channel, reference=item.reference, address=str(item.address), evidence=Evidence.SUBMITTED
    )
    _raise_attempt(tx, ledger, row.id, channel=channel, item=item)
    return True


def _uncertain(tx: Transaction, channel: str) -> Select[Any]:
    """Hand-overs of the channel that are unknown, and may still hear of their receipt."""
    return select(t.attempts.c.id).where(
        t.attempts.c.channel == channel,
        t.attempts.c.evidence == int(Evidence.UNKNOWN),
        t.attempts.c.started_ms >= tx.now_ms - LATE_RECEIPT // timedelta(milliseconds=1),
    )


def _add_part(
    tx: Transaction,
    attempt: int,
    channel: str,
    *,
    reference: str,
    address: str,
    evidence: Evidence = Evidence.UNKNOWN,
) -> None:
    row = {"attempt_id": attempt, "channel": channel, "reference": reference, "address": address}
    tx.connection.execute(t.parts.insert(), row | {"evidence": int(evidence), "at_ms": tx.now_ms})


def _raise_attempt(tx: Transaction, ledger: Ledger, attempt_id: int, *, channel: str, item: Report) -> None:
    """The worst part counts; a refusal before or after is kept beside it and lowers nothing."""
    rows = tx.connection.execute(select(t.parts.c.evidence).where(t.parts.c.attempt_id == attempt_id))
    row = tx.connection.execute(
        select(
            t.attempts.c.delivery_id,
            t.attempts.c.channel,
            t.attempts.c.address,
            t.attempts.c.evidence,
            t.attempts.c.detail,
            t.attempts.c.parts,
        ).where(t.attempts.c.id == attempt_id)
    ).one()
    known = [Evidence(part.evidence) for part in rows]
    evidence = worst(known) if len(known) >= (row.parts or 1) else Evidence.UNKNOWN
    facts = {"attempt": attempt_id, "channel": channel, "reference": item.reference}
    ledger.load([row.delivery_id])
    if item.evidence > Evidence.UNKNOWN:
        ledger.step(
            row.delivery_id,
            Reported(attempt_id, evidence),
            verb="reported",
            evidence=item.evidence.word,
            **facts,
        )
        if row.evidence == int(Evidence.REFUSED):
            _left_after_all(tx, attempt_id, row, item=item)
        elif item.evidence is Evidence.SUBMITTED:  # relayed, and other news that prove no more than was known
            _note(tx, attempt_id, known=row.detail, said=item.detail)
        return
    code = far_end_code(item.detail)
    if item.evidence is Evidence.REFUSED:
        ledger.step(row.delivery_id, GivenUp(attempt_id), verb="given_up", code=code, **facts)
    else:
        tx.audit("still_trying", delivery=row.delivery_id, code=code, **facts)
    _note(tx, attempt_id, known=row.detail, said=item.detail)
    tx.changes.alerts.add(ledger.known[row.delivery_id].alert_id)


def _left_after_all(tx: Transaction, attempt_id: int, row: Any, *, item: Report) -> None:
    """A refusal that was not the bearer's own: what waits for the same way says (gentaget); both words are kept."""
    of = t.attempts.c
    tx.connection.execute(
        t.attempts.update()
        .where(of.delivery_id == row.delivery_id, of.channel == row.channel, of.address == row.address)
        .where(of.state.in_((int(TryState.READY), int(TryState.DELAYED))))
        .values(repeated=True)
    )
    word = item.evidence.word
    more = f": {item.detail}" if item.detail.casefold() not in {"", word} else ""
    _note(tx, attempt_id, known=row.detail, said=f"but it was reported {word}{more}")


def _note(tx: Transaction, attempt_id: int, *, known: str | None, said: str) -> None:
    """What a far end said, beside what is known; a report that comes twice says it once."""
    if said and said not in (known or ""):
        detail = "; ".join(filter(None, (known, said)))[:500]
        tx.connection.execute(t.attempts.update().where(t.attempts.c.id == attempt_id).values(detail=detail))


# Reports that came too early.


def _put_by(tx: Transaction, channel: str, item: Report) -> None:
    """Keeps a report for a receipt that may still come; with nothing to wait for it is let go at once."""
    row = {
        "channel": channel,
        "reference": item.reference,
        "address": None if item.address is None else str(item.address),
        "attempt": item.attempt,
        "evidence": int(item.evidence),
        "detail": item.detail[:500],
        "at_ms": to_ms(item.at),
        "received_ms": tx.now_ms,
    }
    key = tx.connection.execute(t.early_reports.insert(), row).inserted_primary_key
    assert key is not None
    early = t.early_reports.c
    if not _may_wait(tx, channel):
        _unmatched(tx, _waiting(tx, early.id == key[0]))
    _unmatched(tx, _waiting(tx, early.channel == channel)[:-EARLY_MOST])


def _may_wait(tx: Transaction, channel: str) -> bool:
    """Something of this channel has left, and its receipt has not come."""
    sending = select(t.attempts.c.id).where(
        t.attempts.c.channel == channel, t.attempts.c.state == int(TryState.SENDING)
    )
    either = (sending, _uncertain(tx, channel))
    return any(tx.connection.execute(query.limit(1)).first() is not None for query in either)


def _waiting(tx: Transaction, condition: ColumnElement[bool]) -> Sequence[Row[Any]]:
    return tx.connection.execute(
        select(t.early_reports).where(condition).order_by(t.early_reports.c.id)
    ).all()


def _as_report(row: Row[Any]) -> Report:
    return Report(
        reference=row.reference,
        evidence=Evidence(row.evidence),
        at=from_ms(row.at_ms),
        address=None if row.address is None else parse_address(row.address),
        detail=row.detail,
        attempt=row.attempt,
    )


def _unmatched(tx: Transaction, rows: Sequence[Row[Any]]) -> None:
    """About nothing that was handed over: kept in the audit, for whoever wonders."""
    for row in rows:
        tx.audit(
            "report_unmatched",
            channel=row.channel,
            reference=row.reference,
            evidence=Evidence(row.evidence).word,
        )
    if rows:
        gone = t.early_reports.c.id.in_([row.id for row in rows])
        tx.connection.execute(t.early_reports.delete().where(gone))
