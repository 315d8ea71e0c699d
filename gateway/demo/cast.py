"""Who takes part in the demonstration: roles only, numbers that nobody can have, and what each of them will answer.

Every role has a phone on network B or two phones, so that the ladder always has another domain to jump to. The
stand-in is not called in from the start: he is asked when the head of staff does not answer.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

GROUP = "krisestab"
LONG_LIST, SHORT_LIST = "personale", "moedehold"  # who gets the two ROUTINE messages
LONG_SIZE, SHORT_SIZE = 31, 9  # how many they are


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person writes so many seconds after a message is on the phone."""

    after_s: float
    key: str  # of the text in the catalogue


@dataclass(frozen=True, slots=True)
class Role:
    id: str
    phones: tuple[tuple[str, str], ...]  # (number, the network it is on)
    mail: bool = False
    deputy: str = ""
    replies: tuple[Reply, ...] = ()  # to the call-in; (): silent

    @property
    def mailbox(self) -> str:
        return f"{self.id}@bavnby.invalid"


def _on_both(number: int) -> tuple[tuple[str, str], ...]:
    """A duty phone on network A and a phone of one's own on network B."""
    return ((f"+450000{number:04}", "net-a"), (f"+450000{number + 100:04}", "net-b"))


def _on_b(number: int) -> tuple[tuple[str, str], ...]:
    return ((f"+450000{number:04}", "net-b"),)


STAND_IN = "stedfortraeder"
HEAD = "kriseleder"
THUMB = "it-vagt"
ROLES: tuple[Role, ...] = (
    Role(HEAD, _on_both(1), deputy=STAND_IN),
    Role("logfoerer", _on_b(3), mail=True, replies=(Reply(2.5, "answer-1"),)),
    Role(THUMB, _on_both(5), replies=(Reply(1.0, "thumb"), Reply(7.0, "answer-words"))),
    Role("kommunikation", _on_b(4), mail=True, replies=(Reply(2.0, "answer-late"),)),
    Role("hjemmepleje-nord", _on_both(7), replies=(Reply(4.0, "answer-1"),)),
    Role("hjemmepleje-syd", _on_both(8), replies=(Reply(4.0, "answer-1"),)),
    Role("plejecenter-oest", _on_both(9), replies=(Reply(3.0, "answer-words"),)),
    Role("plejecenter-vest", _on_both(10), replies=(Reply(3.0, "answer-1"),)),
    Role("bosted-midt", _on_both(11), replies=(Reply(3.0, "answer-1"),)),
    Role("teknikvagt", _on_b(6), mail=True, replies=(Reply(2.5, "answer-1"),)),
    Role("vagtcentral", _on_b(12), mail=True, replies=(Reply(2.0, "answer-1"),)),
    Role(STAND_IN, _on_b(2), replies=(Reply(1.5, "answer-1"),)),
)
PLACES = ("hjemmepleje-nord", "hjemmepleje-syd", "plejecenter-oest", "plejecenter-vest", "bosted-midt")
CALLED = tuple(role.id for role in ROLES if role.id != STAND_IN)


def by_address() -> dict[str, Role]:
    """Whose a number or a mailbox is."""
    found = {number: role for role in ROLES for number, _ in role.phones}
    return found | {role.mailbox: role for role in ROLES if role.mail}


def directory_toml(name_of: dict[str, str]) -> str:
    """directory.toml: the roles and the staff that the ROUTINE messages are for. `name_of` is by id."""
    tables = [_role_table(role, name_of[role.id]) for role in ROLES]
    staff = name_of[LONG_LIST]
    for number in range(1, LONG_SIZE + SHORT_SIZE + 1):
        address = _text(f"mailto:personale-{number:02}@bavnby.invalid")
        group = LONG_LIST if number <= LONG_SIZE else SHORT_LIST
        tables.append(_table(f"personale-{number:02}", f"{staff} {number:02}", [address], group=group))
    return "\n".join(tables)


def _role_table(role: Role, name: str) -> str:
    addresses = [_sms(number, network) for number, network in role.phones]
    if role.mail:
        addresses.append(_text(f"mailto:{role.mailbox}"))
    group = GROUP if role.id in CALLED else ""
    return _table(role.id, name, addresses, group=group, deputy=role.deputy)


def _sms(number: str, network: str) -> str:
    return f'{{ uri = "sms:{number}", domains = ["{network}"] }}'


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _table(contact_id: str, name: str, addresses: Sequence[str], *, group: str = "", deputy: str = "") -> str:
    lines = [
        "[[contacts]]",
        f"id = {_text(contact_id)}",
        f"name = {_text(name)}",
        f"addresses = [{', '.join(addresses)}]",
        "exercise = true",
    ]
    lines += [f"groups = [{_text(group)}]"] if group else []
    lines += [f"deputy = {_text(deputy)}"] if deputy else []
    return "\n".join(lines) + "\n"
