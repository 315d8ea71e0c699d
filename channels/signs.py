"""The signs of a text: whole ones before it is encoded for a phone, and those that a phone cut in two.

A phone may cut a sign of two UTF-16 units (U+1F44D, a thumb) between two parts of a long text. Until the parts are put
together each half is kept as a sign of plane 16, which nobody has a use for.
"""

import re

_BROKEN = "\ufffd"  # what could not be decoded
_KEPT = 0x10_0000  # plus the half: U+10D800 to U+10DFFF
_PAIR = re.compile("([\U0010d800-\U0010dbff])([\U0010dc00-\U0010dfff])")
_ALONE = re.compile("[\U0010d800-\U0010dfff]")


def whole(text: str) -> str:
    """Half a character becomes a question mark: it could not be sent, and the rest has to be."""
    return text.encode("utf-16", "replace").decode("utf-16")


def unreadable(text: str) -> str:
    """Why nobody can trust a text that was decoded; '' for one that is whole."""
    return "its text is broken" if _BROKEN in text else ""


def of_part(octets: bytes) -> str:
    """One part of a long text, of UTF-16 with the big end first, whose last or first half sign is kept for `joined`."""
    first = octets[:2] if len(octets) > 1 and octets[0] & 0xFC == 0xDC else b""
    rest = octets[len(first) :]
    last = rest[-2:] if len(rest) > 1 and len(rest) % 2 == 0 and rest[-2] & 0xFC == 0xD8 else b""
    middle = rest[: len(rest) - len(last)].decode("utf-16-be", "replace")
    return _kept(first) + middle + _kept(last)


def _kept(half: bytes) -> str:
    return chr(_KEPT + int.from_bytes(half, "big")) if half else ""


def joined(parts: str) -> str:
    """The text of parts that stand in their order: halves that meet are one sign, one alone is a broken one."""
    met = _PAIR.sub(lambda pair: _sign(ord(pair[1]) - _KEPT, ord(pair[2]) - _KEPT), parts)
    return _ALONE.sub(_BROKEN, met)


def _sign(high: int, low: int) -> str:
    return (high.to_bytes(2, "big") + low.to_bytes(2, "big")).decode("utf-16-be")
