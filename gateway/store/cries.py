"""Urgent items of the inbox as they stand beside the alerts that they answer: who has them, and that nobody has."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from gateway.clock import rfc3339
from gateway.store import tables as t

_OF = t.inbound.c
_WHOSE = select(_OF.id, _OF.delivery_id, _OF.owner, _OF.taken_ms, _OF.handled_ms, _OF.note).order_by(_OF.id)
_NO_ITEMS = ("part", "joined")  # gateway.store.inbox.Kind: of a long message that stands whole beside them

Json = dict[str, Any]


def of_notice(connection: Connection, notice: str) -> list[Json]:
    """Of the hub's question who takes it: the items that it is about."""
    query = _WHOSE.where(_OF.told.contains(notice, autoescape=True))
    return [{"number": row.id, **whose(row)} for row in connection.execute(query)]


def of_deliveries(connection: Connection, alert_id: int) -> dict[int, list[Json]]:
    """What its recipients answered on which somebody must act at once, by delivery."""
    found: dict[int, list[Json]] = {}
    mine = select(t.deliveries.c.id).where(t.deliveries.c.alert_id == alert_id)
    query = _WHOSE.where(_OF.urgent, _OF.kind.not_in(_NO_ITEMS), _OF.delivery_id.in_(mine))
    for row in connection.execute(query):
        found.setdefault(row.delivery_id, []).append({"number": row.id, **whose(row)})
    return found


def whose(row: Any) -> Json:
    """Who has an item, or has handled it."""
    return {
        "owner": row.owner,
        "taken_at": rfc3339(row.taken_ms),
        "handled_at": rfc3339(row.handled_ms),
        "note": row.note,
    }


def count_untaken(connection: Connection, _: None) -> int:
    """How many urgent items nobody has taken."""
    nobody_has: ColumnElement[bool] = _OF.taken_ms.is_(None)
    query = select(func.count()).where(_OF.open, _OF.urgent, nobody_has, _OF.kind.not_in(_NO_ITEMS))
    found: int = connection.execute(query).scalar_one()
    return found
