"""What a submitter asks for as JSON, read into an Alert. The shape is public: docs of "The JSON to send".

Unknown keys are refused. Texts keep their control and direction characters (they are neutralised where they
are shown, `messages.render`); only what no bearer can carry at all, NUL and half a surrogate pair, is
refused.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from messages.alert_model import RADIO_CHARACTERS, Alert, AlertError, MsgType, Reference, Status, Withdrawal
from messages.answer_number import NUMBER_KEY
from messages.evidence import Evidence
from messages.neutral import says_something
from messages.precedence import Precedence

_DURATION = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
REPEAT_SHORTEST, REPEAT_LONGEST = timedelta(minutes=10), timedelta(days=7)
_REPEAT_UNTIL = "3d"  # as long as people are to be looked after without power
_KEY = re.compile(r"[0-9]{1,2}")
_RECIPIENT = re.compile(r'[^\s",<>&\x00-\x20\x7f]{1,200}')


def _carriable(text: str) -> str:
    """Half a surrogate pair was refused before this: it is no text to pydantic (`string_unicode`)."""
    if "\x00" in text:
        raise ValueError("holds NUL, which no bearer can carry: take it out")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _said(text: str) -> str:
    if not says_something(text):
        raise ValueError("is empty, or holds only what nobody can see")
    return _carriable(text)


def _said_if_any(text: str) -> str:
    return _said(text) if text else text


def _recipient(name: str) -> str:
    if _RECIPIENT.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not the id of a contact or group")
    return name


def _precedence(value: object) -> object:
    if isinstance(value, Precedence):
        return value
    if not isinstance(value, str):  # 1 would be FLASH to us and the lowest to others
        raise ValueError("is not a word: write flash, immediate, priority or routine")  # noqa: TRY004
    return Precedence.parse(value)


def _want(value: object) -> object:
    if value is None or isinstance(value, Evidence):
        return value
    if not isinstance(value, str):
        raise ValueError("is not a word: write submitted, delivered, read or acknowledged")  # noqa: TRY004
    wanted = Evidence.parse(value)
    if wanted < Evidence.SUBMITTED:
        raise ValueError(
            f"evidence {value!r} cannot be wanted: ask for submitted, delivered, read or acknowledged"
        )
    return wanted


Text = Annotated[str, AfterValidator(_carriable)]


class AlertRequest(BaseModel):
    """The JSON to send. `expires` is a duration from `sent` (90m, 2h, 3d) or an RFC 3339 time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: tuple[Annotated[str, AfterValidator(_recipient)], ...] = Field(min_length=1, max_length=10_000)
    status: Status | None = None
    precedence: Annotated[Precedence, BeforeValidator(_precedence)]
    headline: Annotated[str, AfterValidator(_said)] = Field(max_length=500)
    text: Annotated[str, AfterValidator(_said_if_any)] = Field("", max_length=2_000)
    radio_text: Annotated[str, AfterValidator(_said_if_any)] = Field("", max_length=RADIO_CHARACTERS)
    long_text: Text = Field("", max_length=200_000)
    answers: dict[str, Text] = Field(default_factory=dict, max_length=20)
    number: Annotated[str, AfterValidator(_said_if_any)] = Field(
        "", max_length=60
    )  # what a number is asked for
    urgent: tuple[str, ...] = Field((), max_length=20)  # keys of `answers` on which somebody must act at once
    repeat: str | None = None  # a duration; asked again so often, as a round of its own
    until: str | None = None  # as expires: no round begins after it
    expires: str | None = None
    want: Annotated[Evidence | None, BeforeValidator(_want)] = None

    @field_validator("to")
    @classmethod
    def _each_once(cls, to: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(to))

    @field_validator("answers")
    @classmethod
    def _readable(cls, answers: dict[str, str]) -> dict[str, str]:
        for key, meaning in answers.items():
            if _KEY.fullmatch(key) is None:
                raise ValueError(
                    f"key {key!r} is not one or two digits, as people can type them on any phone"
                )
            if not says_something(meaning) or len(meaning) > 60:
                raise ValueError(f"answer {key} needs a meaning of 1 to 60 characters")
        return answers

    @field_validator("number")
    @classmethod
    def _alone(cls, number: str, info: ValidationInfo) -> str:
        if number and info.data.get("answers"):
            raise ValueError("ask for a number or offer answers, not both: one reply says one thing")
        return number

    @field_validator("urgent")
    @classmethod
    def _offered(cls, urgent: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for key in urgent if "answers" in info.data else ():  # else those are refused already
            if key not in info.data["answers"]:
                raise ValueError(f"{key!r} is none of the answers: offer it too")
        return tuple(dict.fromkeys(urgent))

    @field_validator("repeat")
    @classmethod
    def _span(cls, repeat: str | None) -> str | None:
        if repeat is not None and not REPEAT_SHORTEST <= _span(repeat) <= REPEAT_LONGEST:
            raise ValueError(f"{repeat} is not from 10m to 7d")
        return repeat

    @field_validator("until")
    @classmethod
    def _of_a_repeat(cls, until: str | None, info: ValidationInfo) -> str | None:
        if until is not None:
            if "repeat" in info.data and info.data["repeat"] is None:  # not there: refused already
                raise ValueError("goes with repeat: say how often it is asked again")
            expires_at(until, datetime(2000, 1, 1, tzinfo=UTC))
        return until

    @field_validator("expires")
    @classmethod
    def _duration_or_time(cls, expires: str | None) -> str | None:
        if expires is not None:
            expires_at(expires, datetime(2000, 1, 1, tzinfo=UTC))
        return expires

    @classmethod
    def read(cls, data: Any) -> "AlertRequest":
        """The request of parsed JSON; AlertError names the first element that is wrong."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            element = ".".join(str(step) for step in first["loc"]) or "request"
            raise AlertError(element, first["msg"].removeprefix("Value error, ")) from error


def _span(text: str) -> timedelta:
    """The length of `3h`; ValueError for anything else."""
    duration = _DURATION.fullmatch(text)
    if duration is None:
        raise ValueError(f"{text!r} is not a duration: write 90m, 3h or 1d")
    return timedelta(**{_UNITS[duration[2]]: int(duration[1])})


def is_time(expires: str | None) -> bool:
    """Whether it is a time, and not how long."""
    return expires is not None and _DURATION.fullmatch(expires) is None


def expires_at(expires: str, sent: datetime) -> datetime:
    """The time, aware UTC in whole seconds, that `2h` after `sent` or an RFC 3339 time is; ValueError when neither."""
    duration = _DURATION.fullmatch(expires)
    if duration is not None:
        count, unit = duration.groups()
        return sent + timedelta(**{_UNITS[unit]: int(count)})
    if _RFC3339.fullmatch(expires) is None:
        raise ValueError(
            f"{expires!r} is neither a duration (90m, 2h, 3d) nor a time (2026-01-12T05:16:00+01:00)"
        )
    try:
        return datetime.fromisoformat(expires.upper()).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{expires!r} is not a time: {error}") from error


def compose(
    request: AlertRequest,
    *,
    identifier: str,
    sender: str,
    sender_name: str,
    sent: datetime,
    default_status: Status | None = None,
    default_expiry: timedelta | None = None,
    msg_type: MsgType = MsgType.ALERT,
    withdrawal: Withdrawal = Withdrawal.NONE,
    references: tuple[Reference, ...] = (),
) -> Alert:
    """The alert that `request` asks for. AlertError names the element.

    `default_status` is what the plane assumes when the request names no status: Exercise on the exercise
    plane, None (it must be named) on the live one. `default_expiry` runs from `sent`.
    """
    status = request.status or default_status
    if status is None:
        raise AlertError("status", "must be given on the live plane: Actual, Exercise, System, Test or Draft")
    sent = sent.astimezone(UTC).replace(microsecond=0)
    repeat = _span(request.repeat) if request.repeat else None
    expires = sent + min(default_expiry, repeat or default_expiry) if default_expiry else None
    if request.expires is not None:
        expires = expires_at(request.expires, sent)
    if expires is not None and expires <= sent:
        raise AlertError("expires", f"{request.expires} has passed already")
    return Alert(
        identifier=identifier,
        sender=sender,
        sender_name=sender_name,
        sent=sent,
        status=status,
        msg_type=msg_type,
        withdrawal=withdrawal,
        references=references,
        precedence=request.precedence,
        to=request.to,
        want=request.want,
        answers=((NUMBER_KEY, request.number),) if request.number else tuple(request.answers.items()),
        urgent=request.urgent,
        headline=request.headline,
        text=request.text,
        radio_text=request.radio_text,
        long_text=request.long_text,
        expires_at=expires,
        repeat=repeat,
        repeat_until=expires_at(request.until or _REPEAT_UNTIL, sent) if repeat else None,
        event=request.headline,
    )
