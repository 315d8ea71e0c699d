"""CAP values as CAP 1.2 bytes: UTF-8, elements in the schema's order, times with UTC as `-00:00`.

What was not understood when it was read (parameters, codes, signatures) is written again as it came.
"""

from collections.abc import Iterable
from datetime import datetime

from lxml import etree

from messages.cap_model import NAMESPACE, Area, CapAlert, CapError, Info, Resource, ValuePair
from messages.cap_xml import check_schema

_Pairs = Iterable[tuple[str, object]]


def serialise(cap: CapAlert) -> bytes:
    """The message as bytes that the schema accepts. Raises CapError when a value cannot be written."""
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    _write(root, _alert(cap))
    for info in cap.info:
        element = _add(root, "info")
        _write(element, _info(info))
        for resource in info.resource:
            _write(_add(element, "resource"), _resource(resource))
        for area in info.area:
            _write(_add(element, "area"), _area(area))
    for signature in cap.signatures:
        root.append(_signature(signature))
    check_schema(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _alert(cap: CapAlert) -> _Pairs:
    yield "identifier", cap.identifier
    yield "sender", cap.sender
    yield "sent", cap.sent
    yield "status", cap.status
    yield "msgType", cap.msg_type
    yield "source", cap.source
    yield "scope", cap.scope
    yield "restriction", cap.restriction
    yield "addresses", _list("addresses", cap.addresses)
    yield from (("code", code) for code in cap.code)
    yield "note", cap.note
    yield "references", " ".join(f"{r.sender},{r.identifier},{_time(r.sent)}" for r in cap.references) or None
    yield "incidents", _list("incidents", cap.incidents)


def _info(info: Info) -> _Pairs:
    yield "language", info.language
    yield from (("category", category) for category in info.category)
    yield "event", info.event
    yield from (("responseType", response) for response in info.response_type)
    yield "urgency", info.urgency
    yield "severity", info.severity
    yield "certainty", info.certainty
    yield "audience", info.audience
    yield from (("eventCode", pair) for pair in info.event_code)
    yield "effective", info.effective
    yield "onset", info.onset
    yield "expires", info.expires
    yield "senderName", info.sender_name
    yield "headline", info.headline
    yield "description", info.description
    yield "instruction", info.instruction
    yield "web", info.web
    yield "contact", info.contact
    yield from (("parameter", pair) for pair in info.parameter)


def _resource(resource: Resource) -> _Pairs:
    yield "resourceDesc", resource.resource_desc
    yield "mimeType", resource.mime_type
    yield "size", resource.size
    yield "uri", resource.uri
    yield "derefUri", resource.deref_uri
    yield "digest", resource.digest


def _area(area: Area) -> _Pairs:
    yield "areaDesc", area.area_desc
    yield from (("polygon", polygon) for polygon in area.polygons)
    yield from (("circle", circle) for circle in area.circles)
    yield from (("geocode", pair) for pair in area.geocodes)
    yield "altitude", None if area.altitude is None else f"{area.altitude:f}"
    yield "ceiling", None if area.ceiling is None else f"{area.ceiling:f}"


def _write(parent: etree._Element, pairs: _Pairs) -> None:
    for name, value in pairs:
        if isinstance(value, ValuePair):
            _write(_add(parent, name), (("valueName", value.name), ("value", value.value)))
        elif value is not None:
            written = _time(value) if isinstance(value, datetime) else str(value)
            try:
                _add(parent, name).text = written
            except ValueError as error:
                raise CapError(name, f"holds a sign that XML cannot carry: {error}") from error


def _add(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")


def _time(at: datetime) -> str:
    written = at.isoformat(timespec="seconds")
    return f"{written[:-6]}-00:00" if written.endswith("+00:00") else written


def _list(element: str, items: tuple[str, ...]) -> str | None:
    if any('"' in item or not item for item in items):
        raise CapError(element, "an item is empty or holds a quote, which the list cannot carry")
    return " ".join(f'"{item}"' if any(map(str.isspace, item)) else item for item in items) or None


def _signature(signature: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(signature, parser)
    except etree.XMLSyntaxError as error:
        raise CapError("Signature", f"is not well-formed XML: {error.msg}") from error
