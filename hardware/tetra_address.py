"""Numbers of a TETRA network, and the last guard before a radio: to whom what may go.

Only ASCII digits of a plain SSI or TSI ever reach a command line, and user data only as hexadecimal digits: there is
no way for a text or a number to become a command.
Source: ETSI EN 300 392-1 clause 7 (SSI of 24 bits, TSI with country and network), EN 300 392-2 14.8.34 (statuses).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hardware.codecs import sds_status
from hardware.codecs.sds_status import Status
from hardware.errors import CodecError, NeverToThis

SDS4, STATUS = 12, 13  # AI services (EN 300 392-5 6.17.3)
BITS = {9: 16, 10: 32, 11: 64, STATUS: 16}  # those of a fixed length
MOST_BITS = 2047  # of SDS type 4
EVERYBODY = 0xFFFFFF
SSI_TYPE, TSI_TYPE = 0, 1

_SSI = re.compile(r"[0-9]{1,8}")
_TSI = re.compile(r"[0-9]{15,17}")
# Numbers that no message is ever sent to, whoever asks: emergency and service numbers.
_EMERGENCY = frozenset({"112", "113", "114", "110", "118", "119", "911", "999", "000", "08", "1813"})


@dataclass(frozen=True, slots=True)
class Groups:
    """The group numbers (GSSI) of a fleet, as its map says: they share their number space with radios."""

    spans: tuple[tuple[int, int], ...] = ()  # first and last, both included

    @classmethod
    def of(cls, items: Iterable[str | int]) -> "Groups":
        """Reads numbers and spans such as "3990100-3990199". Raises ValueError."""
        spans = []
        for item in items:
            first, dash, last = str(item).partition("-")
            if not _SSI.fullmatch(first) or (dash and not _SSI.fullmatch(last)):
                raise ValueError(f"{item!r} is no group number, nor a span as 3990100-3990199")
            spans.append((int(first), int(last or first)))
        return cls(tuple(spans))

    def __contains__(self, ssi: object) -> bool:
        """Whether an SSI (as an event shows it) is a group; the number that calls everybody always is."""
        if not isinstance(ssi, str) or not _SSI.fullmatch(ssi):
            return False
        number = int(ssi)
        return number == EVERYBODY or any(first <= number <= last for first, last in self.spans)


def ssi_of(field: str) -> str:
    """The SSI of an identity as a radio shows it, without leading zeros: the last 8 digits of a TSI. '' for none."""
    return str(int(field[-8:])) if re.fullmatch(r"[0-9]{1,17}", field) else ""


def checked_destination(destination: str) -> tuple[str, int]:
    """The digits for the command line and the type of the identity; NeverToThis for anything but plain digits."""
    is_tsi = _TSI.fullmatch(destination) is not None
    if not destination.isascii() or not (is_tsi or _SSI.fullmatch(destination)):
        raise NeverToThis("the destination is not a plain SSI of 1 to 8 digits or TSI of 15 to 17")
    if destination in _EMERGENCY:
        raise NeverToThis("an emergency number gets no messages")
    if not 0 < int(destination[-8:]) <= EVERYBODY:
        raise NeverToThis(f"{destination} is not within the numbers of a network")
    return destination, TSI_TYPE if is_tsi else SSI_TYPE


def checked_content(user_data: bytes, bits: int, *, service: int, max_bits: int, emergency: bool) -> None:
    """NeverToThis for user data that must not go: a wrong length, a reserved status, or the emergency status."""
    if service != SDS4 and BITS.get(service) != bits:
        raise NeverToThis(f"service {service} does not take {bits} bits")
    if not 0 < bits <= min(max_bits, MOST_BITS) or len(user_data) != (bits + 7) // 8:
        raise NeverToThis(f"{len(user_data)} octets as {bits} bits: at most {max_bits} bits go at a time")
    if service != STATUS:
        return
    try:
        status = sds_status.decode_status(user_data)
    except CodecError as error:
        raise NeverToThis(error.reason) from error
    if isinstance(status, Status) and status.value == sds_status.EMERGENCY and not emergency:
        raise NeverToThis("the emergency status calls everybody: it has to be allowed expressly")
    if isinstance(status, Status) and 0 < status.value < 0x8000:
        raise NeverToThis(f"status {status.value} is reserved")
