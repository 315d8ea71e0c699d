"""Between rows and values: a Delivery from its rows, and its ladder from the JSON in its row."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from gateway.clock import from_ms, opt_from_ms
from gateway.delivery import Delivery, Try, TryState
from gateway.router import Rung
from gateway.scheduler import rank
from gateway.store import tables as t
from gateway.store.bulk import ByKey
from messages.evidence import Ended, Evidence
from messages.precedence import Precedence

_EVIDENCE = {int(e): e for e in Evidence}
_STATE = {int(s): s for s in TryState}
_PRECEDENCE = {int(p): p for p in Precedence}


@lru_cache(maxsize=4096)
@lru_cache(maxsize=4096)
def dump_ladder(ladder: tuple[Rung, ...]) -> str:
    return json.dumps(
        [[r.channel, r.bearer, r.address, r.domains, r.why, r.must, r.proves] for r in ladder],
        ensure_ascii=False,
        separators=(",", ":"),
    )


@lru_cache(maxsize=4096)
def load_ladder(text: str) -> tuple[Rung, ...]:
    return tuple(
        Rung(channel=c, bearer=b, address=a, domains=tuple(d), why=w, must=m, proves=p)
        for c, b, a, d, w, m, p in json.loads(text)
    )


@dataclass(frozen=True, slots=True)
class Known:
    """A delivery as it stands, with what its decisions do not need and its rows do."""

    delivery: Delivery
    alert_id: int
    recipient: str
    person_id: str
    rank: int


# Written out: naming the columns keeps the statement's cache key small and the rows plain tuples.
_DELIVERY = select(
    t.deliveries.c.id,
    t.deliveries.c.alert_id,
    t.deliveries.c.recipient,
    t.deliveries.c.person_id,
    t.deliveries.c.precedence,
    t.deliveries.c.want,
    t.deliveries.c.ladder,
    t.deliveries.c.evidence,
    t.deliveries.c.ended,
    t.deliveries.c.round,
    t.deliveries.c.began_ms,
    t.deliveries.c.round_began_ms,
    t.deliveries.c.expires_ms,
    t.deliveries.c.due_ms,
    t.deliveries.c.deputy_asked,
    t.deliveries.c.on_call_list,
    t.alerts.c.plane,
).join_from(t.deliveries, t.alerts, t.alerts.c.id == t.deliveries.c.alert_id)

_TRY = select(
    t.attempts.c.delivery_id,
    t.attempts.c.id,
    t.attempts.c.rung,
    t.attempts.c.round,
    t.attempts.c.state,
    t.attempts.c.evidence,
    t.attempts.c.queued_ms,
    t.attempts.c.not_before_ms,
    t.attempts.c.started_ms,
    t.attempts.c.permanent,
    t.attempts.c.stalled,
    t.attempts.c.silent,
    t.attempts.c.dropped,
)


_DELIVERIES = ByKey(_DELIVERY, t.deliveries.c.id)
_TRIES = ByKey(_TRY, t.attempts.c.delivery_id)


def load(connection: Connection, ids: Iterable[int]) -> dict[int, Known]:
    """The deliveries with these ids, by id; an id that is not there is absent."""
    wanted = list(ids)
    tries: dict[int, list[Try]] = {}
    for row in sorted(_TRIES.read(connection, wanted)):
        tries.setdefault(row[0], []).append(_try(row))
    found = {}
    for row in _DELIVERIES.read(connection, wanted):
        delivery = _delivery(row, tries.get(row.id, ()))
        found[row.id] = Known(
            delivery, row.alert_id, row.recipient, row.person_id, rank(delivery.precedence, row.plane)
        )
    return found


def _try(row: Any) -> Try:
    (
        _,
        try_id,
        rung,
        round_,
        state,
        evidence,
        queued,
        not_before,
        started,
        permanent,
        stalled,
        silent,
        dropped,
    ) = row
    return Try(
        id=try_id,
        rung=rung,
        round=round_,
        state=_STATE[state],
        evidence=_EVIDENCE[evidence],
        queued_at=from_ms(queued),
        not_before=opt_from_ms(not_before),
        started_at=opt_from_ms(started),
        permanent=bool(permanent),
        stalled=bool(stalled),
        silent=bool(silent),
        dropped=bool(dropped),
    )


def _delivery(row: Any, tries: Sequence[Try]) -> Delivery:
    return Delivery(
        id=row.id,
        precedence=_PRECEDENCE[row.precedence],
        want=_EVIDENCE[row.want],
        ladder=load_ladder(row.ladder),
        began_at=from_ms(row.began_ms),
        expires_at=from_ms(row.expires_ms),
        round_began=from_ms(row.round_began_ms),
        tries=tuple(tries),
        round=row.round,
        evidence=_EVIDENCE[row.evidence],
        ended=Ended(row.ended) if row.ended else None,
        deputy_asked=bool(row.deputy_asked),
        on_call_list=bool(row.on_call_list),
        due_at=opt_from_ms(row.due_ms),
    )


def with_delivery(known: Known, delivery: Delivery) -> Known:
    return Known(delivery, known.alert_id, known.recipient, known.person_id, known.rank)
