"""Distress told without the word help: `red os`, `det brænder`, `3 sårede`, `Hilfe`. In doubt it is distress. Pure.

A plea is one however it is put. A danger is none where it is denied directly before (`ingen sårede`), supposed (`hvis
det brænder`), over (`branden er slukket`), asked about (`er der brand?`), or what was to be counted.
Text is in lower case and plain (`answer_phrases.plain`).
"""

import re

from messages.answer_distress_words import (
    ABROAD,
    ASKS,
    DANGERS,
    DENIED,
    NO_ABROAD,
    OVER,
    PLEAS,
    SUPPOSED,
    THANKS_ABROAD,
    WHOLE,
)
from messages.answer_over import NO_MATTER, is_over_after

_PLEA, _DANGER = (
    re.compile("|".join(rf"(?<!\w)(?:{line})(?!\w)" for line in lines)) for lines in (PLEAS, DANGERS)
)
_DENIED, _SUPPOSED, _OVER, _ASKS = map(re.compile, (DENIED, SUPPOSED, OVER, ASKS))
_DENIES = re.compile(r"\b(?:ikke|ej|not|aldrig|never)(?: \w+)?$")
_WHOLE = re.compile("|".join(WHOLE))


def is_plea(words: list[str]) -> bool:
    """Whether the words of a clause ask for rescue, in whatever language."""
    return _PLEA.search(" ".join(words)) is not None or _is_abroad(words)


def is_danger(words: list[str], *, asked: bool, then: str, known: frozenset[str] = frozenset()) -> bool:
    """Whether the words of a clause tell of a danger. `asked`: it ends in a question mark. `then`: the clause after it.

    `known`: the words of what was to be counted: "3 sårede" answers how many are hurt.
    """
    clause = " ".join(words)
    if (asked and _ASKS.match(clause)) or _is_over(clause) or is_over_after(then):
        return False
    return any(
        not (_DENIED.search(clause[: each.start()]) or _SUPPOSED.search(clause[: each.start()]))
        and each[0].rsplit(" ", 1)[-1] not in known
        for each in _DANGER.finditer(clause)
    )


def is_all_distress(said: str, *, counted: bool) -> bool:
    """All that is said is `112` or `akut`. Where a number was asked for 112 is one, and `1-1-2` is none."""
    words = said.strip(" .!\n")
    return _WHOLE.fullmatch(words) is not None and not (counted and words == "112")


def _is_over(clause: str) -> bool:
    if NO_MATTER.search(clause):
        return True
    over = _OVER.search(clause)
    return over is not None and _DENIES.search(clause[: over.start()].rstrip()) is None


def _is_abroad(words: list[str]) -> bool:
    return any(
        word in ABROAD
        and not NO_ABROAD & set(words[max(0, place - 2) : place])
        and not THANKS_ABROAD & set(words[max(0, place - 3) : place])
        for place, word in enumerate(words)
    )
