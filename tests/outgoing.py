"""What a hub would hand to a channel: the words of a small alert, and one attempt of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from channels.base import Outgoing
from messages.address import Address, parse_address
from messages.alert_model import MsgType, Withdrawal
from messages.precedence import Precedence
from messages.render import Words

SENT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
_attempts = count(1)


def words(
    headline: str = "Strømsvigt på rådhuset", text: str = "Mød på kommandostationen kl. 10.", **more: object
) -> Words:
    known: dict[str, object] = {
        "exercise": False,
        "msg_type": MsgType.ALERT,
        "withdrawal": Withdrawal.NONE,
        "sender_name": "Eksempelby Kommune",
        "headline": headline,
        "text": text,
        "radio_text": "",
        "long_text": "",
        "answers": (("1", "kommer"), ("2", "kommer ikke")),
        "code": "K7",
        "replaces_code": "",
        "repeated": False,
        "language": "da",
        "sent": SENT,
        "expires_at": SENT + timedelta(hours=2),
    }
    return Words(**(known | more))  # type: ignore[arg-type]


def outgoing(
    to: str | Address,
    said: Words | None = None,
    *,
    precedence: Precedence = Precedence.FLASH,
    hand_over: Callable[[], None] = lambda: None,
    attempt: str | None = None,
) -> Outgoing:
    return Outgoing(
        attempt=attempt or f"01JD0000000000000000{next(_attempts):06d}",
        alert="krisestab.eksempelkommune.invalid,2026-11-23-7",
        address=parse_address(to) if isinstance(to, str) else to,
        words=said or words(),
        precedence=precedence,
        expires_at=SENT + timedelta(hours=2),
        validity=timedelta(hours=1),
        hand_over=hand_over,
    )
