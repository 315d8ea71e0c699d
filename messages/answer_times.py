"""Times in an answer, which are neither options nor numbers: `om 20`, `20 min`, `et kvarter`, `kl. 04.10`."""

import re

from messages.answer_phrases import AFTER_A_TIME, BEFORE_A_TIME, COUNTS

_AT = r"(?:(?:kl|klokken|ca|cirka|omkring|inden|senest|eta|ank|at|around|about)\b\.?\s*)"
_CLOCK = re.compile(rf"(?:(?<=[a-z]) {_AT}{{0,3}}|\b{_AT}{{1,3}})[0-9]{{1,2}}[.:][0-9]{{2}}(?![0-9])")


def without_clock(said: str) -> str:
    """The text (lower case, plain) without times of day that follow a word: `er der 04.10`, `kl. 04.10`."""
    return _CLOCK.sub("", said)


def without_times(words: list[str], *, keys: frozenset[str]) -> list[str]:
    """The words without times: a number beside a word of time, or one that is no option's key (`på vej 20`)."""
    left: list[str] = []
    place = 0
    while place < len(words):
        word, following = words[place], words[place + 1] if place + 1 < len(words) else ""
        before = words[place - 1] if place else ""
        if _leads_to_a_time(word, following):
            place += 1
        elif _is_counted(word, following, before=before):
            place += 2 if following in AFTER_A_TIME else 1
        elif word.isdigit() and left and word not in keys:
            place += 1
        else:
            left.append(word)
            place += 1
    return left


def _leads_to_a_time(word: str, following: str) -> bool:
    return word in BEFORE_A_TIME and (
        following.isdigit() or following in AFTER_A_TIME or following in BEFORE_A_TIME or following in COUNTS
    )


def _is_counted(word: str, following: str, *, before: str) -> bool:
    if word in COUNTS:  # en halv time
        return following in AFTER_A_TIME or following in COUNTS
    return word.isdigit() and (following in AFTER_A_TIME or before in BEFORE_A_TIME)
