"""What people say beside an answer and what changes nothing of it: haste, delay, company, calm, thanks. Pure.

`kommer 10 min for sent` is `kommer`, `ja vi klarer os` is `ja`. Only what was not understood as it stands is read
without these, and nothing is left out that is offered as an answer itself. Text is in lower case and plain.
"""

import re

from messages.answer_beside import is_known
from messages.answer_phrases import NEGATIONS, Sense
from messages.answer_sense import WORD, Options, core, offered_sense, words_of

_LATE = (
    r"(?:men )?(?:(?:jeg |vi )?(?:er|bliver) )?(?:(?:lidt|ca|cirka) ){0,2}"
    r"(?:(?:[0-9]{1,3}|en halv|et|en) ?(?:min(?:utter)?|timer?|kvarter) )?(?:forsinket|for sent)"
)
_HASTE = r"saa (?:hurtigt|snart) (?:som muligt|(?:jeg|vi) kan)"
_CALM = (
    r"(?:her er )?alt(?: er)? (?:ok|okay|vel|godt|fint|i orden)|alle(?: er)? (?:ok|okay|i sikkerhed)"
    r"|(?:vi|jeg) klarer (?:os|mig|den)|intet at bemaerke"
    r"|(?:der er )?(?:ingen|ikke)(?: er)? (?:i fare|livsfare|liv i fare|akut fare)"
)
_BEFORE, _BEHIND = r"(?:(?<=\w)[ ,.;!\n]+|^)", r"(?=[\s,.;!]*(?:$|[,.;!\n]))"
_AT_ITS_TIME = re.compile(rf"{_BEFORE}(?:{_LATE}|{_HASTE}|allerede){_BEHIND}")
_ALL_WELL = re.compile(rf"{_BEFORE}(?:{_CALM}){_BEHIND}")
_NOT_YET = re.compile(r"(?<=\bnej)[ ,]+ikke endnu\b")
_COMPANY = re.compile(r"\b(?:sammen )?med (\w+)(?: og (\w+))?(?=[\s.!]*$)")
_THANKED = (
    r"(?:besked(?:en)?|info(?:rmation(?:en)?)?|orientering(?:en)?|oplysning(?:en|erne)?|sms(?: ?en)?"
    r"|varsl(?:et|ingen))"
)
_THANKS = re.compile(rf"(?:(?:mange )?tak|thanks|thank you) (?:for|4) {_THANKED}\b[ .,!\n]*")
_RECEIPT = re.compile(
    rf"(?:(?:ok|okay|fint|super|modtaget|set|hej)[\s,.!]+)?(?:(?:mange |tusind )?tak|thanks|thank you)"
    rf"(?: (?:for|4) {_THANKED})?[\s.!]*"
)
_READY = frozenset({"klar", "ready"})
_NAMES_LEAST = 2  # `1 Ambulance` is none


def without_asides(said: str, options: Options, *, names: frozenset[str]) -> str:
    """The text without them; all of it where nothing else would be left."""
    offered = [core(words_of(meaning)) for _, meaning in options]
    left = _THANKS.sub("", said, count=1) if _THANKS.match(said) else said
    if any(offered_sense(words_of(meaning)) is Sense.NO for _, meaning in options):
        left = _NOT_YET.sub("", left)
    left = _COMPANY.sub(lambda found: "" if {*filter(None, found.groups())} <= names else found[0], left)
    if not NEGATIONS & {*WORD.findall(left)}:  # `kommer ikke for sent`
        left = _AT_ITS_TIME.sub(lambda found: found[0] if _is_offered(found[0], offered) else "", left)
    left = _ALL_WELL.sub(lambda found: found[0] if _is_offered(found[0], offered) else "", left)
    left = _without_names(left, options, names=names).strip(" ,.;!\n")
    return left or said


def is_receipt(said: str, options: Options) -> bool:
    """Thanks; and to what asks nothing but to be seen, that one is ready."""
    words = core(WORD.findall(said))
    senses = [offered_sense(words_of(meaning)) for _, meaning in options]
    asks_nothing = all(sense is not None and sense.seen for sense in senses)
    ready = asks_nothing and len(words) == 1 and words[0] in _READY
    return ready or _RECEIPT.fullmatch(said.strip()) is not None


def by_coming(sense: Sense, options: Options) -> str:
    """The option that a yes or a no means where one is to come, one not to, and none a yes or a no itself."""
    offered = [offered_sense(words_of(meaning)) for _, meaning in options]
    means = {Sense.YES: Sense.COMING, Sense.NO: Sense.NOT_COMING}.get(sense)
    once = all(offered.count(each) == 1 for each in (Sense.COMING, Sense.NOT_COMING))
    if means is None or not once or {Sense.YES, Sense.NO} & {*offered}:
        return ""
    return options[offered.index(means)][0]


def _is_offered(aside: str, offered: list[list[str]]) -> bool:
    said = core(WORD.findall(aside))
    return not NEGATIONS & {*said} and any(
        meaning and said[-len(meaning) :] == meaning for meaning in offered
    )


def _without_names(said: str, options: Options, *, names: frozenset[str]) -> str:
    """`1 bo hansen` is `1`, where they are written as names are, and no table knows them."""
    words = WORD.findall(said)
    signed = words[1:]
    named = len(signed) >= _NAMES_LEAST and {*signed} <= names
    if not named or words[0] not in dict(options) or any(is_known(word) for word in signed):
        return said
    return str(words[0])
