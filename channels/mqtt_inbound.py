"""Answers and reports as they come in: octets from strangers to what they say, or why they say nothing. Pure.

Described by schemas/mqtt-answer.json and schemas/mqtt-report.json. Who an answer says it is from is a claim: any client
that may publish to the topic can make it. It counts only beside what binds the answer to its question: the attempt,
which only those have seen who may read the alert's topic, or the code that people were shown.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from channels import strict_json
from channels.base import Inbound, Report, Unnamed
from channels.strict_json import Unreadable
from messages.address import AddressError, parse_address
from messages.evidence import Evidence

T = TypeVar("T", bound="_Fields")

_RAW_MOST = 16_384  # octets of a payload that are kept
_ATTEMPT = r"^[0-9A-Za-z._-]{1,100}$"
_WORDS_MOST = 2000  # characters of what could be made out
_PIECE = re.compile(r'"(answer|text|from|attempt)"\s*:\s*(?:"((?:[^"\\]|\\.)*)|([0-9]{1,4}))')
_EVIDENCE = {"delivered": Evidence.DELIVERED, "read": Evidence.READ, "failed": Evidence.REFUSED}


@dataclass(frozen=True, slots=True)
class Arrived:
    """One PUBLISH from the broker; `flaw` says why it could not be taken apart, '' when it could."""

    topic: str
    payload: bytes
    correlation: bytes = (
        b""  # MQTT 5.0 3.3.2.3.6: the alert's, from a client that answers as the standard says
    )
    flaw: str = ""
    packet: int = 0  # its identifier with QoS 1, the same when the broker brings it again (4.4)
    again: bool = False  # DUP: the broker has brought this packet before (3.3.1.1)


class _Fields(BaseModel):
    """Unknown fields are left alone: a later version may know them."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    id: str = Field("", max_length=128)
    attempt: str = Field("", pattern=f"{_ATTEMPT}|^$")
    from_: str = Field("", max_length=200, alias="from")


class _Answer(_Fields):
    code: str = Field("", max_length=12)
    answer: str = Field("", max_length=200)
    text: str = Field("", max_length=2000)

    @field_validator("answer", mode="before")
    @classmethod
    def _key(cls, value: object) -> object:
        """A key of the alert's `answers` is a text; devices write 1 as soon as "1"."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class _Report(_Fields):
    attempt: str = Field(pattern=_ATTEMPT)
    state: Literal["delivered", "read", "failed"]
    reason: str = Field("", max_length=500)


def read(arrived: Arrived, at: datetime, *, answers: str, reports: str) -> Inbound | Report:
    """What came in on one of these two topics. Raises Unreadable."""
    if arrived.topic == reports:
        return report(arrived, at)
    if arrived.topic == answers:
        return answer(arrived, at)
    raise Unreadable("it came on a topic that we do not read")


def answer(arrived: Arrived, at: datetime) -> Inbound:
    """Raises Unreadable."""
    found = _checked(_Answer, arrived)
    attempt, asked = found.attempt, found.from_
    if not attempt:
        attempt, asked = _correlated(arrived.correlation, asked)
    said = ", ".join(filter(None, (found.answer.strip(), found.text.strip())))
    if not said:
        raise Unreadable("it has neither answer nor text")
    code = found.code.strip().lstrip("#")
    name, unnamed = _identity(arrived, found.from_, attempt, own=found.id)
    return Inbound(
        bearer_id=name,
        unnamed=unnamed,
        sender=_sender(asked, bound=bool(attempt or code)),
        text=f"{said} #{code}" if code else said,
        at=at,
        in_reply_to=attempt,
        claimed=True,
        raw=_shown(arrived.payload),
    )


def report(arrived: Arrived, at: datetime) -> Report:
    """Raises Unreadable."""
    found = _checked(_Report, arrived)
    detail = ": ".join(filter(None, (f"{found.state} by {found.from_ or 'a subscriber'}", found.reason)))
    return Report(
        reference=found.attempt,
        attempt=found.attempt,
        evidence=_EVIDENCE[found.state],
        at=at,
        detail=detail,
        raw=_shown(arrived.payload),
    )


def unreadable(arrived: Arrived, at: datetime, *, why: str) -> Inbound:
    """What says nothing to a program is kept for a person, with what could be made out, and answers nothing."""
    name, unnamed = _identity(arrived)
    sender, text, attempt = _made_out(arrived)
    return Inbound(
        bearer_id=name,
        unnamed=unnamed,
        sender=sender,
        text=text,
        at=at,
        in_reply_to=attempt,
        claimed=True,
        unreadable=f"{why} (it came on {arrived.topic[:100]})",
        raw=_shown(arrived.payload),
    )


def _made_out(arrived: Arrived) -> tuple[str, str, str]:
    """(who says it, what, about which attempt), each '' where nobody can tell; words without JSON are what they are."""
    try:
        values = strict_json.made_out(strict_json.read_around(arrived.payload))
    except Unreadable:
        if not arrived.payload.lstrip().startswith((b"{", b"[")):
            return "", _words(arrived.payload)[:_WORDS_MOST], ""
        values = _pieces(arrived.payload.decode("utf-8", "replace"))
    said = [str(values[key]) for key in ("answer", "text") if isinstance(values.get(key), str | int)]
    known = {key: value for key, value in values.items() if isinstance(value, str)}
    attempt = known.get("attempt", "") if re.fullmatch(_ATTEMPT, known.get("attempt", "")) else ""
    sender = _sender(known.get("from", "")[:200], bound=bool(attempt))
    return sender, ", ".join(said)[:_WORDS_MOST], attempt


def _words(payload: bytes) -> str:
    """The text of a device that knows no JSON, or whose JSON is broken; '' for octets that are no words."""
    for encoding in ("utf-8", "latin-1"):
        try:
            text = payload.rstrip(b"\0").decode(encoding).strip()
        except UnicodeDecodeError:
            continue
        return text if all(sign.isprintable() or sign.isspace() for sign in text) else ""
    return ""


def _pieces(text: str) -> dict[str, str]:
    """What stands at a key of an answer in JSON that broke off, or is broken elsewhere."""
    return {key: _unescaped(said) or number for key, said, number in _PIECE.findall(text)}


def _unescaped(said: str) -> str:
    try:
        return str(strict_json.read(f'["{said}"]'.encode())[0])
    except Unreadable:
        return said


def _checked(model: type[T], arrived: Arrived) -> T:
    if arrived.flaw:
        raise Unreadable(arrived.flaw)
    try:
        return model.model_validate(strict_json.found(strict_json.read(arrived.payload)))
    except ValidationError as error:
        first = error.errors()[0]
        raise Unreadable(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _correlated(correlation: bytes, claim: str) -> tuple[str, str]:
    """Attempt and address that the alert's Correlation Data brings back; a claim of one's own goes before."""
    name, _, address = correlation.decode("utf-8", "replace").partition("/")
    return (name, claim or address) if re.fullmatch(_ATTEMPT, name) else ("", claim)


def _sender(claim: str, *, bound: bool) -> str:
    """The address, when the answer names its question too; else a bare name, which answers for nobody."""
    if not bound:
        return claim
    try:
        return str(parse_address(f"mqtt:{claim}"))
    except AddressError:
        return claim


def _identity(arrived: Arrived, *claims: str, own: str = "") -> tuple[str, Unnamed | None]:
    """A name that is stable over redelivery, of the sender's own id beside who writes about what: so nobody can use up
    another's ids. Without one it says who writes about what, and `Unnamed` what came.
    """
    who = [arrived.topic.encode(), *(claim.encode("utf-8", "replace") for claim in claims)]
    if own:
        return _digest(*who, own.encode("utf-8", "replace")), None
    said = _digest(arrived.payload, arrived.correlation)[:16]
    return _digest(*who), Unnamed(content=said, packet=str(arrived.packet), redelivered=arrived.again)


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()[:32]


def _shown(payload: bytes) -> str:
    return payload[:_RAW_MOST].decode("utf-8", "backslashreplace")
