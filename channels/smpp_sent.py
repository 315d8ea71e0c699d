"""What was handed over lately, so that a receipt finds its message however its number is spelt.

A convenience and no store: after a restart the configured spelling (`message_ids`) and the numbers themselves are all
there is, and the hub's store matches by them. The configured spelling counts first, then our own reference. Another
spelling counts only where it cannot be the number of another message: for the same phone, and with readings so far
apart that no counter has been at both (10 is a number in either base, and 16 may be the next message's).
"""

import logging
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from channels.smpp_receipt import ReadReceipt
from messages.address import Address

log = logging.getLogger(__name__)

K = TypeVar("K")
_MOST = 20_000  # parts
_DIGITS = {10: re.compile(r"[0-9]{1,40}"), 16: re.compile(r"[0-9a-f]{1,40}")}
_COUNTED = 2 * _MOST  # a message centre may count others' messages too


@dataclass(frozen=True, slots=True)
class Known:
    """The message that a receipt is about. `attempt` is '' when only its number is known."""

    reference: str
    attempt: str = ""
    address: Address | None = None


def canonical(message_id: str) -> str:
    """One form for what differs between an answer and its receipt: capitals, leading zeros, spaces."""
    return message_id.strip().lower().lstrip("0") or message_id.strip()


class Sent:
    """The last parts by their number, and by our own 16-bit reference those whose number never came."""

    def __init__(self, spelling: str) -> None:
        self._spelling = spelling
        self._parts: OrderedDict[str, Known] = OrderedDict()
        self._unheard: OrderedDict[int, Known] = OrderedDict()
        self._told = False

    def taken(self, message_id: str, *, attempt: str, address: Address) -> None:
        """Notes a part that was taken. Without a number nothing will ever name it."""
        reference = canonical(message_id)
        if reference:
            _note(self._parts, reference, Known(reference, attempt, address))

    def unheard(self, user_reference: int, *, attempt: str, address: Address) -> None:
        """Notes a part whose answer was lost: its receipt may still bring our reference back."""
        _note(self._unheard, user_reference, Known("", attempt, address))

    def find(self, receipt: ReadReceipt, *, address: Address | None) -> Known:
        """What a receipt is about, as far as can be said."""
        configured = self._configured(receipt.message_id)
        known = self._parts.get(configured)
        if known is not None and address in {None, known.address}:
            return known
        lost = self._unheard.get(-1 if receipt.user_reference is None else receipt.user_reference)
        if lost is not None and address in {None, lost.address}:
            return Known(configured, lost.attempt, lost.address)
        for spelt in _spellings(receipt.message_id):
            known = self._parts.get(spelt)
            if known is not None and known.address == address and _cannot_be_confused(configured, spelt):
                self._warn()
                return known
        return Known(configured, address=address)

    def _configured(self, message_id: str) -> str:
        return _respelt(message_id, self._spelling)

    def _warn(self) -> None:
        if not self._told:
            self._told = True
            log.warning(
                "receipts name messages in another base than answers: set message_ids, or receipts that "
                "come after a restart find nothing"
            )


def _spellings(message_id: str) -> Iterator[str]:
    yield canonical(message_id)
    for spelling in ("hex-then-decimal", "decimal-then-hex"):
        yield _respelt(message_id, spelling)


def _cannot_be_confused(one: str, other: str) -> bool:
    """Whether two spellings name numbers, in each base in which both are numbers, that no counter was at both of."""
    readings = [(_number(one, base), _number(other, base)) for base in (10, 16)]
    return all(abs(a - b) > _COUNTED for a, b in readings if a is not None and b is not None)


def _number(message_id: str, base: int) -> int | None:
    return int(message_id, base) if _DIGITS[base].fullmatch(message_id) else None


def _note(where: OrderedDict[K, Known], key: K, known: Known) -> None:
    where[key] = known
    where.move_to_end(key)
    if len(where) > _MOST:
        where.popitem(last=False)


def _respelt(message_id: str, spelling: str) -> str:
    """A receipt's number as the answer had it (appendix B: the receipt's is decimal, the answer's anything)."""
    number = canonical(message_id)
    base = {"hex-then-decimal": 10, "decimal-then-hex": 16}.get(spelling)
    value = _number(number, base) if base else None
    if value is None:
        return number
    return f"{value:x}" if base == 10 else str(value)
