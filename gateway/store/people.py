"""Operations on contacts and persons: the store owns the contacts, directory.toml is an import.

Each contact is a person with a random id and a key. Erasing a person deletes the key and empties the working rows:
what the audit holds about them stays in the chain, and points at nobody any more.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from gateway.delivery import Stopped
from gateway.errors import NotFound
from gateway.router import plan
from gateway.store import tables as t
from gateway.store.bulk import ByKey
from gateway.store.ledger import Ledger
from gateway.store.rows import dump_ladder, load_ladder
from gateway.store.transaction import Transaction
from gateway.world import contact_data
from messages.address import parse_address
from messages.directory import Contact, Directory, difference, read
from messages.precedence import Precedence


@dataclass(frozen=True, slots=True)
class People:
    directory: Directory
    persons: dict[str, str]  # contact id -> person id


def load_people(connection: Connection, _: None) -> People:
    rows = connection.execute(select(t.contacts).order_by(t.contacts.c.position)).all()
    directory = read({"contacts": [json.loads(row.data) for row in rows]}, file="the store")
    return People(directory, {row.id: row.person_id for row in rows})


@dataclass(frozen=True, slots=True)
class Import:
    """A directory file as read, and the SHA-256 of its bytes."""

    directory: Directory
    digest: str


def import_directory(tx: Transaction, wanted: Import) -> list[str]:
    """Makes the contacts those of the file, unless this very file was imported before. Returns the changes."""
    row = tx.connection.execute(select(t.settings.c.value).where(t.settings.c.key == "directory")).first()
    if row is not None and row.value == wanted.digest:
        return []
    people = load_people(tx.connection, None)
    changes = difference(people.directory, wanted.directory)
    tx.connection.execute(t.contacts.delete())
    for position, contact in enumerate(wanted.directory.contacts):
        person = people.persons.get(contact.id) or tx.session.new_person()
        data = json.dumps(contact_data(contact), ensure_ascii=False)
        contact_row = {"id": contact.id, "person_id": person, "position": position, "data": data}
        tx.connection.execute(t.contacts.insert(), contact_row)
    _add_ways(tx, {each.new.id: each.new for each in changes.changed if "addresses" in each.fields})
    tx.connection.execute(t.settings.delete().where(t.settings.c.key == "directory"))
    tx.connection.execute(t.settings.insert(), {"key": "directory", "value": wanted.digest})
    tx.audit("directory_imported", contacts=len(wanted.directory.contacts), digest=wanted.digest)
    return [
        *(f"{contact.id} was added" for contact in changes.added),
        *(f"{change.new.id}: {', '.join(change.fields)} changed" for change in changes.changed),
        *(f"{contact.id} was removed" for contact in changes.removed),
    ]


_UNDER_WAY = ByKey(
    select(
        t.deliveries.c.id,
        t.deliveries.c.recipient,
        t.deliveries.c.ladder,
        t.deliveries.c.precedence,
        t.alerts.c.plane,
    )
    .join_from(t.deliveries, t.alerts, t.alerts.c.id == t.deliveries.c.alert_id)
    .where(t.deliveries.c.ended.is_(None)),
    t.deliveries.c.recipient,
)


def _add_ways(tx: Transaction, moved: Mapping[str, Contact]) -> None:
    """What is under way to those who moved may go over new addresses; what waits for an old one is turned down."""
    for row in _UNDER_WAY.read(tx.connection, moved):
        contact = moved[row.recipient]
        old, policy = load_ladder(row.ladder), tx.world.policies[Precedence(row.precedence)]
        known = {(rung.channel, rung.address) for rung in old}
        now = plan(contact, tx.world.surroundings, policy=policy, plane=row.plane)
        new = tuple(rung for rung in now if (rung.channel, rung.address) not in known)
        if new:
            tx.connection.execute(
                t.deliveries.update()
                .where(t.deliveries.c.id == row.id)
                .values(ladder=dump_ladder(old + new), due_ms=tx.now_ms)
            )


def erase(tx: Transaction, contact_id: str) -> None:
    """Forgets a person: key, contact, addresses, answers and what they wrote. The audit chain still verifies."""
    query = select(t.contacts.c.person_id, t.contacts.c.data).where(t.contacts.c.id == contact_id)
    row = tx.connection.execute(query).first()
    if row is None:
        raise NotFound(f"there is no contact {contact_id!r}")
    mine = select(t.deliveries.c.id).where(t.deliveries.c.person_id == row.person_id)
    execute = tx.connection.execute
    _end_deliveries(tx, [each.id for each in execute(mine)])
    execute(t.attempts.update().where(t.attempts.c.delivery_id.in_(mine)).values(address="", detail=None))
    attempts = select(t.attempts.c.id).where(t.attempts.c.delivery_id.in_(mine))
    execute(t.parts.update().where(t.parts.c.attempt_id.in_(attempts)).values(address=""))
    execute(t.answers.update().where(t.answers.c.delivery_id.in_(mine)).values(text="", option=""))
    _erase_inbound(tx, mine, addresses=_addresses(row.data))
    execute(
        t.deliveries.update()
        .where(t.deliveries.c.person_id == row.person_id)
        .values(recipient="", answer=None)
    )
    execute(t.early_reports.delete().where(t.early_reports.c.address.in_(_addresses(row.data))))
    execute(t.contacts.delete().where(t.contacts.c.id == contact_id))
    tx.session.forget_person(row.person_id)
    tx.audit("erased", person=row.person_id)


def _erase_inbound(tx: Transaction, deliveries: Select[Any], *, addresses: list[str]) -> None:
    """What they wrote, as text and as it came; in what nobody could read their numbers are looked for."""
    of, whole = t.inbound.c, t.inbound.alias().c
    named = [parse_address(each).value.removeprefix("+") for each in addresses]
    theirs = of.delivery_id.in_(deliveries) | of.sender.in_(addresses)
    wholes = select(whole.id).where(whole.delivery_id.in_(deliveries) | whole.sender.in_(addresses))
    unread = (of.kind == "unreadable") & or_(*(of.raw.contains(each, autoescape=True) for each in named))
    mine = theirs | of.whole_id.in_(wholes) | unread
    tx.connection.execute(t.inbound.update().where(mine).values(text="", sender="", raw=""))


def _end_deliveries(tx: Transaction, numbers: list[int]) -> None:
    """Nothing more leaves; the ladder keeps its ways, which late reports still name, and loses its addresses."""
    ledger = Ledger(tx)
    ledger.load(numbers)
    for number in numbers:
        ledger.step(number, Stopped(), verb="stopped")
    ledger.flush()
    for number in numbers:
        ladder = tuple(replace(rung, address="") for rung in ledger.known[number].delivery.ladder)
        tx.connection.execute(
            t.deliveries.update().where(t.deliveries.c.id == number).values(ladder=dump_ladder(ladder))
        )


def _addresses(data: str) -> list[str]:
    """The addresses of a stored contact, as inbound messages show them."""
    return [each if isinstance(each, str) else each["uri"] for each in json.loads(data)["addresses"]]
