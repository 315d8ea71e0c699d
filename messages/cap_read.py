"""From a schema-valid tree to the values of cap_model. Says nothing of what the schema cannot check:
cap_rules does.

What the schema lets through and a value cannot hold (a whole number of 4,000 digits, the hour 24) is
refused here. Source: OASIS CAP 1.2 clause 3.2.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from lxml import etree

from messages.alert_model import MsgType, Reference, Status
from messages.cap_model import (
    NAMESPACE,
    Area,
    CapAlert,
    CapError,
    Category,
    Certainty,
    Info,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Urgency,
    ValuePair,
)
from messages.cap_xml import line_of

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}")
_ITEM = re.compile(r'\s*(?:"([^"]*)"|([^\s"]+))(?=\s|$)')
_NUMBER_CHARACTERS = 30


class _Element:
    """An element's children by name; each is taken by the name the standard gives it."""

    __slots__ = ("_children", "line")

    def __init__(self, element: etree._Element) -> None:
        self.line = line_of(element)
        self._children: dict[str, list[etree._Element]] = defaultdict(list)
        for child in element:
            self._children[etree.QName(child).localname].append(child)

    def text(self, name: str) -> str | None:
        found = self._children.get(name)
        return None if not found else found[0].text or ""

    def need(self, name: str) -> str:
        return self.text(name) or ""

    def word(self, name: str) -> str:
        return self.need(name).strip()

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(child.text or "" for child in self._children.get(name, ()))

    def parts(self, name: str) -> Iterator["_Element"]:
        """One at a time: all of them together would be the better part of a large message twice."""
        return (_Element(child) for child in self._children.get(name, ()))

    def pairs(self, name: str) -> tuple[ValuePair, ...]:
        return tuple(ValuePair(part.need("valueName"), part.need("value")) for part in self.parts(name))

    def time(self, name: str) -> datetime | None:
        written = self.text(name)
        return None if written is None else read_time(written, element=name, line=self._line_of(name))

    def words(self, name: str) -> tuple[str, ...]:
        """A list parted by white space, in which quotes hold together what has spaces in it (3.2.1, addresses)."""
        return read_list(self.need(name), element=name, line=self._line_of(name))

    def number(self, name: str) -> Decimal | None:
        written = self.text(name)
        if written is None:
            return None
        if len(written.strip()) > _NUMBER_CHARACTERS:
            raise CapError(name, "is a number longer than any that is meant", line=self._line_of(name))
        try:
            return Decimal(written.strip())
        except InvalidOperation as error:
            raise CapError(name, f"{written!r} is not a number", line=self._line_of(name)) from error

    def references(self) -> tuple[Reference, ...]:
        line = self._line_of("references")
        return tuple(_reference(triplet, line=line) for triplet in self.need("references").split())

    def _line_of(self, name: str) -> int:
        found = self._children.get(name)
        return line_of(found[0]) if found else self.line


def read_alert(root: etree._Element) -> CapAlert:
    """The values of a tree that the schema has accepted. Raises CapError."""
    alert = _Element(root)
    sent = alert.time("sent")
    if sent is None:
        raise CapError("sent", "is missing", line=alert.line)
    return CapAlert(
        identifier=alert.need("identifier"),
        sender=alert.need("sender"),
        sent=sent,
        status=Status(alert.word("status")),
        msg_type=MsgType(alert.word("msgType")),
        source=alert.text("source"),
        scope=Scope(alert.word("scope")),
        restriction=alert.text("restriction"),
        addresses=alert.words("addresses"),
        code=alert.texts("code"),
        note=alert.text("note"),
        references=alert.references(),
        incidents=alert.words("incidents"),
        info=tuple(_info(part) for part in alert.parts("info")),
        signatures=tuple(_opaque(child) for child in root if etree.QName(child).namespace != NAMESPACE),
    )


def _info(info: _Element) -> Info:
    language = info.text("language")
    return Info(
        language=None if language is None else language.strip(),
        category=tuple(Category(word) for word in info.texts("category")),
        event=info.need("event"),
        response_type=tuple(ResponseType(word) for word in info.texts("responseType")),
        urgency=Urgency(info.word("urgency")),
        severity=Severity(info.word("severity")),
        certainty=Certainty(info.word("certainty")),
        audience=info.text("audience"),
        event_code=info.pairs("eventCode"),
        effective=info.time("effective"),
        onset=info.time("onset"),
        expires=info.time("expires"),
        sender_name=info.text("senderName"),
        headline=info.text("headline"),
        description=info.text("description"),
        instruction=info.text("instruction"),
        web=info.text("web"),
        contact=info.text("contact"),
        parameter=info.pairs("parameter"),
        resource=tuple(_resource(part) for part in info.parts("resource")),
        area=tuple(_area(part) for part in info.parts("area")),
    )


def _resource(resource: _Element) -> Resource:
    size = resource.number("size")
    return Resource(
        resource_desc=resource.need("resourceDesc"),
        mime_type=resource.need("mimeType"),
        size=None if size is None else int(size),
        uri=resource.text("uri"),
        deref_uri=resource.text("derefUri"),
        digest=resource.text("digest"),
    )


def _area(area: _Element) -> Area:
    return Area(
        area_desc=area.need("areaDesc"),
        polygons=area.texts("polygon"),
        circles=area.texts("circle"),
        geocodes=area.pairs("geocode"),
        altitude=area.number("altitude"),
        ceiling=area.number("ceiling"),
    )


def _opaque(element: etree._Element) -> bytes:
    """A signature as exclusive canonical XML: it stands on its own and stays the same wherever it is put."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def read_time(written: str, *, element: str, line: int = 0) -> datetime:
    """An aware time of CAP's one form, `2026-11-23T09:30:00+01:00`; UTC is `-00:00`.

    `24:00:00` is the end of its day, the first moment of the next (XML Schema part 2, 3.2.7.1).
    """
    written = written.strip()
    if _TIME.fullmatch(written) is None:
        raise CapError(element, f"{written[:40]!r} is not written as 2026-11-23T09:30:00+01:00", line=line)
    try:
        ends_day = written[10:19] == "T24:00:00"
        at = datetime.fromisoformat(written.replace("T24", "T00") if ends_day else written)
        at += timedelta(days=ends_day)
        if not 1970 <= at.year <= 9998:
            raise ValueError("the year is out of range")
    except ValueError as error:
        raise CapError(element, f"{written!r} is not a time: {error}", line=line) from error
    return at if at.utcoffset() else at.replace(tzinfo=UTC)


def read_list(written: str, *, element: str, line: int = 0) -> tuple[str, ...]:
    """The items of a list parted by white space; CapError when a quote is left open."""
    items, place, end = [], 0, len(written.rstrip())
    while place < end:
        item = _ITEM.match(written, place)
        if item is None:
            raise CapError(element, "has a quote that is left open or stands inside a word", line=line)
        items.append(item.group(1) if item.group(2) is None else item.group(2))
        place = item.end()
    return tuple(item for item in items if item)


def _reference(triplet: str, *, line: int) -> Reference:
    parts = triplet.split(",")
    if len(parts) != 3 or not parts[0] or not parts[1]:
        raise CapError("references", f"{triplet[:80]!r} is not written as sender,identifier,sent", line=line)
    sender, identifier, sent = parts
    return Reference(sender, identifier, read_time(sent, element="references", line=line))
