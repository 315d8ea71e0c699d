"""What a message answers: an option, yes or no, a cry for help, a thumb, or something a person must read.

An inbound message can answer, never command. In doubt it is UNREAD: that is still an answer by a person,
and it is shown to one. The phrases are tables in answer_phrases.py, looked up in answer_sense.py; the keys of options
are in answer_key.py, the codes in answer_code.py.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile

from messages.answer_around import (
    before_farewell,
    respelt,
    without_greeting,
    without_marks,
    without_offer,
    without_signer,
)
from messages.answer_asides import by_coming, is_receipt, without_asides
from messages.answer_beside import names_in, only_counts, unknown_words
from messages.answer_code import DIGITS, LETTERS, code_of, codes, find_code, without_codes
from messages.answer_help import asks_for_help
from messages.answer_key import exact_key, hedges, leading_key, worded_key
from messages.answer_number import NUMBER_KEY, read_number
from messages.answer_phrases import ACCEPTING, DOUBTS, HELP, OPENERS, Sense, plain
from messages.answer_reaction import is_reaction, may_be_reaction, without_quotation
from messages.answer_sense import (
    CLAUSE,
    WORD,
    Options,
    clauses_of,
    common_sense,
    core,
    offered_sense,
    sense_of,
    words_of,
)
from messages.answer_times import without_clock
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

_MOST_CHARACTERS = 2_000  # of a message that are read; all of it is kept
_MUCH = 3  # words
_PIECE = re.compile(r"(?<=[,.;:!?])\s+|\s*\n\s*")  # not within `12.000?`
_REASON = re.compile(  # a reason without a mark before it
    r" (?:(?=(?:jeg |vi )?(?:er|har)\b|i (?:dag|aften|nat|morgen)\b|idag\b)"
    r"|(?:pga|paa grund af|grundet|fordi|because of)\b)"
)
_LATER = frozenset(
    {"foer", "kun", "endnu", "bare", "stadig", "her", "uden", "snart", "straks", "for", "men", "mere"}
)
_SIGNS = {0xFE0F: None, 0x20E3: None, 0x1F198: " sos "}  # variation selector, the frame of 1️⃣, and 🆘


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
    option: (
        str  # the key of the option, also one that a yes or no means, or the number asked for; '' when none
    )
    text: str  # what was written, harmless to show, on one line
    code: str  # the code it named, as K7; '' when none
    asks: bool = False  # something in it is a question, which the option does not answer
    beside: int = 0  # words beside the option that no table knows
    unsure: bool = False  # of a reaction: its few words may be somebody's own
    thanks: bool = False  # no more than thanks, which programs write too

    @property
    def acknowledges(self) -> bool:
        """A person answered; a reaction only shows that it was seen."""
        return self.kind is not Kind.REACTION

    @property
    def tells(self) -> bool:
        """Enough is said beside the option to be news: `1, men broen er styrtet sammen`."""
        return self.beside >= _MUCH


def read_answer(text: str, options: Options, *, code: str = "", sent: str = "") -> Answer:
    """Reads an inbound text, without the quoted question of a mail, as an answer to the question with these options.

    `code` is the question's: it may stand first or last without its #, where any other is a word like others. Without
    a question thanks are no receipt of anything, and `ja` means no option that says `kommer`.
    `sent` is what was sent (`answer_reaction.sent_text`): the text may quote it.
    """
    shown = neutral_line(text)
    said = _said(text)
    own = without_quotation(said, sent)
    answer = _read(own, shown, options, code=code, names=names_in(text[:_MOST_CHARACTERS]))
    known = is_reaction(said, left=own)
    if (known and own == said) or (answer.kind is Kind.UNREAD and (known or may_be_reaction(said, left=own))):
        # A code in it is quoted, but so is every other word.
        return Answer(Kind.REACTION, "", shown, "", unsure=not known)
    return answer


def _read(said: str, shown: str, options: Options, *, code: str, names: frozenset[str]) -> Answer:
    left = without_offer(_left(said, code))
    told, asked = _apart(without_signer(without_greeting(left)), options)
    if asks_for_help(left, counted=_counted(options)):
        kind, option = _help(told, options, asked=asked)
    elif any(key == NUMBER_KEY for key, _ in options):
        kind, option = _number(told, options)
    else:
        kind, option = _words(told, options, names=names)
    if not code and kind in {Kind.YES, Kind.NO}:
        option = ""  # which they mean hangs on the question
    thanks = kind is Kind.UNREAD and bool(code) and not asked and is_receipt(told, options)
    meaning = dict(options).get(option, dict(options).get(NUMBER_KEY, "")) if option else ""
    beside = len(unknown_words(before_farewell(told), meaning=meaning, names=names)) if option else 0
    named = find_code(said)
    return Answer(
        Kind.SEEN if thanks else kind, option, shown, named, asks=asked, beside=beside, thanks=thanks
    )


def begins_as(text: str, options: Options, *, code: str = "") -> bool:
    """Whether a text that nobody could read begins as one of these options: `4 ilt mangler`, `liv i fare ved broen`.

    `4 borgere` counts them; `4 borgere mangler ilt`, with a word that no table knows, may be the option.
    """
    left = _left(_said(text), code)
    words = list(dropwhile(OPENERS.__contains__, WORD.findall(left)))
    if words[:1] and words[0] in {key for key, _ in options} and not only_counts(words):
        return True
    clauses = [core(words) for words in clauses_of(left)]
    meanings = [meaning for _, text in options if (meaning := core(words_of(text)))]
    return any(clause[: len(meaning)] == meaning for clause in clauses for meaning in meanings)


def _said(text: str) -> str:
    """In lower case, harmless, with its line ends."""
    lines = unicodedata.normalize("NFKC", text[:_MOST_CHARACTERS]).translate(_SIGNS).splitlines()
    return "\n".join(map(fold, lines)).strip().lower()


def _left(said: str, code: str) -> str:
    """What is left to read: plain, without codes and the marks of a drill."""
    return respelt(without_marks(plain(without_codes(said, code)))).strip()


def _counted(options: Options) -> frozenset[str] | None:
    """The words of a question for a number."""
    return next((frozenset(words_of(meaning)) for key, meaning in options if key == NUMBER_KEY), None)


def _apart(said: str, options: Options) -> tuple[str, bool]:
    """What is told, without what is asked; and whether anything is. A question about the answer leaves nothing told."""
    pieces = _PIECE.split(said)
    asked = [WORD.findall(piece) for piece in pieces if "?" in piece]
    if any(words[:1] and (words[0] in DOUBTS or set(words) & {key for key, _ in options}) for words in asked):
        return "", True
    return "\n".join(piece for piece in pieces if "?" not in piece), bool(asked)


def _help(said: str, options: Options, *, asked: bool) -> tuple[Kind, str]:
    """An option that speaks of help is that option (`hjælp 1 t`); a bare cry is one, whatever it was offered as."""
    words = WORD.findall(said)
    if not asked and (exact := exact_key(words, options)):
        return (Kind.HELP if " ".join(words) in HELP else Kind.OPTION), exact
    return Kind.HELP, leading_key(said, options)


def _number(said: str, options: Options) -> tuple[Kind, str]:
    asked = plain(fold(dict(options)[NUMBER_KEY]).lower())
    if number := read_number(said, asked=asked):
        return Kind.OPTION, number
    return (Kind.UNREAD, "") if any(map(str.isdigit, said)) else _meaning(said, ())


def _words(said: str, options: Options, *, names: frozenset[str]) -> tuple[Kind, str]:
    """The meaning of all of it; else of a refusal with its reason; else of what is left without asides."""
    for each in dict.fromkeys((said, without_asides(said, options, names=names))):
        found = _meaning(each, options)
        if found[0] is Kind.UNREAD:
            found = _refusal(each, options, names=names)
        aside = {*WORD.findall(said)} - {*WORD.findall(each)}
        if found[0] is not Kind.UNREAD and not aside & {*core(words_of(dict(options).get(found[1], "")))}:
            return found  # but `4 ingen i fare`, where 4 is liv i fare, contradicts itself
    return Kind.UNREAD, ""


def _refusal(said: str, options: Options, *, names: frozenset[str]) -> tuple[Kind, str]:
    """A no, and behind a mark or `er`, `i dag`, `pga` the reason in known words: `nej, er på ferie i Spanien`."""
    mark = CLAUSE.search(said)
    splits = [(said[: mark.start()], said[mark.end() :], DOUBTS)] if mark else []
    splits += [(said[: of.start()], said[of.end() :], DOUBTS | _LATER) for of in _REASON.finditer(said)]
    for refusal, reason, doubts in splits:
        sense = sense_of(WORD.findall(refusal), ())
        if sense is None or not sense.refuses:
            continue
        doubted = set(WORD.findall(reason)) & (ACCEPTING | doubts) or any(map(str.isdigit, reason))
        if not doubted and not unknown_words(reason, names=names) and not hedges(reason):
            return _meaning(refusal, options)
    return Kind.UNREAD, ""


def _meaning(said: str, options: Options) -> tuple[Kind, str]:
    words = WORD.findall(said)
    if option := exact_key(words, options) or leading_key(said, options):
        return Kind.OPTION, option
    timeless = without_clock(said)
    counted = any(map(str.isdigit, "".join(meaning for _, meaning in options)))
    if counted and any(map(str.isdigit, said)):
        return Kind.UNREAD, ""  # `ok 8 t` where `ok 6 t` was offered
    if option := worded_key(WORD.findall(timeless), options):
        return Kind.OPTION, option
    sense = sense_of(WORD.findall(timeless), options) or common_sense(timeless, options)
    if sense is None:
        return Kind.UNREAD, ""
    same = [key for key, meaning in options if _fits(sense, offered_sense(words_of(meaning)))]
    if len(same) == 1:
        return Kind.OPTION, same[0]
    kind = Kind.NO if sense.refuses else Kind.SEEN if sense is Sense.RECEIVED else Kind.YES
    return kind, by_coming(sense, options)


def _fits(sense: Sense, offered: Sense | None) -> bool:
    return offered is not None and (sense is offered or (sense.seen and offered.seen))
