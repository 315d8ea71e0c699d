"""The sense of words: which phrase they are, without what says nothing; of several clauses the one they share. Pure.

Text is in lower case and plain (`answer_phrases.plain`).
"""

import re

from messages.answer_phrases import AGREEING, FILLERS, OPENERS, PHRASES, Sense, plain
from messages.answer_times import without_times
from messages.neutral import fold

Options = tuple[tuple[str, str], ...]  # (key, meaning)

WORD = re.compile(r"\w+")
CLAUSE = re.compile(r"[,.;!\n]")
_ASKS = re.compile(  # without its question mark: `kan I komme`, `are you coming`
    r"(?:hej |hi |hvem |hvornaar |who |when )?(?:(?:kan|kommer|skal|vil|moeder|deltager) (?:i|du|de|vi|jeg)"
    r"|er (?:i|du|de|vi)|(?:are|can|will) (?:you|they|we|i))\b"
)


def words_of(text: str) -> list[str]:
    """The words of any text, as they are looked up."""
    return WORD.findall(plain(fold(text).lower()))


def core(words: list[str]) -> list[str]:
    """The words that say something."""
    return [word for word in words if word not in FILLERS]


def clauses_of(said: str) -> list[list[str]]:
    """The words of each clause that has any."""
    return [words for words in map(WORD.findall, CLAUSE.split(said)) if words]


def offered_sense(meaning: list[str]) -> Sense | None:
    """The sense of an option."""
    return PHRASES.get(" ".join(meaning))


def asks(words: list[str]) -> bool:
    """Whether the words have the order of a question."""
    return _ASKS.match(" ".join(words)) is not None


def sense_of(words: list[str], options: Options) -> Sense | None:
    """The sense of all the words, or None when one of them is not understood."""
    if asks(words):
        return None
    timeless = without_times(words, keys=frozenset(key for key, _ in options))
    said = core(timeless)
    for phrase in (timeless, said):
        if sense := PHRASES.get(" ".join(phrase)):
            return sense
    refuses = False
    for place, word in enumerate(said[:-1], start=1):
        if word not in OPENERS:
            return None
        refuses = refuses or OPENERS[word]
        if sense := PHRASES.get(" ".join(said[place:])):
            doubtful = (refuses and not sense.refuses) or (sense is Sense.NO and said[0] in AGREEING)
            return None if doubtful else sense
    return None


def common_sense(said: str, options: Options) -> Sense | None:
    """The one sense of several clauses, each of which is understood: `hej, kommer, er der om 20`."""
    senses = {sense_of(words, options) for words in clauses_of(said) if core(words)}
    if None in senses or {Sense.YES, Sense.NO} <= senses:
        return None
    telling = senses - {Sense.YES, Sense.RECEIVED} or senses
    return telling.pop() if len(telling) == 1 else None
