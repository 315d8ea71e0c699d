"""The JSON of an attempt, as it goes to `<prefix>/alert/<topic>`. Pure; described by schemas/mqtt-alert.json.

`headline` and `text` are what a person reads, with the exercise's mark first and last. The other fields are for
programs: buttons from `answers`, a colour from `status`, `attempt` and `address` to be given back. The Correlation Data
holds both, `attempt/address`, for clients that answer as MQTT 5.0 4.10 says and know nothing of Bavn.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from channels.base import Outgoing
from channels.mqtt_config import MqttConfig
from messages.render import Words, body, display_line, subject

_FIXED = b"\x01\x01" + b"\x03\x00\x10application/json"  # Payload Format Indicator: UTF-8; Content Type
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
RECEIVE_MAXIMUM = 100  # inbound messages that wait for our commit at a time
# Octets of a PUBLISH beside topic and payload: header, lengths, packet identifier and our properties without their
# texts (MQTT 5.0 3.3), rounded up.
_FRAME = 64


@dataclass(frozen=True, slots=True)
class Packed:
    """Properties for paho, which asks nothing of them but their octets: its own take as long as all the rest."""

    body: bytes

    def pack(self) -> bytes:
        """With their length, a variable byte integer (1.5.5) of at most two octets here."""
        length = len(self.body)
        return bytes([length] if length < 128 else [length & 0x7F | 0x80, length >> 7]) + self.body


@dataclass(frozen=True, slots=True)
class Publication:
    """One PUBLISH. `octets` is an upper bound of the packet's length."""

    topic: str
    payload: bytes
    properties: Packed
    octets: int


def publication(outgoing: Outgoing, config: MqttConfig) -> Publication:
    topic, back = config.topic("alert", outgoing.address.value), config.topic("answer")
    payload = encoded(alert(outgoing, config))
    correlation = f"{outgoing.attempt}/{outgoing.address.value}".encode()
    octets = _FRAME + len(payload) + len(topic.encode()) + len(back.encode()) + len(correlation)
    return Publication(topic, payload, _properties(outgoing, back, correlation), octets)


def alert(outgoing: Outgoing, config: MqttConfig) -> dict[str, Any]:
    """The fields of mqtt-alert.json, in its order."""
    words = outgoing.words
    return {
        "id": outgoing.alert,
        "attempt": outgoing.attempt,
        "address": outgoing.address.value,
        "code": words.code,
        "status": "Exercise" if words.exercise else "Actual",
        "msg_type": str(words.msg_type),
        "precedence": outgoing.precedence.word,
        "sender": display_line(words.sender_name),
        "headline": subject(words),
        "text": text_of(words),
        "answers": {display_line(key): display_line(meaning) for key, meaning in words.answers},
        "replaces_code": words.replaces_code,
        "repeated": words.repeated,
        "language": words.language,
        "sent": _rfc3339(words.sent),
        "expires": _rfc3339(outgoing.expires_at),
        "answer_topic": config.topic("answer"),
        "report_topic": config.topic("report"),
    }


def text_of(words: Words) -> str:
    """The long text without how to answer a mail: over this bearer answers are fields of their own."""
    return body(replace(words, answers=()))


def encoded(fields: Mapping[str, Any]) -> bytes:
    return _JSON.encode(fields).encode("utf-8", "replace")


def _properties(outgoing: Outgoing, answer_topic: str, correlation: bytes) -> Packed:
    """MQTT 5.0 3.3.2.3. The expiry is the network's validity, which never outlives the alert (whole seconds)."""
    expiry_s = max(1, int(outgoing.validity.total_seconds()))
    body = _FIXED + b"\x02" + expiry_s.to_bytes(4, "big")
    return Packed(body + b"\x08" + _field(answer_topic.encode()) + b"\x09" + _field(correlation))


def _field(value: bytes) -> bytes:
    """A text or binary data with its length, 1.5.4 and 1.5.6."""
    return len(value).to_bytes(2, "big") + value


def connect_properties(config: MqttConfig) -> Properties:
    """MQTT 5.0 3.1.2.11. Larger packets than these the broker throws away, and more it keeps until we settle some."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = config.session_expiry_s
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = config.longest_answer
    return properties


@lru_cache(maxsize=256)
def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
