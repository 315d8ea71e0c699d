"""An alert: what is said, to whom, how fast and with which evidence. The face of the package for all of it.

Here too is its form in the store: plain JSON, since accepting runs at thousands a second. It is private to
Bavn and carries a version; what outsiders read is CAP (`to_cap`) and the JSON of the public interface.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import from_json as json_value
from pydantic_core import to_json as json_octets

from messages.alert_cap import PROFILE, from_cap, to_cap
from messages.alert_model import (
    RADIO_CHARACTERS,
    SMS_CHARACTERS,
    Alert,
    AlertError,
    MsgType,
    Reference,
    Status,
    Withdrawal,
)
from messages.alert_request import AlertRequest, compose, is_time
from messages.evidence import Evidence
from messages.precedence import Precedence

__all__ = [
    "PROFILE",
    "RADIO_CHARACTERS",
    "SMS_CHARACTERS",
    "Alert",
    "AlertError",
    "AlertRequest",
    "MsgType",
    "Reference",
    "Status",
    "Withdrawal",
    "compose",
    "from_cap",
    "from_json",
    "is_time",
    "to_cap",
    "to_json",
]

_VERSION = 1
_SECOND = timedelta(seconds=1)


def to_json(alert: Alert) -> bytes:
    """The stored form: JSON, one object, times in seconds since 1970."""
    return json_octets(
        {
            "v": _VERSION,
            "identifier": alert.identifier,
            "sender": alert.sender,
            "sent": _seconds(alert.sent),
            "status": str(alert.status),
            "msg_type": str(alert.msg_type),
            "precedence": int(alert.precedence),
            "headline": alert.headline,
            "references": [(r.sender, r.identifier, r.sent.isoformat()) for r in alert.references],
            "to": alert.to,
            "want": None if alert.want is None else int(alert.want),
            "answers": alert.answers,
            "urgent": alert.urgent,
            "text": alert.text,
            "radio_text": alert.radio_text,
            "long_text": alert.long_text,
            "expires_at": None if alert.expires_at is None else _seconds(alert.expires_at),
            "repeat": None if alert.repeat is None else alert.repeat // _SECOND,
            "repeat_until": None if alert.repeat_until is None else _seconds(alert.repeat_until),
            "event": alert.event,
            "language": alert.language,
            "sender_name": alert.sender_name,
            "withdrawal": str(alert.withdrawal),
        }
    )


def from_json(data: bytes) -> Alert:
    """The alert of its stored form. AlertError when it is not one of ours: the store is damaged or newer than this."""
    try:
        fields: dict[str, Any] = json_value(data)
        if fields.pop("v") != _VERSION:
            raise AlertError("v", "stored by a newer Bavn: upgrade this one")
        return Alert(**fields | _typed(fields))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        if isinstance(error, AlertError):
            raise
        raise AlertError("alert", f"is not a stored alert ({error})") from error


def _typed(fields: dict[str, Any]) -> dict[str, Any]:
    want, expires_at = fields["want"], fields["expires_at"]
    repeat, until = fields.get("repeat"), fields.get("repeat_until")
    return {
        "sent": _time(fields["sent"]),
        "status": Status(fields["status"]),
        "msg_type": MsgType(fields["msg_type"]),
        "precedence": Precedence(fields["precedence"]),
        "references": tuple(Reference(s, i, datetime.fromisoformat(at)) for s, i, at in fields["references"]),
        "to": tuple(fields["to"]),
        "want": None if want is None else Evidence(want),
        "answers": tuple((key, meaning) for key, meaning in fields["answers"]),
        "urgent": tuple(fields.get("urgent", ())),
        "expires_at": None if expires_at is None else _time(expires_at),
        "repeat": None if repeat is None else repeat * _SECOND,
        "repeat_until": None if until is None else _time(until),
        "withdrawal": Withdrawal(fields["withdrawal"]),
    }


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
