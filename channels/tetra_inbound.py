"""From what a radio tells to what the hub hears: reports become evidence, texts and statuses become answers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from channels import base
from hardware.codecs import sds, sds_status
from hardware.codecs.sds import SimpleText, Transfer
from hardware.codecs.sds_status import EMERGENCY, Status, Verdict
from hardware.errors import CodecError
from hardware.tetra_address import STATUS
from hardware.tetra_events import LateStep, Received, Reported, Step
from messages.address import Address, AddressError, parse_address
from messages.evidence import Evidence

_REPEATED_MIN = 10  # minutes: the same message again within this is the same message
_EVIDENCE = {
    Verdict.RECEIVED: Evidence.DELIVERED,
    Verdict.CONSUMED: Evidence.READ,
    Verdict.UNDERWAY: Evidence.UNKNOWN,  # no news
    Verdict.FAILED: Evidence.REFUSED,
}


@dataclass(slots=True)
class Handed:
    """A part that was handed to the radio, while news of it may come. `in_hand`: its message is being sent yet."""

    address: Address  # as it was given
    attempt: str
    in_hand: bool = True
    uncertain: bool = True  # nobody said that it left
    proved: bool = False  # ... but news of it came since, and so it did


def evidence_event(event: Reported, handed: Handed | None) -> tuple[base.Event, ...]:
    """The report; before it the receipt of a message that was given up as uncertain, and has left after all."""
    now, address = datetime.now(UTC), handed.address if handed else _address(event.sender)
    evidence, raw = _EVIDENCE[event.verdict], event.raw.hex().upper()
    report = base.Report(
        reference=str(event.reference),
        evidence=evidence,
        at=now,
        address=address,
        detail=event.detail,
        raw=raw,
        attempt=handed.attempt if handed else "",
    )
    if handed is None or handed.in_hand or not handed.uncertain:  # what is in hand has its receipt to come
        return (report,)
    receipt = replace(report, evidence=Evidence.SUBMITTED, detail="a report proves that it left", raw="")
    return receipt, report


def late_event(event: LateStep, handed: Handed | None) -> tuple[base.Event, ...]:
    """What the radio says late of a message; silence where it changes nothing."""
    uncertain, on_air = handed is not None and handed.uncertain, event.step is Step.ON_AIR
    if event.reference is None or uncertain is not on_air or (uncertain and handed and handed.in_hand):
        return ()
    report = base.Report(
        reference=str(event.reference),
        evidence=Evidence.SUBMITTED if on_air else Evidence.REFUSED,
        at=datetime.now(UTC),
        address=handed.address if handed else _address(event.destination),
        detail="the radio said late that it left" if on_air else event.step.value,
        attempt=handed.attempt if handed else "",
    )
    return (report,)


def inbound_event(event: Received, statuses: Mapping[int, str], *, now: datetime) -> base.Inbound:
    """A text, one part of it, or a status in the words agreed on. What cannot be read comes empty, with its octets."""
    address = _address(event.sender)
    text, part, reference = _said(event, statuses)
    bearer_id, *also = _names(event, now, reference)
    return base.Inbound(
        bearer_id=bearer_id,
        also=tuple(also),
        sender=str(address) if address else "",
        text=text,
        at=now,
        part=part,
        raw=event.user_data.hex().upper(),
        settle=event.settle,
    )


def _names(event: Received, now: datetime, reference: int | None) -> list[str]:
    """What the message is known by, and what it was known by if this is a repetition.

    A sender that misses our report sends the same again within minutes. Later the same octets are another answer: some
    radios count their references from the start whenever they are switched on. A status and a simple text have no
    reference and are not repeated: each is a message of its own.
    """
    minute = int(now.timestamp() // 60)
    moments = range(minute, minute - _REPEATED_MIN - 1, -1) if reference is not None else (now.isoformat(),)
    said = [f"{event.sender} {moment} {event.user_data.hex()}" for moment in moments]
    return [hashlib.sha256(text.encode()).hexdigest()[:32] for text in said]


def _said(
    event: Received, statuses: Mapping[int, str]
) -> tuple[str, tuple[int, int, int] | None, int | None]:
    """(text, part, the message's own reference)."""
    try:
        if event.service == STATUS:
            status = sds_status.decode_status(event.user_data)
            return (_status_text(status, statuses) if isinstance(status, Status) else ""), None, None
        message = sds.decode(event.user_data)
        content = message.content if isinstance(message, Transfer) else None
    except CodecError:
        return "", None, None
    if isinstance(message, SimpleText):
        return message.text, None, None
    if not isinstance(message, Transfer) or content is None:
        return "", None, None
    part = (content.reference, content.total, content.number) if content.total > 1 else None
    return content.text, part, message.reference


def _status_text(status: Status, statuses: Mapping[int, str]) -> str:
    """The words agreed on; a status that is none of them is shown to a person as it is."""
    if status.value == EMERGENCY:
        return "Nødstatus fra radioen: brug for hjælp"
    return statuses.get(status.value, f"Status {status.value}")


def _address(ssi: str) -> Address | None:
    try:
        return parse_address(f"sds:{ssi}") if ssi else None
    except AddressError:
        return None
