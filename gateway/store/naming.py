"""What an alert is called here. CAP names a message by sender, identifier and sent (3.2.1); people want one word.

The store's own name of an alert (`alerts.identifier`) is the identifier as its sender wrote it, where that is free.
Where another sender has it already, the alert's number follows after a comma, which no CAP identifier may hold: so
no name can be taken by what comes later. What follows a CAP file is matched by the CAP name alone.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from gateway.clock import to_ms
from gateway.errors import Refused
from gateway.marks import CODE_MARK, EXACTLY
from gateway.store import tables as t
from gateway.store.bulk import Query
from gateway.store.transaction import Transaction
from messages.alert import Alert, Reference

_MARKS = (CODE_MARK, EXACTLY)

_ID = select(t.alerts.c.id)
_BY_NAME = Query(_ID.where(t.alerts.c.identifier == bindparam("name")))
_BY_CAP_NAME = Query(
    _ID.where(
        t.alerts.c.cap_identifier == bindparam("cap_identifier"),
        t.alerts.c.sender == bindparam("sender"),
        t.alerts.c.sent_ms == bindparam("sent_ms"),
    )
)
_OF_A_REFERENCE = select(
    t.alerts.c.id,
    t.alerts.c.identifier,
    t.alerts.c.code,
    t.alerts.c.cap_identifier,
    t.alerts.c.sender,
    t.alerts.c.sent_ms,
    t.alerts.c.withdrawn,
    t.alerts.c.plane,
    t.alerts.c.precedence,
)


class Names:
    """The names that one transaction gives to alerts from outside. What it gave is remembered before it is written."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._names: set[str] = set()
        self._cap_names: set[Reference] = set()

    def known(self, alert: Alert) -> bool:
        """Whether there is an alert of this sender with this identifier and time."""
        return alert.reference in self._cap_names or bool(
            _BY_CAP_NAME.read(self._tx.connection, **cap_columns(alert))
        )

    def give(self, alert: Alert, number: int) -> str:
        """A name for the alert that nothing has. Nor does it begin with a mark, which says how a name is meant."""
        name = alert.identifier
        if name in self._names or name.startswith(_MARKS) or _BY_NAME.read(self._tx.connection, name=name):
            name = f"{name},{number}"
        self._names.add(name)
        self._cap_names.add(alert.reference)
        return name


def cap_columns(alert: Alert | Reference) -> dict[str, Any]:
    """The CAP name of an alert, as the store keeps it."""
    return {"cap_identifier": alert.identifier, "sender": alert.sender, "sent_ms": to_ms(alert.sent)}


def referenced(connection: Any, reference: Reference) -> Any | None:
    """The alert that a reference names, by sender and identifier; None if it never came here.

    `sent` decides only between several: a sender who writes it otherwise than in the message is still understood.
    Refused if it may be several all the same.
    """
    same = _OF_A_REFERENCE.where(
        t.alerts.c.cap_identifier == reference.identifier, t.alerts.c.sender == reference.sender
    )
    exact = connection.execute(same.where(t.alerts.c.sent_ms == to_ms(reference.sent))).first()
    rows = [exact] if exact else connection.execute(same.limit(2)).all()
    if len(rows) > 1:
        raise Refused(
            f"{reference.sender} used {reference.identifier!r} for several alerts, and none was sent "
            f"{reference.sent.isoformat()}: write the time that the alert itself has",
            pointer="references",
        )
    return rows[0] if rows else None


@dataclass(frozen=True, slots=True)
class Referenced:
    """What references name: the store's own names of the alerts that are here, and those that never came here."""

    names: tuple[str, ...]
    not_here: tuple[Reference, ...]


def names_of(connection: Any, references: tuple[Reference, ...]) -> Referenced:
    """What is here of the alerts that references name. Refused as `referenced`, and where none is here."""
    found = [(each, referenced(connection, each)) for each in references]
    not_here = tuple(reference for reference, row in found if row is None)
    if references and len(not_here) == len(references):
        raise nothing_here(references[0])
    return Referenced(tuple(row.identifier for _, row in found if row is not None), not_here)


def nothing_here(reference: Reference) -> Refused:
    return Refused(
        f"there is no alert {reference.identifier!r} of {reference.sender!r} here to replace: "
        "send it as msgType Alert, or see `bavn list`",
        pointer="references",
    )
