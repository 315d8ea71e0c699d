"""What people read: the texts of an alert as they will be, for short bearers and for mail.

A short text is written by an author and never quietly cut. `fit` tries headline and text together, then the
author's texts from the longest to the shortest, by asking the bearer's own `measure`; only when none fits is the
body shortened, with a sign that shows it. What is left out or cut is told, so that the author can hear of it.
The ØVELSE marks, the kind of message, the code and the answer keys are put here and are never cut.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from messages.alert_model import MsgType, Withdrawal
from messages.danish_time import danish_time
from messages.neutral import fold, neutral, neutral_line

EXERCISE_MARK = "ØVELSE"
CUT_SIGN = "(...)"
_SUBJECT_CHARACTERS = 200
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an alert says to one recipient, before a bearer's limits. Codes are without the #: K7."""

    exercise: bool
    msg_type: MsgType
    withdrawal: Withdrawal
    sender_name: str
    headline: str
    text: str
    radio_text: str
    long_text: str
    answers: tuple[tuple[str, str], ...]  # (key, meaning)
    code: str  # what an answer is known by; '': none is asked for
    replaces_code: str  # the code of the alert that is corrected, withdrawn or updated; '': none
    repeated: bool  # sent before over the same channel
    language: str
    sent: datetime
    expires_at: datetime
    two_way: bool = True  # an answer can come back over the bearer; else none is asked for over it
    answer_over: tuple[str, ...] = ()  # schemes over which this recipient can answer instead


@dataclass(frozen=True, slots=True)
class _Catalogue:
    kinds: dict[Withdrawal, str]
    answer: str
    answer_by_mail: str
    answer_otherwise: str  # on a bearer that carries no answer back
    not_by_mail: str
    bearers: dict[str, str]  # what a scheme is called; one without a name is never offered
    either: str
    repeated: str
    sent: str
    valid_until: str
    exercise_note: str


_DANISH = _Catalogue(
    kinds={
        Withdrawal.CORRECTION: "RETTELSE",
        Withdrawal.ALL_CLEAR: "AFVARSLING",
        Withdrawal.UPDATE: "OPDATERING",
    },
    answer="Svar",
    answer_by_mail="Svar på denne mail med",
    answer_otherwise="Svar på {bearers}",
    not_by_mail="Svar ikke på denne mail. Svar på {bearers} med",
    bearers={"sms": "SMS", "sds": "radio", "sbd": "satellit"},
    either="eller",
    repeated="(gentaget)",
    sent="Sendt",
    valid_until="Gælder til",
    exercise_note="Dette er en øvelse.",
)
_ENGLISH = _Catalogue(
    kinds={
        Withdrawal.CORRECTION: "CORRECTION",
        Withdrawal.ALL_CLEAR: "ALL CLEAR",
        Withdrawal.UPDATE: "UPDATE",
    },
    answer="Reply",
    answer_by_mail="Reply to this mail with",
    answer_otherwise="Reply by {bearers}",
    not_by_mail="Do not reply to this mail. Reply by {bearers} with",
    bearers={"sms": "SMS", "sds": "radio", "sbd": "satellite"},
    either="or",
    repeated="(repeated)",
    sent="Sent",
    valid_until="Valid until",
    exercise_note="This is an exercise.",
)


def _catalogue(language: str) -> _Catalogue:
    """Danish unless the alert is written in something else; then English is what a stranger most likely reads."""
    return _DANISH if language.lower().partition("-")[0] in {"", "da"} else _ENGLISH


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
    left_out: tuple[
        str, ...
    ]  # of headline, text, sender_name and answers (their meanings), those that do not
    cut: bool
    over: int  # characters that headline and text have to lose for all of it to go; 0: all of it goes
    size: Size | None = None


def short(words: Words, *, measure: Measure, max_parts: int) -> str:
    """The text for SMS, SDS and the like, in at most `max_parts` parts. RenderError when nothing fits."""
    return fit(words, measure=measure, max_parts=max_parts).text


def fit(words: Words, *, measure: Measure, max_parts: int) -> ShortText:
    """As `short`, with what it carries of the alert and what it leaves out."""
    found = _fit(words, measure, max_parts=max_parts)
    return replace(found, size=measure(found.text))


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
    if frame is _Frame.TERSE and words.answers and _asked(words) and not _states(words, body):
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
        length = _longest(body, fitting, frame=frame, sign=_signed)
        if length >= enough:
            break
    beginning = _signed(_whole_words(body, length))
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
    catalogue = _catalogue(words.language)
    mark = EXERCISE_MARK if words.exercise else ""
    name = fold(words.sender_name) if frame is _Frame.FULL else ""
    pieces = [
        mark,
        f"{name}:" if name else "",
        _kind(words, catalogue),
        body,
        _answers(words, body, catalogue=catalogue, frame=frame),
        f"#{fold(words.code)}" if words.code else "",
        catalogue.repeated if words.repeated else "",
        mark,
    ]
    return " ".join(piece for piece in pieces if piece)


def _kind(words: Words, catalogue: _Catalogue) -> str:
    """`RETTELSE #K7.`: what this is, and of what. A Cancel that does not say is a correction: the safer reading."""
    withdrawal = words.withdrawal
    if withdrawal is Withdrawal.NONE and words.msg_type is MsgType.CANCEL:
        withdrawal = Withdrawal.CORRECTION
    if withdrawal is Withdrawal.NONE and words.msg_type is MsgType.UPDATE:
        withdrawal = Withdrawal.UPDATE
    if withdrawal is Withdrawal.NONE:
        return ""
    kind = catalogue.kinds[withdrawal]
    return f"{kind} #{fold(words.replaces_code)}." if words.replaces_code else f"{kind}."


def _answers(words: Words, body: str, *, catalogue: _Catalogue, frame: _Frame) -> str:
    """`Svar 1=kommer 2=kommer ikke`, unless the body (a radio text) has every key with its meaning already."""
    if not words.answers or not _asked(words) or _states(words, body):
        return ""
    ask = catalogue.answer if words.two_way else _otherwise(words, catalogue.answer_otherwise)
    if frame is _Frame.TERSE:
        return f"{ask} {'/'.join(fold(key) for key, _ in words.answers)}"
    return f"{ask} {' '.join(_pairs(words))}"


def _pairs(words: Words) -> list[str]:
    return [f"{fold(key)}={fold(meaning)}" for key, meaning in words.answers]


def _states(words: Words, body: str) -> bool:
    return all(pair in body for pair in _pairs(words))


def _asked(words: Words) -> bool:
    """An answer is asked for only where one can come back: over this bearer, or over another of the recipient's."""
    return words.two_way or any(scheme in _DANISH.bearers for scheme in words.answer_over)


def _otherwise(words: Words, ask: str) -> str:
    catalogue = _catalogue(words.language)
    names = [catalogue.bearers[scheme] for scheme in words.answer_over if scheme in catalogue.bearers]
    return ask.format(bearers=f" {catalogue.either} ".join(names))


def _signed(beginning: str) -> str:
    return f"{beginning.rstrip()} {CUT_SIGN}".lstrip()


def _whole_words(body: str, length: int) -> str:
    """At most `length` characters of `body`, back to the end of a word where one is near."""
    if length <= 0:
        return ""
    if length >= len(body) or body[length] == " ":
        return body[:length]
    space = body.rfind(" ", 0, length)
    return body[:space] if space > 0 and length - space <= 15 else body[:length]


def subject(words: Words) -> str:
    """The subject of a mail: one line, no control characters, at most 200 characters of headline."""
    headline = neutral_line(words.headline)
    if len(headline) > _SUBJECT_CHARACTERS:
        headline = _signed(_whole_words(headline, _SUBJECT_CHARACTERS))
    catalogue = _catalogue(words.language)
    mark = EXERCISE_MARK if words.exercise else ""
    name = neutral_line(words.sender_name)
    pieces = [
        mark,
        f"{name}:" if name else "",
        _kind(words, catalogue),
        headline,
        f"#{fold(words.code)}" if words.code else "",
        catalogue.repeated if words.repeated else "",
        mark,
    ]
    return " ".join(piece for piece in pieces if piece)


def body(words: Words) -> str:
    """The body of a mail as plain text, lines ended by LF. Times are Danish, as the clock on the wall."""
    catalogue = _catalogue(words.language)
    mark = f"{EXERCISE_MARK}. {catalogue.exercise_note}" if words.exercise else ""
    name = neutral_line(words.sender_name)
    kind = _kind(words, catalogue)
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


def _answer_lines(words: Words, catalogue: _Catalogue) -> str:
    """What to answer and how; a mail that nobody reads says where else, and with nowhere else asks nothing."""
    code = f"#{fold(words.code)}" if words.code else ""
    if not words.answers or not _asked(words):
        return code
    answers = [(neutral_line(key), neutral_line(meaning)) for key, meaning in words.answers]
    if words.two_way:
        lines = [f"{catalogue.answer_by_mail}:", *(f"  {key} = {meaning}" for key, meaning in answers), code]
    else:  # away from this mail the code is what tells the question
        said = [(f"{key} {code}".strip(), meaning) for key, meaning in answers]
        ask = _otherwise(words, catalogue.not_by_mail)
        lines = [f"{ask}:", *(f"  {key} = {meaning}" for key, meaning in said)]
    return "\n".join(line for line in lines if line)


def display(text: str) -> str:
    """`text` for a terminal or a page: nothing in it can steer a terminal, turn the reading direction or hide."""
    return neutral(text)


def display_line(text: str) -> str:
    """As `display`, on one line: for table rows, logs and headings, where a line break could forge a line."""
    return neutral_line(text)
