"""Which alert replaced which. An Update or Cancel may name several: the row of `replaces` holds the first of them.

The others are known by their names in the text of the one that replaced them, and by the moment: what replaces an
alert is accepted in the transaction that withdraws it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from gateway.store import tables as t
from messages.alert import from_json
from messages.evidence import Evidence

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


@dataclass(frozen=True, slots=True)
class Held:
    """The newest text of a row that a recipient may have. `corrected`: it was corrected since."""

    code: str
    corrected: bool


def held(
    connection: Connection, alert_ids: Collection[int], *, of: Collection[str] | None = None
) -> dict[str, Held]:
    """What each recipient may have of these alerts: the newest one that was handed over, or may have been.

    Who has none of them is absent. `of`: only these recipients.
    """
    sent = t.deliveries.c
    query = (
        select(sent.recipient, _OF.code, _OF.withdrawn)
        .join_from(t.deliveries, t.alerts, _OF.id == sent.alert_id)
        .where(sent.alert_id.in_(alert_ids), sent.evidence >= int(Evidence.SENDING))
    )
    if of is not None:
        query = query.where(sent.recipient.in_(of))
    rows = connection.execute(query.order_by(_OF.id))
    return {row.recipient: Held(row.code, row.withdrawn == "corrected") for row in rows}


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


def last_of(connection: Connection, alert_id: int) -> Any | None:
    """The last alert in the row of those that replaced this one; None if none did."""
    last = None
    while (row := successor(connection, alert_id)) is not None:
        last, alert_id = row, row.id
    return last


def in_force(connection: Connection, alert_id: int) -> str | None:
    """The code of the alert that stands in this one's place; None if none does."""
    last = last_of(connection, alert_id)
    return None if last is None else str(last.code)
