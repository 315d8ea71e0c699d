"""Steps deliveries inside a transaction and writes what changed, one executemany a table for the whole group.

`step` may be called many times, also for one delivery; `flush` writes. One step is one audit record: the verb of
what happened, with what followed from it.
"""

from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter
from typing import Any

from sqlalchemy import select

from gateway import attempts
from gateway.clock import opt_ms, to_ms
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
    Try,
    TryState,
)
from gateway.router import Rung
from gateway.store import tables as t
from gateway.store.bulk import inserting, updating
from gateway.store.creation import ATTEMPTS, Creation
from gateway.store.rows import Known, load, with_delivery
from gateway.store.transaction import Transaction
from messages.evidence import Evidence

Row = dict[str, Any]


_PARTS = inserting(t.parts, *(c.name for c in t.parts.columns if c.name != "id"))
_UPDATE_DELIVERY = updating(
    t.deliveries, "evidence", "ended", "round", "round_began_ms", "due_ms", "deputy_asked", "on_call_list"
)
_TRY_COLUMNS = (
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
_UPDATE_TRY = updating(t.attempts, *_TRY_COLUMNS)
_NOTE_TRY = updating(t.attempts, "parts", "receipt", "detail")
_CONCLUDE_TRY = updating(t.attempts, *_TRY_COLUMNS, "parts", "receipt", "detail")


class Ledger:
    """One group's deliveries: loaded once, stepped in memory, written at the end."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.known: dict[int, Known] = {}
        self._stored: dict[int, Delivery] = {}
        self.new = Creation(tx)
        self._attempts: list[Row] = []
        self._parts: list[Row] = []
        self._notes: dict[int, Row] = {}
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
            changes.due_by(to_ms(due))

    def _carry_out(self, known: Known, effects: Iterable[Effect]) -> dict[str, Any]:
        """Does what the effects say; returns what the audit says about it."""
        followed: dict[str, Any] = {}
        for effect in effects:
            match effect:
                case Start():
                    followed.setdefault("started", []).append(self._start(known.delivery.id, effect))
                case AskDeputy():
                    followed["deputy"] = self.new.ask_deputy(
                        known.alert_id, known.recipient, delivery=known.delivery
                    )
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
        self._attempts.append(_attempt_row(known, new, rung, why=start.why, repeated=start.repeated))
        if delayed and start.not_before is not None:
            tx.changes.due_by(to_ms(start.not_before))
        else:
            tx.changes.channels.add(rung.channel)
        return {"attempt": new.id, "channel": rung.channel, "why": start.why}

    def add_parts(self, rows: Iterable[Row]) -> None:
        self._parts.extend(rows)

    def note(self, attempt_id: int, *, receipt: str | None, detail: str, parts: int | None = None) -> None:
        """The receipt and the far end's words, for the people who look at the attempt."""
        self._notes[attempt_id] = {
            "id": attempt_id,
            "parts": parts,
            "receipt": receipt,
            "detail": detail[:500],
        }

    # Writing.

    def flush(self) -> None:
        self.new.flush()
        connection = self.tx.connection
        changed = [(known.delivery, self._stored[i]) for i, known in self.known.items()]
        tries = {
            each.id: each for after, before in changed for each in after.tries if each not in before.tries
        }
        started = [row | _try_columns(tries.pop(row["id"]), self.tx.now_ms) for row in self._attempts]
        ATTEMPTS.write(connection, started)
        updates = {each.id: _try_update(each, self.tx.now_ms) for each in tries.values()}
        both = updates.keys() & self._notes.keys()
        _CONCLUDE_TRY.write(connection, [updates.pop(i) | self._notes.pop(i) for i in both])
        _UPDATE_TRY.write(connection, list(updates.values()))
        _UPDATE_DELIVERY.write(
            connection, [_delivery_update(after) for after, before in changed if _differs(after, before)]
        )
        _NOTE_TRY.write(connection, list(self._notes.values()))
        _PARTS.write(connection, self._parts)
        self._write_silence()

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
    return _columns(after) != _columns(before)


_columns = attrgetter("evidence", "ended", "round", "round_began", "due_at", "deputy_asked", "on_call_list")


def _delivery_update(d: Delivery) -> Row:
    return {
        "id": d.id,
        "evidence": int(d.evidence),
        "ended": d.ended and d.ended.value,
        "round": d.round,
        "round_began_ms": to_ms(d.round_began),
        "due_ms": opt_ms(d.due_at),
        "deputy_asked": d.deputy_asked,
        "on_call_list": d.on_call_list,
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
    return {"id": x.id, **_try_columns(x, now_ms)}
