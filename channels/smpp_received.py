"""What a deliver_sm becomes for the hub: a report, or a message from a phone."""

from datetime import UTC, datetime

from channels import smpp_receipt, smpp_text
from channels.base import Inbound, Report
from channels.numbers import sender_of
from channels.signs import unreadable
from channels.smpp_config import SmppConfig
from channels.smpp_pdu import Deliver, End
from channels.smpp_sent import Sent
from hardware.errors import CodecError
from messages.address import Address
from messages.evidence import Evidence

_ALPHANUMERIC = 5  # type of number (5.2.5); no other says for sure how its digits are meant


def report(message: Deliver, sent: Sent, config: SmppConfig) -> Report:
    """A receipt. Its times are of the message centre's own clock and zone: the time it came is what counts."""
    read = smpp_receipt.read(message)
    address = _about(message, config)
    known = sent.find(read, address=address)
    return Report(
        reference=known.reference,
        attempt=known.attempt,
        evidence=read.evidence if known.reference or known.attempt else Evidence.UNKNOWN,
        at=datetime.now(UTC),
        address=known.address,
        detail=read.detail if known.reference or known.attempt else "a receipt that names no message",
        raw=message.octets[:500].decode("latin-1"),
    )


def inbound(message: Deliver | None, config: SmppConfig, *, bearer_id: str, raw: str) -> Inbound:
    """A message from a phone, or one part of it. What cannot be read has its octets as `raw`, and says so."""
    if message is None:
        return Inbound(bearer_id=bearer_id, sender="", text="", at=datetime.now(UTC), raw=raw)
    try:
        text, part = smpp_text.read(message, data_coding_0=config.data_coding_0)
    except CodecError:
        text, part = "", None
    address = number(message.source, country=config.country)
    unmarked = smpp_receipt.looks_like_one(text)
    return Inbound(
        bearer_id=bearer_id,
        sender=str(address) if address else message.source.address[:40],
        text=text,
        at=datetime.now(UTC),
        part=part,
        automatic="a delivery receipt that the message centre has not marked as one" if unmarked else "",
        raw=raw,
        unreadable="" if part or unmarked else unreadable(text),
    )


def _about(message: Deliver, config: SmppConfig) -> Address | None:
    """Whose message a receipt is about. Some centres leave the two ends as they were in the submit_sm."""
    swapped = message.source.address.lstrip("+") == config.source[2]
    return number(message.destination if swapped else message.source, country=config.country)


def number(end: End, *, country: str) -> Address | None:
    """The address of a phone; None for a name or a short number, which nothing can be sent to."""
    if end.ton == _ALPHANUMERIC:  # also one that is made of digits
        return None
    return sender_of(end.address.strip(), country=country)
