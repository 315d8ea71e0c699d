"""The character sets of the emulated modem (CSCS): texts on the line, and numbers in them.

Source: 3GPP TS 27.007 5.5 (the sets), 27.005 3.1 (<data>: what is converted, and what is hexadecimal).
"""

from collections.abc import Callable

from hardware.codecs import gsm7
from hardware.codecs.userdata import decode_ucs2, encode_ucs2
from hardware.errors import CodecError

CHARSETS = ("GSM", "IRA", "8859-1", "PCCP437", "UCS2", "HEX")
_PYTHON = {"IRA": "ascii", "8859-1": "latin-1", "PCCP437": "cp437"}


def decode(octets: bytes, charset: str) -> str:
    """The text that a host wrote in the set it had chosen. Raises CodecError for octets that the set does not have."""
    if charset == "GSM":
        return gsm7.decode(octets)
    if charset == "UCS2":
        return decode_ucs2(hexadecimal(octets))
    if charset == "HEX":
        return gsm7.decode(hexadecimal(octets))
    try:
        return octets.decode(_PYTHON[charset])
    except UnicodeDecodeError as error:
        raise CodecError(f"{octets[error.start]:#04x} is no sign of {charset}") from error


def encode(text: str, charset: str) -> bytes:
    """What a host reads. A sign that the set does not have is a question mark."""
    if charset == "UCS2":
        return encode_ucs2(text).hex().upper().encode()
    if charset in {"GSM", "HEX"}:
        septets = _each(text, gsm7.encode, b"?")
        return septets.hex().upper().encode() if charset == "HEX" else septets
    return _each(text, lambda sign: sign.encode(_PYTHON[charset]), b"?")


def _each(text: str, encode_sign: Callable[[str], bytes], instead: bytes) -> bytes:
    signs = []
    for sign in text:
        try:
            signs.append(encode_sign(sign))
        except (CodecError, UnicodeEncodeError):
            signs.append(instead)
    return b"".join(signs)


def hexadecimal(octets: bytes) -> bytes:
    """The octets that pairs of hexadecimal digits stand for. Raises CodecError."""
    try:
        return bytes.fromhex(octets.decode("ascii"))
    except ValueError as error:
        raise CodecError(f"{octets[:8]!r} is not hexadecimal") from error


def number_of(word: str, charset: str) -> str:
    """A number in a command: under UCS2 it may be in that set, as 27.007 wants, or plain, as hosts write it."""
    if charset == "UCS2" and len(word) % 4 == 0 and word.startswith("00"):
        return decode(word.encode("ascii", "replace"), charset)
    return word


def quoted(text: str, charset: str) -> bytes:
    """A number or a name of an answer; under HEX they stay as they are, for only texts are of the default alphabet."""
    return b'"' + encode(text, "IRA" if charset == "HEX" else charset) + b'"'
