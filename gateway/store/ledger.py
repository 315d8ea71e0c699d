"""Steps deliveries inside a transaction and writes what changed, one executemany a table for the whole group.

`step` may be called many times, also for one delivery; `flush` writes. One step is one audit record: the verb of
what happened, with what followed from it.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Table, bindparam, select

from gateway import attempts
from gateway.clock import from_ms, opt_ms, to_ms
from gateway.delivery import (
    AskDeputy,
    ChannelProven,
    ChannelSilent,
    Delivery,
    Effect,
    End,
    Event,
    NextRound,
    PutOnCallList,
    Start,
    Tick,
    Try,
    TryState,
)
from gateway.router import Rung
from gateway.scheduler import rank
from gateway.store import tables as t
from gateway.store.rows import Known, dump_ladder, load, with_delivery
from gateway.store.transaction import Transaction
from messages.directory import Contact
from messages.evidence import Evidence
from messages.precedence import Precedence

Row = dict[str, Any]


def _update(table: Table, *columns: str) -> Any:
    return (
        table.update().where(table.c.id == bindparam("_id")).values({c: bindparam(f"_{c}") for c in columns})
    )


_UPDATE_DELIVERY = _update(
    t.deliveries, "evidence", "ended", "round", "round_began_ms", "due_ms", "deputy_asked", "on_call_list"
)
_UPDATE_TRY = _update(
    t.attempts,
    "state",
    "evidence",
    "not_before_ms",
    "started_ms",
    "ended_ms",
    "permanent",
    "stalled",
    "silent",
    "dropped",
)
_NOTE_TRY = _update(t.attempts, "receipt", "detail")


class Ledger:
    """One group's deliveries: loaded once, stepped in memory, written at the end."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.known: dict[int, Known] = {}
        self._stored: dict[int, Delivery] = {}
        self._rows: dict[str, list[Row]] = {"alerts": [], "deliveries": [], "attempts": [], "parts": []}
        self._notes: list[Row] = []
        self._silent: dict[str, int] = {}

    def load(self, delivery_ids: Iterable[int]) -> None:
        missing = [i for i in delivery_ids if i not in self.known]
        if missing:
            self.adopt(load(self.tx.connection, missing))

    def adopt(self, found: dict[int, Known]) -> None:
        self.known.update(found)
        self._stored.update({i: k.delivery for i, k in found.items()})

    # What happens.

    def step(self, delivery_id: int, event: Event, *, verb: str, **facts: Any) -> Delivery:
        """Folds the event in, carries out what follows, notes both in one audit record."""
        known = self.known[delivery_id]
        policy = self.tx.world.policies[known.delivery.precedence]
        after, effects = attempts.step(known.delivery, event, policy, now=self.tx.now)
        if after == known.delivery and not effects:
            return after
        self.known[delivery_id] = known = with_delivery(known, after)
        followed = self._carry_out(known, effects)
        if verb != "looked" or followed:
            self.tx.audit(verb, delivery=delivery_id, person=known.person_id, **facts, **followed)
        self._noticed(known)
        return self.known[delivery_id].delivery

    def _noticed(self, known: Known) -> None:
        changes = self.tx.changes
        changes.alerts.add(known.alert_id)
        if (due := self.known[known.delivery.id].delivery.due_at) is not None:
            changes.due.add(due)

    def _carry_out(self, known: Known, effects: Iterable[Effect]) -> dict[str, Any]:
        """Does what the effects say; returns what the audit says about it."""
        followed: dict[str, Any] = {}
        for effect in effects:
            match effect:
                case Start():
                    followed.setdefault("started", []).append(self._start(known.delivery.id, effect))
                case AskDeputy():
                    followed["deputy"] = self._ask_deputy(known)
                case PutOnCallList():
                    followed["call_list"] = True
                case NextRound(number):
                    followed["round"] = number
                case ChannelSilent(channel):
                    self._silent[channel] = self._silent.get(channel, 0) + 1
                case ChannelProven(channel):
                    self._silent[channel] = -1_000_000
                case End(ended):
                    followed["ended"] = ended.value
                case _:  # a Drop is already in the delivery's tries
                    followed["dropped"] = followed.get("dropped", 0) + 1
        return followed

    def _start(self, delivery_id: int, start: Start) -> dict[str, Any]:
        known, tx = self.known[delivery_id], self.tx
        rung = known.delivery.ladder[start.rung]
        delayed = start.not_before is not None and start.not_before > tx.now
        new = Try(
            id=tx.new_id("attempts"),
            rung=start.rung,
            round=start.round,
            state=TryState.DELAYED if delayed else TryState.READY,
            evidence=Evidence.QUEUED,
            queued_at=tx.now,
            not_before=start.not_before if delayed else None,
        )
        delivery = replace(known.delivery, tries=(*known.delivery.tries, new))
        due = _sooner(delivery, self.tx)
        self.known[delivery_id] = with_delivery(known, replace(delivery, due_at=due))
        self._rows["attempts"].append(_attempt_row(known, new, rung, why=start.why, repeated=start.repeated))
        if delayed and start.not_before is not None:
            tx.changes.due.add(start.not_before)
        else:
            tx.changes.channels.add(rung.channel)
        return {"attempt": new.id, "channel": rung.channel, "why": start.why}

    # New deliveries.

    def create(
        self,
        contact: Contact,
        *,
        alert_id: int,
        plane: str,
        precedence: Precedence,
        want: Evidence,
        ladder: tuple[Rung, ...],
        expires_ms: int,
        deputy_for: int | None = None,
    ) -> int:
        """A new delivery with its first tries in the queue. Its audit record is the caller's."""
        tx = self.tx
        delivery_id = tx.new_id("deliveries")
        new = Delivery(
            id=delivery_id,
            precedence=precedence,
            want=want,
            ladder=ladder,
            began_at=tx.now,
            expires_at=from_ms(expires_ms),
            round_began=tx.now,
        )
        person = tx.world.persons[contact.id]
        self.known[delivery_id] = Known(new, alert_id, contact.id, person, rank(precedence, plane))
        policy = tx.world.policies[precedence]
        after, effects = attempts.step(new, Tick(), policy, now=tx.now)
        self.known[delivery_id] = with_delivery(self.known[delivery_id], after)
        self._carry_out(self.known[delivery_id], effects)
        self._noticed(self.known[delivery_id])
        self._rows["deliveries"].append({"id": delivery_id, "deputy_for": deputy_for})
        return delivery_id

    def _ask_deputy(self, known: Known) -> int | None:
        """The deputy's own delivery; None if there is no deputy or they have the alert already."""
        directory = self.tx.world.directory
        contact = directory.contact(known.recipient)
        deputy = directory.contact(contact.deputy) if contact and contact.deputy else None
        if deputy is None or self._has(known.alert_id, deputy.id):
            return None
        alert = self.tx.connection.execute(
            select(t.alerts.c.plane, t.alerts.c.expires_ms).where(t.alerts.c.id == known.alert_id)
        ).first()
        plane, expires_ms = (alert.plane, alert.expires_ms) if alert else self._new_alert(known.alert_id)
        d = known.delivery
        return self.create(
            deputy,
            alert_id=known.alert_id,
            plane=plane,
            precedence=d.precedence,
            want=d.want,
            ladder=self.tx.world.ladder(deputy, d.precedence, plane=plane),
            expires_ms=expires_ms,
            deputy_for=d.id,
        )

    def _new_alert(self, alert_id: int) -> tuple[str, int]:
        row = next(row for row in self._rows["alerts"] if row["id"] == alert_id)
        return row["plane"], row["expires_ms"]

    def _has(self, alert_id: int, contact_id: str) -> bool:
        if any(k.alert_id == alert_id and k.recipient == contact_id for k in self.known.values()):
            return True
        query = select(t.deliveries.c.id).where(
            t.deliveries.c.alert_id == alert_id, t.deliveries.c.recipient == contact_id
        )
        return self.tx.connection.execute(query.limit(1)).first() is not None

    def add_alert(self, row: Row) -> None:
        self._rows["alerts"].append(row)

    def add_parts(self, rows: Iterable[Row]) -> None:
        self._rows["parts"].extend(rows)

    def note(self, attempt_id: int, *, receipt: str | None, detail: str) -> None:
        """The receipt and the far end's words, for the people who look at the attempt."""
        self._notes.append({"_id": attempt_id, "_receipt": receipt, "_detail": detail[:500]})

    # Writing.

    def flush(self) -> None:
        self._complete_new()
        execute = self.tx.connection.execute
        for name in ("alerts", "deliveries", "attempts", "parts"):
            if self._rows[name]:
                execute(t.metadata.tables[name].insert(), self._rows[name])
        new = {row["id"] for row in self._rows["attempts"]}
        changed = [(i, k.delivery, self._stored[i]) for i, k in self.known.items() if i in self._stored]
        deliveries = [_delivery_update(after) for _, after, before in changed if _differs(after, before)]
        tries = [
            _try_update(after, self.tx.now_ms)
            for _, after_d, before_d in changed
            for after in after_d.tries
            if after.id not in new and after not in before_d.tries
        ]
        for statement, rows in (
            (_UPDATE_DELIVERY, deliveries),
            (_UPDATE_TRY, tries),
            (_NOTE_TRY, self._notes),
        ):
            if rows:
                execute(statement, rows)
        self._write_silence()

    def _complete_new(self) -> None:
        """New deliveries and attempts are written as they stand at the end of the group."""
        for row in self._rows["deliveries"]:
            row.update(_delivery_row(self.known[row["id"]]))
        tries = (
            {x.id: x for k in self.known.values() for x in k.delivery.tries} if self._rows["attempts"] else {}
        )
        for row in self._rows["attempts"]:
            row.update(_try_columns(tries[row["id"]], self.tx.now_ms))

    def _write_silence(self) -> None:
        for channel, change in self._silent.items():
            row = self.tx.connection.execute(
                select(t.channel_states.c.silent).where(t.channel_states.c.name == channel)
            ).first()
            before = row.silent if row else 0
            after = max(0, before + change)
            if after == before:
                continue
            self.tx.changes.silence = True
            if row:
                where = t.channel_states.c.name == channel
                self.tx.connection.execute(t.channel_states.update().where(where).values(silent=after))
            else:
                self.tx.connection.execute(
                    t.channel_states.insert(), channel_row(channel, self.tx, silent=after)
                )


def channel_row(
    name: str, tx: Transaction, *, silent: int = 0, disabled: bool = False, reason: str = ""
) -> Row:
    return {"name": name, "disabled": disabled, "reason": reason, "changed_ms": tx.now_ms, "silent": silent}


def _sooner(delivery: Delivery, tx: Transaction) -> Any:
    """A new try brings a deadline of its own: the delivery is looked at again when it passes."""
    policy = tx.world.policies[delivery.precedence]
    return None if delivery.ended else attempts.due(delivery, policy, tx.now)


def _differs(after: Delivery, before: Delivery) -> bool:
    return replace(after, tries=()) != replace(before, tries=())


def _delivery_row(known: Known) -> Row:
    d = known.delivery
    return {
        "alert_id": known.alert_id,
        "recipient": known.recipient,
        "person_id": known.person_id,
        "precedence": int(d.precedence),
        "want": int(d.want),
        "ladder": dump_ladder(d.ladder),
        "began_ms": to_ms(d.began_at),
        "expires_ms": to_ms(d.expires_at),
        "evidence": int(d.evidence),
        "ended": d.ended,
        "round": d.round,
        "round_began_ms": to_ms(d.round_began),
        "due_ms": opt_ms(d.due_at),
        "deputy_asked": d.deputy_asked,
        "on_call_list": d.on_call_list,
    }


def _delivery_update(d: Delivery) -> Row:
    return {
        "_id": d.id,
        "_evidence": int(d.evidence),
        "_ended": d.ended,
        "_round": d.round,
        "_round_began_ms": to_ms(d.round_began),
        "_due_ms": opt_ms(d.due_at),
        "_deputy_asked": d.deputy_asked,
        "_on_call_list": d.on_call_list,
    }


def _attempt_row(known: Known, new: Try, rung: Rung, *, why: str, repeated: bool) -> Row:
    return {
        "id": new.id,
        "delivery_id": known.delivery.id,
        "channel": rung.channel,
        "address": rung.address,
        "rank": known.rank,
        "rung": new.rung,
        "round": new.round,
        "why": why,
        "repeated": repeated,
        "queued_ms": to_ms(new.queued_at),
        "expires_ms": to_ms(known.delivery.expires_at),
    }


def _try_columns(x: Try, now_ms: int) -> Row:
    return {
        "state": int(x.state),
        "evidence": int(x.evidence),
        "not_before_ms": opt_ms(x.not_before),
        "started_ms": opt_ms(x.started_at),
        "ended_ms": now_ms if x.state is TryState.DONE else None,
        "permanent": x.permanent,
        "stalled": x.stalled,
        "silent": x.silent,
        "dropped": x.dropped,
    }


def _try_update(x: Try, now_ms: int) -> Row:
    return {"_id": x.id, **{f"_{name}": value for name, value in _try_columns(x, now_ms).items()}}
