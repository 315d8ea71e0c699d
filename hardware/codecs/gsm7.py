"""The GSM 7-bit default alphabet: text to septets, septets to octets, and back.

Not here: national language shift tables (23.038 6.2.1.2); a message that uses one is decoded with the default
table. Source: 3GPP TS 23.038 6.1.2.1 (packing) and 6.2.1 (alphabet and its extension).
"""

from collections.abc import Iterator

from gsm0338 import Codec

from hardware.errors import CodecError

ESCAPE = 0x1B

_codec = Codec()
_BASIC: dict[int, str] = {code: _codec.decode(bytes([code]))[0] for code in range(128) if code != ESCAPE}
# The extension table: what stands after an escape. Form feed (0A) is in it.
_EXTENSION: dict[int, str] = {
    code: _codec.decode(bytes([ESCAPE, code]))[0]
    for code in (0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65)
}
_SEPTETS: dict[str, bytes] = {
    **{sign: bytes([ESCAPE, code]) for code, sign in _EXTENSION.items()},
    **{sign: bytes([code]) for code, sign in _BASIC.items()},
}
ESCAPED = frozenset(_EXTENSION.values())  # signs that take two septets
_SIGNS = frozenset(_SEPTETS)
_OCTETS = {ord(sign): septets.decode("latin-1") for sign, septets in _SEPTETS.items()}


def fits(text: str) -> bool:
    """Whether every sign is in the alphabet; one that is not forces the whole message into UCS-2."""
    return _SIGNS.issuperset(text)


def septets_of(sign: str) -> bytes:
    """The one or two septets of a sign; CodecError when the alphabet lacks it."""
    try:
        return _SEPTETS[sign]
    except KeyError:
        raise CodecError(f"{sign!r} (U+{ord(sign):04X}) is not in the GSM alphabet") from None


def encode(text: str) -> bytes:
    """One octet per septet, escapes included; CodecError names the sign that is not in the alphabet."""
    if not fits(text):
        return b"".join(septets_of(sign) for sign in text)  # raises at the first that is not
    return text.translate(_OCTETS).encode("latin-1")


def decode(septets: bytes) -> str:
    """Text of septets (one octet each). An unknown extension shows the basic sign, as 23.038 6.2.1.1 asks."""
    return "".join(_signs(septets))


def _signs(septets: bytes) -> Iterator[str]:
    escaped = False
    for septet in septets:
        if septet == ESCAPE:
            if escaped:  # 1B 1B is reserved: shown as a space until another table exists
                yield " "
            escaped = not escaped
            continue
        if septet not in _BASIC:
            raise CodecError(f"{septet:#04x} is not a septet")
        yield _EXTENSION.get(septet, _BASIC[septet]) if escaped else _BASIC[septet]
        escaped = False
    if escaped:  # an escape with nothing after it: a sender cut the pair
        yield " "


def pack(septets: bytes, *, fill_bits: int = 0) -> bytes:
    """Septets packed into octets, least significant bit first, after `fill_bits` (0 to 6) zero bits."""
    value = 0
    for index, septet in enumerate(septets):
        value |= septet << (fill_bits + 7 * index)
    return value.to_bytes((fill_bits + 7 * len(septets) + 7) // 8, "little")


def unpack(octets: bytes, count: int, *, fill_bits: int = 0) -> bytes:
    """`count` septets out of `octets`; CodecError when there are fewer."""
    if fill_bits + 7 * count > 8 * len(octets):
        raise CodecError(f"{len(octets)} octets are too few for {count} septets")
    value = int.from_bytes(octets, "little") >> fill_bits
    return bytes((value >> (7 * index)) & 0x7F for index in range(count))


def fill_bits_after(header_octets: int) -> int:
    """The bits after a user data header that bring the text to a septet boundary (23.040 9.2.3.24)."""
    return -8 * header_octets % 7
