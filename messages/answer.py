"""What a message answers: an option, yes or no, a cry for help, a thumb, or something a person must read.

An inbound message can answer, never command. In doubt it is UNREAD: that is still an answer by a person,
and it is shown to one. The phrases are tables in answer_phrases.py; the codes are in answer_code.py.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from messages.answer_code import DIGITS, LETTERS, code_of, codes, find_code, without_codes
from messages.answer_help import asks_for_help
from messages.answer_number import NUMBER_KEY, read_number
from messages.answer_phrases import (
    DOUBTS,
    FILLERS,
    HELP,
    NEGATIONS,
    OPENERS,
    PHRASES,
    REACTION,
    Sense,
    plain,
)
from messages.answer_times import without_clock, without_times
from messages.neutral import fold, neutral_line

__all__ = [
    "DIGITS",
    "LETTERS",
    "Answer",
    "Kind",
    "Options",
    "begins_as",
    "code_of",
    "codes",
    "find_code",
    "read_answer",
    "without_codes",
]

Options = tuple[tuple[str, str], ...]  # (key, meaning)

_MOST_CHARACTERS = 2_000  # of a message that are read; all of it is kept
_WORD = re.compile(r"\w+")
_CLAUSE = re.compile(r"[,.;!\n]")
_PIECE = re.compile(r"(?<=[,.;:!?])\s+|\s*\n\s*")  # not within `12.000?`
_LEADING_KEY = re.compile(
    r"(?:svar|reply|answer)?\W*?([0-9]{1,2})(?![0-9])\s*([.,;:!)/-]|$|\s)\s*(.*)",
    re.DOTALL,
)
_KEYCAP = {0xFE0F: None, 0x20E3: None}  # variation selector and the frame of 1️⃣


class Kind(StrEnum):
    OPTION = "option"  # one of the answers that were asked for
    YES = "yes"  # agreed, without naming an option
    SEEN = "seen"  # has received it, and promises nothing
    NO = "no"
    HELP = "help"  # needs help: goes to the top of the list
    REACTION = "reaction"  # a thumb: seen, nothing more
    UNREAD = "unread"  # words that a person must read


@dataclass(frozen=True, slots=True)
class Answer:
    kind: Kind
    option: str  # the key of the option, or the number that was asked for; '' when none
    text: str  # what was written, harmless to show, on one line
    code: str  # the code it named, as K7; '' when none
    asks: bool = False  # something in it is a question, which the option does not answer

    @property
    def acknowledges(self) -> bool:
        """A person answered; a reaction only shows that it was seen."""
        return self.kind is not Kind.REACTION


def read_answer(text: str, options: Options, *, code: str = "") -> Answer:
    """Reads an inbound text, without the quoted question of a mail, as an answer to the question with these options.

    `code` is the question's: it may stand first or last without its #, where any other is a word like others.
    """
    shown = neutral_line(text)
    said = _said(text)
    if _is_reaction(said):
        return Answer(Kind.REACTION, "", shown, "")  # a code in it is quoted, but so is every other word
    left = plain(without_codes(said, code)).strip()
    told, asked = _apart(left, options)
    if asks_for_help(left):
        kind, option = _help(told, options)
    elif any(key == NUMBER_KEY for key, _ in options):
        kind, option = _number(told)
    else:
        kind, option = _meaning(told, options)
    return Answer(kind, option, shown, find_code(said), asks=asked)


def begins_as(text: str, options: Options, *, code: str = "") -> bool:
    """Whether a text that nobody could read begins as one of these options: `4 ilt mangler`, `liv i fare ved broen`."""
    left = plain(without_codes(_said(text), code))
    if _words(left)[:1] in [_words(key) for key, _ in options]:
        return True
    clauses = [_core(_WORD.findall(clause)) for clause in _CLAUSE.split(left)]
    meanings = [meaning for _, text in options if (meaning := _core(_words(text)))]
    return any(clause[: len(meaning)] == meaning for clause in clauses for meaning in meanings)


def _said(text: str) -> str:
    """In lower case, harmless, with its line ends."""
    lines = unicodedata.normalize("NFKC", text[:_MOST_CHARACTERS]).translate(_KEYCAP).splitlines()
    return "\n".join(map(fold, lines)).strip().lower()


def _is_reaction(said: str) -> bool:
    """A phone's reaction, or signs without any letter or digit, such as a thumb."""
    return REACTION.match(said) is not None or bool(
        said and not any(map(str.isalnum, said)) and not said.isascii()
    )


def _apart(said: str, options: Options) -> tuple[str, bool]:
    """What is told, without what is asked; and whether anything is. A question about the answer leaves nothing told."""
    pieces = _PIECE.split(said)
    asked = [_WORD.findall(piece) for piece in pieces if "?" in piece]
    if any(words[:1] and (words[0] in DOUBTS or set(words) & {key for key, _ in options}) for words in asked):
        return "", True
    return "\n".join(piece for piece in pieces if "?" not in piece), bool(asked)


def _help(said: str, options: Options) -> tuple[Kind, str]:
    """An option that speaks of help is that option (`hjælp 1 t`); a bare cry is one, whatever it was offered as."""
    words = _WORD.findall(said)
    if exact := _exact(words, options):
        return (Kind.HELP if " ".join(words) in HELP else Kind.OPTION), exact
    return Kind.HELP, _leading(said, words, options=options)


def _number(said: str) -> tuple[Kind, str]:
    if number := read_number(said):
        return Kind.OPTION, number
    return (Kind.UNREAD, "") if any(map(str.isdigit, said)) else _meaning(said, ())


def _meaning(said: str, options: Options) -> tuple[Kind, str]:
    words = _WORD.findall(said)
    if option := _exact(words, options) or _leading(said, words, options=options):
        return Kind.OPTION, option
    timeless = without_clock(said)
    sense = _sense(_WORD.findall(timeless), options) or _common_sense(timeless, options)
    if sense is None:
        return Kind.UNREAD, ""
    same = [key for key, meaning in options if _fits(sense, PHRASES.get(" ".join(_words(meaning))))]
    if len(same) == 1:
        return Kind.OPTION, same[0]
    if sense.refuses:
        return Kind.NO, ""
    return (Kind.SEEN if sense is Sense.RECEIVED else Kind.YES), ""


def _fits(sense: Sense, offered: Sense | None) -> bool:
    return offered is not None and (sense is offered or (sense.seen and offered.seen))


def _words(text: str) -> list[str]:
    return _WORD.findall(plain(fold(text).lower()))


def _core(words: list[str]) -> list[str]:
    return [word for word in words if word not in FILLERS]


def _exact(words: list[str], options: Options) -> str:
    """The option whose key, meaning, or key and meaning, is all that was written."""
    core = _core(words)
    for key, meaning in options:
        if words in ([key], _words(meaning), [key, *_words(meaning)]) or core == [key]:
            return key
        if len(core) == 2 and core[0] in OPENERS and core[1] == key:
            return key
    return ""


def _leading(said: str, words: list[str], *, options: Options) -> str:
    """The option whose key comes first and is set apart from what follows: `1, er der om 20`. `1 time` is none."""
    match = _LEADING_KEY.match(said)
    keys = {key for key, _ in options}
    if match is None or match.group(1) not in keys:
        return ""
    key, parting, rest = match.groups()
    others = [word for word in without_times(_WORD.findall(rest), keys=frozenset()) if word in keys - {key}]
    if others or _is_fraction(parting, rest):
        return ""
    meaning = _words(dict(options)[key])
    after = words[words.index(key) + 1 :]
    if _contradicts(meaning, rest, options=options):
        return ""
    alone = _WORD.findall(said.partition("\n")[0]) == [key]
    apart = (
        alone
        or bool(parting.strip())
        or _sense(after, options) is not None
        or after[: len(meaning)] == meaning
    )
    return key if apart else ""


def _contradicts(meaning: list[str], rest: str, *, options: Options) -> bool:
    """`1 kommer ikke` where 1 is kommer: one of the two is a slip."""
    offered = PHRASES.get(" ".join(meaning))
    after = _WORD.findall(rest)
    if after[: len(meaning)] == meaning and after[len(meaning) : len(meaning) + 1] in [
        [no] for no in NEGATIONS
    ]:
        return True
    senses = {_sense(words, options) for words in map(_WORD.findall, _CLAUSE.split(rest)) if words}
    return offered is not None and any(
        sense is not None and sense.refuses != offered.refuses for sense in senses
    )


def _is_fraction(parting: str, rest: str) -> bool:
    """`1,5 time`, `1/2 time`, `1-2 timer`: a number, no key."""
    return bool(parting.strip()) and rest[:1].isdigit()


def _sense(words: list[str], options: Options) -> Sense | None:
    """The sense of the whole text, or None when a word of it is not understood."""
    timeless = without_times(words, keys=frozenset(key for key, _ in options))
    core = _core(timeless)
    for phrase in (timeless, core):
        if sense := PHRASES.get(" ".join(phrase)):
            return sense
    if len(core) > 1 and core[0] in OPENERS:
        sense = PHRASES.get(" ".join(core[1:]))
        if sense is not None and (sense.refuses or not OPENERS[core[0]]):
            return sense
    return None


def _common_sense(said: str, options: Options) -> Sense | None:
    """The one sense of several clauses, each of which is understood: `kommer, er der om 20`."""
    clauses = [words for words in map(_WORD.findall, _CLAUSE.split(said)) if words]
    senses = {_sense(words, options) for words in clauses}
    if None in senses:
        return None
    telling = senses - {Sense.YES, Sense.RECEIVED} or senses
    return telling.pop() if len(telling) == 1 else None
