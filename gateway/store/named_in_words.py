"""Which of several questions somebody names without a code, when asked which: `mødet`, `begge`. Pure.

A cry for help names none, also where a headline has the same words: somebody may write `brand` because it burns.
"""

import re

from gateway.store.coded import FILLERS
from gateway.store.questions import Found, Question
from messages.answer import Kind

Questions = tuple[Question, ...]
_WORDS_MOST = 8
_LETTERS_LEAST = 3
_WORD = re.compile(r"\w+")
_ALL = frozenset({"begge", "alle", "both", "all"})
_BESIDE_ALL = frozenset({"to", "tre", "fire", "dele", "two", "three", "four", "of", "them"})
_SMALL = frozenset({"i", "på", "paa", "kl", "af", "med", "ved", "en", "et", "in", "on", "at", "a", *FILLERS})
_ENDINGS = frozenset({"", "en", "et", "n", "t", "ne", "ene", "s"})  # `møde` and `mødet`
_NO_ANSWERS = frozenset({Kind.UNREAD, Kind.REACTION})  # a quotation is a reaction


def may_name(text: str, found: Found) -> bool:
    """Whether it is short, and no answer to any that it may be about."""
    words = _words(text)
    if not any(len(word) >= _LETTERS_LEAST and word.isalpha() for word in words) or len(words) > _WORDS_MOST:
        return False
    questions = (found.question,) if found.question is not None else found.several
    return all(each.read(text).kind in _NO_ANSWERS for each in questions)


def named_in_words(text: str, several: Questions) -> Questions:
    """All of them by `begge` or `alle`; else the only one whose headline has each of the words."""
    words = _words(text)
    if words & _ALL and not words - _ALL - _BESIDE_ALL - FILLERS:
        return several
    said = words - _SMALL
    if not any(len(word) >= _LETTERS_LEAST and word.isalpha() for word in said):
        return ()
    named = tuple(each for each in several if _has_all(_words(each.alert.headline), said))
    return named if len(named) == 1 else ()


def _has_all(headline: frozenset[str], said: frozenset[str]) -> bool:
    return all(any(_same(word, each) for each in headline) for word in said)


def _same(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    if short == long:
        return True
    return len(short) >= _LETTERS_LEAST and long.startswith(short) and long[len(short) :] in _ENDINGS


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))
