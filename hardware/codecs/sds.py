"""Short data of TETRA: the simple texts, SDS-TL with its reports, the status service. Octets and values, both ways.

Not here: the dialogue with the radio (`hardware.tetra`), and who is sent a report. `decode` reads the user data of
service 12 (SDS type 4), `decode_status` that of service 13.
Source: ETSI EN 300 392-2 29.4 (SDS-TL) and 14.8.34 (pre-coded status); the concatenation header is that of
3GPP TS 23.040 9.2.3.24.1 and 9.2.3.24.8.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Self

from hardware.codecs.sds_forward import Forward
from hardware.codecs.sds_text import LATIN1, Stamp, coding_for, decode_text, encode_text, pieces
from hardware.errors import CodecError


class Pid(IntEnum):
    """Protocol identifiers (29.4.3.9); those from 80 on carry SDS-TL."""

    SIMPLE_TEXT = 0x02
    SIMPLE_LOCATION = 0x03
    SIMPLE_IMMEDIATE = 0x09
    LIP = 0x0A
    CONCATENATED = 0x0C
    TEXT = 0x82
    LOCATION = 0x83
    IMMEDIATE = 0x89
    WITH_HEADER = 0x8A  # a message with user data header: one part of a long text
    CONCATENATED_TL = 0x8C


class Wanted(IntFlag):
    """The reports that a message asks for."""

    NONE = 0
    RECEIVED = 1  # the radio has it
    CONSUMED = 2  # its user has read it
    BOTH = 3


class Kind(IntEnum):
    """Message types of SDS-TL."""

    TRANSFER = 0
    REPORT = 1
    ACK = 2


def _octet(value: int, name: str) -> int:
    if not 0 <= value <= 0xFF:
        raise CodecError(f"{name} {value} is no octet")
    return value


@dataclass(frozen=True, slots=True)
class SimpleText:
    """A text without a reference: nobody can report on it."""

    text: str
    coding: int = LATIN1
    immediate: bool = False  # shown at once

    def encode(self) -> bytes:
        pid = Pid.SIMPLE_IMMEDIATE if self.immediate else Pid.SIMPLE_TEXT
        return bytes([pid, self.coding]) + encode_text(self.text, self.coding)


@dataclass(frozen=True, slots=True)
class Text:
    """The user data of a text or one part of it: `total` is 1 for a whole one. `wide`: a 16-bit long reference."""

    text: str
    coding: int = LATIN1
    stamp: Stamp | None = None
    reference: int = 0  # the same in all parts
    total: int = 1
    number: int = 1
    wide: bool = False

    def encode(self) -> bytes:
        head = bytes([self.coding | 0x80]) + self.stamp.encode() if self.stamp else bytes([self.coding])
        return head + self._header() + encode_text(self.text, self.coding)

    def _header(self) -> bytes:
        if self.total == 1:
            return b""
        if (
            not 1 <= self.number <= self.total <= 255
            or not 0 <= self.reference <= (0xFFFF, 0xFF)[not self.wide]
        ):
            raise CodecError(f"part {self.number} of {self.total}, reference {self.reference}")
        place = bytes([self.total, self.number])
        if self.wide:
            return b"\x06\x08\x04" + self.reference.to_bytes(2, "big") + place
        return b"\x05\x00\x03" + bytes([self.reference]) + place

    @classmethod
    def decode(cls, data: bytes, *, has_header: bool = False) -> Self:
        """Reads the user data of a text. Raises CodecError."""
        if not data:
            raise CodecError("a text without its coding scheme")
        coding, rest, stamp = data[0] & 0x7F, data[1:], None
        if data[0] & 0x80:
            stamp, rest = Stamp.decode(rest), rest[3:]
        part, rest = _part(rest) if has_header else ((0, 1, 1, False), rest)
        reference, total, number, wide = part
        return cls(decode_text(rest, coding), coding, stamp, reference, total, number, wide)


def _part(data: bytes) -> tuple[tuple[int, int, int, bool], bytes]:
    """(long reference, total, number, wide) of a user data header, and what follows it."""
    if not data or len(data) < 1 + data[0]:
        raise CodecError("the user data header is cut short")
    header, rest = data[1 : 1 + data[0]], data[1 + data[0] :]
    while len(header) >= 2 and len(header) >= 2 + header[1]:
        element, value, header = header[0], header[2 : 2 + header[1]], header[2 + header[1] :]
        if (element, len(value)) in {(0x00, 3), (0x08, 4)}:
            total, number = value[-2], value[-1]
            if not 1 <= number <= total:
                raise CodecError(f"part {number} of {total}")
            return (int.from_bytes(value[:-2], "big"), total, number, element == 0x08), rest
    return (0, 1, 1, False), rest  # other elements say nothing about parts


@dataclass(frozen=True, slots=True)
class Transfer:
    """A message of SDS-TL. `data` is its user data: `content` reads that of the texts."""

    pid: int
    reference: int
    data: bytes
    wanted: Wanted = Wanted.NONE
    standard_only: bool = False  # the service selection bit: no short reports
    forward: Forward | None = None

    def encode(self) -> bytes:
        flags = Kind.TRANSFER << 4 | self.wanted << 2 | self.standard_only << 1 | (self.forward is not None)
        head = bytes([_octet(self.pid, "protocol"), flags, _octet(self.reference, "reference")])
        return head + (self.forward.encode() if self.forward else b"") + self.data

    @property
    def content(self) -> Text | None:
        """The text, None when this protocol carries none. Raises CodecError for one that cannot be read."""
        if self.pid not in {Pid.TEXT, Pid.IMMEDIATE, Pid.WITH_HEADER}:
            return None
        return Text.decode(self.data, has_header=self.pid == Pid.WITH_HEADER)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message that asked for it. `status`: see `sds_status`."""

    pid: int
    reference: int
    status: int
    ack_wanted: bool = False
    forward: Forward | None = None
    data: bytes = b""

    def encode(self) -> bytes:
        flags = Kind.REPORT << 4 | self.ack_wanted << 3 | (self.forward is not None)
        octets = bytes([self.pid, flags, _octet(self.status, "status"), _octet(self.reference, "reference")])
        return octets + (self.forward.encode() if self.forward else b"") + self.data


@dataclass(frozen=True, slots=True)
class Ack:
    """The receipt for a report that asked for one."""

    pid: int
    reference: int
    status: int = 0x01

    def encode(self) -> bytes:
        octets = [self.pid, Kind.ACK << 4, _octet(self.status, "status"), _octet(self.reference, "reference")]
        return bytes(octets)


@dataclass(frozen=True, slots=True)
class Other:
    """Short data of a protocol that is not read here: a location report, an application's own octets."""

    data: bytes

    @property
    def pid(self) -> int:
        return self.data[0]

    def encode(self) -> bytes:
        return self.data


Message = SimpleText | Transfer | Report | Ack | Other


def decode(octets: bytes) -> Message:
    """Reads the user data of SDS type 4. Raises CodecError for empty, cut or contradictory octets."""
    if not octets:
        raise CodecError("short data without a protocol identifier")
    pid = octets[0]
    if pid in {Pid.SIMPLE_TEXT, Pid.SIMPLE_IMMEDIATE}:
        if len(octets) < 2:
            raise CodecError("a simple text without its coding scheme")
        coding = octets[1] & 0x7F
        return SimpleText(decode_text(octets[2:], coding), coding, immediate=pid == Pid.SIMPLE_IMMEDIATE)
    return _transport(octets) if pid >= 0x80 else Other(octets)


def _transport(octets: bytes) -> Message:
    pid, kind = octets[0], octets[1] >> 4 if len(octets) > 1 else -1
    if kind == Kind.TRANSFER and len(octets) >= 3:
        flags, rest = octets[1], octets[3:]
        forward, rest = Forward.decode(rest) if flags & 0x01 else (None, rest)
        wanted, standard = Wanted(flags >> 2 & 0x03), bool(flags & 0x02)
        return Transfer(pid, octets[2], rest, wanted, standard_only=standard, forward=forward)
    if kind == Kind.REPORT and len(octets) >= 4:
        forward, rest = Forward.decode(octets[4:]) if octets[1] & 0x01 else (None, octets[4:])
        ack_wanted = bool(octets[1] & 0x08)
        return Report(pid, octets[3], octets[2], ack_wanted=ack_wanted, forward=forward, data=rest)
    if kind == Kind.ACK and len(octets) >= 4:
        return Ack(pid, octets[3], octets[2])
    if kind > Kind.ACK:
        return Other(octets)
    raise CodecError(f"SDS-TL of {len(octets)} octets is cut short")


def text_transfers(
    text: str,
    reference: int,
    *,
    max_bits: int,
    wanted: Wanted = Wanted.NONE,
    standard_only: bool = False,
    immediate: bool = False,
    stamp: Stamp | None = None,
    forward: Forward | None = None,
    coding: int | None = None,
) -> tuple[Transfer, ...]:
    """A text as one message, or as parts whose references count up from `reference`, which also ties them together.

    `max_bits` is what the radio takes at a time. Raises CodecError when it is too little, or asks for 256 parts.
    """
    coding = coding_for(text) if coding is None else coding
    fixed = 3 + (len(forward.encode()) if forward else 0) + 1 + (3 if stamp else 0)
    room = max_bits // 8 - fixed

    def transfer(content: Text, pid: int, number: int) -> Transfer:
        mr = (reference + number - 1) % 256
        return Transfer(pid, mr, content.encode(), wanted, standard_only=standard_only, forward=forward)

    if len(encode_text(text, coding)) <= room:
        return (transfer(Text(text, coding, stamp), Pid.IMMEDIATE if immediate else Pid.TEXT, 1),)
    parts = list(pieces(text, room - 6, coding=coding))
    if len(parts) > 255:
        raise CodecError(f"{len(parts)} parts: at most 255 can be told apart")
    return tuple(
        transfer(Text(part, coding, stamp, reference % 256, len(parts), number), Pid.WITH_HEADER, number)
        for number, part in enumerate(parts, 1)
    )
