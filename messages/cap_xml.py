"""From a stranger's bytes to a CAP 1.2 tree that holds to the schema, or a CapError; nothing else can come
out.

The bytes are decoded here, by an allow-list of encodings, so that a DOCTYPE cannot hide in one that only
the parser understands. No DOCTYPE, hence no entities; no network, no XInclude; size, depth (256, libxml2's
own) and time are bounded. Sources: W3C XML 1.0 2.8 and 4.3.3, OASIS CAP 1.2 clause 3.4 (the schema, shipped
as cap-1.2.xsd).
"""

import re
from importlib.resources import files
from itertools import islice
from threading import Lock
from typing import cast

from lxml import etree

from messages.cap_model import NAMESPACE, CapError

MOST_OCTETS = 2_000_000  # the largest real alert seen has 0.9 MB
_OLDER = {
    "http://www.incident.com/cap/1.0": "1.0",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
}
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']""")
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
}
_NAME_IN_MESSAGE = re.compile(r"Element '(?:\{[^}]*\})?([^']+)'")
_NAMESPACE_IN_MESSAGE = re.compile(r"\{[^}]*\}")
_MESSAGE_CHARACTERS = 300
_MOST_ELEMENTS = 50_000  # an alert for every county of the United States, in two codes, has some 19,000
_MANY_ELEMENTS = 2_500
_FEW_ELEMENTS = 500  # real ones have fewer; above, what is valid is never looked through as a tree

_schema = etree.XMLSchema(etree.fromstring(files("messages").joinpath("cap-1.2.xsd").read_bytes()))
_schema_lock = Lock()  # a schema keeps the errors of its last run on itself


def read_tree(data: bytes) -> tuple[etree._Element, tuple[str, ...]]:
    """The `alert` element of a schema-valid message, and notes on what was read as something else."""
    text = _decoded(data)
    _refuse_doctype(text)
    root = _parsed(text)
    _refuse_too_many(root)
    _refuse_other_vocabularies(root)
    notes = _read_older_certainty(root)
    check_schema(root)
    return root, notes


def line_of(element: etree._Element) -> int:
    """Where the element begins, from 1; 0 when the parser does not know."""
    return cast("int | None", element.sourceline) or 0


def check_schema(root: etree._Element) -> None:
    """Raises CapError with the first element that the schema refuses; of a very large tree without its line."""
    found = None
    count = sum(1 for _ in islice(root.iter(), _MANY_ELEMENTS))
    if count >= _FEW_ELEMENTS:
        found = _first_in_stream(root)
    if count < _FEW_ELEMENTS or (found and count < _MANY_ELEMENTS):
        found = _first_in_tree(root)
    if found is None:
        return
    message, line = found
    named = _NAME_IN_MESSAGE.search(message)
    reason = _NAMESPACE_IN_MESSAGE.sub("", message)[:_MESSAGE_CHARACTERS]
    raise CapError(named.group(1) if named else "alert", reason, line=line)


def _first_in_tree(root: etree._Element) -> tuple[str, int] | None:
    with _schema_lock:
        if _schema.validate(root):
            return None
        first = cast("list[etree._LogEntry]", _schema.error_log)[0]  # noqa: SLF001  the type has no other name
        return first.message, first.line


def _first_in_stream(root: etree._Element) -> tuple[str, int] | None:
    """As a stream the schema works out no path for each error, which in a tree costs the square of its width:
    2 MB of empty info elements took five minutes (lxml 6.1.3, libxml2 2.14).
    """
    parser = etree.XMLParser(schema=_schema, resolve_entities=False, no_network=True, load_dtd=False)
    try:
        etree.fromstring(etree.tostring(root), parser)
    except etree.XMLSyntaxError as error:
        return str(error.msg), 0
    return None


def _decoded(data: bytes) -> str:
    if len(data) > MOST_OCTETS:
        raise CapError("alert", f"has {len(data)} octets; at most {MOST_OCTETS} are read")
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    if encoding is None:
        declared = _DECLARED.match(data)
        name = declared.group(1).decode("ascii") if declared else "utf-8"
        encoding = _ENCODINGS.get(name.lower())
        if encoding is None:
            raise CapError("alert", f"encoding {name!r} is not read: write it as UTF-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"is not the {encoding} that it says it is: write it as UTF-8"
        raise CapError("alert", reason, line=line) from error


def _refuse_doctype(text: str) -> None:
    """Looks through what may stand before the root element: white space, comments, processing instructions."""
    place = 0
    while (place := text.find("<", place)) >= 0:
        if text.startswith("<!--", place):
            end = text.find("-->", place)
        elif text.startswith("<?", place):
            end = text.find("?>", place)
        elif text.startswith("<!", place):
            line = text.count("\n", 0, place) + 1
            raise CapError("DOCTYPE", "is never part of an alert: take it out", line=line)
        else:
            return
        if end < 0:
            return  # not well-formed; the parser says so, and where
        place = end


def _parsed(text: str) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever the declaration says: it has been decoded already
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        reason = str(error.msg)[:_MESSAGE_CHARACTERS]
        if "depth" in reason:  # libxml2's words advise its callers to lift the bound
            raise CapError("alert", "is nested deeper than 256 elements", line=error.lineno or 0) from error
        raise CapError("alert", f"is not well-formed XML: {reason}", line=error.lineno or 0) from error
    except ValueError as error:
        raise CapError("alert", f"is not XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CapError("DOCTYPE", "is never part of an alert: take it out")
    return root


def _refuse_too_many(root: etree._Element) -> None:
    if sum(1 for _ in islice(root.iter(), _MOST_ELEMENTS + 1)) > _MOST_ELEMENTS:
        raise CapError("alert", f"has more than {_MOST_ELEMENTS} elements: send the areas in several alerts")


def _refuse_other_vocabularies(root: etree._Element) -> None:
    name = etree.QName(root)
    older = _OLDER.get(name.namespace or "")
    if older is not None:
        raise CapError(
            "alert",
            f"is CAP {older}, and only CAP 1.2 is read: ask the sender for 1.2, the version since July 2010",
            line=line_of(root),
        )
    if name.namespace != NAMESPACE or name.localname != "alert":
        raise CapError(
            name.localname[:_MESSAGE_CHARACTERS],
            f"is not a CAP 1.2 alert: its root must be alert in the namespace {NAMESPACE}",
            line=line_of(root),
        )


def _read_older_certainty(root: etree._Element) -> tuple[str, ...]:
    """CAP 1.0's `Very Likely` is to be read as Likely (CAP 1.2, clause 3.2.2, certainty)."""
    notes: tuple[str, ...] = ()
    for certainty in root.iter(f"{{{NAMESPACE}}}certainty"):
        if (certainty.text or "").strip() == "Very Likely" and not len(certainty):
            certainty.text = "Likely"
            notes = ("certainty: 'Very Likely' is read as Likely",)
    return notes
