"""Delivery receipts in their many spellings. Pure.

What only a network can write counts first: the optional parameters. The text after it, read loosely, since every vendor
spells it in its own way. What stands after `text:`, or in quotation marks that are not round one of its values, is the
beginning of our own message and is not read.
Source: SMPP v3.4 appendix B (the text), 5.2.28 (message states), 5.3.2.12 and 5.3.2.35 (optional parameters).
"""

import re
from dataclasses import dataclass

from channels.smpp_pdu import Deliver, Tag
from channels.smpp_text import UDHI
from messages.evidence import Evidence

_RECEIPT = frozenset(
    {0x04, 0x08, 0x0C, 0x20}
)  # esm_class, bits 5 to 2: receipt, acknowledged by the phone, both, not yet
_KIND = 0x3C
# From left to right: where our own text begins, a field, something quoted. A status goes on to the next field.
_FIELD = re.compile(
    r"""(?<![^\s,;&|])(?P<end>text|txt|msg|message|content)\s*[:=]
    |(?<![^\s,;&|])(?P<name>(?:message_?)?id|stat|status|err|error)\s*[:=]\s*(?!(?:id|sub|dlvrd|stat|status|err|error|text)\s*[:=])
    (?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s,;&|"]+))
    (?P<more>(?:[ \t]+(?!(?:submit|done)\s)[a-z_]+(?![a-z_]*\s*[:=]))*)
    |"[^"]*"?""",
    re.IGNORECASE | re.ASCII | re.VERBOSE,
)
# Read as a text, in which 5F is § (GSM 03.38).
_UNMARKED = re.compile(
    r"\s*(?:message[_§]?)?id\s*[:=]\s*\S.{0,300}\bstat(?:us)?\s*[:=]\s*\S", re.IGNORECASE | re.DOTALL
)
_READ_MOST = 400  # characters of a receipt that are looked at

_NAMES = {"status": "stat", "error": "err", "message_id": "id", "messageid": "id"}
_STATES = {
    0: "SCHEDULED",
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
    9: "SKIPPED",
}
# Whole words, in capitals and without underlines: DELIVERY_FAILED and DELIVERED_TO_SMSC begin as DELIVERED does.
_DELIVERED = frozenset({"DELIVRD", "DELIVERED", "DELIVERD", "DELIVEREDTOTERMINAL"})
_GIVEN_UP = frozenset(
    {
        *("EXPIRED", "DELETED", "SKIPPED"),
        *("UNDELIV", "UNDELIVRD", "UNDELIVERD", "UNDELIVERED", "UNDELIVERABLE"),
        *("REJECTD", "REJECTED", "FAILED", "DELIVERYFAILED", "DELIVERYFAILURE"),
    }
)


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """`message_id` and `user_reference` as they came; '' and None where they did not."""

    message_id: str
    evidence: Evidence
    detail: str
    user_reference: int | None


def is_receipt(message: Deliver) -> bool:
    """By esm_class, or by the parameters of a receipt. A text that looks like one may be anybody's."""
    marked = message.esm_class & _KIND in _RECEIPT
    return marked or {Tag.RECEIPTED_MESSAGE_ID, Tag.MESSAGE_STATE} <= message.options.keys()


def looks_like_one(text: str) -> bool:
    """Whether a text that is not marked as a receipt has the form of appendix B: no person writes so."""
    return _UNMARKED.match(text) is not None


def read(message: Deliver) -> ReadReceipt:
    """What a receipt says. Never raises: one that says nothing is UNKNOWN, and names no message."""
    fields, options = _fields(_text(message)), message.options
    given = (
        options.get(Tag.RECEIPTED_MESSAGE_ID, b"").partition(b"\0")[0][:65].decode("ascii", "replace").strip()
    )
    told, state = _word(fields.get("stat", "")), options.get(Tag.MESSAGE_STATE)
    said = told if state is None else _state(state)
    evidence, detail = meaning(said), said or "no status"
    if state is not None and told and (evidence > Evidence.UNKNOWN) != (meaning(told) > Evidence.UNKNOWN):
        evidence, detail = Evidence.UNKNOWN, f"contradicts itself: {said} and {told}"
    if error := fields.get("err", "").strip("0"):
        detail += f", error {fields['err']}" if error else ""
    reference = options.get(Tag.USER_MESSAGE_REFERENCE, b"")
    return ReadReceipt(
        message_id=given or fields.get("id", ""),
        evidence=evidence,
        detail=detail,
        user_reference=int.from_bytes(reference, "big") if len(reference) == 2 else None,
    )


def meaning(status: str) -> Evidence:
    """Only DELIVRD proves that it arrived. ACCEPTD, ENROUTE and words that nobody knows are no news."""
    word = status.replace("_", "").upper()
    if word in _DELIVERED:
        return Evidence.DELIVERED
    return Evidence.REFUSED if word in _GIVEN_UP else Evidence.UNKNOWN


def _text(message: Deliver) -> str:
    """All that a receipt needs is ASCII: of UTF-16 that is every second octet, whatever its data_coding says."""
    octets = message.octets
    if message.esm_class & UDHI:
        octets = octets[1 + octets[0] :] if octets else b""
    return octets.replace(b"\0", b"")[:_READ_MOST].decode("latin-1")


def _fields(text: str) -> dict[str, str]:
    """The first of a kind counts, but two statuses that differ are none."""
    found: dict[str, str] = {}
    for field in _FIELD.finditer(text):
        if field["end"]:
            break
        if not field["name"]:
            continue
        name = field["name"].lower()
        name = _NAMES.get(name, name)
        value = (field["bare"] or field["quoted"] or "") + (field["more"] if name == "stat" else "")
        if found.setdefault(name, value) != value and name == "stat":
            found[name] = f"{found[name]} {value}"
    return found


def _state(value: bytes) -> str:
    """Of message_state, which has one octet (5.3.2.35)."""
    return _STATES.get(value[0], "UNKNOWN") if len(value) == 1 else "UNKNOWN"


def _word(status: str) -> str:
    """In capitals, with what no status has as `?`; some write the number of the state."""
    if status.isdecimal() and len(status) == 1:
        return _STATES.get(int(status), "")
    return re.sub(r"[^A-Z0-9_]", "?", re.sub(r"[\s-]+", "_", status.strip(" .\0").upper()))[:40]
