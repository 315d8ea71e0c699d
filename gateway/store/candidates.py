"""What a message that matches no question may be about: so that who reads it has only to say which."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from gateway.store import tables as t
from gateway.store.inbox import CODES_MOST, Kind
from gateway.store.meant import asked_of
from gateway.store.questions import Question, Said
from gateway.store.showing import Json
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


def of_several(connection: Connection, given: tuple[int, Directory]) -> list[tuple[Question, ...]]:
    """Of what has come since and may be about one of several questions: these, for the hub to ask which."""
    since_ms, directory = given
    of = t.inbound.c
    query = select(of.sender, of.text, of.at_ms, of.received_ms).where(
        of.open, of.kind == Kind.UNMATCHED, ~of.urgent, of.automatic == "", of.received_ms > since_ms
    )
    found = []
    for row in connection.execute(query.order_by(of.id)):
        contacts = frozenset(contact.id for contact in directory.at(row.sender))
        said = Said(row.text, row.received_ms, row.at_ms, row.sender, put_by_ms=row.received_ms)
        if several := asked_of(connection, said, contacts=contacts, directory=directory).several:
            found.append(several)
    return found


def _asked(
    connection: Connection, item: Json, directory: Directory, *, times: tuple[int, int] | None
) -> list[Json]:
    contacts = frozenset(contact.id for contact in directory.at(item["sender"]))
    if times is None or not contacts:
        return []
    said = Said(item["text"], *times, item["sender"], put_by_ms=times[0])
    found = asked_of(connection, said, contacts=contacts, directory=directory)
    questions = found.several or ((found.question,) if found.question else ())
    return [
        {"who": each.recipient, "code": each.code} | ({"closed": each.closed} if each.closed else {})
        for each in questions[:CODES_MOST]
    ]
