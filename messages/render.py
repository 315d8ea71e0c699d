"""What people read: the texts of an alert as they will be, for short bearers and for mail.

A short text is written by an author and never quietly cut. `short` tries the author's texts from the
longest to the shortest by asking the bearer's own `measure`; only when none fits is the body shortened,
with a sign that shows it. The ØVELSE marks, the kind of message, the code and the answer keys are put here
and are never cut.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from messages.alert_model import MsgType, Withdrawal
from messages.danish_time import danish_time
from messages.neutral import fold, neutral, neutral_line

EXERCISE_MARK = "ØVELSE"
CUT_SIGN = "(...)"
_SUBJECT_CHARACTERS = 200
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


@dataclass(frozen=True, slots=True)
class _Catalogue:
    kinds: dict[Withdrawal, str]
    answer: str
    answer_by_mail: str
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


def short(words: Words, *, measure: Measure, max_parts: int) -> str:
    """The text for SMS, SDS and the like, in at most `max_parts` parts. RenderError when nothing fits."""

    def fitting(body: str, frame: _Frame) -> str | None:
        text = _framed(words, body, frame=frame)
        return text if measure(text).parts <= max_parts else None

    bodies = [body for body in map(fold, (words.text, words.headline, words.radio_text)) if body]
    for frame in _Frame:
        for body in bodies:
            if text := fitting(body, frame):
                return text
    if text := _shortened(min(bodies, key=len, default=""), fitting):
        return text
    raise RenderError(
        f"the marks, code and answer keys alone take more than {max_parts} part(s): "
        "use another bearer, or fewer answers"
    )


def _shortened(body: str, fitting: Fitting) -> str | None:
    """The most telling text that holds enough of `body` to be worth reading, else whatever fits."""
    enough = min(_WORTH_READING, len(body))
    for frame in _Frame:
        length = _longest(body, fitting, frame=frame)
        if length >= enough:
            return fitting(_signed(_whole_words(body, length)), frame)
    length = _longest(body, fitting, frame=_Frame.TERSE)
    return fitting(_signed(_whole_words(body, length)), _Frame.TERSE)


def _longest(body: str, fitting: Fitting, *, frame: _Frame) -> int:
    """How many characters of `body` fit with the cut sign after them, by halving; -1 when not even the sign."""
    low, high = -1, len(body)
    while low < high:
        middle = (low + high + 1) // 2
        if fitting(_signed(body[:middle]), frame) is not None:
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
    if not words.answers:
        return ""
    pairs = [f"{fold(key)}={fold(meaning)}" for key, meaning in words.answers]
    if all(pair in body for pair in pairs):
        return ""
    if frame is _Frame.TERSE:
        return f"{catalogue.answer} {'/'.join(fold(key) for key, _ in words.answers)}"
    return f"{catalogue.answer} {' '.join(pairs)}"


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
    lines = [f"  {neutral_line(key)} = {neutral_line(meaning)}" for key, meaning in words.answers]
    if lines:
        lines.insert(0, f"{catalogue.answer_by_mail}:")
    if words.code:
        lines.append(f"#{fold(words.code)}")
    return "\n".join(lines)


def display(text: str) -> str:
    """`text` for a terminal or a page: nothing in it can steer a terminal, turn the reading direction or hide."""
    return neutral(text)


def display_line(text: str) -> str:
    """As `display`, on one line: for table rows, logs and headings, where a line break could forge a line."""
    return neutral_line(text)
