"""What CAP 1.2 demands and its schema cannot check, as one table of rules over the values.

A rule yields faults; a fault names the element by its path, so that the line can be found. Text is never
judged here: markup and direction overrides are accepted and made harmless where they are shown. Names are
(`_names`). Source: OASIS CAP 1.2 clause 3.2, in the order of its elements.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha1

from messages.alert_model import MsgType
from messages.cap_area import circle_fault, polygon_fault
from messages.cap_model import Area, CapAlert, Info, Resource, Scope
from messages.neutral import neutral

Path = tuple[tuple[str, int], ...]  # ((element, number from 1), ...) below alert

_BARRED = re.compile(r"[\s,<&]")
_UNSEEN = re.compile("[\ufe00-\ufe0f\u180b-\u180f\U000e0100-\U000e01ef]")  # variation selectors
_NAME_CHARACTERS = 500  # of an identifier or a sender; the longest seen in real alerts has 60
# Of texts, characters: as many as an alert written here may have, and more where people sum up what they say.
_LENGTHS = {
    "event": 2_000,
    "sender_name": 2_000,
    "headline": 2_000,
    "description": 200_000,
    "instruction": 200_000,
}
_SPELT = {"sender_name": "senderName"}
_MOST_ADDRESSES, _MOST_REFERENCES = 10_000, 500  # each is looked up; real alerts name tens
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")  # RFC 3986 3.1
_DIGEST = re.compile(r"[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class Fault:
    path: Path
    reason: str

    @property
    def element(self) -> str:
        """`info/area[2]/polygon`: the number only where it is not the first."""
        return "/".join(name if number == 1 else f"{name}[{number}]" for name, number in self.path)


def faults(cap: CapAlert) -> Iterator[Fault]:
    """Every rule that the message breaks, in the order of the standard."""
    for rule in _ALERT_RULES:
        yield from rule(cap)
    for place, info in enumerate(cap.info, start=1):
        for info_rule in _INFO_RULES:
            for fault in info_rule(cap, info):
                yield Fault((("info", place), *fault.path), fault.reason)


def _at(element: str, reason: str, *, number: int = 1) -> Fault:
    return Fault(((element, number),), reason)


def _names(cap: CapAlert) -> Iterator[Fault]:
    """The standard bars only spaces, commas, < and & (3.2.1). We are stricter with signs that are not seen.

    People say these names over a radio and type them to stop an alert. Two that look alike and are not the same,
    or one that turns the rest of its line around, let the wrong alert be stopped. Unlike a text, a name cannot be
    made harmless where it is shown: what is shown would no longer be what finds it.
    """
    for element, value in (("identifier", cap.identifier), ("sender", cap.sender)):
        if not value:
            yield _at(element, "is empty: with sender and sent it names the message to the whole world")
        elif _BARRED.search(value):
            yield _at(element, f"{value[:80]!r} has a space, comma, < or & in it, which CAP does not allow")
        elif len(value) > _NAME_CHARACTERS:
            yield _at(element, f"has {len(value)} characters: a name of at most {_NAME_CHARACTERS} is read")
        elif not value.isprintable() or neutral(value) != value or _UNSEEN.search(value):
            yield _at(element, f"{value[:80]!a} has a sign in it that cannot be seen, or that turns the line")


def _scope(cap: CapAlert) -> Iterator[Fault]:
    if cap.scope is Scope.RESTRICTED and not (cap.restriction or "").strip():
        yield _at("scope", "is Restricted, so a restriction must say to whom")
    if cap.scope is not Scope.RESTRICTED and (cap.restriction or "").strip():
        yield _at("restriction", f"is for scope Restricted only, and scope is {cap.scope}")
    if cap.scope is Scope.PRIVATE and not cap.addresses:
        yield _at("scope", "is Private, so addresses must say to whom")


_ANSWERS_ANOTHER = frozenset({MsgType.UPDATE, MsgType.CANCEL, MsgType.ACK, MsgType.ERROR})


def _numbers(cap: CapAlert) -> Iterator[Fault]:
    """What the schema lets go on without end, and is looked up one by one."""
    for element, there, most in (
        ("addresses", len(cap.addresses), _MOST_ADDRESSES),
        ("references", len(cap.references), _MOST_REFERENCES),
    ):
        if there > most:
            yield _at(element, f"names {there}, and at most {most} are looked up: send it in several alerts")


def _references(cap: CapAlert) -> Iterator[Fault]:
    if cap.msg_type in _ANSWERS_ANOTHER and not cap.references:
        yield _at("references", f"is missing: {cap.msg_type} must name the earlier message")
    for reference in cap.references:
        if (reference.sender, reference.identifier) == (cap.sender, cap.identifier):
            yield _at("references", "names this message itself")
        elif reference.sent > cap.sent:
            yield _at("references", f"names {reference.identifier[:80]!r}, which is later than this message")


def _times(cap: CapAlert, info: Info) -> Iterator[Fault]:
    begins = info.effective or cap.sent
    if info.expires is not None and info.expires < begins:
        yield _at("expires", f"is before {'effective' if info.effective else 'sent'}: nobody could act on it")


def _lengths(_: CapAlert, info: Info) -> Iterator[Fault]:
    for name, most in _LENGTHS.items():
        there = len(getattr(info, name) or "")
        if there > most:
            yield _at(
                _SPELT.get(name, name), f"has {there} characters, and at most {most} are read: shorten it"
            )


def _resources(_: CapAlert, info: Info) -> Iterator[Fault]:
    for number, resource in enumerate(info.resource, start=1):
        for fault in (*_uri(resource), *_content(resource)):
            yield Fault((("resource", number), *fault.path), fault.reason)


def _uri(resource: Resource) -> Iterator[Fault]:
    uri = (resource.uri or "").strip()
    if uri and resource.deref_uri is None and not _SCHEME.match(uri):
        yield _at("uri", "is relative, so derefUri must hold the content; or write a full address")


def _content(resource: Resource) -> Iterator[Fault]:
    if resource.size is not None and resource.size < 0:
        yield _at("size", "is negative")
    digest = (resource.digest or "").strip()
    if digest and _DIGEST.fullmatch(digest) is None:
        yield _at("digest", "is not a SHA-1 digest: 40 hexadecimal digits")
        return
    if resource.deref_uri is None:
        return
    try:
        content = b64decode("".join(resource.deref_uri.split()), validate=True)
    except (Base64Error, ValueError):
        yield _at("derefUri", "is not base64")
        return
    if digest and sha1(content, usedforsecurity=False).hexdigest() != digest.lower():
        yield _at("digest", "does not match the content in derefUri: it was damaged or changed on its way")


def _areas(_: CapAlert, info: Info) -> Iterator[Fault]:
    for number, area in enumerate(info.area, start=1):
        for fault in (*_shapes(area), *_heights(area)):
            yield Fault((("area", number), *fault.path), fault.reason)


def _shapes(area: Area) -> Iterator[Fault]:
    for number, polygon in enumerate(area.polygons, start=1):
        if reason := polygon_fault(polygon):
            yield _at("polygon", reason, number=number)
    for number, circle in enumerate(area.circles, start=1):
        if reason := circle_fault(circle):
            yield _at("circle", reason, number=number)


def _heights(area: Area) -> Iterator[Fault]:
    if area.ceiling is not None and area.altitude is None:
        yield _at("ceiling", "needs altitude, the other end of the range")


_ALERT_RULES: tuple[Callable[[CapAlert], Iterator[Fault]], ...] = (_names, _scope, _numbers, _references)
_INFO_RULES: tuple[Callable[[CapAlert, Info], Iterator[Fault]], ...] = (_lengths, _times, _resources, _areas)
