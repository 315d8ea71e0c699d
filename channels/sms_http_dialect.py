"""What differs from one aggregator's API to the next, and what they share: a message out, its answer, and events in."""

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
    plain = _SPELLING.sub("", unicodedata.normalize("NFKC", word).strip().lower().removeprefix("tel:"))
    return sender_of(plain.removeprefix("sms:"), country=country)


def evidence_of(state: str) -> Evidence:
    """What a word for a message's state proves. One that nobody knows is no news: never delivered, never failed."""
    return EVIDENCE.get(state.strip().lower(), Evidence.UNKNOWN)


def aware(word: str) -> datetime:
    """The time that a word says in ISO 8601, as UTC; without a zone it is UTC. ValueError for any other word."""
    try:
        at = datetime.fromisoformat(word)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:  # of a year next to the first or the last
        raise ValueError(str(error)) from error


def moment(word: object, *, now: datetime) -> datetime:
    """The time that a word says, aware; `now` for one that says none, or one that cannot be."""
    try:
        at = aware(word) if isinstance(word, str) else now
    except ValueError:
        return now
    return at if now - _OLDEST <= at <= now + _AHEAD else now
