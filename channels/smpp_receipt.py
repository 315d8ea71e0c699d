"""Delivery receipts in their many spellings. Pure.

What only a network can write counts first: the optional parameters. The text after it, read loosely, since every vendor
spells it in its own way. What stands after `text:` is the beginning of our own message and is not read.
Source: SMPP v3.4 appendix B (the text), 5.2.28 (message states), 5.3.2.12 and 5.3.2.35 (optional parameters).
"""

import re
from dataclasses import dataclass

from channels.smpp_pdu import Deliver, Tag
from messages.evidence import Evidence

_RECEIPT = frozenset(
    {0x04, 0x08, 0x20}
)  # esm_class, bits 5 to 2: receipt, acknowledged by the phone, not yet
_KIND = 0x3C
_FIELD = re.compile(
    r"(?<![A-Za-z])(id|stat|status|err|error)\s*[:=]\s*\"?([^\s,;\"]+)", re.IGNORECASE | re.ASCII
)
_OUR_TEXT = re.compile(r"(?<![A-Za-z])text\s*[:=]", re.IGNORECASE)
_READ_MOST = 400  # characters of a receipt that are looked at

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
_DELIVERED = ("DELIVRD", "DELIVERED")
_GIVEN_UP = ("EXPIRE", "DELETE", "UNDELIV", "REJECT", "FAIL", "SKIPPED")


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


def read(message: Deliver) -> ReadReceipt:
    """What a receipt says. Never raises: one that says nothing is UNKNOWN, and names no message."""
    fields, options = _fields(message.octets), message.options
    given = (
        options.get(Tag.RECEIPTED_MESSAGE_ID, b"").partition(b"\0")[0][:65].decode("ascii", "replace").strip()
    )
    told = _word(fields.get("stat", ""))
    state = _STATES.get(int.from_bytes(options.get(Tag.MESSAGE_STATE, b"")[:1], "big"), "UNKNOWN")
    said = state if Tag.MESSAGE_STATE in options else told
    evidence, detail = meaning(said), said or "no status"
    if (
        Tag.MESSAGE_STATE in options
        and told
        and (evidence > Evidence.UNKNOWN) != (meaning(told) > Evidence.UNKNOWN)
    ):
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
    if status.startswith(_DELIVERED):
        return Evidence.DELIVERED
    if status.startswith(_GIVEN_UP):
        return Evidence.REFUSED
    return Evidence.UNKNOWN


def _fields(octets: bytes) -> dict[str, str]:
    text = _OUR_TEXT.split(octets[:_READ_MOST].decode("latin-1"), maxsplit=1)[0]
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(text):
        found.setdefault({"status": "stat", "error": "err"}.get(name.lower(), name.lower()), value)
    return found


def _word(status: str) -> str:
    """In capitals; some write the number of the state."""
    if status.isdecimal() and len(status) == 1:
        return _STATES[int(status)]
    return re.sub(r"[^A-Z0-9_]", "", status.upper())[:20]
