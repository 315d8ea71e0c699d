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

_TAIL = f"((?:[{LETTERS}][{DIGITS}])*[{LETTERS}]?)(?![0-9A-ZÆØÅ])"
_MARKED = re.compile(rf"#\s*([{LETTERS}])\s*([{DIGITS}]){_TAIL}", re.IGNORECASE)
_BARE = re.compile(rf"(?<![0-9A-ZÆØÅ#])([{LETTERS}])([{DIGITS}]){_TAIL}", re.IGNORECASE)


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
    """The first code in the text, as `K7`; '' when there is none. Reads `#K7`, `# k 7` and, as a word, `k7`."""
    found = _MARKED.search(text) or _BARE.search(text)
    return "".join(found.groups()).upper() if found else ""


def marked_code(text: str) -> str:
    """The first code that is written with its #, as `K7`; '' when there is none. A bare one may be a word: `A4`."""
    found = _MARKED.search(text)
    return "".join(found.groups()).upper() if found else ""


def without_codes(text: str) -> str:
    """The text with every code taken out."""
    return _BARE.sub(" ", _MARKED.sub(" ", text))
