"""Semi-octets: the addresses and the times of an SMS, with their nibbles swapped.

Source: 3GPP TS 23.040 9.1.2.3 (semi-octets), 9.1.2.5 (addresses), 9.2.3.11 (time stamp), 9.2.3.12.1
(validity).
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from hardware.codecs import gsm7
from hardware.errors import CodecError

INTERNATIONAL, UNKNOWN_TYPE, ALPHANUMERIC = 0x91, 0x81, 0xD0

_DIGITS = "0123456789*#abc"
_NUMBER = re.compile(r"\+?[0-9]{1,20}")  # 12 octets hold 20 digits


def encode_address(number: str) -> bytes:
    """Length in digits, type of address, swapped digits. `number` is ASCII digits, + first: international."""
    if not _NUMBER.fullmatch(number) or not number.isascii():
        raise CodecError(f"{number!r} is not a number of 1 to 20 digits, + first when international")
    digits = number.removeprefix("+")
    kind = INTERNATIONAL if number.startswith("+") else UNKNOWN_TYPE
    return bytes([len(digits), kind]) + _swapped(digits)


def encode_alphanumeric(name: str) -> bytes:
    """A sender's name of at most 11 signs of the GSM alphabet; its length counts the useful semi-octets."""
    septets = gsm7.encode(name)
    if not 1 <= len(septets) <= 11:
        raise CodecError(f"sender name {name!r} does not fit 11 septets")
    return bytes([(len(septets) * 7 + 3) // 4, ALPHANUMERIC]) + gsm7.pack(septets)


def decode_address(octets: bytes) -> tuple[str, int]:
    """The address at the start of `octets` as text (+ when international) and how many octets it took."""
    if len(octets) < 2:
        raise CodecError("an address is cut short")
    length, kind = octets[0], octets[1]
    end = 2 + (length + 1) // 2
    if length > 20 or len(octets) < end:
        raise CodecError(f"an address of {length} semi-octets does not fit")
    body = octets[2:end]
    if kind & 0x70 == 0x50:
        return gsm7.decode(gsm7.unpack(body, length * 4 // 7)), end
    return ("+" if kind & 0x70 == 0x10 else "") + _unswapped(body, length), end


def encode_smsc(number: str) -> bytes:
    """The service centre in front of a TPDU: its length counts octets. Empty: the SIM's own (`00`)."""
    if not number:
        return b"\x00"
    address = encode_address(number)
    return bytes([len(address) - 1]) + address[1:]


def split_pdu(pdu: bytes) -> tuple[str, bytes]:
    """The service centre's number (empty for the SIM's own) and the TPDU behind it (27.005 3.1, <pdu>)."""
    length = pdu[0] if pdu else 0
    if not pdu or length > 12 or len(pdu) < 1 + length or length == 1:
        raise CodecError("the service centre address does not fit the PDU")
    if not length:
        return "", pdu[1:]
    digits = _unswapped(pdu[2 : 1 + length], 2 * (length - 1))
    return ("+" if pdu[1] & 0x70 == 0x10 else "") + digits, pdu[1 + length :]


def _swapped(digits: str) -> bytes:
    padded = digits + "F" * (len(digits) % 2)
    return bytes(int(padded[i + 1] + padded[i], 16) for i in range(0, len(padded), 2))


def _unswapped(octets: bytes, count: int) -> str:
    nibbles = [half for octet in octets for half in (octet & 0x0F, octet >> 4)][:count]
    while nibbles and nibbles[-1] == 0x0F:  # padding of a count that was given in octets
        nibbles.pop()
    if 0x0F in nibbles:
        raise CodecError("a filler stands inside a number")
    return "".join(_DIGITS[nibble] for nibble in nibbles)


def encode_time(at: datetime) -> bytes:
    """Seven octets in `at`'s own time zone, which must be aware and a whole number of quarter hours."""
    offset = at.utcoffset()
    if offset is None or offset % timedelta(minutes=15):
        raise CodecError("a time stamp needs a time zone of whole quarter hours")
    quarters = abs(offset) // timedelta(minutes=15)
    octets = _swapped(at.strftime("%y%m%d%H%M%S") + f"{quarters:02d}")
    return octets[:-1] + bytes([octets[-1] | (0x08 if offset < timedelta(0) else 0)])


def decode_time(octets: bytes) -> datetime | None:
    """Aware, in the stamp's own zone; None when its digits are no date (service centres send such stamps)."""
    if len(octets) < 7:
        raise CodecError("a time stamp is cut short")
    quarter_octet = octets[6]
    pairs = [(octet & 0x0F) * 10 + (octet >> 4) for octet in octets[:6]]
    quarters = (quarter_octet & 0x07) * 10 + (quarter_octet >> 4)
    offset = timedelta(minutes=15 * quarters) * (-1 if quarter_octet & 0x08 else 1)
    if any(octet & 0x0F > 9 or octet >> 4 > 9 for octet in octets[:6]) or quarter_octet >> 4 > 9:
        return None
    year, month, day, hour, minute, second = pairs
    zone = timezone(offset) if offset else UTC
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def encode_validity(validity: timedelta) -> int:
    """The longest relative period not above `validity`; the least there is (5 minutes) below that."""
    return max((v for v in range(256) if decode_validity(v) <= validity), default=0)


def decode_validity(value: int) -> timedelta:
    """TP-VP in its relative form (9.2.3.12.1)."""
    if value <= 143:
        return timedelta(minutes=5 * (value + 1))
    if value <= 167:
        return timedelta(hours=12, minutes=30 * (value - 143))
    if value <= 196:
        return timedelta(days=value - 166)
    return timedelta(weeks=value - 192)
