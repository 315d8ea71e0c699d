"""The text for a short bearer: as much of an alert as its parts hold.

A short text is written by an author and never quietly cut. `fit` tries headline and text together, then the
author's texts from the longest to the shortest, by asking the bearer's own `measure`; only when none fits is the
body shortened, with a sign that shows it. What is left out or cut is told, so that the author can hear of it.
The ØVELSE marks, the kind of message, the code and the answer keys are put here and are never cut.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from messages.neutral import fold
from messages.words import (
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

_ENDS = ".!?:;,-"  # a headline that ends so needs no full stop before the text
_WORTH_READING = (
    20  # characters of a body; below this it is better to give up the sender's name, then the meanings
)


class RenderError(ValueError):
    """Not even the marks fit: the bearer is too narrow for this alert. Another bearer must carry it."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a text takes on a bearer. `parts` are what the bearer sends and charges one by one."""

    parts: int
    octets: int
    cost: int = 0  # in the bearer's own unit (credits, øre)
    air_time_s: float = 0.0


Measure = Callable[[str], Size]


class _Frame(Enum):
    """What stands around a body, from the most telling to what can never be given up."""

    FULL = "full"  # sender's name, answers with their meanings
    BRIEF = "brief"  # answers with their meanings
    TERSE = "terse"  # answer keys alone


Fitting = Callable[[str, _Frame], str | None]  # the whole text around a body where it fits, else None


@dataclass(frozen=True, slots=True)
class ShortText:
    """A short text and how much of the alert it carries. Fields are named as in the JSON to send."""

    text: str
    carries: tuple[str, ...]  # of headline, text and radio_text, those that stand in it whole
    left_out: tuple[str, ...]  # of headline, text, sender_name and answers (their meanings)
    cut: bool
    over: int  # characters that headline and text have to lose for all of it to go; 0: all of it goes
    size: Size | None = None


def short(words: Words, *, measure: Measure, max_parts: int) -> str:
    """The text for SMS, SDS and the like, in at most `max_parts` parts. RenderError when nothing fits."""
    return fit(words, measure=measure, max_parts=max_parts).text


def fit(words: Words, *, measure: Measure, max_parts: int) -> ShortText:
    """As `short`, with what it carries of the alert and what it leaves out."""
    measured = cache(measure)  # no text twice: it is most of the work
    found = _fit(words, measured, max_parts=max_parts)
    return replace(found, size=measured(found.text))


def _fit(words: Words, measure: Measure, *, max_parts: int) -> ShortText:
    def fitting(body: str, frame: _Frame) -> str | None:
        text = _framed(words, body, frame=frame)
        return text if measure(text).parts <= max_parts else None

    bodies = _bodies(words)
    whole = bodies[0] if bodies else ""
    # All of it without the sender's name says more than a part of it with the name.
    first = [(whole, _Frame.FULL), (whole, _Frame.BRIEF)] if whole else []
    for body, frame in first + [(body, frame) for frame in _Frame for body in bodies]:
        if text := fitting(body, frame):
            return _told(words, text, body=body, frame=frame, fitting=fitting)
    if shortened := _shortened(min(bodies, key=len, default=""), fitting):
        body, frame = shortened
        text = _framed(words, body, frame=frame)
        return _told(words, text, body=body, frame=frame, fitting=fitting, cut=True)
    raise RenderError(
        f"the marks, code and answer keys alone take more than {max_parts} part(s): "
        "use another bearer, or fewer answers"
    )


def _bodies(words: Words) -> list[str]:
    """What can stand in the frame: headline and text together, then each of the author's texts alone."""
    headline, text, radio = map(fold, (words.headline, words.text, words.radio_text))
    return [body for body in dict.fromkeys((_together(headline, text), text, headline, radio)) if body]


def _together(headline: str, text: str) -> str:
    """What it is about and what to do, each said once."""
    if not text or text.casefold() in headline.casefold():
        return headline
    if not headline or headline.casefold() in text.casefold():
        return text
    return f"{headline}{'' if headline[-1] in _ENDS else '.'} {text}"


def _told(
    words: Words, text: str, *, body: str, frame: _Frame, fitting: Fitting, cut: bool = False
) -> ShortText:
    """`text` with what of the alert stands in it. What was cut counts as left out."""
    said = body.casefold()
    fields = {"headline": words.headline, "text": words.text, "radio_text": words.radio_text}
    whole = {
        name: fold(value).casefold() in said and not cut for name, value in fields.items() if fold(value)
    }
    left_out = [name for name in ("headline", "text") if not whole.get(name, True)]
    if frame is not _Frame.FULL and fold(words.sender_name):
        left_out.append("sender_name")
    if frame is _Frame.TERSE and words.answers and asked(words) and not _states(words, body):
        left_out.append("answers")
    carries = tuple(name for name, there in whole.items() if there)
    return ShortText(text, carries, tuple(left_out), cut, _over(words, fitting) if left_out else 0)


def _over(words: Words, fitting: Fitting) -> int:
    """How many characters too long headline and text are together, beside everything that is put around them."""
    whole = next(iter(_bodies(words)), "")
    for frame in _Frame:
        length = _longest(whole, fitting, frame=frame, sign=str)
        if length >= min(_WORTH_READING, len(whole)):
            return len(whole) - length
    return len(whole)


def _shortened(body: str, fitting: Fitting) -> tuple[str, _Frame] | None:
    """The most telling frame that holds enough of `body` to be worth reading, else whatever fits."""
    enough = min(_WORTH_READING, len(body))
    for frame in _Frame:
        length = _longest(body, fitting, frame=frame, sign=signed)
        if length >= enough:
            break
    beginning = signed(whole_words(body, length))
    return (beginning, frame) if fitting(beginning, frame) else None


def _longest(body: str, fitting: Fitting, *, frame: _Frame, sign: Callable[[str], str]) -> int:
    """How many characters of `body` fit with what `sign` puts after them, by halving; -1 when none and no sign."""
    low, high = -1, len(body)
    while low < high:
        middle = (low + high + 1) // 2
        if fitting(sign(body[:middle]), frame) is not None:
            low = middle
        else:
            high = middle - 1
    return low


def _framed(words: Words, body: str, *, frame: _Frame) -> str:
    """`body` (folded) with everything that is put around it, in the order that readers know."""
    catalogue = catalogue_of(words.language)
    mark = EXERCISE_MARK if words.exercise else ""
    name = fold(words.sender_name) if frame is _Frame.FULL else ""
    pieces = [
        mark,
        f"{name}:" if name else "",
        kind_of(words, catalogue),
        body,
        _answers(words, body, catalogue=catalogue, frame=frame),
        f"#{fold(words.code)}" if words.code else "",
        catalogue.repeated if words.repeated else "",
        mark,
    ]
    return " ".join(piece for piece in pieces if piece)


def _answers(words: Words, body: str, *, catalogue: Catalogue, frame: _Frame) -> str:
    """`Svar 1=kommer 2=kommer ikke`, unless the body (a radio text) has every key with its meaning already."""
    if not words.answers or not asked(words) or _states(words, body):
        return ""
    ask = catalogue.answer if words.two_way else otherwise(words, catalogue.answer_otherwise)
    if frame is _Frame.TERSE:
        return f"{ask} {'/'.join(fold(key) for key, _ in words.answers)}"
    return f"{ask} {' '.join(_pairs(words))}"


def _pairs(words: Words) -> list[str]:
    return [f"{fold(key)}={fold(meaning)}" for key, meaning in words.answers]


def _states(words: Words, body: str) -> bool:
    return all(pair in body for pair in _pairs(words))
