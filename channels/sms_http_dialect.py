"""What differs from one aggregator's API to the next, and what they share: a message out, its answer, and events in."""

import hashlib
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from channels.base import Inbound, Outgoing, Report
from channels.numbers import sender_of
from channels.sms_http_config import SmsHttpConfig
from messages.address import Address
from messages.evidence import Evidence

_OLDEST, _AHEAD = timedelta(days=8), timedelta(minutes=5)

_TRUNK = re.compile(r"\(\s*0\s*\)")  # +45 (0) 00 00 00 01: a zero that is dialled at home only
_SINCE_1970 = re.compile(r"[0-9]{10,14}(?:\.[0-9]{1,9})?")
_EARLIEST_S, _MILLISECONDS = 1e9, 1e11  # what is less is no time since 1970, what is more is in milliseconds
_GO = re.compile(r"\s+([+-][0-9]{2}:?[0-9]{2})(?:\s+[A-Z]{3,5})?$")  # 2026-11-23 14:30:00 +0000 UTC
_SPELLING = re.compile(r"[\s().\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069-]")

# Nobody but a report of the phone's own network says more than SUBMITTED, and only one word for it does.
EVIDENCE = {
    "delivered": Evidence.DELIVERED,
    "read": Evidence.READ,
    "enroute": Evidence.SUBMITTED,  # the aggregator has it: a receipt, and no more
    "accepted": Evidence.SUBMITTED,
    "buffered": Evidence.SUBMITTED,
    "expired": Evidence.REFUSED,
    "deleted": Evidence.REFUSED,
    "undeliverable": Evidence.REFUSED,
    "rejected": Evidence.REFUSED,
    "skipped": Evidence.REFUSED,
    "failed": Evidence.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Message:
    """A text as it leaves: whole signs, short enough, to a number that may be written to."""

    outgoing: Outgoing
    number: str  # +4500000001
    text: str
    parts: int
    urgent: bool


class Dialect(Protocol):
    """Pure. `value` is the JSON of a webhook; what cannot be read raises `strict_json.Unreadable`."""

    def request(self, message: Message, config: SmsHttpConfig) -> tuple[dict[str, str], bytes]:
        """Headers and body of the POST."""
        ...

    def reference(self, values: Mapping[str, Any], message: Message) -> str:
        """The aggregator's own name of the message, of an answer that says that it took it; '' where it names none."""
        ...

    def not_taken(self, values: Mapping[str, Any]) -> bool:
        """Whether an answer says in so many words that the message was not taken, whatever its status is."""
        ...

    def is_signed(self, headers: Mapping[str, str], body: bytes, *, key: bytes) -> bool:
        """Whether the octets of a webhook are the aggregator's."""
        ...

    def sent_at(self, headers: Mapping[str, str], value: Any) -> datetime:
        """When a signed webhook was made, by its own word (aware). Raises Unreadable."""
        ...

    def events(self, value: Any) -> list[Any]:
        """What is in a webhook, in order, each still to be read."""
        ...

    def read(self, event: Any, config: SmsHttpConfig, *, now: datetime) -> Report | Inbound:
        """One of them."""
        ...

    def made_out(self, event: Any) -> tuple[object, object]:
        """Of one that cannot be read: who wrote it and what, as far as there is such a thing."""
        ...


def phone(word: str, *, country: str) -> Address | None:
    """Whose number it is, however an aggregator spells it: with spaces, hyphens or brackets, or as a URI."""
    word = unicodedata.normalize("NFKC", word).strip().lower()
    plain = _SPELLING.sub("", word.removeprefix("tel:").removeprefix("sms:"))
    bare = _SPELLING.sub("", _TRUNK.sub("", word.removeprefix("tel:").removeprefix("sms:")))
    return sender_of(bare if plain.startswith(("+", "00")) else plain, country=country)


def name_of(named: str, *, sender: str) -> str:
    """The name of a message from a phone: an aggregator may number each phone's by themselves. Not its number."""
    return f"{named} {hashlib.sha256(sender.encode()).hexdigest()[:8]}"


def evidence_of(state: str, *, shows_reading: bool = True) -> Evidence:
    """What a word for a message's state proves. One that nobody knows is no news: never delivered, never failed.

    No network says of an SMS that somebody read it: there "read" says that the phone has it.
    """
    evidence = EVIDENCE.get(state.strip().lower(), Evidence.UNKNOWN)
    return Evidence.DELIVERED if evidence is Evidence.READ and not shows_reading else evidence


def moment_of(said: object) -> datetime:
    """The time that is said, as UTC: ISO 8601, without a zone UTC; as Go writes it; seconds or milliseconds since 1970.

    ValueError for anything else.
    """
    try:
        if isinstance(said, str) and not _SINCE_1970.fullmatch(said):
            at = datetime.fromisoformat(_GO.sub(r"\1", said[:60].strip()))
            return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
        seconds = float(said) if isinstance(said, str | int | float) and said is not True else math.nan
        if not seconds >= _EARLIEST_S:
            raise ValueError("it is no time of ours")
        return datetime.fromtimestamp(seconds / 1000 if seconds > _MILLISECONDS else seconds, UTC)
    except (OverflowError, OSError) as error:  # of a year next to the first or the last
        raise ValueError(str(error)) from error


def moment(word: object, *, now: datetime) -> datetime:
    """The time that a word says, aware; `now` for one that says none, or one that cannot be."""
    try:
        at = moment_of(word)
    except ValueError:
        return now
    return at if now - _OLDEST <= at <= now + _AHEAD else now
