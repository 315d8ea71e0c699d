"""The signs of a text: whole ones before it is encoded for a phone, and those that a phone cut in two."""

import re

from hardware.codecs.userdata import KEPT_HALF

_BROKEN = "\ufffd"  # what could not be decoded
_PAIR = re.compile("([\U0010d800-\U0010dbff])([\U0010dc00-\U0010dfff])")
_ALONE = re.compile("[\U0010d800-\U0010dfff]")


def whole(text: str) -> str:
    """Half a character becomes a question mark: it could not be sent, and the rest has to be."""
    return text.encode("utf-16", "replace").decode("utf-16")


def unreadable(text: str) -> str:
    """Why nobody can trust a text that was decoded; '' for one that is whole."""
    return "its text is broken" if _BROKEN in text else ""


def joined(parts: str) -> str:
    """The text of parts in their order, as `userdata.decode_ucs2_part` gives them.

    Halves that meet are one sign again, and one that stays alone is a broken one.
    """
    met = _PAIR.sub(lambda pair: _sign(ord(pair[1]) - KEPT_HALF, ord(pair[2]) - KEPT_HALF), parts)
    return _ALONE.sub(_BROKEN, met)


def _sign(high: int, low: int) -> str:
    return (high.to_bytes(2, "big") + low.to_bytes(2, "big")).decode("utf-16-be")
