"""An Alert as CAP 1.2 and back. What CAP lacks travels as parameters of our own profile, ignorable by others.

The profile sheet: `code` names it; each parameter's name begins with `bavn:`. An explicit parameter wins
over what is read from urgency and severity. No Danish national profile exists; when one does, this is the
file to change.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

from messages.alert_model import Alert, AlertError, MsgType, Withdrawal
from messages.cap_model import (
    CapAlert,
    Category,
    Certainty,
    Info,
    ResponseType,
    Scope,
    Severity,
    Urgency,
    ValuePair,
)
from messages.evidence import Evidence
from messages.neutral import carriable_in_xml, says_something
from messages.precedence import Precedence

PROFILE = "profile:bavn:DK:1"
_PREFIX = "bavn:"
_TEXT_CHARACTERS, _MOST_ANSWERS, _ANSWER_CHARACTERS = 2_000, 20, 80  # as in JSON (alert_request)

_HOW_URGENT: dict[Precedence, tuple[Urgency, Severity]] = {
    Precedence.FLASH: (Urgency.IMMEDIATE, Severity.EXTREME),
    Precedence.IMMEDIATE: (Urgency.IMMEDIATE, Severity.SEVERE),
    Precedence.PRIORITY: (Urgency.EXPECTED, Severity.MODERATE),
    Precedence.ROUTINE: (Urgency.UNKNOWN, Severity.MINOR),
}
_SOON = frozenset({Urgency.IMMEDIATE, Urgency.EXPECTED})
_SLIGHT = frozenset({Severity.MINOR, Severity.UNKNOWN})
T = TypeVar("T")


def to_cap(alert: Alert) -> CapAlert:
    """The alert as CAP 1.2. Signs that XML cannot hold are replaced by a picture of them."""
    return CapAlert(
        identifier=alert.identifier,
        sender=alert.sender,
        sent=alert.sent,
        status=alert.status,
        msg_type=alert.msg_type,
        scope=Scope.PRIVATE if alert.to else Scope.PUBLIC,
        addresses=alert.to,
        code=(PROFILE,),
        references=alert.references,
        info=(_info(alert),),
    )


def _info(alert: Alert) -> Info:
    urgency, severity = _HOW_URGENT[alert.precedence]
    return Info(
        language=alert.language,
        category=(Category.OTHER,),
        event=carriable_in_xml(alert.event),
        response_type=(ResponseType.ALL_CLEAR,) if alert.withdrawal is Withdrawal.ALL_CLEAR else (),
        urgency=urgency,
        severity=severity,
        certainty=Certainty.UNKNOWN,
        expires=alert.expires_at,
        sender_name=_or_absent(alert.sender_name),
        headline=_or_absent(alert.headline),
        description=_or_absent(alert.long_text),
        parameter=tuple(_parameters(alert)),
    )


def _or_absent(text: str) -> str | None:
    return carriable_in_xml(text) or None


def _parameters(alert: Alert) -> Iterable[ValuePair]:
    yield ValuePair("bavn:precedence", alert.precedence.word)
    yield ValuePair("bavn:withdrawal", alert.withdrawal.value)
    if alert.want is not None:
        yield ValuePair("bavn:want", alert.want.word)
    if alert.text:
        yield ValuePair("bavn:text", carriable_in_xml(alert.text))
    if alert.radio_text:
        yield ValuePair("bavn:radio-text", carriable_in_xml(alert.radio_text))
    for key, meaning in alert.answers:
        yield ValuePair("bavn:answer", f"{key}={carriable_in_xml(meaning)}")
    for key in alert.urgent:
        yield ValuePair("bavn:urgent-answer", key)


def from_cap(cap: CapAlert) -> Alert:
    """The alert of a CAP message, ours or a stranger's. Raises AlertError naming the element.

    Of several info blocks the Danish one is taken, else the first. A message without our profile gets its
    precedence from urgency and severity; whether its sender may use it is the gateway's to judge.
    """
    info = _readable(cap.info)
    if info is None:
        return _bare(cap)
    ours = [pair for pair in info.parameter if pair.name.startswith(_PREFIX)] if PROFILE in cap.code else []
    given = {pair.name.removeprefix(_PREFIX): pair.value for pair in ours}
    headline = info.headline or ""
    if not ours and not says_something(headline):
        headline = info.event
    answers = _answers(pair.value for pair in ours if pair.name == "bavn:answer")
    alert = Alert(
        identifier=cap.identifier,
        sender=cap.sender,
        sent=_utc(cap.sent),
        status=cap.status,
        msg_type=cap.msg_type,
        references=cap.references,
        to=cap.addresses,
        precedence=_given(Precedence.parse, given.get("precedence")) or _guessed(info),
        want=_given(Evidence.parse, given.get("want")),
        answers=answers,
        urgent=_urgent((pair.value for pair in ours if pair.name == "bavn:urgent-answer"), answers),
        headline=headline,
        text=_short(given.get("text", "")),
        radio_text=given.get("radio-text", ""),
        long_text="\n\n".join(part for part in (info.description, info.instruction) if part),
        expires_at=None if info.expires is None else _utc(info.expires),
        event=info.event,
        language=info.language or "en-US",
        sender_name=info.sender_name or "",
        withdrawal=_given(Withdrawal, given.get("withdrawal")) or _withdrawal(cap.msg_type, info),
    )
    _check_that_it_speaks(alert)
    return alert


def _check_that_it_speaks(alert: Alert) -> None:
    """An Alert or Update must have words that somebody can see; a Cancel says enough by what it is."""
    texts = (alert.headline, alert.text, alert.radio_text, alert.long_text)
    if alert.msg_type in {MsgType.ALERT, MsgType.UPDATE} and not any(map(says_something, texts)):
        raise AlertError(
            "headline", "is empty, or holds only what nobody can see, and so is every other text"
        )


def _bare(cap: CapAlert) -> Alert:
    """A message without info: an Ack or Error, or a Cancel that says no more than that."""
    if cap.msg_type in {MsgType.ALERT, MsgType.UPDATE}:
        raise AlertError("info", "is missing: there is nothing to tell anyone")
    return Alert(
        identifier=cap.identifier,
        sender=cap.sender,
        sent=_utc(cap.sent),
        status=cap.status,
        msg_type=cap.msg_type,
        references=cap.references,
        to=cap.addresses,
        precedence=Precedence.ROUTINE,
        headline=cap.note or "",
        withdrawal=_withdrawal(cap.msg_type, None),
    )


def _readable(infos: tuple[Info, ...]) -> Info | None:
    danish = (info for info in infos if (info.language or "").lower().partition("-")[0] == "da")
    return next(danish, infos[0] if infos else None)


def _given(read: Callable[[str], T], value: str | None) -> T | None:
    if value is None:
        return None
    try:
        return read(value)
    except ValueError as error:
        raise AlertError("parameter", str(error)) from error


def _short(text: str) -> str:
    if len(text) > _TEXT_CHARACTERS:
        raise AlertError("parameter", f"bavn:text has {len(text)} characters: at most {_TEXT_CHARACTERS}")
    return text


def _answers(values: Iterable[str]) -> tuple[tuple[str, str], ...]:
    found = tuple(map(_answer, values))
    if len(found) > _MOST_ANSWERS:
        raise AlertError("parameter", f"offers {len(found)} answers: at most {_MOST_ANSWERS} can be offered")
    return found


def _urgent(keys: Iterable[str], answers: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(keys))
    for key in found:
        if key not in dict(answers):
            raise AlertError("parameter", f"bavn:urgent-answer {key[:80]!r} is none of the answers")
    return found


def _answer(value: str) -> tuple[str, str]:
    key, equals, meaning = value[:_ANSWER_CHARACTERS].partition("=")
    if not (key and equals and meaning) or len(value) > _ANSWER_CHARACTERS:
        raise AlertError(
            "parameter",
            f"bavn:answer {value[:80]!r} is not written as 1=kommer, in at most {_ANSWER_CHARACTERS} characters",
        )
    return key, meaning


def _guessed(info: Info) -> Precedence:
    if info.urgency is Urgency.IMMEDIATE and info.severity is Severity.EXTREME:
        return Precedence.FLASH
    if info.urgency is Urgency.IMMEDIATE and info.severity is Severity.SEVERE:
        return Precedence.IMMEDIATE
    if info.urgency in _SOON and info.severity not in _SLIGHT:
        return Precedence.PRIORITY
    return Precedence.ROUTINE


def _withdrawal(msg_type: MsgType, info: Info | None) -> Withdrawal:
    """What a stranger's Update or Cancel is to readers: only AllClear says that the danger is over."""
    if msg_type not in {MsgType.UPDATE, MsgType.CANCEL}:
        return Withdrawal.NONE
    if info is not None and ResponseType.ALL_CLEAR in info.response_type:
        return Withdrawal.ALL_CLEAR
    return Withdrawal.UPDATE if msg_type is MsgType.UPDATE else Withdrawal.CORRECTION


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
