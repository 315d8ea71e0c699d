"""What comes in over MQTT, octet by octet; and the JSON Schemas, held against what the code sends and takes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import channels
from channels.base import Inbound, Report
from channels.mqtt_alert import alert, encoded, publication
from channels.mqtt_config import MqttConfig
from channels.mqtt_inbound import Arrived, answer, read, report, unreadable
from channels.strict_json import Unreadable
from messages.alert_model import MsgType, Withdrawal
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.outgoing import outgoing, words

NOW = datetime(2026, 11, 23, 8, 31, tzinfo=UTC)
TOPIC = "bavn/by/answer"
CONFIG = MqttConfig.model_validate({"bearer": "mqtt", "host": "127.0.0.1", "topic_prefix": "bavn/by"})


def schema(kind: str) -> jsonschema.Draft202012Validator:
    text = (Path(channels.__file__).parent / "schemas" / f"mqtt-{kind}.json").read_text("utf-8")
    found = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


ALERT, ANSWER, REPORT = schema("alert"), schema("answer"), schema("report")


def said(correlation: bytes = b"", **fields: Any) -> Inbound:
    payload = json.dumps({key.rstrip("_"): value for key, value in fields.items()}).encode()
    return answer(Arrived(TOPIC, payload, correlation), NOW)


def unpacked(octets: bytes) -> Any:
    """As paho reads them, all of them."""
    properties, length = Properties(PacketTypes.PUBLISH).unpack(octets)  # type: ignore[no-untyped-call]
    assert length == len(octets)
    return properties


# The schemas


@pytest.mark.parametrize("precedence", Precedence)
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"exercise": True, "repeated": True, "language": "en"},
        {"answers": (), "code": "", "sender_name": ""},
        {"msg_type": MsgType.CANCEL, "withdrawal": Withdrawal.ALL_CLEAR, "replaces_code": "H3"},
        {"headline": "\u202e\x1b[2J", "text": "\ud800\0" * 50, "answers": (("1\n", "ja\x07"),)},
    ],
)
def test_every_alert_is_as_its_schema_says(change: dict[str, object], precedence: Precedence) -> None:
    sent = outgoing("mqtt:rum/12", words(**change), precedence=precedence)  # type: ignore[arg-type]
    ALERT.validate(json.loads(publication(sent, CONFIG).payload))


def test_the_schema_of_alerts_names_every_field() -> None:
    fields = alert(outgoing("mqtt:rum/12"), CONFIG)
    assert list(fields) == list(ALERT.schema["properties"]) == ALERT.schema["required"]


@pytest.mark.parametrize("topic", ["a", "bavn/" + "by" * 90])
@pytest.mark.parametrize("validity", [timedelta(0), timedelta(seconds=90.7), timedelta(days=7)])
def test_paho_reads_the_properties_that_we_pack(topic: str, validity: timedelta) -> None:
    sent = replace(outgoing("mqtt:rum/12"), validity=validity)
    packed = publication(sent, CONFIG.model_copy(update={"topic_prefix": topic})).properties.pack()
    read = unpacked(packed)
    assert (read.PayloadFormatIndicator, read.ContentType) == (1, "application/json")
    assert (read.ResponseTopic, read.CorrelationData) == (
        f"{topic}/answer",
        f"{sent.attempt}/rum/12".encode(),
    )
    assert read.MessageExpiryInterval == max(1, int(validity.total_seconds()))


FIELDS: dict[str, list[Any]] = {
    "id": ["a", "", 7, "x" * 129],
    "attempt": ["01JD7.1", "", "a/b", "x" * 101, None],
    "code": ["K7", "#K7", "x" * 13],
    "answer": ["1", 1, 1.0, 1.5, True, "", " ", "x" * 201, [1]],
    "text": ["er der om 20", "", " \t", "x" * 2001, {}],
    "from": ["rum/12", "x" * 201, 12],
    "state": ["delivered", "read", "failed", "acknowledged", 1],
    "reason": ["slukket", 1],
    "other": [None, {"deep": []}],
}
OBJECTS = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in FIELDS.items()})


@given(OBJECTS)
def test_an_answer_is_read_when_its_schema_allows_it_and_only_then(fields: dict[str, Any]) -> None:
    assert _reads(answer, fields) == ANSWER.is_valid(fields)


@given(OBJECTS)
def test_a_report_is_read_when_its_schema_allows_it_and_only_then(fields: dict[str, Any]) -> None:
    assert _reads(report, fields) == REPORT.is_valid(fields)


def _reads(reader: Any, fields: dict[str, Any]) -> bool:
    try:
        reader(Arrived(TOPIC, json.dumps(fields).encode()), NOW)
    except Unreadable:
        return False
    return True


# Answers


@pytest.mark.parametrize(
    ("fields", "text", "sender", "attempt"),
    [
        ({"attempt": "a.1", "answer": "1", "from_": "rum/12"}, "1", "mqtt:rum/12", "a.1"),
        (
            {"attempt": "a.1", "answer": "1", "text": "er der om 20", "from_": "rum/12"},
            "1, er der om 20",
            "mqtt:rum/12",
            "a.1",
        ),
        ({"code": "#K7", "text": "ja", "from_": "rum/12"}, "ja #K7", "mqtt:rum/12", ""),
        (
            {"text": "1", "from_": "rum/12"},
            "1",
            "rum/12",
            "",
        ),  # it names no question: a name answers for nobody
        ({"attempt": "a.1", "answer": "1", "from_": "a/#"}, "1", "a/#", "a.1"),
        ({"attempt": "a.1", "answer": "1"}, "1", "", "a.1"),
    ],
)
def test_what_an_answer_says(fields: dict[str, Any], text: str, sender: str, attempt: str) -> None:
    found = said(**fields)
    assert (found.text, found.sender, found.in_reply_to) == (text, sender, attempt)


@pytest.mark.parametrize(
    ("correlation", "attempt", "sender"),
    [
        (b"a.1/rum/12", "a.1", "mqtt:rum/12"),
        (b"a.1", "a.1", ""),
        (b"\xff/rum", "", ""),
        (b"", "", ""),
        ("a.1/rådhus".encode(), "a.1", "mqtt:rådhus"),
    ],
)
def test_correlation_data_tells_the_attempt_and_the_address(
    correlation: bytes, attempt: str, sender: str
) -> None:
    found = said(correlation, answer="1")
    assert (found.in_reply_to, found.sender) == (attempt, sender)


def test_the_correlation_data_of_an_alert_is_what_an_answer_is_matched_by() -> None:
    sent = outgoing("mqtt:rum/12")
    found = said(unpacked(publication(sent, CONFIG).properties.pack()).CorrelationData, answer="1")
    assert (found.in_reply_to, found.sender) == (sent.attempt, str(sent.address))


def test_the_same_message_has_the_same_identity_and_others_have_others() -> None:
    known: dict[str, Any] = {"attempt": "a.1", "answer": "1", "from_": "rum/12", "id": "7"}
    others = [{"from_": "rum/13"}, {"attempt": "a.2"}, {"id": "8"}, {"id": ""}]  # a device counts for itself
    ids = [said(**known | other).bearer_id for other in ({}, *others)]
    assert len(set(ids)) == len(ids)
    again = said(**known | {"answer": "2", "text": "nej"})
    assert (again.bearer_id, again.unnamed) == (ids[0], None)


def test_an_answer_without_an_id_says_who_it_is_from_and_what_it_is_compared_by() -> None:
    known: dict[str, Any] = {"attempt": "a.1", "answer": "1", "from_": "rum/12"}
    one, two, other = said(**known), said(**known), said(**known | {"answer": "2"})
    assert one.bearer_id == two.bearer_id == other.bearer_id
    assert one.unnamed == two.unnamed
    assert one.unnamed != other.unnamed
    again = answer(Arrived(TOPIC, b'{"answer": "1"}', packet=7, again=True), NOW)
    assert again.unnamed is not None
    assert (again.unnamed.packet, again.unnamed.redelivered) == ("7", True)


@pytest.mark.parametrize(
    ("state", "evidence"),
    [("delivered", Evidence.DELIVERED), ("read", Evidence.READ), ("failed", Evidence.REFUSED)],
)
def test_a_report_raises_what_its_state_says(state: str, evidence: Evidence) -> None:
    payload = json.dumps({"attempt": "a.1", "state": state, "reason": "slukket", "from": "rum/12"}).encode()
    found = read(Arrived("bavn/by/report", payload), NOW, answers=TOPIC, reports="bavn/by/report")
    assert isinstance(found, Report)
    assert (found.attempt, found.evidence, found.detail) == (
        "a.1",
        evidence,
        f"{state} by rum/12: slukket",
    )


# Strangers


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"\xff", "not UTF-8"),
        (b"1", "no JSON object"),
        (b"ja", "not JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 50_000, "nested too deep"),
        (b'{"answer": ' + b"9" * 100_000 + b"}", "not JSON"),
        (b'{"answer": "1", "answer": "2"}', "twice"),
        (b'{"answer": -Infinity}', "Infinity"),
        (b'{"text": "' + b"x" * 5000 + b'"}', "text"),
        (b'{"answer": {"$ne": null}}', "answer"),
        (b'{"answer": 1e999}', "answer"),
    ],
)
def test_what_nobody_can_read_is_said_and_kept_in_bounds(payload: bytes, why: str) -> None:
    arrived = Arrived(TOPIC, payload)
    with pytest.raises(Unreadable, match=why):
        answer(arrived, NOW)
    kept = unreadable(arrived, NOW, why=why)
    assert why in kept.unreadable
    assert kept.raw.startswith(payload[:10].decode("utf-8", "backslashreplace"))
    assert len(kept.raw) <= 16_384


@pytest.mark.parametrize(
    ("payload", "sender", "text", "attempt"),
    [
        (b'{"attempt": "a.1", "from": "rum/12", "text": ["x"], "answer": "4"}', "mqtt:rum/12", "4", "a.1"),
        (
            b'{"attempt": "a 1", "from": "rum/12", "text": "BRUG FOR HJ\xc3\x86LP"}',
            "rum/12",
            "BRUG FOR HJÆLP",
            "",
        ),
        (b'{"from": "rum/12", "from": "x", "text": "hj\\ud83d"}', "x", "hj?", ""),
        (b"BRUG FOR HJ\xc3\x86LP", "", "BRUG FOR HJÆLP", ""),
        (b"BRUG FOR HJ\xc6LP", "", "BRUG FOR HJÆLP", ""),
        (b"SOS\r\nstuen\n\x00", "", "SOS\r\nstuen", ""),
        ("ilt mangler 🔥".encode() * 200, "", ("ilt mangler 🔥" * 200)[:2000], ""),
        (b'{"text": "hj', "", "hj", ""),
        (b'{"attempt":"a.1","from":"rum/1","answer":4,"text":"HJ\\u00c6LP', "mqtt:rum/1", "4, HJÆLP", "a.1"),
        (b'{"text": "HJ\xc3\x86LP\n nu", "x": "\xff"}', "", "HJÆLP\n nu", ""),
        (b"\xff\xfe\x80", "", "", ""),
        (b"\x00\x01", "", "", ""),
    ],
)
def test_what_can_be_made_out_is_shown(payload: bytes, sender: str, text: str, attempt: str) -> None:
    kept = unreadable(Arrived(TOPIC, payload), NOW, why="odd")
    assert (kept.sender, kept.text, kept.in_reply_to, kept.claimed) == (sender, text, attempt, True)


def test_a_message_on_another_topic_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="do not read"):
        read(Arrived("bavn/by/alert/rum/12", b"{}"), NOW, answers=TOPIC, reports="bavn/by/report")


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_any_octets_are_read_or_refused_and_what_is_kept_can_be_stored(
    payload: bytes, correlation: bytes
) -> None:
    arrived = Arrived(TOPIC, payload, correlation)
    for reader in (answer, report):
        try:
            found = reader(arrived, NOW)
        except Unreadable as error:
            found = unreadable(arrived, NOW, why=str(error))
        assert found.raw.encode() is not None


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text() | st.integers() | st.floats() | st.none()))
def test_any_texts_of_an_answer_can_be_stored(fields: dict[str, Any]) -> None:
    try:
        found = answer(Arrived(TOPIC, json.dumps(fields).encode()), NOW)
    except Unreadable:
        return
    for value in (found.text, found.sender, found.in_reply_to):
        assert value.encode("utf-8").decode() == value


@given(st.text())
def test_any_text_of_an_alert_is_json_in_utf_8(text: str) -> None:
    assert json.loads(encoded({"text": text}))["text"] == text.encode("utf-8", "replace").decode()
