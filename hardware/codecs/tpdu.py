"""The three messages of the SMS transfer layer, both directions: SUBMIT, DELIVER and STATUS-REPORT.

Both ends are here: the driver encodes SUBMIT and decodes the other two, the emulator does the opposite.
Source: 3GPP TS 23.040 9.2.2 (messages), 9.2.3 (their elements).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hardware.codecs import userdata
from hardware.codecs.semioctets import (
    decode_address,
    decode_time,
    decode_validity,
    encode_address,
    encode_alphanumeric,
    encode_time,
    encode_validity,
)
from hardware.codecs.userdata import Alphabet, Concat, UserData
from hardware.errors import CodecError

LONGEST = (
    164  # octets of a TPDU: SUBMIT with a 12-octet address, 7-octet validity and 140 octets of user data
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """From us to the service centre. The modem overwrites `reference` (TP-MR) with its own."""

    destination: str
    content: UserData
    validity: timedelta | None = None  # relative form
    expiry: datetime | None = None  # absolute form; only read, never written
    report_requested: bool = False
    reference: int = 0
    protocol_id: int = 0

    def encode(self) -> bytes:
        first = 0x01 | (0x10 if self.validity is not None else 0) | (0x20 if self.report_requested else 0)
        first |= 0x40 if self.content.header else 0
        head = bytes([first, self.reference]) + encode_address(self.destination)
        validity = b"" if self.validity is None else bytes([encode_validity(self.validity)])
        return head + bytes([self.protocol_id, self.content.dcs]) + validity + userdata.encode(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """From the service centre to us. `at` is None when the stamp is no date."""

    sender: str
    content: UserData
    at: datetime | None
    more: bool = False
    protocol_id: int = 0

    def encode(self) -> bytes:
        if self.at is None:
            raise CodecError("a DELIVER needs a time stamp")
        first = (0x00 if self.more else 0x04) | (0x40 if self.content.header else 0)
        named = not self.sender.removeprefix("+").isdigit()
        sender = encode_alphanumeric(self.sender) if named else encode_address(self.sender)
        head = bytes([first]) + sender + bytes([self.protocol_id, self.content.dcs])
        return head + encode_time(self.at) + userdata.encode(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What became of a SUBMIT. `status` is TP-ST (9.2.3.15): only 0 proves that it arrived."""

    reference: int
    recipient: str
    at: datetime | None  # when the service centre took the SUBMIT
    discharged: datetime | None
    status: int
    more: bool = False

    def encode(self) -> bytes:
        if self.at is None or self.discharged is None:
            raise CodecError("a STATUS-REPORT needs two time stamps")
        first = 0x02 if self.more else 0x06
        head = bytes([first, self.reference]) + encode_address(self.recipient)
        return head + encode_time(self.at) + encode_time(self.discharged) + bytes([self.status])


def decode_submit(tpdu: bytes) -> Submit:
    """Reads what a terminal sends; CodecError when it is no SUBMIT or contradicts itself."""
    reader = _Reader(tpdu)
    first = reader.octet()
    if first & 0x03 != 0x01:
        raise CodecError(f"message type {first & 0x03} is no SUBMIT")
    reference = reader.octet()
    destination = reader.address()
    protocol_id, dcs = reader.octet(), reader.octet()
    form = (first >> 3) & 0x03
    validity = decode_validity(reader.octet()) if form == 0b10 else None
    expiry = decode_time(reader.take(7)) if form == 0b11 else None
    if form == 0b01:  # enhanced format: skipped, none of the known clients uses it
        reader.take(7)
    return Submit(
        destination=destination,
        content=reader.content(dcs, has_header=bool(first & 0x40)),
        validity=validity,
        expiry=expiry,
        report_requested=bool(first & 0x20),
        reference=reference,
        protocol_id=protocol_id,
    )


def decode_received(tpdu: bytes) -> Deliver | StatusReport:
    """Reads what a service centre sends, by the type the message says it has; else CodecError."""
    reader = _Reader(tpdu)
    first = reader.octet()
    if first & 0x03 == 0x02:
        return _status_report(reader, first)
    if first & 0x03 != 0x00:
        raise CodecError(f"message type {first & 0x03} does not come from a service centre")
    sender = reader.address()
    protocol_id, dcs = reader.octet(), reader.octet()
    at = decode_time(reader.take(7))
    content = reader.content(dcs, has_header=bool(first & 0x40))
    return Deliver(sender=sender, content=content, at=at, more=not first & 0x04, protocol_id=protocol_id)


def _status_report(reader: "_Reader", first: int) -> StatusReport:
    return StatusReport(
        reference=reader.octet(),
        recipient=reader.address(),
        at=decode_time(reader.take(7)),
        discharged=decode_time(reader.take(7)),
        status=reader.octet(),
        more=not first & 0x04,
    )


class _Reader:
    """Takes octets from the front; running out of them is a CodecError."""

    def __init__(self, octets: bytes) -> None:
        self._rest = octets

    def octet(self) -> int:
        return self.take(1)[0]

    def take(self, count: int) -> bytes:
        if len(self._rest) < count:
            raise CodecError("the TPDU is cut short")
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def address(self) -> str:
        text, used = decode_address(self._rest)
        self._rest = self._rest[used:]
        return text

    def content(self, dcs: int, *, has_header: bool) -> UserData:
        return userdata.decode(self._rest, dcs, has_header=has_header)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a text costs: messages, octets of user data with headers, and the alphabet it needs."""

    parts: int
    octets: int
    alphabet: Alphabet


def measure(text: str, *, wide: bool = False) -> Measure:
    """How many messages a text becomes. CodecError for half a character."""
    contents = contents_of(text, reference=0, wide=wide)
    octets = sum(userdata.octets_of(content) for content in contents)
    return Measure(len(contents), octets, userdata.alphabet(contents[0].dcs))


def contents_of(text: str, *, reference: int, wide: bool = False) -> tuple[UserData, ...]:
    """The user data of each message of a text; `reference` ties them together (8 bits, 16 when `wide`)."""
    kind, chunks = userdata.split(text, wide=wide)
    dcs = userdata.DCS_GSM7 if kind is Alphabet.GSM7 else userdata.DCS_UCS2
    if len(chunks) == 1:
        return (UserData(dcs, text),)
    if len(chunks) > 255:
        raise CodecError(f"the text needs {len(chunks)} messages, 255 is the most")
    return tuple(
        UserData(dcs, chunk, header=Concat(reference, len(chunks), number, wide).element())
        for number, chunk in enumerate(chunks, start=1)
    )


def submits(
    text: str,
    destination: str,
    *,
    reference: int,
    validity: timedelta | None = None,
    report_requested: bool = False,
    wide: bool = False,
) -> tuple[bytes, ...]:
    """The TPDUs that carry `text` to `destination`, in order."""
    return tuple(
        Submit(
            destination=destination, content=content, validity=validity, report_requested=report_requested
        ).encode()
        for content in contents_of(text, reference=reference, wide=wide)
    )
