"""CAP 1.2, the OASIS Common Alerting Protocol: reading, judging and writing. The package's face for it.

`parse` takes a stranger's bytes and gives values or a CapError; `judge` says the same in words for people.
What is accepted is kept whole: `parse(serialise(cap)) == cap`. Nothing is verified about signatures here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

from lxml import etree

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
from messages.cap_read import read_alert
from messages.cap_rules import Path, faults
from messages.cap_write import serialise
from messages.cap_xml import MOST_OCTETS, line_of, read_tree

__all__ = [
    "MOST_OCTETS",
    "NAMESPACE",
    "Area",
    "CapAlert",
    "CapError",
    "Category",
    "Certainty",
    "Info",
    "Resource",
    "ResponseType",
    "Scope",
    "Severity",
    "Urgency",
    "ValuePair",
    "Verdict",
    "judge",
    "parse",
    "serialise",
]

_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>|&(?:[a-z]{2,8}|#[0-9]{1,7});")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `bavn cap check` says of one file. Refused: `element`, `line` (0: unknown) and `reason` say why."""

    accepted: bool
    element: str = ""
    reason: str = ""
    line: int = 0
    notes: tuple[str, ...] = ()
    actionable: bool = False  # accepted, and its status may be acted on at all


def parse(data: bytes) -> CapAlert:
    """The message, or CapError naming the first element that is wrong and its line."""
    return _read(data)[0]


def judge(data: bytes) -> Verdict:
    """Accept or refuse, with notes on what an accepted message holds that a person should know."""
    try:
        cap, notes = _read(data)
    except CapError as error:
        return Verdict(accepted=False, element=error.element, reason=error.reason, line=error.line)
    return Verdict(accepted=True, notes=(*notes, *_remarks(cap)), actionable=cap.status.actionable)


def _read(data: bytes) -> tuple[CapAlert, tuple[str, ...]]:
    root, notes = read_tree(data)
    cap = read_alert(root)
    fault = next(faults(cap), None)
    if fault is not None:
        raise CapError(fault.element, fault.reason, line=_line(root, fault.path))
    return cap, notes


def _line(root: etree._Element, path: Path) -> int:
    element = root
    for name, number in path:
        found = [child for child in element if child.tag == f"{{{NAMESPACE}}}{name}"]
        if len(found) < number:
            break
        element = found[number - 1]
    return line_of(element)


def _remarks(cap: CapAlert) -> Iterator[str]:
    if not cap.status.actionable:
        yield f"status: {cap.status} is judged and kept, and never acted on"
    if cap.signatures:
        yield "Signature: kept and passed on, not verified"
    texts = list(_texts(cap))
    for what, pattern in (("markup", _MARKUP), ("direction overrides", _DIRECTION)):
        holders = dict.fromkeys(name for name, text in texts if pattern.search(text))
        if holders:
            yield f"{', '.join(holders)}: {what} in the text, neutralised when shown"


def _texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the message with the name of its field."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item, name)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name), field.name)
