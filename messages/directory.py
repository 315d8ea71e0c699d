"""The directory: who can be reached, at which addresses, in which groups, and who stands in for whom.

Pure: `read` takes parsed TOML and never opens a file. An error names the file, the contact, the key, the
reason and what to do, since it is read by the person who keeps the list, often at a bad time.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from messages.address import Address, AddressError, parse_address

_ID = re.compile(r"[0-9A-Za-zÆØÅæøå](?:[0-9A-Za-zÆØÅæøå._-]{0,62}[0-9A-Za-zÆØÅæøå])?")
_DOMAIN = re.compile(r"[0-9A-Za-zÆØÅæøå_-]{1,64}")
_KEYS = ("id", "name", "addresses", "groups", "deputy", "exercise", "call")
_NAME_CHARACTERS = 200
_MOST_CONTACTS = 50_000  # a list longer than this is a typing error
_MOST_ADDRESSES = 20


class DirectoryError(ValueError):
    """The directory cannot be used as it is: correct `key` of `contact` in `file` and read it again."""

    def __init__(self, reason: str, *, remedy: str, contact: str = "", key: str = "", file: str = "") -> None:
        where = ": ".join(part for part in (file, contact and f"contact {contact}", key) if part)
        super().__init__(f"{where}: {reason}; {remedy}" if where else f"{reason}; {remedy}")
        self.reason, self.remedy, self.contact, self.key, self.file = reason, remedy, contact, key, file


def _without_case(address: Address) -> Address:
    """How an address is looked up: mail programs write names as they like, and no mailbox is told apart by case."""
    return Address("mailto", address.value.lower()) if address.scheme == "mailto" else address


@dataclass(frozen=True, slots=True)
class ContactAddress:
    """One address; `domains` None means: what [domains_by_address] of the configuration says of it."""

    address: Address
    domains: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person or a role. The order of `addresses` is the contact's own preference."""

    id: str
    name: str
    addresses: tuple[ContactAddress, ...] = ()
    groups: tuple[str, ...] = ()
    deputy: str = ""  # id of the contact that is asked when this one does not answer
    exercise: bool = False  # opted in to drills
    call: bool = False  # may be rung at any hour


@dataclass(frozen=True, slots=True)
class Audience:
    """Contacts, each once and in order, and the ids that nobody answers to."""

    contacts: tuple[Contact, ...]
    unknown: tuple[str, ...]


class Directory:
    """Contacts that are checked together. Raises DirectoryError; see `_check`."""

    __slots__ = ("_by_address", "_by_id", "_groups", "contacts")

    def __init__(self, contacts: Iterable[Contact] = ()) -> None:
        self.contacts = tuple(contacts)
        self._by_id: dict[str, Contact] = {}
        self._groups: dict[str, list[Contact]] = {}
        self._by_address: dict[Address, list[Contact]] = {}
        for contact in self.contacts:
            self._add(contact)
        self._check_groups()
        for contact in self.contacts:
            self._check_deputies(contact)

    def contact(self, contact_id: str) -> Contact | None:
        return self._by_id.get(contact_id)

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(self._groups)

    def owners(self, address: Address) -> tuple[Contact, ...]:
        """Whose address it is: none, one, or several who share it (a duty phone)."""
        return tuple(self._by_address.get(_without_case(address), ()))

    def at(self, sender: str) -> tuple[Contact, ...]:
        """As `owners`, of a sender as a bearer shows it: nobody's where that is no address."""
        try:
            return self.owners(parse_address(sender))
        except AddressError:
            return ()

    def expand(self, ids: Iterable[str]) -> Audience:
        """The contacts of contact ids and group names; a group stands where it was named, a person only once."""
        found: dict[str, Contact] = {}
        unknown: dict[str, None] = {}
        for name in ids:
            contact = self._by_id.get(name)
            members = [contact] if contact else self._groups.get(name)
            if not members:
                unknown[name] = None
            for member in members or ():
                found.setdefault(member.id, member)
        return Audience(tuple(found.values()), tuple(unknown))

    def _add(self, contact: Contact) -> None:
        if contact.id in self._by_id:
            raise DirectoryError(
                "is listed twice", remedy="give each contact an id of its own", contact=contact.id, key="id"
            )
        self._by_id[contact.id] = contact
        for group in contact.groups:
            self._groups.setdefault(group, []).append(contact)
        for each in contact.addresses:
            self._by_address.setdefault(_without_case(each.address), []).append(contact)

    def _check_groups(self) -> None:
        for group, members in self._groups.items():
            if group in self._by_id:
                raise DirectoryError(
                    f"group {group!r} has the same name as a contact",
                    remedy="rename one of them",
                    contact=members[0].id,
                    key="groups",
                )

    def _check_deputies(self, contact: Contact) -> None:
        seen = [contact.id]
        while contact.deputy:
            deputy = self._by_id.get(contact.deputy)
            if deputy is None:
                raise DirectoryError(
                    f"{contact.deputy!r} is not a contact",
                    remedy="name a contact's id, or leave deputy out",
                    contact=contact.id,
                    key="deputy",
                )
            if deputy.id == seen[0]:
                raise DirectoryError(
                    f"the deputies go round: {' -> '.join([*seen, deputy.id])}",
                    remedy="let the last of them have no deputy",
                    contact=seen[0],
                    key="deputy",
                )
            if deputy.id in seen:
                return  # a loop further on; it is reported for the contact where it begins
            seen.append(deputy.id)
            contact = deputy


def read(data: Mapping[str, Any], *, file: str) -> Directory:
    """The directory of parsed TOML (`[[contacts]]` tables). Raises DirectoryError."""
    try:
        return Directory(_contacts(data))
    except DirectoryError as error:
        raise DirectoryError(
            error.reason, remedy=error.remedy, contact=error.contact, key=error.key, file=file
        ) from error


def _contacts(data: Mapping[str, Any]) -> list[Contact]:
    for key in data:
        if key != "contacts":
            raise DirectoryError(
                "is not known here", remedy="a directory holds [[contacts]] only", key=str(key)
            )
    tables = data.get("contacts", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise DirectoryError(
            "is not a list of tables", remedy="write [[contacts]] above each", key="contacts"
        )
    if len(tables) > _MOST_CONTACTS:
        raise DirectoryError(
            f"has {len(tables)} entries", remedy=f"keep it to {_MOST_CONTACTS}", key="contacts"
        )
    return [_contact(table, place=place) for place, table in enumerate(tables, start=1)]


def _contact(table: dict[str, Any], *, place: int) -> Contact:
    who = str(table.get("id") or f"number {place}")
    for key in table:
        if key not in _KEYS:
            raise DirectoryError(
                "is not known", remedy=f"use one of {', '.join(_KEYS)}", contact=who, key=key
            )
    contact_id = _string(table, "id", who=who)
    if _ID.fullmatch(contact_id) is None:
        raise DirectoryError(
            f"{contact_id!r} cannot be an id",
            remedy="use letters, digits, and . _ - between them, at most 64",
            contact=who,
            key="id",
        )
    return Contact(
        id=contact_id,
        name=_name(table, who=who),
        addresses=_addresses(table, who=who),
        groups=_names(table.get("groups", []), pattern=_ID, who=who, key="groups"),
        deputy=_string(table, "deputy", who=who) if "deputy" in table else "",
        exercise=_flag(table, "exercise", who=who),
        call=_flag(table, "call", who=who),
    )


def _string(table: dict[str, Any], key: str, *, who: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DirectoryError(
            f"is {'missing' if value is None else repr(value)}", remedy="write a text", contact=who, key=key
        )
    return value


def _name(table: dict[str, Any], *, who: str) -> str:
    name = _string(table, "name", who=who)
    if len(name) > _NAME_CHARACTERS or not name.isprintable():
        raise DirectoryError(
            "is too long or holds signs that cannot be printed",
            remedy=f"write one line of at most {_NAME_CHARACTERS} characters",
            contact=who,
            key="name",
        )
    return name


def _flag(table: dict[str, Any], key: str, *, who: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise DirectoryError(f"is {value!r}", remedy="write true or false", contact=who, key=key)
    return value


def _names(value: object, *, pattern: re.Pattern[str], who: str, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and pattern.fullmatch(v) for v in value):
        raise DirectoryError(
            f"is {value!r}", remedy='write a list of names, as ["krisestab"]', contact=who, key=key
        )
    return tuple(dict.fromkeys(value))


def _addresses(table: dict[str, Any], *, who: str) -> tuple[ContactAddress, ...]:
    entries = table.get("addresses", [])
    if not isinstance(entries, list) or len(entries) > _MOST_ADDRESSES:
        raise DirectoryError(
            f"is not a list of at most {_MOST_ADDRESSES}",
            remedy='write addresses = ["sms:+4500000001"]',
            contact=who,
            key="addresses",
        )
    found: dict[Address, ContactAddress] = {}
    for entry in entries:
        each = _address(entry, who=who)
        if each.address in found:
            raise DirectoryError(
                f"{each.address} is listed twice", remedy="take one out", contact=who, key="addresses"
            )
        found[each.address] = each
    return tuple(found.values())


def _address(entry: object, *, who: str) -> ContactAddress:
    table = {"uri": entry} if isinstance(entry, str) else entry
    if (
        not isinstance(table, dict)
        or not isinstance(table.get("uri"), str)
        or not table.keys() <= {"uri", "domains"}
    ):
        raise DirectoryError(
            f"{entry!r} is not an address",
            remedy='write "sms:+4500000001" or { uri = "sms:+4500000001", domains = ["net-a"] }',
            contact=who,
            key="addresses",
        )
    try:
        address = parse_address(table["uri"])
    except AddressError as error:
        raise DirectoryError(
            str(error), remedy="correct the address", contact=who, key="addresses"
        ) from error
    if "domains" not in table:
        return ContactAddress(address)
    return ContactAddress(
        address, _names(table["domains"], pattern=_DOMAIN, who=who, key="addresses.domains")
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A contact that an import would change, and the names of the fields that differ."""

    old: Contact
    new: Contact
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What importing a directory over another would do."""

    added: tuple[Contact, ...]
    changed: tuple[Change, ...]
    removed: tuple[Contact, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def difference(old: Directory, new: Directory) -> Difference:
    """What would be added, changed and removed if `new` took the place of `old`; order of the files kept."""
    changed = []
    for contact in new.contacts:
        before = old.contact(contact.id)
        if before is not None and before != contact:
            differing = (
                f.name for f in fields(Contact) if getattr(before, f.name) != getattr(contact, f.name)
            )
            changed.append(Change(before, contact, tuple(differing)))
    return Difference(
        added=tuple(c for c in new.contacts if old.contact(c.id) is None),
        changed=tuple(changed),
        removed=tuple(c for c in old.contacts if new.contact(c.id) is None),
    )
