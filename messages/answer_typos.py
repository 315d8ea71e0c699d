"""The word `hjælp` as cold hands type it: one slip from it (a sign too many, too few, wrong, two swapped). Pure.

Text is in lower case and plain (`answer_phrases.plain`).
"""

import re

_RIGHT = "hjelp"  # with ae as the one sign that it is on a keyboard
_REAL = frozenset({"hjelm", "hjalp", "hjelpe", "hjelpt", "hjelps"})  # hjælm, hjalp, hjælpe
_WORD = re.compile(r"\b\w{4,8}\b")
_SWAPPED = re.compile(r"\b(?:hlep|hepl|ehlp)\b")
_SPELT_OUT = re.compile(r"(?:hj?(?:ae|e|a)+l+p+)")


def respelt_help(said: str) -> str:
    """With `hjaelp` for each word that is one slip from it: `hejlp`, `hjæp`, `hjlæp`. All of it may be spelt out."""
    if len(said) <= 30 and _SPELT_OUT.fullmatch(re.sub(r"[\W\d_]+", "", said)):
        return "hjaelp"
    said = _SWAPPED.sub("help", said)
    return _WORD.sub(lambda word: "hjaelp" if _is_slip(word[0].replace("ae", "e")) else word[0], said)


def _is_slip(word: str) -> bool:
    """Whether one slip leads from the right word to this one (Damerau's four kinds)."""
    if word in _REAL or abs(len(word) - len(_RIGHT)) > 1:
        return False
    same = next((n for n, (a, b) in enumerate(zip(word, _RIGHT, strict=False)) if a != b), None)
    if same is None:
        return word != _RIGHT and len(word) < len(_RIGHT)
    rest, right = word[same:], _RIGHT[same:]
    return (
        rest[1:] == right[1:]
        or rest[1:] == right
        or rest == right[1:]
        or (rest[:2] == right[1::-1] and rest[2:] == right[2:])
    )
