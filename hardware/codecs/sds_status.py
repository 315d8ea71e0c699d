"""The 16 bits of the status service, short reports among them, and what the statuses of SDS-TL mean.

Source: ETSI EN 300 392-2 14.8.34 (pre-coded status), 29.4.2.3 (SDS-SHORT-REPORT), 29.4.3.2 (delivery status).
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from hardware.errors import CodecError

EMERGENCY = 0  # the status that calls everybody


class ShortKind(IntEnum):
    """The two bits of a short report."""

    UNSUPPORTED = 0  # the protocol or the coding scheme is not known there
    MEMORY_FULL = 1
    RECEIVED = 2
    CONSUMED = 3


@dataclass(frozen=True, slots=True)
class ShortReport:
    """011111, two bits of kind, the reference of the message."""

    kind: ShortKind
    reference: int

    def encode(self) -> bytes:
        if not 0 <= self.reference <= 0xFF:
            raise CodecError(f"reference {self.reference} is no octet")
        return bytes([0x7C | self.kind, self.reference])


@dataclass(frozen=True, slots=True)
class Status:
    """A number whose meaning the fleet has agreed on: 8000 to FFFF; 0 is the emergency, 1 to 7BFF are reserved."""

    value: int

    def encode(self) -> bytes:
        if not 0 <= self.value <= 0xFFFF or 0x7C00 <= self.value <= 0x7FFF:
            raise CodecError(f"{self.value} is no status")
        return self.value.to_bytes(2, "big")


def decode_status(octets: bytes) -> Status | ShortReport:
    """Reads the user data of the status service: exactly 16 bits. Raises CodecError."""
    if len(octets) != 2:
        raise CodecError(f"a status has 2 octets, not {len(octets)}")
    if octets[0] & 0xFC == 0x7C:  # all four kinds; not 7A, as some decoders have it
        return ShortReport(ShortKind(octets[0] & 0x03), octets[1])
    return Status(int.from_bytes(octets, "big"))


class Verdict(Enum):
    """What a delivery status says of a message."""

    RECEIVED = "the radio has it"
    CONSUMED = "its user has read it"
    UNDERWAY = "on its way, or nobody can tell"
    FAILED = "given up"


_TEXTS = {
    0x00: "received", 0x01: "receipt acknowledged", 0x02: "consumed", 0x03: "consumption acknowledged",
    0x04: "forwarded to an external network", 0x05: "sent to a group", 0x06: "a part was received",
    0x20: "congestion, tried again", 0x21: "stored", 0x22: "not reachable, stored",
    0x40: "network overload", 0x41: "service not available", 0x42: "service not available now",
    0x43: "the sender is not allowed to", 0x44: "the recipient is not allowed to", 0x45: "unknown address",
    0x46: "unknown forward address", 0x47: "a group and the individual service", 0x48: "expired, not received",
    0x49: "expired, not consumed", 0x4A: "failed", 0x4B: "not registered", 0x4C: "queue full",
    0x4D: "too long", 0x4E: "no SDS-TL there", 0x4F: "its host is not connected",
    0x50: "protocol not supported", 0x51: "coding not supported", 0x52: "memory full",
    0x53: "takes no short data", 0x5A: "not reachable", 0x5E: "busy", 0x5F: "busy",
}  # fmt: skip


def status_text(status: int) -> str:
    """What a delivery status says, in words and as the number."""
    return f"{_TEXTS.get(status, 'status')} ({status:02X})"


def verdict(status: int) -> Verdict:
    """00 proves that it arrived, 02 and 03 that it was read; nothing below 40 says that it was given up."""
    if status == 0x00:
        return Verdict.RECEIVED
    if status in {0x02, 0x03}:
        return Verdict.CONSUMED
    return Verdict.FAILED if 0x40 <= status <= 0x5F else Verdict.UNDERWAY


def short_verdict(kind: ShortKind) -> Verdict:
    """The same of a short report."""
    known = {ShortKind.RECEIVED: Verdict.RECEIVED, ShortKind.CONSUMED: Verdict.CONSUMED}
    return known.get(kind, Verdict.FAILED)
