"""What stands in the mails that somebody passes on, as a forwarding mail quotes them. Pure.

A citizen writes to one person, and that person passes it on to who can help: the citizen's words stand below a head, or
below a line such as `---------- Forwarded message ---------`. Of our own mails nothing is wanted here.
"""

import re
from itertools import pairwise

from messages.neutral import neutral
from messages.quote_marks import DIVIDER, FROM_LABELS, OTHER_LABELS
from messages.reply_text import MOST_CHARACTERS, is_head, label_of, reply_text, unsigned
from messages.words import DANISH, ENGLISH

_MOST_LINES = 2_000
_MOST_MAILS = 5  # in one another
_LABELS = FROM_LABELS | OTHER_LABELS
_MARKS = re.compile(r"^(?:\s?>)+ ?")
_FORWARDED = re.compile(
    r"\W*(?:(?:start\w*|begynd\w*|begin)\s)?(?:på\s|of\s)?"
    r"(?:videresendt|forwarded|vidarebefordrat|weitergeleitete?)\b[^.?!]{0,30}\W*",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"\W*(?:emne|subject|betreff|ämne)\W*:\W*(.*)", re.IGNORECASE)
_OURS = re.compile(
    "|".join(rf"^{each.sent} .{{4,160}}\. {each.valid_until} " for each in (DANISH, ENGLISH)), re.MULTILINE
)


def says_forwarded(text: str) -> bool:
    """Whether a line of it says that what follows was forwarded."""
    return any(map(_FORWARDED.fullmatch, text[:MOST_CHARACTERS].split("\n")[:_MOST_LINES]))


def is_ours(text: str) -> bool:
    """Whether it ends as our own mails do (`messages.render`)."""
    return _OURS.search(text) is not None


def passed_on(text: str) -> list[tuple[str, str]]:
    """The subject and the words of each mail that is passed on in `text`, the last sender's first; none of ours."""
    lines = [_MARKS.sub("", line) for line in neutral(text[:MOST_CHARACTERS]).split("\n")[:_MOST_LINES]]
    starts = [place for place in range(len(lines)) if _begins(lines, place)][: 2 * _MOST_MAILS]
    pieces = (lines[start:end] for start, end in pairwise([*starts, len(lines)]))
    return [said for piece in pieces if any(said := _said(piece))][:_MOST_MAILS]


def _begins(lines: list[str], place: int) -> bool:
    line = lines[place][:200]
    return (
        is_head(lines, place) or DIVIDER.fullmatch(line) is not None or _FORWARDED.fullmatch(line) is not None
    )


def _said(lines: list[str]) -> tuple[str, str]:
    if is_ours("\n".join(lines)):
        return "", ""
    place, subject = 0, ""
    while place < len(lines) and _is_around(lines, place):
        found = _SUBJECT.fullmatch(lines[place][:200])
        subject = found[1] if found else subject
        place += 1
    return subject, unsigned(reply_text("\n".join(lines[place:])))


def _is_around(lines: list[str], place: int) -> bool:
    return not lines[place].strip() or label_of(lines[place]) in _LABELS or _begins(lines, place)
