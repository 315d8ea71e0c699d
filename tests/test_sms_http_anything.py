"""Anything in a webhook, or in an answer: it is read, or it is unreadable, and nothing else happens."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import ChannelError, Inbound, Report
from channels.sms_http_client import Answer
from channels.sms_http_config import SmsHttpConfig
from channels.sms_http_dialect import Dialect, Message
from channels.sms_http_gatewayapi import GatewayApi
from channels.sms_http_generic import Generic
from channels.sms_http_outcome import reference, retry_after_s
from channels.strict_json import Unreadable, read
from messages.evidence import Evidence
from tests.aggregator import TO, sms_http_table
from tests.outgoing import outgoing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONFIG = SmsHttpConfig.model_validate(sms_http_table(url="https://aggregator.invalid/", keyword="BAVN"))
MESSAGE = Message(outgoing(TO, attempt="alert.7"), TO[4:], "hej", 1, urgent=False)
DIALECTS: list[Dialect] = [GatewayApi(), Generic()]

word = st.text(max_size=20) | st.sampled_from(
    ["DELIVERED", "+4500000001", "2026-11-23T12:00:00Z", "0500032A0301"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | word,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(word, inner, max_size=4),
    max_leaves=10,
)
KEYS = ["msg_id", "reference", "status", "status_at", "error", "sender", "sent_at", "content", "recipient"]
KEYS += ["type", "id", "state", "reason", "from", "to", "text", "at", "in_reply_to"]
event = st.dictionaries(st.sampled_from(KEYS), anything, max_size=9)
kind = st.sampled_from(["message.status.sms", "user-message.text.sms", "user-message.file.rcs", "other"])
envelope = st.fixed_dictionaries({"event_type": kind, "timestamp": word, "event": event})
webhook = (
    anything | envelope | st.lists(envelope, max_size=3) | st.fixed_dictionaries({"events": st.lists(event)})
)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(value=webhook)
def test_a_webhook_is_read_or_unreadable(dialect: Dialect, value: Any) -> None:
    try:
        dialect.sent_at({"X-Bavn-Timestamp": "1763900000"}, value)
        events = dialect.events(value)
    except Unreadable:
        return
    for event in events:
        try:
            each = dialect.read(event, CONFIG, now=NOW)
        except Unreadable:
            continue
        assert isinstance(each, Report | Inbound)
        assert each.at.tzinfo is not None
        if isinstance(each, Report) and each.evidence >= Evidence.DELIVERED:
            assert "delivered" in each.detail or "read" in each.detail


@given(octets=st.binary(max_size=60) | anything.map(lambda value: json.dumps(value).encode()))
def test_octets_are_json_without_half_signs_or_unreadable(octets: bytes) -> None:
    try:
        value = read(octets)
    except Unreadable:
        return
    json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.parametrize("dialect", DIALECTS)
@given(
    status=st.integers(100, 999), octets=st.binary(max_size=40) | event.map(lambda v: json.dumps(v).encode())
)
def test_an_answer_is_a_reference_or_an_error_of_the_channels(
    dialect: Dialect, status: int, octets: bytes
) -> None:
    try:
        named = reference(Answer(status, {}, octets, whole=True), MESSAGE, dialect)
    except ChannelError as error:
        named = error.code
    assert named == str(status) or (200 <= status < 300 and 1 <= len(named) <= 128)


@given(value=st.text(max_size=40) | st.integers().map(str))
def test_a_retry_after_is_seconds_from_now_or_none(value: str) -> None:
    found = retry_after_s(Answer(429, {"Retry-After": value}), now=NOW)
    assert found is None or found >= 0


@pytest.mark.parametrize("dialect", DIALECTS)
@given(signature=st.text(max_size=80), body=st.binary(max_size=20), key=st.binary(min_size=16, max_size=40))
def test_no_signature_but_the_right_one_is_taken(
    dialect: Dialect, signature: str, body: bytes, key: bytes
) -> None:
    headers = {"Signature": signature, "X-Bavn-Signature": signature, "X-Bavn-Timestamp": signature}
    assert not dialect.is_signed(headers, body, key=key)
