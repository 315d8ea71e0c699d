"""A thumb on a message, which shows that it was seen: pictures alone, what phones write, and what quotes us. Pure.

A text that quotes 20 characters or more of what was sent behind a quotation mark (40 behind a colon) and something of
its own is read without them. What is left is a reaction where it is a picture or the words of one that are known
(`Griner ad`, `Hanne Jensen synes godt om`). No list of these is whole: other few words may be a reaction or somebody's
own (`Ambulance`), so they show no more than that it was seen, and a person reads them.
"""

import re
import unicodedata

from messages.alert_model import Alert
from messages.answer_phrases import NEGATIONS, REACTION, THUMB, plain
from messages.neutral import fold

QUOTED_LEAST = 20  # characters in a row of what was sent, its words one space apart
_MOST_CHARACTERS = 2_000  # of what was sent that are compared
_RETYPED_MOST = 40  # behind a colon: `her også: strømmen er gået` are somebody's own words
_FEW_WORDS = 6  # `Hanne Jensen har synes godt om`
_OPENS = re.compile(r"(?<!\w)\"|:(?=\s)")  # as `fold` writes all their kinds
_CLOSES = re.compile(r"\"")
_ABOUT = re.compile(
    r"\s*(?:(?:svar|answer|reply|re|sv|vedr(?:oerende)?|ang(?:aaende)?)(?: (?:paa|til|to))?)\b[\s.:]*"
)
_REACTED = re.compile(
    r"\s*(?:[\w.-]+ ){0,3}(?:(?:har|has) )?"
    r"(?:(?:dis)?liked|loved|laughed at|emphasi[sz]ed|questioned|reacted .{1,20} to|added .{1,20} to"
    r"|synt?e?s (?:ikke )?(?:godt )?om|elske(?:r|de)|kan (?:ikke )?lide|kunne (?:ikke )?lide"
    r"|(?:griner|grinede|grinte|ler|lo) a[dfv]|fremhaeve(?:r|de)|understregede|betone(?:r|de)"
    r"|(?:satte|saetter|stillede) spoergsmaal\w* ved|(?:reagerede|reagerer|reageret)(?: med)? .{1,20} (?:paa|til)"
    r"|tilfoejede .{1,20} til|fjernede .{1,40} (?:fra|paa)"
    r"|gillade|gillar|aelskade|skrattade aat|likte|liker|elsket|gefaellt)(?: (?:en|din|et) (?:besked|mail|sms))?[\s:]*"
)
_WORD = re.compile(r"\w+")
_PICTURES = re.compile(
    r"[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
)  # and signs beside them
_BESIDE_PICTURES = frozenset("!.,:;-()'\u200d")
_ALARMING = frozenset("🚑🚒🚓🚨🔥🌊💥⚠☠💀🩸❓❔")  # alone they ask, or say that something is wrong
_ASKING = frozenset({"hvad", "hvem", "hvor", "hvornaar", "hvorfor", "what", "who", "where", "when", "why"})


def sent_text(alert: Alert, code: str) -> str:
    """The words of what was sent about an alert, each way it may have been worded on a line of its own."""
    answers = " ".join(f"{key} {meaning}" for key, meaning in alert.answers)
    tails = f"svar {answers} {code} oevelse", f"svar på denne mail med {answers}"
    heads = [f"oevelse {alert.sender_name} {said}" for said in (alert.headline, alert.text) if said]
    ways = [f"{head} {tail}" for head in heads for tail in tails] + [alert.radio_text, alert.long_text]
    return "\n".join(" ".join(_WORD.findall(_plain(way[:_MOST_CHARACTERS]))) for way in ways if way)


def quoted(text: str, sent: str) -> int:
    """How many characters in a row, from whole words, the text has of what was `sent` (as `sent_text` writes it)."""
    return max((length for length, _ in _runs(_plain(text[:_MOST_CHARACTERS]), sent)), default=0)


def without_quotation(said: str, sent: str) -> str:
    """`said` (in lower case, harmless) without the quotation of what was sent; all of it where it has none."""
    text = plain(said)
    mark = next((mark for mark in _OPENS.finditer(text) if text[: mark.start()].strip()), None)
    if not sent or mark is None:
        return said
    least = _RETYPED_MOST if mark[0] == ":" else QUOTED_LEAST
    ends = [end for length, end in _runs(text, sent, start=mark.end()) if length >= least]
    if not ends:
        return said
    closing = _CLOSES.search(text, ends[-1]) if mark[0] != ":" else None
    before = _ABOUT.sub("", text[: mark.start()], count=1) if _ABOUT.match(text) else text[: mark.start()]
    ours = mark[0] == ":" and {*_WORD.findall(before)} <= {*sent.split()}  # `ØVELSE Bavnby Kommune:`
    behind = text[closing.end() if closing else ends[-1] :].strip(" .,:;\n")
    return f"{'' if ours or (behind and _reacts(before)) else before} {behind}".strip(" .,\n")


def is_reaction(said: str, *, left: str) -> bool:
    """A phone's reaction, or nothing but pictures such as a thumb. `left` is what is not quoted of `said`.

    What asks, warns, or is no picture, goes to a reader.
    """
    if left == said:
        return bool(_are_pictures(said) or REACTION.match(said) or THUMB.fullmatch(said))
    return _are_pictures(left) or _reacts(left)


def may_be_reaction(said: str, *, left: str) -> bool:
    """Few words beside a quotation, of which nobody knows whether a phone or a person wrote them: `Ambulance "..."`."""
    words = _WORD.findall(plain(left))
    asks = "?" in left or bool({*words} & (_ASKING | NEGATIONS)) or any(map(str.isdigit, left))
    return left not in {said, ""} and len(words) <= _FEW_WORDS and not asks


def _are_pictures(said: str) -> bool:
    signs = frozenset("".join(said.split())) - _BESIDE_PICTURES
    return bool(signs) and all(map(_is_picture, signs))


def _reacts(before: str) -> bool:
    """Whether words before a quotation are a known reaction's, with or without who reacted."""
    return bool(_REACTED.fullmatch(before) or REACTION.fullmatch(before) or THUMB.fullmatch(before.strip()))


def _is_picture(sign: str) -> bool:
    """A symbol of Unicode's pictures, or the tone of a skin; nor what no program here knows (Cn)."""
    symbol = unicodedata.category(sign) in {"So", "Sk"}
    return symbol and sign not in _ALARMING and _PICTURES.match(sign) is not None


def _plain(text: str) -> str:
    return plain(fold(unicodedata.normalize("NFKC", text)).lower())


def _runs(text: str, sent: str, *, start: int = 0) -> list[tuple[int, int]]:
    """The runs of words that stand so in a line of `sent`: how long each is, and where in the text it ends."""
    words = list(_WORD.finditer(text, start))
    lines = "\n".join(f" {line} " for line in sent.split("\n"))
    runs, place = [], 0
    while place < len(words):
        run, end = " ", place
        while end < len(words) and f"{run}{words[end][0]} " in lines:
            run, end = f"{run}{words[end][0]} ", end + 1
        runs.append((len(run) - 2, words[max(place, end - 1)].end()))
        place = end if len(run) - 2 >= QUOTED_LEAST else place + 1
    return runs
