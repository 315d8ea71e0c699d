"""The key of an option in what somebody wrote: alone, or first and set apart from the rest. Pure.

Text is in lower case and plain (`answer_phrases.plain`). A key whose words say the opposite is none: a person reads it.
"""

import re

from messages.answer_phrases import AGREEING, FILLERS, NEGATIONS, OPENERS, PERSONS, SPELT_KEYS, Sense
from messages.answer_sense import (
    CLAUSE,
    WORD,
    Options,
    asks,
    clauses_of,
    core,
    offered_sense,
    sense_of,
    words_of,
)
from messages.answer_times import without_clock, without_times

_OPENER = rf"(?:{'|'.join(sorted(OPENERS, key=len, reverse=True))})"
_LEADING_KEY = re.compile(
    rf"\W*+(?:(?:hej|hi|hello|tak|thanks)\b\W*+)?(?P<openers>(?:{_OPENER}\b\W*+){{0,3}})"
    r"(?:(?:(?:jeg|i|vi|we) )?(?:svarer|vaelger|trykker|choose|answer|reply)\b"
    r"|(?:svar )?(?:nr|nummer|number|option|(?:svar|valg)?mulighed|punkt)\b"
    r"|(?:(?:hermed|her er) )?(?:(?:mit|my|the) )?(?:svar(?:et)?|answer|reply|valg|choice)\b(?: er\b| is\b)?)?"
    r"\W*+(?P<key>[0-9]{1,2})(?![0-9])"
)
_PARTING = re.compile(r"\s*([.,;:!()/=-]|$|\s)\s*")
_HEDGES = re.compile(
    r"\b(?:maaske|muligvis|tror|vist nok|hvis|saafremt|medmindre|ellers|usikker|ikke (?:helt )?sikker|foerst"
    r"|tidligst|desvaerre ikke|maybe|perhaps|possibly|probably|if|unless|unsure|not sure|otherwise)\b"
)
_SPEAKERS = frozenset({"jeg", "vi", "we"})
_ILL = frozenset({"er syg", "jeg er syg", "vi er syge"})
_RECEIVED = frozenset({"modtaget", "noteret", "forstaaet", "roger"})
_REPEATED_MOST = 3  # `1 1`
_DENIES = frozenset({"ikke", "nej", "aldrig", "not", "never", "no", "niks", "nope"})


def exact_key(words: list[str], options: Options) -> str:
    """The option whose key, meaning, or key and meaning, is all that was written."""
    said = [word for word in words if word not in FILLERS or word in PERSONS]
    if len(said) > 1 and said[0] in _RECEIVED:
        said = said[1:]
    if 1 < len(said) <= _REPEATED_MOST and len({*said}) == 1:
        said = said[:1]
    spelt = SPELT_KEYS.get(said[0]) if len(said) == 1 else None
    for key, meaning in options:
        if words in (words_of(meaning), [key, *words_of(meaning)]) or said == [key]:
            return key
    return next((key for key, _ in options if key == spelt), "")


def worded_key(words: list[str], options: Options) -> str:
    """The one option whose words are all that was said, beside fillers and a time: `jeg er forsinket 20 min`."""
    said = core(without_times(words, keys=frozenset(key for key, _ in options)))
    told = bool(said) and not asks(words)
    same = [key for key, meaning in options if told and said == core(words_of(meaning))]
    return same[0] if len(same) == 1 else ""


def leading_key(said: str, options: Options) -> str:
    """The option whose key comes first and is set apart from what follows: `1, er der om 20`. `1 time` is none."""
    match = _LEADING_KEY.match(said)
    if match is None or match["key"] not in dict(options):
        return ""
    key, tail = match["key"], said[match.end() :]
    found = _PARTING.match(tail)
    if found is None or _is_counted(found[1], tail, rest=tail[found.end() :]):
        return ""
    rest = without_clock(tail[found.end() :])
    keys = frozenset(each for each, _ in options)
    others = set(without_times(WORD.findall(rest), keys=keys)) & (keys - {key})
    meaning = words_of(dict(options)[key])
    if others or _disagrees(match["openers"], meaning) or _contradicts(meaning, rest, options=options):
        return ""
    return key if _is_apart(found[1], tail, rest=rest, meaning=meaning, options=options) else ""


def hedges(said: str) -> bool:
    """Whether it is said with a condition or a doubt."""
    return _HEDGES.search(said) is not None


def _is_apart(parting: str, tail: str, *, rest: str, meaning: list[str], options: Options) -> bool:
    """Whether the key stands alone, before a mark, a time, its own meaning, or words that are understood."""
    after = WORD.findall(rest)
    alone = not WORD.search(tail.partition("\n")[0])
    return (
        alone
        or bool(parting.strip())
        or _is_time(rest, unmarked=True)
        or sense_of(after, options) is not None
        or after[: len(meaning)] == meaning
        or (" ".join(after) in _ILL and (sense := offered_sense(meaning)) is not None and sense.refuses)
        or (after[0] in _SPEAKERS and not NEGATIONS & {*after})  # `1 jeg ringer`: no number of anything
    )


def _is_time(rest: str, *, unmarked: bool) -> bool:
    """Whether its first clause is a time. Behind a bare key not `2 min` or `halv time`, which the key may count."""
    words = WORD.findall(CLAUSE.split(rest)[0])
    counts = words[:1] in (["en"], ["et"], ["halv"], ["half"]) or (unmarked and words[:1] == [rest[:1]])
    return not counts and not without_times(words, keys=frozenset())


def _is_counted(parting: str, tail: str, *, rest: str) -> bool:
    """`1,5 time`, `1/2 time`, `1-2 timer`, `1, 5`: a number, no key. `1, 20 min` is a key and a time."""
    if not parting.strip() or not rest[:1].isdigit():
        return False
    if parting == "(":
        return not _is_time(rest, unmarked=False)
    joined = parting in "/-=" or not tail[tail.index(parting) + 1 :][:1].isspace()
    return joined or re.match(r"[0-9] ?t(?:ime)?\b", rest) is not None or not _is_time(rest, unmarked=False)


def _disagrees(openers: str, meaning: list[str]) -> bool:
    """`nej 1` where 1 is kommer, `ja 2` where 2 is kommer ikke: one of the two is a slip."""
    offered = offered_sense(meaning)
    words = set(WORD.findall(openers))
    if any(OPENERS[word] for word in words):
        return not (offered.refuses if offered else set(meaning) & NEGATIONS)
    return bool(words & AGREEING) and offered is not None and offered.refuses


def _contradicts(meaning: list[str], rest: str, *, options: Options) -> bool:
    """`1 kommer ikke` where 1 is kommer, `1, måske`: one of the two is a slip, or a doubt."""
    offered = offered_sense(meaning)
    after = WORD.findall(rest)
    if after[: len(meaning)] == meaning and after[len(meaning) : len(meaning) + 1] in [
        [no] for no in NEGATIONS
    ]:
        return True
    clauses = clauses_of(rest)
    if clauses and _HEDGES.search(" ".join(clauses[0])):
        return True
    refused = offered.refuses if offered else bool(set(meaning) & NEGATIONS)
    if not refused and clauses and clauses[0][0] in _DENIES:
        return True
    senses = {sense_of(words, options) for words in clauses} - {None, Sense.OK, Sense.RECEIVED}
    if offered is None:
        return not refused and any(sense.refuses for sense in senses if sense)
    return any(sense.refuses != offered.refuses for sense in senses if sense)
