"""What an aggregator's answer makes of a hand-over; the table in `channels.sms_http` in code. Pure.

Source: RFC 9110 15 (status codes), 10.2.3 (Retry-After), RFC 6585 4 (429).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from channels import strict_json
from channels.base import ChannelDown, ChannelError, PermanentFailure, TransientFailure, Unknown
from channels.sms_http_client import PROXY_LOGIN, WITHOUT_LOGIN, Answer
from channels.sms_http_dialect import Dialect, Message

TOO_FAST = 429
_TAKEN = range(200, 300)
_ACCOUNT = {
    401: "it does not know our token: put a valid one into token",
    402: "there is no credit on the account: fill it up",
    403: "it refuses our token: is it of this account, and url of the same region (.eu or .com)?",
    404: "there is nothing at url: is it the whole address of its API?",
    405: "url takes no messages: is it the whole address of its API?",
    PROXY_LOGIN: WITHOUT_LOGIN,
}
_LATER = frozenset({408, 425, TOO_FAST})
_MAYBE_TAKEN = frozenset({409})  # it has one of that name already


def reference(answer: Answer, message: Message, dialect: Dialect) -> str:
    """The aggregator's name of a message that it took. Raises what the answer is, if it is anything else."""
    values = _values(answer)
    not_taken = dialect.not_taken(values)
    if answer.status in _TAKEN and not_taken:
        raise _failure(PermanentFailure, f"it answered {answer.status}, and that it does not take it", answer)
    if answer.status in _TAKEN:
        named = dialect.reference(values, message)
        if not named:
            why = "names no message" if answer.whole else "broke off"
            raise _failure(Unknown, f"it answered {answer.status}, and the answer {why}", answer)
        return named
    if answer.status in _MAYBE_TAKEN:
        raise _failure(Unknown, f"it answered {answer.status}: it may have it already", answer)
    if answer.status >= 500 or answer.status < 200:
        what = "and has not taken it" if not_taken else "and does not say whether it has taken it"
        kind = TransientFailure if not_taken else Unknown
        raise _failure(kind, f"it answered {answer.status}, {what}", answer)
    raise _refusal(answer)


def _refusal(answer: Answer) -> ChannelError:
    """3xx and 4xx: it has read the message, and does not take it."""
    said = f"it answered {answer.status}"
    if answer.status in _LATER:
        return _failure(TransientFailure, f"{said}: too many at a time, or too slow", answer)
    if answer.status < 400:
        where = "a redirect, which would take the token elsewhere and is not followed: set url to where the API is"
        return _failure(ChannelDown, f"{said}, {where}", answer)
    if remedy := _ACCOUNT.get(answer.status):
        return _failure(ChannelDown, f"{said}: {remedy}", answer)
    return _failure(PermanentFailure, f"{said}: it refuses the number, the sender or the text", answer)


def _failure(kind: type[ChannelError], reason: str, answer: Answer) -> ChannelError:
    return kind(reason, code=str(answer.status), raw=answer.shown)


def _values(answer: Answer) -> Mapping[str, Any]:
    try:
        return strict_json.found(strict_json.read(answer.octets))
    except strict_json.Unreadable:
        return {}


def retry_after_s(answer: Answer, *, now: datetime) -> float | None:
    """Seconds that it asks us to wait, as it gives them or until the date it gives; None where it says neither."""
    word = answer.headers.get("Retry-After", "").strip()
    if word.isascii() and word.isdecimal():
        return float(word[:9])
    try:
        at = parsedate_to_datetime(word)
        return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None
