"""What takes the distress in a text back, from around it: instructions, documents about it, and that it is over. Pure.

None of it touches a cry for help in so many words, or a plea (`red os`): those are heard wherever they stand.
Text is in lower case and plain (`answer_phrases.plain`).
"""

import re

from messages.answer_phrases import plain
from messages.neutral import fold

# `ved akut sygdom ring 112`, `ring 112 ved brand`: whom to call in which case. `ved broen` is a place.
_CASE = (
    r"(?:akut\w*|livs\w+|behov|brug|\w*brand|ild|fare|\w*ulykker?|\w*sygdom|\w*skader?|\w*skadekomst|noed\w*|andet"
    r"|emergency|fire|danger)"
)
_IN = (
    rf"(?:(?:ved|i tilfaelde af|in(?: the)? case of|in an?) (?:\w+(?<!en)(?<!et) )?{_CASE}"
    rf"|(?:hvis|if) (?:\w+ ){{0,4}}{_CASE})\b"
)
_NUMBER = r"(?:til |paa |straks |altid |alarm |alarmcentralen ){0,2}(?:1[ -]?1[ -]?2|\d[\d ]{2,10})\b"
_CALL = rf"\b(?:ring(?: op)?|kontakt|tilkald|call)\s{_NUMBER}"
_INSTRUCTS = re.compile(
    rf"\b{_IN}[^\n.!?]{{0,40}}?{_CALL}"
    rf"|(?<=[\n.!] )i livsfare,? {_CALL}|(?<=\n)i livsfare,? {_CALL}"  # below an answer; alone it is a cry
    rf"|{_CALL},? {_IN}"
)
# The title of a mail: what stands below it is told about. A report of a situation is none of these.
_DOCUMENT = re.compile(
    r"[^\n]{0,40}?\b(?:nyhed(?:er|sbrev\w*)?|\w*kursus|\w*kurser|statistik\w*|(?:beredskabs|evakuerings|oevelses)plan\w*"
    r"|\w*instruks\w*|\w*scenarie\w*|procedurer?|referat|pressemeddelelse\w*|newsletter|statistics)\b[^\n]{0,40}\n"
)
_MOST_TITLE = 6  # words
# Anywhere in the clause of a danger.
NO_MATTER = re.compile(r"\b(?:ha(?:ha)+|he(?:he)+|lol|(?:aflyst|afblaest)$)\b")
# At the beginning of the clause that follows.
_AFTERWARDS = re.compile(
    r"(?:(?:den|det|der|\w*brand(?:en)?|ilden|gas\w*|roegen) (?:\w+ ){0,3})?(?:er |blev )?(?:nu |allerede |hurtigt )?"
    r"(?:slukket|undersoegt|overstaaet|intet fundet|falsk alarm|vanligt|normalt|som det plejer|kun mad)"
    r"(?= (?:nu|igen|af|med|i (?:nat|gaar))\b|$)"
    r"|(?:jeg |vi )?har (?:fri|orlov)\b|begravelse"
)
_DENIES = re.compile(r"\b(?:ikke|ej|endnu|not)\b")


def without_instructions(said: str) -> str:
    """Without what tells anybody whom to call: a line of a footer, or of a plan."""
    return _INSTRUCTS.sub("", said)


def is_document(said: str) -> bool:
    """Whether a first line is the title of a newsletter, a plan, a course: the dangers below it are its subject."""
    found = _DOCUMENT.match(said)
    return found is not None and len(found[0].split()) <= _MOST_TITLE


def titles_a_document(title: str) -> bool:
    """`is_document` of a title as it was written."""
    return is_document(f"{plain(fold(title).lower())}\n")


def is_over_after(clause: str) -> bool:
    """Whether this clause says of the one before that it is over: `brand i en container, slukket nu`."""
    found = _AFTERWARDS.match(clause)
    return found is not None and _DENIES.search(found[0]) is None
