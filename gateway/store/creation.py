"""New alerts, deliveries and their first attempts, collected and written one executemany a table."""

from typing import Any

from sqlalchemy import select

from gateway.clock import to_ms
from gateway.delivery import AskDeputy, Delivery, Start, TryState
from gateway.opening import Opening
from gateway.router import Rung
from gateway.scheduler import rank
from gateway.store import tables as t
from gateway.store.bulk import inserting
from gateway.store.rows import dump_ladder
from gateway.store.transaction import Transaction
from messages.directory import Contact
from messages.evidence import Evidence
from messages.precedence import Precedence

Row = dict[str, Any]


def _all_but(table: Any, *left_out: str) -> Any:
    return inserting(table, *(column.name for column in table.columns if column.name not in left_out))


_ALERTS = _all_but(t.alerts, "withdrawn", "withdrawn_ms")
_DELIVERIES = _all_but(t.deliveries, "answer", "answered_ms")
ATTEMPTS = _all_but(t.attempts, "parts", "receipt", "detail")


class Creation:
    """What one group creates. `flush` writes it; nothing of it can be read in the transaction before that."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self._alerts: list[Row] = []
        self._deliveries: list[Row] = []
        self._attempts: list[Row] = []
        self._have: set[tuple[int, str]] = set()

    def alert(self, row: Row) -> None:
        self._alerts.append(row)

    def delivery(
        self,
        contact: Contact,
        opened: Opening,
        *,
        alert_id: int,
        plane: str,
        precedence: Precedence,
        want: Evidence,
        expires_ms: int,
        deputy_for: int | None = None,
    ) -> int:
        """A new delivery with its first tries in the queue. Its audit record is the caller's."""
        tx = self.tx
        delivery_id = tx.new_id("deliveries")
        due_ms = None
        if opened.due_after is not None:
            due_ms = min(expires_ms, to_ms(tx.now + opened.due_after))
            tx.changes.due_by(due_ms)
        self._have.add((alert_id, contact.id))
        if opened.ended is not None:
            person = tx.world.persons[contact.id]
            tx.audit("no_route", delivery=delivery_id, person=person, ended=opened.ended.value)
        self._deliveries.append(
            {
                "id": delivery_id,
                "alert_id": alert_id,
                "recipient": contact.id,
                "person_id": tx.world.persons[contact.id],
                "deputy_for": deputy_for,
                "precedence": int(precedence),
                "want": int(want),
                "ladder": dump_ladder(opened.ladder),
                "evidence": 0,
                "ended": opened.ended and opened.ended.value,
                "round": 1,
                "began_ms": tx.now_ms,
                "round_began_ms": tx.now_ms,
                "expires_ms": expires_ms,
                "due_ms": due_ms,
                "deputy_asked": opened.deputy_asked,
                "on_call_list": opened.on_call_list,
            }
        )
        queue_rank = rank(precedence, plane)
        for effect in opened.effects:
            if isinstance(effect, Start):
                rung = opened.ladder[effect.rung]
                self._first_attempt(delivery_id, effect, rung, queue_rank=queue_rank, expires_ms=expires_ms)
            elif isinstance(effect, AskDeputy):
                self._deputy(contact, alert_id, plane=plane, precedence=precedence, want=want,
                             expires_ms=expires_ms, deputy_for=delivery_id)  # fmt: skip
        return delivery_id

    def _first_attempt(
        self, delivery_id: int, start: Start, rung: Rung, *, queue_rank: int, expires_ms: int
    ) -> None:
        self.tx.changes.channels.add(rung.channel)
        self._attempts.append(
            {
                "id": self.tx.new_id("attempts"),
                "delivery_id": delivery_id,
                "channel": rung.channel,
                "address": rung.address,
                "rank": queue_rank,
                "rung": start.rung,
                "round": start.round,
                "why": start.why,
                "repeated": start.repeated,
                "state": int(TryState.READY),
                "evidence": int(Evidence.QUEUED),
                "queued_ms": self.tx.now_ms,
                "expires_ms": expires_ms,
                "not_before_ms": None,
                "started_ms": None,
                "ended_ms": None,
                "permanent": False,
                "stalled": False,
                "silent": False,
                "dropped": False,
            }
        )

    def ask_deputy(self, alert_id: int, recipient: str, *, delivery: Delivery) -> int | None:
        """The deputy's own delivery; None if there is no deputy or they have the alert already."""
        contact = self.tx.world.directory.contact(recipient)
        alert = self.tx.connection.execute(
            select(t.alerts.c.plane, t.alerts.c.expires_ms).where(t.alerts.c.id == alert_id)
        ).one()
        if contact is None:
            return None
        return self._deputy(
            contact,
            alert_id,
            plane=alert.plane,
            precedence=delivery.precedence,
            want=delivery.want,
            expires_ms=alert.expires_ms,
            deputy_for=delivery.id,
        )

    def _deputy(
        self,
        contact: Contact,
        alert_id: int,
        *,
        plane: str,
        precedence: Precedence,
        want: Evidence,
        expires_ms: int,
        deputy_for: int,
    ) -> int | None:
        deputy = self.tx.world.directory.contact(contact.deputy) if contact.deputy else None
        if deputy is None or self._has(alert_id, deputy.id):
            return None
        return self.delivery(
            deputy,
            self.tx.world.opening(deputy, precedence, plane=plane, want=want),
            alert_id=alert_id,
            plane=plane,
            precedence=precedence,
            want=want,
            expires_ms=expires_ms,
            deputy_for=deputy_for,
        )

    def _has(self, alert_id: int, contact_id: str) -> bool:
        if (alert_id, contact_id) in self._have:
            return True
        query = select(t.deliveries.c.id).where(
            t.deliveries.c.alert_id == alert_id, t.deliveries.c.recipient == contact_id
        )
        return self.tx.connection.execute(query.limit(1)).first() is not None

    def expect(self, alert_id: int, contact_ids: set[str]) -> None:
        """These will get deliveries of their own in this group: no deputy's delivery is made for them."""
        self._have.update((alert_id, contact_id) for contact_id in contact_ids)

    def flush(self) -> None:
        _ALERTS.write(self.tx.connection, self._alerts)
        _DELIVERIES.write(self.tx.connection, self._deliveries)
        ATTEMPTS.write(self.tx.connection, self._attempts)
