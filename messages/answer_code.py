"""The code of a question, printed `#K7`: short enough to type on any phone, said over a radio, read at night.

Left out are the signs that are mistaken for each other: 0 O D Q, 1 I, 2 Z, 5 S, 6 G, 8 B, U V; of each pair
the one that is kept has no twin left. Letter and digit take turns, so that no code is a word or a number.
"""

import re
from collections.abc import Iterator
from itertools import count

LETTERS = "ACEFHJKLMNPRTWXY"
DIGITS = "23456789"
_PAIRS = [  # the letter turns fastest: neighbours in time differ in what is read first
    letter + digit for digit in DIGITS for letter in LETTERS
]

_SHAPE = rf"([{LETTERS}])\s*([{DIGITS}])((?:[{LETTERS}][{DIGITS}])*[{LETTERS}]?)(?![0-9A-ZÆØÅ])"
_MARKED = re.compile(rf"#\s*{_SHAPE}", re.IGNORECASE)
_JOINED = re.compile(  # with what joins it to the answer: `1 til #K7`, `Ad #K7: ja`
    rf"(?:\b(?:svar|kode|koden|til|på|paa|ad|vedr|vedrørende|ang|angående|re|to|for|regarding|code)\b[.:]?\s+){{0,3}}"
    rf"#\s*{_SHAPE}\s*:?",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(?:[{LETTERS}][{DIGITS}])+[{LETTERS}]?", re.IGNORECASE)
_WORD = re.compile(r"[#\w]+")
_BEFORE = frozenset(
    (
        *(
            "svar",
            "på",
            "paa",
            "kode",
            "koden",
            "re",
            "sv",
            "til",
            "ad",
            "vedr",
            "vedrørende",
            "ang",
            "angående",
        ),
        *("hej", "goddag", "godmorgen", "øvelse", "oevelse", "exercise"),
        *("answer", "reply", "to", "for", "code", "regarding", "hi", "hello"),
    )
)
_AFTER = frozenset({"øvelse", "oevelse", "exercise"})
_JOINS = re.compile(r"(?:\b(?:til|på|paa|to|for|kode|koden|code)\b[.:]?\s*){1,2}$", re.IGNORECASE)
_MOST_CHARACTERS = 2_000  # of a text that are looked through


def code_of(number: int) -> str:
    """The code of the number (from 0): two signs for the first 128, then three for 2,048, and so on; all different."""
    if number < 0:
        raise ValueError(f"{number} has no code: they are numbered from 0")
    length, room = 2, len(_PAIRS)
    while number >= room:
        number -= room
        length += 1
        room *= len(LETTERS if length % 2 else DIGITS)
    signs = []
    for _ in range(length // 2):
        number, place = divmod(number, len(_PAIRS))
        signs.append(_PAIRS[place])
    return "".join(signs) + (LETTERS[number] if length % 2 else "")


def codes() -> Iterator[str]:
    """All codes, in order, without end."""
    return map(code_of, count())


def find_code(text: str) -> str:
    """The first code in the text, as `K7`; '' when there is none. Reads `#K7`, `# k 7` and, first or last, `k7`."""
    return marked_code(text) or next(iter(bare_codes(text)), "")


def marked_code(text: str) -> str:
    """The first code that is written with its #, as `K7`; '' when there is none."""
    found = _MARKED.search(text)
    return "".join(found.groups()).upper() if found else ""


def bare_codes(text: str) -> tuple[str, ...]:
    """What stands first or last in the text, or in its first line, and may be a code: or a word, such as `A4`."""
    return tuple(dict.fromkeys(match[0].upper() for match in _bare(text)))


def without_codes(text: str, own: str = "") -> str:
    """The text without the codes that have their #, and without the question's own where it may stand without one."""
    for match in reversed(_bare(text) if own else []):
        if match[0].upper() == own:
            before = text[: match.start()]
            kept = (
                ""
                if all(word.lower() in _BEFORE for word in _WORD.findall(before))
                else _JOINS.sub("", before)
            )
            text = f"{kept} {text[match.end() :]}"
    return _JOINED.sub(" ", text)


def _bare(text: str) -> list[re.Match[str]]:
    """The words that stand where a bare code may, and have the form of one; in their order."""
    text = text[:_MOST_CHARACTERS].rstrip()
    words = list(_WORD.finditer(text))
    while words and words[-1][0].lower() in _AFTER:
        words.pop()
    line = [word for word in words if "\n" not in text[: word.start()].lstrip()]
    first = next((word for word in words if word[0].lower() not in _BEFORE), None)
    places = {word.start(): word for word in (first, *line[-1:], *words[-1:]) if word is not None}
    return [places[start] for start in sorted(places) if _BARE.fullmatch(places[start][0])]
