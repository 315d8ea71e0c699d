"""How long the TETRA network may keep a message, and where else it may carry it: the storage-forward control.

Source: ETSI EN 300 392-2 29.4.3.14 (validity period), 29.4.3.5 (forward address type) and 29.4.3.3 to 29.4.3.4.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Self

from hardware.errors import CodecError

_TEN_S, _MINUTE, _HOUR = timedelta(seconds=10), timedelta(minutes=1), timedelta(hours=1)
INFINITE = 31  # kept until it can be delivered


class Kind(IntEnum):
    """What the forward address is."""

    SNA = 0  # short number, 8 bits
    SSI = 1  # 24 bits
    TSI = 2  # 48 bits: country, network and SSI
    EXTERNAL = 3  # a number outside: a count and so many digits
    NONE = 7


_OCTETS = {Kind.SNA: 1, Kind.SSI: 3, Kind.TSI: 6, Kind.NONE: 0}


@dataclass(frozen=True, slots=True)
class Forward:
    """`validity`: the five bits as sent, 0 (none) to 31 (infinite); `address`: its octets as sent."""

    validity: int = 0
    kind: Kind = Kind.NONE
    address: bytes = b""

    def encode(self) -> bytes:
        if not 0 <= self.validity <= 31:
            raise CodecError(f"validity {self.validity} has more than five bits")
        if len(self.address) != _length(self.kind, self.address):
            raise CodecError(f"{len(self.address)} octets are no forward address of type {self.kind.name}")
        return bytes([self.validity << 3 | self.kind]) + self.address

    @classmethod
    def decode(cls, octets: bytes) -> tuple[Self, bytes]:
        """The control and what follows it. Raises CodecError when it is cut or its type is reserved."""
        if not octets:
            raise CodecError("the storage-forward control is cut short")
        try:
            kind = Kind(octets[0] & 0x07)
        except ValueError as error:
            raise CodecError(f"forward address type {octets[0] & 0x07} is reserved") from error
        length = _length(kind, octets[1:])
        if len(octets) < 1 + length:
            raise CodecError("the forward address is cut short")
        return cls(octets[0] >> 3, kind, octets[1 : 1 + length]), octets[1 + length :]


def _length(kind: Kind, address: bytes) -> int:
    """Octets of an address. An external number has its count of digits in front, two digits an octet after it."""
    if kind is not Kind.EXTERNAL:
        return _OCTETS[kind]
    return 1 + (address[0] + 1) // 2 if address else 1


def period(validity: int) -> timedelta | None:
    """What the five bits say; None for 0 (none) and 31 (infinite)."""
    if not 0 < validity < INFINITE:
        return None
    if validity <= 6:
        return validity * _TEN_S
    if validity <= 10:
        return (validity - 5) * _MINUTE
    if validity <= 16:
        return (validity - 10) * 10 * _MINUTE
    if validity <= 21:
        return (validity - 15) * _HOUR
    return (validity - 20) * 6 * _HOUR if validity <= 24 else (validity - 24) * 48 * _HOUR


def validity_within(longest: timedelta) -> int:
    """The longest validity that does not outlive `longest`; 1 (10 s) for less, since 0 would set no limit at all."""
    periods = ((period(validity), validity) for validity in range(1, INFINITE))
    return max((validity for time, validity in periods if time is not None and time <= longest), default=1)
