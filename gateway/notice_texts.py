"""What the notices of urgent items say, and who is asked by them. Pure: an alert is the JSON of the contract."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from gateway.store.showing import Json
from gateway.world import World
from messages.answer_meaning import meaning, without_its_code
from messages.directory import Contact
from messages.evidence import Evidence
from messages.neutral import neutral_line
from messages.precedence import Precedence

_TEXT_MOST = 60  # characters of what they wrote that go with it
_EACH_MOST = 30  # the same, of each of several
_NAMES_MOST = 4  # people who share an address
_ITEMS_MOST = 3  # items that are named where several wait; the rest are counted
_COLLEAGUES_MOST = 10
_WORDS = {
    "da": {
        "urgent": "HASTEMELDING {code}fra {who}: {said}",
        "again": "IKKE TAGET: {urgent}",
        "several": "IKKE TAGET, {n} HASTEMELDINGER: {named}",
        "all": "{n} HASTEMELDINGER: {named}",
        "more": "{n} til",
        "taken": "TAGET af {by}: {urgent}",
        "handled": "HÅNDTERET af {by}: {urgent}",
        "stranger": "{who} (ikke i kontakterne)",
        "nobody": "ukendt afsender",
        "take": "jeg tager den",
        "take_all": "jeg tager dem",
    },
    "en": {
        "urgent": "URGENT {code}from {who}: {said}",
        "again": "NOT TAKEN: {urgent}",
        "several": "NOT TAKEN, {n} URGENT: {named}",
        "all": "{n} URGENT: {named}",
        "more": "{n} more",
        "taken": "TAKEN by {by}: {urgent}",
        "handled": "HANDLED by {by}: {urgent}",
        "stranger": "{who} (not among the contacts)",
        "nobody": "unknown sender",
        "take": "I take it",
        "take_all": "I take them",
    },
}


_HEADING = re.compile(r"(?:(?:IKKE TAGET|NOT TAKEN): )?(?:HASTEMELDING|URGENT) (?:#\w+ )?(?:fra|from) ")


def without_heading(headline: str) -> str:
    """Of a notice about one item who wrote and what."""
    return _HEADING.sub("", headline, count=1)


def senders(item: Json, world: World) -> tuple[Contact, ...]:
    """Whose message it is, or may be: nobody's where the sender is not in the directory."""
    if item["recipient"]:
        contact = world.directory.contact(item["recipient"])
        return (contact,) if contact else ()
    return world.directory.at(item["sender"])


def to_ask(item: Json, world: World) -> tuple[str, ...]:
    """The duty contact or group. Who cries for help is not asked to come: their deputy is, and the others.

    Where that is nobody, it is the smallest group of theirs that has somebody else in it.
    """
    authors = {contact.id: contact for contact in senders(item, world)}
    duty = world.directory.expand((world.duty,)).contacts
    crying = [contact for contact in duty if contact.id in authors]
    if not crying:
        return (world.duty,)
    found = dict.fromkeys(contact.id for contact in duty if contact.id not in authors)
    found |= dict.fromkeys(each.deputy for each in crying if each.deputy and each.deputy not in authors)
    return tuple(found) or _colleagues(crying, world)


def _colleagues(crying: Iterable[Contact], world: World) -> tuple[str, ...]:
    known = {contact.id for contact in crying}
    groups = [
        [each.id for each in world.directory.expand((name,)).contacts if each.id not in known]
        for contact in crying
        for name in contact.groups
    ]
    return tuple(min(filter(None, groups), key=len, default=[])[:_COLLEAGUES_MOST])


def status_of(item: Json, world: World) -> str:
    if item["alert"]:
        return str(item["alert"]["status"])
    return "Actual" if world.plane == "live" else "Exercise"


def urgent_alert(item: Json, world: World, *, to: Sequence[str]) -> bytes:
    """The alert about an urgent item, to who may take it: who, what, about which alert; or what is known of that."""
    return _asking([item], world, to=to, headline=_urgent(item, world))


def again_alert(items: Sequence[Json], world: World, *, to: Sequence[str]) -> bytes:
    """The alert about urgent items that nobody has taken: of one as before, of several the first are named.

    Where there is room, as in a mail, all of them are.
    """
    words = words_of(items[0])
    if len(items) == 1:
        return _asking(items, world, to=to, headline=words["again"].format(urgent=_urgent(items[0], world)))
    headline = words["several"].format(n=len(items), named=_first_of(items, world))
    return _asking(items, world, to=to, headline=headline)


def _first_of(items: Sequence[Json], world: World) -> str:
    named = [
        f"{_code(item)}{_who(item, world)}: {_said(item, most=_EACH_MOST)}" for item in items[:_ITEMS_MOST]
    ]
    if more := len(items) - len(named):
        named.append(words_of(items[0])["more"].format(n=more))
    return "; ".join(named)


def _whole(items: Sequence[Json], world: World) -> dict[str, str]:
    """All of them for bearers that have room, where the headline names only the first."""
    if len(items) <= _ITEMS_MOST:
        return {}
    return {"long_text": "\n".join(f"{n}. {_urgent(item, world)}" for n, item in enumerate(items, 1))}


def closed_alert(items: Sequence[Json], world: World, *, to: Sequence[str], by: str, handled: bool) -> bytes:
    """Who was asked and need not come hears who has what: one text, and nobody is to answer it."""
    contact = world.directory.contact(by)
    name = neutral_line(contact.name if contact else by)[:_TEXT_MOST]
    words = words_of(items[0])
    several = words["all"].format(n=len(items), named=_first_of(items, world))
    urgent = _urgent(items[0], world) if len(items) == 1 else several
    return alert_json(
        to=list(to),
        status=status_of(items[0], world),
        precedence=Precedence.IMMEDIATE.word,  # on the ways that woke them, before a mail
        headline=words["handled" if handled else "taken"].format(by=name, urgent=urgent),
        want=Evidence.SUBMITTED.word,
        **_whole(items, world),
    )


def _asking(items: Sequence[Json], world: World, *, to: Sequence[str], headline: str) -> bytes:
    take = words_of(items[0])["take" if len(items) == 1 else "take_all"]
    return alert_json(
        to=list(to),
        status=status_of(items[0], world),
        precedence=Precedence.FLASH.word,
        headline=headline,
        answers={"1": take},
        **_whole(items, world),
    )


def _urgent(item: Json, world: World) -> str:
    said = _said(item, most=_TEXT_MOST)
    return words_of(item)["urgent"].format(code=_code(item), who=_who(item, world), said=said)


def _code(item: Json) -> str:
    return f"#{item['alert']['code']} " if item["alert"] else ""


def _said(item: Json, *, most: int) -> str:
    """What they wrote without its codes, and what the number in it means."""
    alert = item["alert"] or {"code": "", "answers": {}}
    text = without_its_code(item["text"], alert["code"])
    key, what = meaning(item["text"], tuple(alert["answers"].items()), code=alert["code"])
    if key and text.strip(" .!") == key:
        return what
    shown = f"{text[:most]}..." if len(text) > most else text
    return f"{shown} ({key}={what})" if key else shown


def _who(item: Json, world: World) -> str:
    words, people = words_of(item), senders(item, world)
    if people:
        return " / ".join(neutral_line(each.name) for each in people[:_NAMES_MOST])
    address = neutral_line(item["recipient"] or item["sender"].partition(":")[2] or item["sender"])
    return words["stranger"].format(who=address[:_TEXT_MOST]) if address else words["nobody"]


def words_of(item: Json) -> dict[str, str]:
    language = item["alert"]["language"] if item["alert"] else "da"
    return _WORDS["da" if language.lower().startswith("da") else "en"]


def alert_json(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()
