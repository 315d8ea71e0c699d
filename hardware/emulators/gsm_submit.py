"""Text mode of the emulated modem, outwards: the TPDU that it makes of a text, a number and CSMP.

Source: 3GPP TS 27.005 3.1 (<data>, <da>, <toda>, <fo>, <vp>, <pid>, <dcs>), 3.3.3 (CSMP), 3.5.1 (CMGS).
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from hardware.at.grammar import Command, Info
from hardware.codecs import userdata
from hardware.codecs.semioctets import (
    INTERNATIONAL,
    UNKNOWN_TYPE,
    decode_address,
    encode_address,
    encode_time,
)
from hardware.codecs.userdata import Alphabet, UserData, alphabet
from hardware.emulators import gsm_charset
from hardware.errors import CodecError

_SUBMIT, _FORM, _RELATIVE, _ABSOLUTE, _HEADER = 0x01, 0x18, 0x10, 0x18, 0x40
_STAMP = re.compile(r"([0-9]{2}/[0-9]{2}/[0-9]{2},[0-9]{2}:[0-9]{2}:[0-9]{2})([+-])([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Parameters:
    """CSMP. `validity` is a number of 0 to 255, or the time in quotes where `first` says that it is absolute."""

    first: int = 17
    validity: str = "167"
    protocol_id: int = 0
    dcs: int = 0

    def __str__(self) -> str:
        return f"{self.first},{self.validity},{self.protocol_id},{self.dcs}"

    def changed(self, command: Command) -> "Parameters":
        """With what a host has set; what it left out stays. Raises CodecError."""
        fields = command.fields
        if len(fields) > 4:
            raise CodecError("CSMP has four parameters")
        names = ("first", "validity", "protocol_id", "dcs")
        given = {name: field for name, field in zip(names, fields, strict=False) if field}
        numbers = {name: _octet(field) for name, field in given.items() if name != "validity"}
        fresh = replace(self, **numbers, validity=given.get("validity", self.validity))
        fresh.validity_octets()
        return fresh

    def validity_octets(self) -> bytes:
        """TP-VP; CodecError when it and the form that `first` names do not fit."""
        if self.first & 0x03 != _SUBMIT:
            raise CodecError(f"<fo> {self.first} is no SUBMIT")
        form = self.first & _FORM
        if not form:
            return b""
        if form == _RELATIVE:
            return bytes([_octet(self.validity)])
        if form == _ABSOLUTE:
            return encode_time(time_of(self.validity.strip('"')))
        raise CodecError("the enhanced form of a validity is not offered")


def _octet(field: str) -> int:
    number = Info("", fields=(field,)).number(0)
    if number is None or not 0 <= number <= 255:
        raise CodecError(f"{field!r} is not a number of 0 to 255")
    return number


def time_of(stamp: str) -> datetime:
    """A time stamp of the AT dialogue, yy/MM/dd,hh:mm:ss and the zone in quarters of an hour. Raises CodecError."""
    match = _STAMP.fullmatch(stamp)
    if match is None:
        raise CodecError(f"{stamp!r} is no time stamp")
    minutes = int(match[3]) * 15
    try:
        return datetime.strptime(
            f"{match[1]}{match[2]}{minutes // 60:02d}{minutes % 60:02d}", "%y/%m/%d,%H:%M:%S%z"
        )
    except ValueError as error:
        raise CodecError(f"{stamp!r} is no time stamp") from error


def address_of(word: str, kind: int | None, *, charset: str) -> bytes:
    """TP-DA. `kind` is <toda>, None when the host left it out: then a + makes the number international."""
    number = gsm_charset.number_of(word, charset)
    if kind is None:
        kind = INTERNATIONAL if number.startswith("+") else UNKNOWN_TYPE
    if not 0x80 <= kind <= 0xFF or kind & 0x70 == 0x50:
        raise CodecError(f"type of address {kind} is not one of a number")
    if number.startswith("++"):
        raise CodecError(f"{number!r} is no number")
    digits = encode_address(number.removeprefix("+")) if number else b"\x00\x81"
    return digits[:1] + bytes([kind]) + digits[2:]


def redirected(tpdu: bytes, address: bytes) -> bytes:
    """A stored SUBMIT to somebody else."""
    _, size = decode_address(tpdu[2:])
    return tpdu[:2] + address + tpdu[2 + size :]


def submit(address: bytes, octets: bytes, *, charset: str, parameters: Parameters) -> bytes:
    """The TPDU. Raises CodecError when the text has no place in it."""
    content = _content(octets, charset=charset, parameters=parameters)
    head = bytes([parameters.first, 0]) + address + bytes([parameters.protocol_id, parameters.dcs])
    return head + parameters.validity_octets() + userdata.encode(content)


def _content(octets: bytes, *, charset: str, parameters: Parameters) -> UserData:
    """The text as its alphabet wants it: converted for the default one without a header, hexadecimal for all others."""
    dcs, has_header = parameters.dcs, bool(parameters.first & _HEADER)
    kind = alphabet(dcs)
    if kind is Alphabet.GSM7 and not has_header:
        return UserData(dcs, gsm_charset.decode(octets, charset).replace("\r\n", "\n"))
    body = gsm_charset.hexadecimal(octets)
    size = len(body)
    if kind is Alphabet.GSM7:  # packed, as in the PDU
        size = (8 * len(body)) // 7
    return userdata.decode(bytes([size]) + body, dcs, has_header=has_header)
