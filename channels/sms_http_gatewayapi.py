"""GatewayAPI's Mobile Messaging API: POST /mobile/single, and webhooks in a signed envelope. Pure.

Written from its OpenAPI 3.1 description, version 2026.08.21-1807, and its pages docs/message/overview and
docs/webhooks, as they stood in stored copies on 2026-11-23; docs/channels.md says what could not be verified. Not its
older REST API (POST /rest/mtsms, webhooks with a JWT).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from channels.base import Inbound, Report
from channels.sms_http_config import SmsHttpConfig
from channels.sms_http_dialect import Message, evidence_of, moment, moment_of, name_of, phone
from channels.strict_json import Unreadable, found, made_out, text
from hardware.codecs.userdata import UserData
from hardware.errors import CodecError

_EXPIRATION_MOST_S = 432_000  # P5D
_ENVELOPES_MOST = 500
_CUT_LEAST = 5  # characters of ours that a cut reference has at least
_TEXT_MOST = 40_000  # characters; what it sends has at most 39,015


class GatewayApi:
    def request(self, message: Message, config: SmsHttpConfig) -> tuple[dict[str, str], bytes]:
        """It chooses the alphabet itself: GSM 03.38 where the text fits it, else UCS-2."""
        validity_s = max(60, int(message.outgoing.validity.total_seconds()))
        body = {
            "sender": config.sender.removeprefix("+"),
            "recipient": int(message.number.removeprefix("+")),
            "message": message.text,
            "reference": message.outgoing.attempt,
            "expiration": f"PT{min(validity_s, _EXPIRATION_MOST_S)}S",
            "priority": "urgent" if message.urgent else "normal",
        }
        token = config.token.get_secret_value()
        return {"Authorization": f"Token {token}"}, json.dumps(body, ensure_ascii=False).encode()

    def reference(self, values: Mapping[str, Any], message: Message) -> str:
        """An answer about another message proves nothing about this one. Ours may come back cut."""
        named, about = values.get("msg_id"), values.get("reference")
        if not isinstance(named, str) or not (about is None or _is_ours(about, message.outgoing.attempt)):
            return ""
        return named if 0 < len(named.strip()) <= len(named) <= 128 else ""

    def not_taken(self, values: Mapping[str, Any]) -> bool:
        """Nothing but 422 is documented."""
        return False

    def is_signed(self, headers: Mapping[str, str], body: bytes, *, key: bytes) -> bool:
        given = headers.get("Signature", "")
        made = "v1=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(given.lower().encode("utf-8", "surrogateescape"), made.encode())

    def sent_at(self, headers: Mapping[str, str], value: Any) -> datetime:
        """Of the youngest envelope that says it, since all are signed as one: with it comes what is tried again, with
        the time of its event. An envelope without a time is not read.
        """
        times = list[datetime]()
        for envelope in self.events(value):
            with suppress(Unreadable):
                times.append(_made(found(envelope)))
        return max(times, default=datetime.now(UTC))

    def events(self, value: Any) -> list[Any]:
        """One envelope is documented; a list of them is taken too."""
        many = value if isinstance(value, list) else [value]
        if len(many) > _ENVELOPES_MOST:
            raise Unreadable(f"it has more than {_ENVELOPES_MOST} envelopes")
        return many

    def read(self, event: Any, config: SmsHttpConfig, *, now: datetime) -> Report | Inbound:
        envelope = found(event)
        _made(envelope)
        kind = text(envelope, "event_type", most=100)
        if kind.startswith("message.status."):
            return _report(found(envelope.get("event")), now, kind=kind)
        if kind.startswith("user-message."):
            return _inbound(found(envelope.get("event")), config, now, kind=kind)
        return _unknown(envelope, now, kind=kind)

    def made_out(self, event: Any) -> tuple[object, object]:
        inner = made_out(made_out(event).get("event"))
        content = inner.get("content")
        said = content if isinstance(content, str) else made_out(content).get("message")
        return inner.get("sender"), said


def _unknown(envelope: dict[str, Any], now: datetime, *, kind: str) -> Inbound:
    """Nobody's answer and nobody's report. A person looks at the first of its kind: the name is the kind's."""
    return Inbound(
        bearer_id=f"event_type {kind}",
        sender="",
        text="",
        at=now,
        unreadable=f"webhooks of the type {kind!r} are not known here: this is the first, and no other is shown",
        raw=json.dumps(envelope, ensure_ascii=False),
    )


def _made(envelope: dict[str, Any]) -> datetime:
    try:
        return moment_of(envelope.get("timestamp"))
    except ValueError as error:
        raise Unreadable("timestamp is no time") from error


def _is_ours(reference: object, attempt: str) -> bool:
    cut = isinstance(reference, str) and len(reference) >= _CUT_LEAST and attempt.startswith(reference)
    return cut or reference == attempt


def _report(event: dict[str, Any], now: datetime, *, kind: str) -> Report:
    """`error` says why a message was given up: {"hex_code", "details"}.

    No address: an account may be shared, and a stranger's message to the same phone is not ours.
    """
    state, error = text(event, "status", most=50), event.get("error")
    reasons = [error.get(key) for key in ("hex_code", "details")] if isinstance(error, dict) else []
    return Report(
        reference=text(event, "msg_id", most=128),
        attempt=text(event, "reference", most=200, default=""),
        evidence=evidence_of(state, shows_reading=not kind.lower().endswith(".sms")),
        at=moment(event.get("status_at"), now=now),
        detail=" ".join([state.lower(), *(reason[:200] for reason in reasons if isinstance(reason, str))]),
        raw=json.dumps(event, ensure_ascii=False),
    )


def _inbound(event: dict[str, Any], config: SmsHttpConfig, now: datetime, *, kind: str) -> Inbound:
    """A text from a phone. A place or a file says nothing that a program can use: it is kept for a person."""
    content, number = event.get("content"), event.get("sender")
    said = content.get("message") if isinstance(content, dict) else content
    header = content.get("header") if isinstance(content, dict) else None
    if not isinstance(number, int | str) or isinstance(number, bool):
        raise Unreadable("sender is neither a number nor a text")
    sender = str(number)[:40]
    address = phone(f"+{sender.lstrip('+ ')}", country=config.country) or phone(
        sender, country=config.country
    )
    named, part = text(event, "msg_id", most=128), _part(header)
    return Inbound(
        bearer_id=name_of(f"{named}/{part[2]}" if part else named, sender=str(address or sender)),
        sender=str(address) if address else sender,
        text=without(config.keyword, said[:_TEXT_MOST]) if isinstance(said, str) else "",
        at=moment(event.get("sent_at"), now=now),
        unreadable="" if isinstance(said, str) else f"it has no text: {kind}",
        part=part,
        raw=json.dumps(event, ensure_ascii=False),
    )


def without(keyword: str, said: str) -> str:
    """What a phone said behind the word that a shared number is divided by."""
    words = said.split(maxsplit=1)
    if not (keyword and words) or words[0].casefold() != keyword.casefold():
        return said
    return words[1].strip() if len(words) > 1 else ""


def _part(header: object) -> tuple[int, int, int] | None:
    """Which part of a longer text it is, of a user data header in hexadecimal (3GPP TS 23.040 9.2.3.24)."""
    if not isinstance(header, str) or not 2 <= len(header) <= 280:
        return None
    try:
        octets = bytes.fromhex(header)
        concat = UserData(header=octets[1:] if octets[0] == len(octets) - 1 else octets).concat
    except (ValueError, IndexError, CodecError):
        return None
    return (concat.reference, concat.total, concat.number) if concat else None
