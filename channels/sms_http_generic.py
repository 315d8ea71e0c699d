"""The dialect for everybody else: one POST of JSON, one webhook, described in docs/channels.md. Pure.

An aggregator without it is met by a small translator of one's own, on the same machine or in the same closed net.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from channels.base import Inbound, Report
from channels.sms_http_config import SmsHttpConfig
from channels.sms_http_dialect import Message, evidence_of, moment, name_of, phone
from channels.sms_http_gatewayapi import without
from channels.strict_json import Unreadable, found, made_out, text
from hardware.codecs import gsm7
from messages.evidence import Evidence

_EVENTS_MOST = 500
_TEXT_MOST = 40_000  # characters


class Generic:
    def request(self, message: Message, config: SmsHttpConfig) -> tuple[dict[str, str], bytes]:
        attempt = message.outgoing.attempt
        body = {
            "reference": attempt,
            "to": message.number,
            "from": config.sender,
            "text": message.text,
            "encoding": "gsm7" if gsm7.fits(message.text) else "ucs2",
            "parts": message.parts,
            "validity_s": max(60, int(message.outgoing.validity.total_seconds())),
            "urgent": message.urgent,
            "report": config.listens,
        }
        token = config.token.get_secret_value()
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": attempt}
        return headers, json.dumps(body, ensure_ascii=False).encode()

    def reference(self, values: Mapping[str, Any], message: Message) -> str:
        """Of an answer that says otherwise than true in `accepted` nobody knows what it means."""
        named = values.get("id") if values.get("accepted", True) is True else None
        return named if isinstance(named, str) and 0 < len(named.strip()) <= len(named) <= 128 else ""

    def not_taken(self, values: Mapping[str, Any]) -> bool:
        """The aggregator's own word, which no proxy in between says."""
        return values.get("accepted") is False

    def is_signed(self, headers: Mapping[str, str], body: bytes, *, key: bytes) -> bool:
        stamp = headers.get("X-Bavn-Timestamp", "").encode("utf-8", "surrogateescape")
        made = "v1=" + hmac.new(key, stamp + b"." + body, hashlib.sha256).hexdigest()
        given = headers.get("X-Bavn-Signature", "").lower()
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), made.encode())

    def sent_at(self, headers: Mapping[str, str], value: Any) -> datetime:
        stamp = headers.get("X-Bavn-Timestamp", "")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 11):
            raise Unreadable("X-Bavn-Timestamp is not in whole seconds since 1970")
        return datetime.fromtimestamp(int(stamp), UTC)

    def events(self, value: Any) -> list[Any]:
        events = found(value).get("events")
        if not isinstance(events, list) or len(events) > _EVENTS_MOST:
            raise Unreadable(f"events is not a list of at most {_EVENTS_MOST}")
        return events

    def read(self, event: Any, config: SmsHttpConfig, *, now: datetime) -> Report | Inbound:
        values = found(event)
        kind = text(values, "type", most=50)
        if kind == "report":
            return _report(values, config, now)
        if kind == "message":
            return _inbound(values, config, now)
        raise Unreadable(f"type {kind[:50]!r} is neither report nor message")

    def made_out(self, event: Any) -> tuple[object, object]:
        values = made_out(event)
        return values.get("from"), values.get("text")


def _report(event: dict[str, Any], config: SmsHttpConfig, now: datetime) -> Report:
    """`to` tells two messages of one name apart. A receipt is not looked for by it: others may write to that phone."""
    reference, attempt = (
        text(event, "id", most=128, default=""),
        text(event, "reference", most=200, default=""),
    )
    if not (reference or attempt):
        raise Unreadable("it names no message: id or reference")
    state, reason = text(event, "state", most=50), text(event, "reason", most=500, default="")
    evidence, to = evidence_of(state), phone(text(event, "to", most=60, default=""), country=config.country)
    return Report(
        reference=reference,
        attempt=attempt,
        address=None if evidence is Evidence.SUBMITTED else to,
        evidence=evidence,
        at=moment(event.get("at"), now=now),
        detail=f"{state.lower()} {reason}".strip(),
        raw=json.dumps(event, ensure_ascii=False),
    )


def _inbound(event: dict[str, Any], config: SmsHttpConfig, now: datetime) -> Inbound:
    sender = text(event, "from", most=40)
    address = phone(sender, country=config.country)
    return Inbound(
        bearer_id=name_of(text(event, "id", most=128), sender=str(address or sender)),
        sender=str(address) if address else sender,
        text=without(config.keyword, text(event, "text", most=_TEXT_MOST, default="")),
        at=moment(event.get("at"), now=now),
        in_reply_to=text(event, "in_reply_to", most=200, default=""),
        raw=json.dumps(event, ensure_ascii=False),
    )
