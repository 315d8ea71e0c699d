"""Which alert replaced which. An Update or Cancel may name several: the row of `replaces` holds the first of them.

The others are known by their names in the text of the one that replaced them, and by the moment: what replaces an
alert is accepted in the transaction that withdraws it.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from gateway.store import tables as t
from messages.alert import from_json

_OF = t.alerts.c
_ROW = select(
    _OF.id,
    _OF.identifier,
    _OF.code,
    _OF.cap_identifier,
    _OF.sender,
    _OF.accepted_ms,
    _OF.withdrawn_ms,
    _OF.body,
)


def predecessors(connection: Connection, alert_ids: Iterable[int]) -> list[int]:
    """The alerts that these replaced, those that were replaced by them in turn, and so on; each once."""
    found: dict[int, None] = {}
    ahead = [row for each in alert_ids for row in connection.execute(_ROW.where(_OF.id == each))]
    while ahead:
        for row in _replaced_by(connection, ahead.pop()):
            if row.id not in found:
                found[row.id] = None
                ahead.append(row)
    return list(found)


def _replaced_by(connection: Connection, row: Any) -> Iterable[Any]:
    names = {each.identifier for each in from_json(row.body).references}
    if not names:
        return ()
    query = _ROW.where(_OF.cap_identifier.in_(names), _OF.sender == row.sender, _OF.id < row.id)
    return connection.execute(query.where(_OF.withdrawn_ms == row.accepted_ms)).all()


def successor(connection: Connection, alert_id: int) -> Any | None:
    """The alert that replaced this one; None if none did."""
    row = connection.execute(_ROW.where(_OF.id == alert_id)).one()
    candidates: ColumnElement[bool] = _OF.replaces == alert_id
    if row.withdrawn_ms is not None:
        same = and_(_OF.replaces.is_not(None), _OF.accepted_ms == row.withdrawn_ms, _OF.sender == row.sender)
        candidates = or_(candidates, same)
    query = _ROW.add_columns(_OF.replaces).where(candidates, _OF.id > alert_id)
    rows = connection.execute(query.order_by(_OF.id))
    return next((each for each in rows if each.replaces == alert_id or _names(each, row)), None)


def _names(replacing: Any, row: Any) -> bool:
    return any(each.identifier == row.cap_identifier for each in from_json(replacing.body).references)


def in_force(connection: Connection, alert_id: int) -> str | None:
    """The code of the last alert in the row of those that replaced this one; None if none did."""
    code = None
    while (row := successor(connection, alert_id)) is not None:
        code, alert_id = str(row.code), row.id
    return code
