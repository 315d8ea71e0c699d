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
from channels.base import Inbound, Report
from channels.strict_json import Unreadable
from messages.address import AddressError, parse_address
from messages.evidence import Evidence

T = TypeVar("T", bound="_Fields")

_SHOWN = 500  # characters of an unreadable message that are kept
_ATTEMPT = r"^[0-9A-Za-z._-]{1,100}$"
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
    return Inbound(
        bearer_id=_identity(arrived, found.from_, attempt, found.id),
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
    """What says nothing to a program is kept for a person, and answers nothing."""
    return Inbound(
        bearer_id=_identity(arrived),
        sender="",
        text=_shown(arrived.payload),
        at=at,
        automatic=f"unreadable: {why}",
        raw=_shown(arrived.payload),
    )


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


def _identity(arrived: Arrived, *claims: str) -> str:
    """Stable over redelivery. The sender's own id counts beside who and what it answers, so that nobody can use up
    another's ids; without one the same content is the same message.
    """
    named = bool(claims and claims[-1])
    parts = [arrived.topic.encode(), *(claim.encode("utf-8", "replace") for claim in claims)]
    parts += [] if named else [arrived.payload, arrived.correlation]
    digest = hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts))
    return digest.hexdigest()[:32]


def _shown(payload: bytes) -> str:
    return payload.decode("utf-8", "backslashreplace")[:_SHOWN]
