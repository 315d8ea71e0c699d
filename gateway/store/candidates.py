"""What a message that matches no question may be about: so that who reads it has only to say which."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.marks import TELLS
from gateway.store import tables as t
from gateway.store.coded import Codes
from gateway.store.inbox import CODES_MOST, Kind
from gateway.store.meant import asked_of, asks_back
from gateway.store.questions import Question, Said
from gateway.store.showing import Json
from messages.alert import from_json
from messages.directory import Directory


def with_contacts(connection: Connection, given: tuple[Sequence[Json], Directory]) -> list[Json]:
    """The items, each with whose address the sender's is, and what these had been asked that it may answer."""
    items, directory = given
    of = t.inbound.c
    loose = [item["number"] for item in items if item["open"] and item["kind"] == Kind.UNMATCHED]
    came = connection.execute(select(of.id, of.received_ms, of.at_ms).where(of.id.in_(loose)))
    times = {row.id: (row.received_ms, row.at_ms) for row in came}
    return [
        {
            **item,
            "contacts": [contact.id for contact in directory.at(item["sender"])],
            "asked": _asked(connection, item, directory, times=times.get(item["number"])),
        }
        for item in items
    ]


@dataclass(frozen=True, slots=True)
class NotAskedBack:
    """What has come since may be asked back about, unless a text with one of these headlines went there after it."""

    since_ms: int
    directory: Directory
    asking_back: frozenset[str]


def of_several(connection: Connection, wanted: NotAskedBack) -> list[tuple[Question, ...]]:
    """Of what has come and may be about one of several questions: these, for the hub to ask which."""
    of, directory = t.inbound.c, wanted.directory
    query = select(of.sender, of.text, of.at_ms, of.received_ms).where(
        of.open, of.kind == Kind.UNMATCHED, ~of.urgent, of.automatic == "", of.received_ms > wanted.since_ms
    )
    found = []
    for row in connection.execute(query.order_by(of.id)):
        contacts = frozenset(contact.id for contact in directory.at(row.sender))
        said = Said(row.text, row.received_ms, row.at_ms, row.sender, put_by_ms=row.received_ms)
        several = asked_of(connection, said, contacts=contacts, directory=directory).several
        if not asks_back(row.text, several, reaction=False):
            continue
        if not _asked_back(connection, several[0].recipient, row.received_ms, wanted.asking_back):
            found.append(several)
    return found


def _asked_back(connection: Connection, who: str, since_ms: int, headlines: frozenset[str]) -> bool:
    """Whether they were asked what they meant: since then an alert may have ended, and they would be asked anew."""
    query = (
        select(t.alerts.c.body)
        .join_from(t.deliveries, t.alerts, t.alerts.c.id == t.deliveries.c.alert_id)
        .where(t.deliveries.c.recipient == who, t.alerts.c.submitter == TELLS)
        .where(t.alerts.c.accepted_ms >= since_ms)
    )
    return any(from_json(row.body).headline in headlines for row in connection.execute(query))


def _asked(
    connection: Connection, item: Json, directory: Directory, *, times: tuple[int, int] | None
) -> list[Json]:
    contacts = frozenset(contact.id for contact in directory.at(item["sender"]))
    if times is None or not contacts:
        return []
    said = Said(item["text"], *times, item["sender"], put_by_ms=times[0])
    named = Codes(connection, said, contacts=contacts, directory=directory).several()
    found = asked_of(connection, said, contacts=contacts, directory=directory)
    questions = named or found.several or ((found.question,) if found.question else ())
    return [
        {"who": each.recipient, "code": each.code} | ({"closed": each.closed} if each.closed else {})
        for each in questions[:CODES_MOST]
    ]
