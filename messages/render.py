"""What people read: the texts of an alert as they will be. Import from here.

Here are the texts of a mail and of a screen; those of short bearers are made in `messages.short_text`.
"""

from messages.danish_time import danish_time
from messages.neutral import fold, neutral, neutral_line
from messages.short_text import Measure, RenderError, ShortText, Size, fit, short
from messages.words import (
    CUT_SIGN,
    EXERCISE_MARK,
    Catalogue,
    Words,
    asked,
    catalogue_of,
    kind_of,
    otherwise,
    signed,
    whole_words,
)

__all__ = [
    "CUT_SIGN",
    "EXERCISE_MARK",
    "Measure",
    "RenderError",
    "ShortText",
    "Size",
    "Words",
    "body",
    "display",
    "display_line",
    "fit",
    "short",
    "subject",
]

_SUBJECT_CHARACTERS = 200


def subject(words: Words) -> str:
    """The subject of a mail: one line, no control characters, at most 200 characters of headline."""
    headline = neutral_line(words.headline)
    if len(headline) > _SUBJECT_CHARACTERS:
        headline = signed(whole_words(headline, _SUBJECT_CHARACTERS))
    catalogue = catalogue_of(words.language)
    mark = EXERCISE_MARK if words.exercise else ""
    name = neutral_line(words.sender_name)
    pieces = [
        mark,
        f"{name}:" if name else "",
        kind_of(words, catalogue),
        headline,
        f"#{fold(words.code)}" if words.code else "",
        catalogue.repeated if words.repeated else "",
        mark,
    ]
    return " ".join(piece for piece in pieces if piece)


def body(words: Words) -> str:
    """The body of a mail as plain text, lines ended by LF. Times are Danish, as the clock on the wall."""
    catalogue = catalogue_of(words.language)
    mark = f"{EXERCISE_MARK}. {catalogue.exercise_note}" if words.exercise else ""
    name = neutral_line(words.sender_name)
    kind = kind_of(words, catalogue)
    headline = neutral_line(words.headline)
    said = neutral(words.long_text or words.text).strip()
    sent = f"{catalogue.sent} {danish_time(words.sent)}" + (f", {name}" if name else "")
    paragraphs = [
        mark,
        f"{kind} {headline}".strip() + (f" {catalogue.repeated}" if words.repeated else ""),
        said if said != headline else "",
        _answer_lines(words, catalogue),
        f"{sent}. {catalogue.valid_until} {danish_time(words.expires_at)}.",
        EXERCISE_MARK if words.exercise else "",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _answer_lines(words: Words, catalogue: Catalogue) -> str:
    """What to answer and how; a mail that nobody reads says where else, and with nowhere else asks nothing."""
    code = f"#{fold(words.code)}" if words.code else ""
    if not words.answers or not asked(words):
        return code
    answers = [(neutral_line(key), neutral_line(meaning)) for key, meaning in words.answers]
    if words.two_way:
        lines = [f"{catalogue.answer_by_mail}:", *(f"  {key} = {meaning}" for key, meaning in answers), code]
    else:  # away from this mail the code is what tells the question
        said = [(f"{key} {code}".strip(), meaning) for key, meaning in answers]
        ask = otherwise(words, catalogue.not_by_mail)
        lines = [f"{ask}:", *(f"  {key} = {meaning}" for key, meaning in said)]
    return "\n".join(line for line in lines if line)


def display(text: str) -> str:
    """`text` for a terminal or a page: nothing in it can steer a terminal, turn the reading direction or hide."""
    return neutral(text)


def display_line(text: str) -> str:
    """As `display`, on one line: for table rows, logs and headings, where a line break could forge a line."""
    return neutral_line(text)
