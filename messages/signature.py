"""Who wrote it, below what was written: greetings, names and numbers without the `-- ` that would mark them. Pure.

Programs read the answer without them; what is cut here is not gone, the whole is kept beside it. Nothing is cut where
nothing would be left, nor where something below could be an answer itself: in doubt too much is kept.
"""

import re
from collections.abc import Set

from messages.answer import Kind, read_answer
from messages.answer_phrases import AFTER_A_TIME, BEFORE_A_TIME, TELLING, plain
from messages.quote_marks import GREETING
from messages.signature_marks import (
    CONTACT,
    GIVEN_NAMES,
    NUMBER,
    PERSON,
    POSTSCRIPT,
    SIGN_OFF,
    SIGN_OFF_WITHIN,
)

_MOST_LINES = 30  # below a name that are still its signature
_LONGEST_LINE = 80
_MOST_NAME_WORDS = 4
_MOST_SIGNED_WORDS = 7  # `Hilsen Hans Hansen, Plejehjemmet Solgården`
_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\W*\d{1,2}\W*")
_PLACE = re.compile(
    r"(?:\d{1,3}\.\s?|[A-ZÆØÅ])[^.?!\n]{0,60}|[^\W\d_]{4,30}"
)  # behind a name: `2. sal`, a title
_NAME = re.compile(r"[\s/~*_–—-]*([^\W\d_][\w'’.-]*(?:\s+[^\W\d_][\w'’.-]*){0,3})[\s,.]*")
_CALL = re.compile(r":\s*$|\b(?:ring|kontakt|call|contact|nummer|number|på)\b[^\w]*$", re.IGNORECASE)
_TIMES = frozenset(BEFORE_A_TIME | AFTER_A_TIME)
_JOINING = frozenset(("fra", "og", "på", "vegne", "af", "from", "and", "of", "the", "ved", "v", "i", "for"))


def without_signature(lines: list[str], *, names: Set[str] = frozenset()) -> list[str]:
    """`lines` down to where somebody signs; `names`: the words of the sender's own name, in lower case."""
    return _cut(lines, names, said=False)


def is_signature(text: str, *, names: Set[str] = frozenset()) -> bool:
    """Whether nothing but a greeting and who wrote it stands there."""
    lines = [line for line in text.split("\n") if not GREETING.fullmatch(line)]
    return not any(line.strip() for line in _cut(lines, names, said=True))


def _cut(lines: list[str], names: Set[str], *, said: bool) -> list[str]:
    """`said`: whether something was said before; a signature is one only below something."""
    last = _last_answer(lines) if any(map(_may_sign, lines)) else -1
    for place, line in enumerate(lines):
        if said and _ends(lines, place, names=names, last=last):
            return [*lines[:place], *_postscript(lines[place + 1 :])]
        said = said or (bool(line.strip()) and GREETING.fullmatch(line) is None and not signs(line))
        if said and place >= last and not _goes_on(lines[place + 1 :]) and (before := _signed_within(line)):
            return [*lines[:place], before, *_postscript(lines[place + 1 :])]
    return lines


def _last_answer(lines: list[str]) -> int:
    """The place of the last line that could be an answer by itself; -1 without one."""
    return next((n for n in range(len(lines) - 1, -1, -1) if _answers(lines[n])), -1)


def _may_sign(line: str) -> bool:
    return signs(line) or bool(_signed_within(line))


def signs(line: str) -> bool:
    """Whether the line is a greeting to end with, and the name after it."""
    found = SIGN_OFF.fullmatch(line[: 2 * _LONGEST_LINE])
    return found is not None and _is_signed(found["rest"])


def _ends(lines: list[str], place: int, *, names: Set[str], last: int) -> bool:
    """Whether the answer ends before this line; below `last` nothing answers."""
    line, below = lines[place], lines[place + 1 :]
    if len(line) > 2 * _LONGEST_LINE or not line.strip():
        return False
    if signs(line):
        return place > last and not _goes_on(below)
    if len(below) > _MOST_LINES:
        return False
    if (_is_name(line, names) or _is_titled(line, names)) and all(map(_is_below_a_name, below)):
        return True
    rest = [each for each in (line, *below) if each.strip()]
    return all(CONTACT.fullmatch(each) for each in rest) and not _CALL.search(_last_said(lines[:place]))


def _goes_on(below: list[str]) -> bool:
    """Whether somebody says more right below the greeting: `Mvh Mette`, and then `Vi mangler vand`."""
    for line in below[:_MOST_LINES]:
        if not line.strip() or CONTACT.fullmatch(line) or POSTSCRIPT.match(line):
            return False
        if PERSON.search(line):
            return True
    return False


def _signed_within(line: str) -> str:
    """`kommer, mvh Bo` without its end; '' where it has none."""
    found = SIGN_OFF_WITHIN.search(line[: 4 * _LONGEST_LINE])
    return line[: found.start()].rstrip(" ,") if found and _is_signed(found["rest"]) else ""


def _is_signed(rest: str) -> bool:
    """Nothing, or what can be a name and a place. `Hilsen fra plejehjemmet, vi kommer ikke` says more than that."""
    words = _WORD.findall(rest)
    if not words:
        return True
    if len(words) > _MOST_SIGNED_WORDS or _telling(words) or any(word.lower() in _TIMES for word in words):
        return False
    plain = [word for word in words if word[0].islower() and word not in _JOINING]
    return len(plain) <= (2 if len(words) <= 3 else 1) and not any(word.isdigit() for word in words[:1])


def _is_name(line: str, names: Set[str]) -> bool:
    """The sender's own name or a part of it, or a common given name and perhaps others."""
    found = _NAME.fullmatch(line)
    if found is None:
        return False
    words = found[1].lower().replace(".", " ").split()
    if len(words) > _MOST_NAME_WORDS or _telling(words):
        return False
    capital = all(word[0].isupper() for word in found[1].split())
    return all(word in names for word in words) or (words[0] in GIVEN_NAMES and (capital or len(words) == 1))


def _is_titled(line: str, names: Set[str]) -> bool:
    """The sender's own name, a comma, and what they are or where: `Hanne Jensen, 2. sal`."""
    name, comma, rest = line.partition(",")
    place = rest.strip()
    own = bool(comma) and _is_name(name, names) and names >= set(_WORD.findall(name.lower()))
    said = _telling(_WORD.findall(place)) or PERSON.search(place) or read_answer(place, ()).kind is Kind.HELP
    return own and not said and _PLACE.fullmatch(place) is not None


def _is_below_a_name(line: str) -> bool:
    """A title, a place, a number; no sentence, and nothing that answers."""
    said = line.strip()
    if not said or CONTACT.fullmatch(said) or NUMBER.fullmatch(said):
        return True
    shaped = len(said) <= _LONGEST_LINE and said[-1] not in ".?!" and said[0].isupper()
    return shaped and not _DIGIT.fullmatch(said) and not _telling(_WORD.findall(said))


def _answers(line: str) -> bool:
    """Whether all of the line is what somebody could answer, or a short cry for help."""
    if _DIGIT.fullmatch(line):
        return True
    if len(line) > _LONGEST_LINE or not line.strip():
        return False
    kind = read_answer(line, ()).kind
    return kind not in {Kind.UNREAD, Kind.REACTION} and (kind is not Kind.HELP or len(line.split()) <= 4)


def _telling(words: list[str]) -> bool:
    return any(plain(word.lower()) in TELLING for word in words)


def _postscript(lines: list[str]) -> list[str]:
    start = next((n for n, line in enumerate(lines) if POSTSCRIPT.match(line)), len(lines))
    return lines[start:]


def _last_said(lines: list[str]) -> str:
    return next((line for line in reversed(lines) if line.strip()), "")
