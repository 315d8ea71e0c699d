"""The text of a radio's short data: coding schemes, time stamps, and how much of a text goes into one message.

Source: ETSI EN 300 392-2 29.5.4 (text coding schemes and time stamp), 3GPP TS 23.038 6.1.2 (packing of scheme 0).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from hardware.codecs import gsm7
from hardware.codecs.userdata import decode_ucs2, encode_ucs2
from hardware.errors import CodecError

GSM7, LATIN1, LATIN9, UTF16 = 0x00, 0x01, 0x0D, 0x1A
_CODE_PAGES = (437, 737, 850, 852, 855, 857, 860, 861, 863, 865, 866, 869)
# Scheme -> the codec that Python has for it. 0 and 1A are handled apart; 1B (VISCII) has none.
_CODECS: dict[int, str] = {
    **{scheme: f"iso8859-{scheme}" for scheme in range(0x01, 0x0B)},
    0x0B: "iso8859-13",
    0x0C: "iso8859-14",
    0x0D: "iso8859-15",
    **{0x0E + index: f"cp{page}" for index, page in enumerate(_CODE_PAGES)},
}
CODINGS = frozenset({GSM7, UTF16, *_CODECS})
_PAD = 0x0D  # fills seven spare bits, which would read as an "@" (23.038 6.1.2.3.1)
_HEX = re.compile(r"[0-9A-Fa-f]*")


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a text was written, on the sender's own clock unless `utc`. There is no year in it."""

    month: int
    day: int
    hour: int
    minute: int
    utc: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1 <= self.day <= 31 and self.hour < 24 and self.minute < 60):
            raise CodecError(f"{self} is no time of a year")

    def encode(self) -> bytes:
        """Three octets: type 2 bits, reserved 2, month 4, day 5, hour 5, minute 6."""
        value = self.utc << 22 | self.month << 16 | self.day << 11 | self.hour << 6 | self.minute
        return value.to_bytes(3, "big")

    @classmethod
    def decode(cls, octets: bytes) -> Self | None:
        """None for what is no time: a radio without a clock sends zeros. CodecError when cut short."""
        if len(octets) < 3:
            raise CodecError("the time stamp is cut short")
        value = int.from_bytes(octets[:3], "big")
        try:
            return cls(
                month=value >> 16 & 0x0F,
                day=value >> 11 & 0x1F,
                hour=value >> 6 & 0x1F,
                minute=value & 0x3F,
                utc=value >> 22 == 1,
            )
        except CodecError:
            return None


def coding_for(text: str) -> int:
    """The narrowest scheme that holds a text whole: ISO 8859-1, ISO 8859-15 (for the euro sign), else UTF-16."""
    for coding in (LATIN1, LATIN9):
        try:
            text.encode(_CODECS[coding])
        except UnicodeEncodeError:
            continue
        return coding
    return UTF16


def encode_text(text: str, coding: int) -> bytes:
    """The octets of a text; CodecError names the sign that the scheme lacks, or a scheme that is not known."""
    if coding == GSM7:
        return _packed(gsm7.encode(text))
    if coding == UTF16:
        return encode_ucs2(text)
    try:
        return text.encode(_codec(coding))
    except UnicodeEncodeError as error:
        sign = text[error.start]
        raise CodecError(f"coding scheme {coding:02X} has no {sign!r} (U+{ord(sign):04X})") from error


def decode_text(octets: bytes, coding: int) -> str:
    """The text; octets that mean nothing in the scheme become U+FFFD. CodecError for a scheme that is not known."""
    if coding == GSM7:
        return gsm7.decode(_unpacked(octets))
    if coding == UTF16:
        return decode_ucs2(octets)
    return octets.decode(_codec(coding), errors="replace")


def _codec(coding: int) -> str:
    try:
        return _CODECS[coding]
    except KeyError:
        raise CodecError(f"text coding scheme {coding:02X} is not known") from None


def _packed(septets: bytes) -> bytes:
    ends_with_pad = len(septets) % 8 == 0 and septets[-1:] == bytes([_PAD])
    return gsm7.pack(septets + bytes([_PAD]) * (len(septets) % 8 == 7 or ends_with_pad))


def _unpacked(octets: bytes) -> bytes:
    count = 8 * len(octets) // 7
    septets = gsm7.unpack(octets, count)
    padded = count % 8 == 0 and septets[-1:] == bytes([_PAD])
    doubled = count % 8 == 1 and septets[-2:] == bytes([_PAD, _PAD])
    return septets[:-1] if padded or doubled else septets


def octets_of_hex(digits: str, bits: int | None = None) -> bytes:
    """The octets of a line of hexadecimal digits, at most `bits` of them, an odd digit padded with 0.

    A location report has 84 bits: some radios send 22 digits, others 21. CodecError for anything else.
    """
    if not _HEX.fullmatch(digits):
        raise CodecError("not hexadecimal digits")
    octets = bytes.fromhex(digits + "0" * (len(digits) % 2))
    return octets if bits is None or bits <= 0 else octets[: (bits + 7) // 8]


def pieces(text: str, room: int, *, coding: int) -> Iterator[str]:
    """The text cut into pieces of at most `room` octets; no sign is cut in two. CodecError when one has no room."""
    start, used = 0, 0
    for index, sign in enumerate(text):
        size = _size(sign, coding)
        if size > 8 * room:
            raise CodecError(f"{room} octets have no room for {sign!r}")
        if used + size > 8 * room:
            yield text[start:index]
            start, used = index, 0
        used += size
    yield text[start:]


def _size(sign: str, coding: int) -> int:
    """Bits. A septet is counted as such: the piece is packed as a whole."""
    return 7 * len(gsm7.septets_of(sign)) if coding == GSM7 else 8 * len(encode_text(sign, coding))
