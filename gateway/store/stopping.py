"""Stopping an alert: nothing more of it leaves, and who may have got it is known (invariant I6)."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from gateway.delivery import Stopped
from gateway.store import tables as t
from gateway.store.finding import alert_number
from gateway.store.ledger import Ledger
from gateway.store.succession import in_force
from gateway.store.transaction import Transaction
from messages.alert import Withdrawal
from messages.evidence import Evidence

WITHDRAWN = {
    Withdrawal.NONE: "ended",
    Withdrawal.CORRECTION: "corrected",
    Withdrawal.ALL_CLEAR: "ended",
    Withdrawal.UPDATE: "updated",
}
REPLACED = frozenset(WITHDRAWN.values())


@dataclass(frozen=True, slots=True)
class Stopping:
    """What a stop found: recipients that nothing had left for, and those who may have it."""

    not_sent: int
    may_have_it: int
    already: str | None = None  # corrected, updated or ended: there was nothing left to stop
    in_force: str | None = None  # the code of the alert that stands in its place


def stop(tx: Transaction, identifier: str) -> Stopping:
    """Nothing more of this alert leaves; no text is sent. What was replaced stays so: it is not replaced twice."""
    alert_id = alert_number(tx, identifier)
    ledger = Ledger(tx)
    already = tx.connection.execute(select(t.alerts.c.withdrawn).where(t.alerts.c.id == alert_id)).scalar()
    if already in REPLACED:
        touched = may_have_it(ledger, loaded(tx, ledger, alert_id))
    else:
        touched, already = stop_alert(tx, ledger, alert_id, word="stopped"), None
        ledger.flush()
    everyone = sum(known.alert_id == alert_id for known in ledger.known.values())
    return Stopping(everyone - len(touched), len(touched), already, in_force(tx.connection, alert_id))


def stop_alert(
    tx: Transaction, ledger: Ledger, alert_id: int, *, word: str
) -> dict[str, set[tuple[str, str]]]:
    """Ends what has not ended; returns, for each recipient who may have got it, the ways it went."""
    ids = loaded(tx, ledger, alert_id)
    tx.connection.execute(
        t.alerts.update().where(t.alerts.c.id == alert_id).values(withdrawn=word, withdrawn_ms=tx.now_ms)
    )
    tx.audit("withdrawn", alert=alert_id, how=word)
    for delivery_id in ids:
        ledger.step(delivery_id, Stopped(), verb="stopped", alert=alert_id)
    tx.changes.alerts.add(alert_id)
    return may_have_it(ledger, ids)


def loaded(tx: Transaction, ledger: Ledger, alert_id: int) -> list[int]:
    rows = tx.connection.execute(select(t.deliveries.c.id).where(t.deliveries.c.alert_id == alert_id))
    ids = [row.id for row in rows]
    ledger.load(ids)
    return ids


def may_have_it(ledger: Ledger, ids: Iterable[int]) -> dict[str, set[tuple[str, str]]]:
    """Each recipient who may have got it, with the ways it went."""
    touched = {}
    for delivery_id in ids:
        after = ledger.known[delivery_id].delivery
        ways = {
            (after.ladder[x.rung].channel, after.ladder[x.rung].address)
            for x in after.tries
            if x.evidence >= Evidence.SENDING
        }
        if ways or after.evidence >= Evidence.UNKNOWN:
            touched[ledger.known[delivery_id].recipient] = ways
    return touched
