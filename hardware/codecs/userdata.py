"""The user data of an SMS: which alphabet, the header, the text, and where a long text is cut.

Source: 3GPP TS 23.038 4 (data coding scheme), 23.040 9.2.3.16 (length), 9.2.3.24 (header), 9.2.3.24.1 and .8
(concatenation with an 8-bit and a 16-bit reference).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from hardware.codecs import gsm7
from hardware.errors import CodecError

OCTETS = 140  # of user data in one message
KEPT_HALF = 0x10_0000  # plus half a sign: U+10D800 to U+10DFFF, for which nobody has a use
DCS_GSM7, DCS_OCTETS, DCS_UCS2 = 0x00, 0x04, 0x08


class Alphabet(Enum):
    GSM7 = "gsm7"
    OCTETS = "octets"  # 8-bit data, meaning unknown
    UCS2 = "ucs2"  # in fact UTF-16, big endian


@dataclass(frozen=True, slots=True)
class Concat:
    """Which part of which long message. `wide`: the reference has 16 bits."""

    reference: int
    total: int
    number: int  # from 1
    wide: bool = False

    def element(self) -> bytes:
        """The information element, without the header's length."""
        if self.wide:
            return bytes([0x08, 4]) + self.reference.to_bytes(2, "big") + bytes([self.total, self.number])
        return bytes([0x00, 3, self.reference, self.total, self.number])


@dataclass(frozen=True, slots=True)
class UserData:
    """What one message carries. `header` has no length octet; `data` is for the 8-bit alphabet only."""

    dcs: int = DCS_GSM7
    text: str = ""
    data: bytes = b""
    header: bytes = b""

    @property
    def concat(self) -> Concat | None:
        """The first valid concatenation element; a contradictory one counts as absent (9.2.3.24.1)."""
        for kind, value in elements(self.header):
            wide = kind == 0x08
            if (kind, len(value)) not in {(0x00, 3), (0x08, 4)}:
                continue
            total, number = value[-2:]
            if 1 <= number <= total:
                return Concat(int.from_bytes(value[:-2], "big"), total, number, wide)
        return None

    @property
    def shifted(self) -> bool:
        """True when a national shift table was used (IEI 24, 25): `text` is then only a guess."""
        return any(kind in {0x24, 0x25} for kind, _ in elements(self.header))


def alphabet(dcs: int) -> Alphabet:
    """The alphabet of a data coding scheme; reserved groups read as the default one, compressed as octets."""
    group = dcs >> 4
    if group < 0x8:
        if dcs & 0x20:
            return Alphabet.OCTETS
        return (Alphabet.GSM7, Alphabet.OCTETS, Alphabet.UCS2, Alphabet.GSM7)[(dcs >> 2) & 3]
    if group == 0xE:
        return Alphabet.UCS2
    if group == 0xF:
        return Alphabet.OCTETS if dcs & 0x04 else Alphabet.GSM7
    return Alphabet.GSM7


def elements(header: bytes) -> Iterator[tuple[int, bytes]]:
    """(identifier, value) of each element of a header that `decode` has accepted."""
    while header:
        yield header[0], header[2 : 2 + header[1]]
        header = header[2 + header[1] :]


def encode(content: UserData) -> bytes:
    """TP-UDL and TP-UD. CodecError when it does not fit one message."""
    header = bytes([len(content.header)]) + content.header if content.header else b""
    kind = alphabet(content.dcs)
    if kind is Alphabet.GSM7:
        septets = gsm7.encode(content.text)
        fill = gsm7.fill_bits_after(len(header))
        body = header + gsm7.pack(septets, fill_bits=fill)
        length = (8 * len(header) + fill) // 7 + len(septets)
    else:
        body = header + (content.data if kind is Alphabet.OCTETS else encode_ucs2(content.text))
        length = len(body)
    if len(body) > OCTETS or length > 160:
        raise CodecError(f"{len(body)} octets of user data do not fit one message")
    return bytes([length]) + body


def octets_of(content: UserData) -> int:
    """How many octets the user data has, header included, without encoding it."""
    header = len(content.header) + 1 if content.header else 0
    kind = alphabet(content.dcs)
    if kind is Alphabet.GSM7:
        return (8 * header + gsm7.fill_bits_after(header) + 7 * units(content.text, kind) + 7) // 8
    return header + (len(content.data) if kind is Alphabet.OCTETS else 2 * units(content.text, kind))


def decode(octets: bytes, dcs: int, *, has_header: bool) -> UserData:
    """Reads TP-UDL and TP-UD; CodecError when they contradict each other."""
    if not octets:
        raise CodecError("user data is missing")
    length, body = octets[0], octets[1:]
    kind = alphabet(dcs)
    count = (7 * length + 7) // 8 if kind is Alphabet.GSM7 else length
    if len(body) < count or count > OCTETS:
        raise CodecError(f"user data says {count} octets and has {len(body)}")
    body = body[:count]
    header = header_of(body) if has_header else b""
    skip = len(header) + 1 if has_header else 0
    if kind is Alphabet.GSM7:
        fill = gsm7.fill_bits_after(skip)
        septets = length - (8 * skip + fill) // 7
        if septets < 0:
            raise CodecError("the header is longer than the user data")
        return UserData(dcs, gsm7.decode(gsm7.unpack(body[skip:], septets, fill_bits=fill)), header=header)
    if kind is Alphabet.UCS2:
        is_part = UserData(header=header).concat is not None
        text = decode_ucs2_part(body[skip:]) if is_part else decode_ucs2(body[skip:])
        return UserData(dcs, text, header=header)
    return UserData(dcs, data=body[skip:], header=header)


def header_of(body: bytes) -> bytes:
    """The user data header that `body` begins with, without its length; CodecError when it is cut short."""
    if not body or len(body) < 1 + body[0]:
        raise CodecError("the user data header is cut short")
    header = rest = body[1 : 1 + body[0]]
    while rest:
        if len(rest) < 2 or len(rest) < 2 + rest[1]:
            raise CodecError("an element of the user data header is cut short")
        rest = rest[2 + rest[1] :]
    return header


def encode_ucs2(text: str) -> bytes:
    """UTF-16, big endian; a lone surrogate is refused, for no receiver could show it."""
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise CodecError(f"the text holds half a character at {error.start}") from error


def decode_ucs2(octets: bytes) -> str:
    """Text; what is no UTF-16 becomes U+FFFD, so that the rest of a message is not lost with it."""
    return octets.decode("utf-16-be", errors="replace")


def decode_ucs2_part(octets: bytes) -> str:
    """As `decode_ucs2`, of a part of a long text: half a sign at its edge is kept until the parts are joined.

    A phone may cut a sign of two units, such as U+1F44D, a thumb, in the middle.
    """
    first = octets[:2] if len(octets) > 1 and octets[0] & 0xFC == 0xDC else b""
    rest = octets[len(first) :]
    last = rest[-2:] if len(rest) > 1 and len(rest) % 2 == 0 and rest[-2] & 0xFC == 0xD8 else b""
    return _kept(first) + decode_ucs2(rest[: len(rest) - len(last)]) + _kept(last)


def _kept(half: bytes) -> str:
    return chr(KEPT_HALF + int.from_bytes(half, "big")) if half else ""


def split(text: str, *, wide: bool = False) -> tuple[Alphabet, tuple[str, ...]]:
    """The alphabet a text needs and its parts: one, or as many as concatenation asks.

    Neither an escape and its sign nor the two halves of a surrogate pair ever come apart.
    """
    if gsm7.fits(text):
        kind, single, many = Alphabet.GSM7, 160, 152 if wide else 153
    else:
        kind, single, many = Alphabet.UCS2, 70, 66 if wide else 67
    if units(text, kind) <= single:
        return kind, (text,)
    return kind, tuple(_chunks(text, kind, many))


def units(text: str, kind: Alphabet) -> int:
    """Septets of the GSM alphabet, or 16-bit units of UCS-2."""
    return len(gsm7.encode(text)) if kind is Alphabet.GSM7 else len(encode_ucs2(text)) // 2


def _chunks(text: str, kind: Alphabet, room: int) -> Iterator[str]:
    start, used = 0, 0
    for index, sign in enumerate(text):
        double = sign in gsm7.ESCAPED if kind is Alphabet.GSM7 else sign > "\uffff"
        if used + 1 + double > room:
            yield text[start:index]
            start, used = index, 0
        used += 1 + double
    yield text[start:]
