"""The webhooks of the generic dialect, as docs/channels.md describes them."""

import json
from datetime import UTC, datetime

import pytest

from channels.base import Inbound, Report
from messages.evidence import Evidence
from tests.aggregator import (
    SECRET,
    post,
    signature,
)
from tests.webhooks import up

ATTEMPT = "alert.7"


def stamped(
    body: object, *, at: float | str | None = None, secret: str = SECRET
) -> tuple[bytes, dict[str, str]]:
    octets = json.dumps(body).encode()
    stamp = str(int(datetime.now(UTC).timestamp())) if at is None else str(at)
    made = signature(stamp.encode() + b"." + octets, secret)
    return octets, {"X_Bavn_Timestamp": stamp, "X_Bavn_Signature": made}


REPORT = {"type": "report", "id": "far-7", "reference": ATTEMPT, "state": "delivered", "to": "+4500000001"}
MESSAGE = {"type": "message", "id": "in-1", "from": "00000001", "text": "1 #K7", "in_reply_to": ATTEMPT}


async def test_the_generic_dialect_brings_reports_and_messages() -> None:
    octets, headers = stamped({"events": [REPORT, MESSAGE]})
    async with up(dialect="generic") as (channel, hub):
        assert await post(channel, octets, **headers) == 204
    report, message = hub.events
    assert isinstance(report, Report)
    assert isinstance(message, Inbound)
    assert (report.reference, report.attempt, report.evidence) == ("far-7", ATTEMPT, Evidence.DELIVERED)
    assert (message.sender, message.text, message.in_reply_to) == ("sms:+4500000001", "1 #K7", ATTEMPT)


@pytest.mark.parametrize(
    ("to", "state", "address"),
    [
        ("+45 0000 0001", "delivered", "sms:+4500000001"),
        ("00000001", "FAILED", "sms:+4500000001"),
        ("0045-00000001", "read", "sms:+4500000001"),
        ("", "delivered", None),
        (None, "delivered", None),
        ("****0001", "delivered", None),
        ("+4500000001", "accepted", None),  # a receipt by the number alone may be another system's
    ],
)
async def test_a_report_may_say_about_whose_message_it_is(
    to: object, state: str, address: str | None
) -> None:
    octets, headers = stamped({"events": [REPORT | {"to": to, "state": state}]})
    async with up(dialect="generic") as (channel, hub):
        assert await post(channel, octets, **headers) == 204
    assert isinstance(hub.one, Report)
    assert (str(hub.one.address) if hub.one.address else None) == address


@pytest.mark.parametrize(
    ("at", "answer"), [(0, 401), ("", 204), ("-1", 204), ("١٢", 204), ("99999999999", 401), ("1e9", 204)]
)
async def test_the_generic_timestamp_is_signed_and_bounded(at: float | str, answer: int) -> None:
    """One that cannot be read is signed nonsense: for a person, and nothing of it counts."""
    octets, headers = stamped({"events": [REPORT]}, at=at)
    async with up(dialect="generic") as (channel, hub):
        found = await post(
            channel, octets, **{key: word.encode().decode("latin-1") for key, word in headers.items()}
        )
    assert found in {answer, 401}
    assert not any(isinstance(event, Report) for event in hub.events)


async def test_a_timestamp_of_ones_own_does_not_help_a_replay() -> None:
    octets, headers = stamped({"events": [MESSAGE]}, at=int(datetime.now(UTC).timestamp()) - 3600)
    async with up(dialect="generic") as (channel, hub):
        assert await post(channel, octets, **headers) == 401
        fresh = headers | {"X_Bavn_Timestamp": str(int(datetime.now(UTC).timestamp()))}
        assert await post(channel, octets, **fresh) == 401
    assert hub.events == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"events": {}},
        {"events": [{}] * 501},
        {"events": [{"type": "command"}]},
        {"events": [REPORT | {"id": "", "reference": ""}]},
        {"events": [MESSAGE | {"from": ""}]},
        {"events": [MESSAGE | {"id": None}]},
        {"events": [MESSAGE | {"text": ["1"]}]},
    ],
)
async def test_generic_nonsense_goes_to_a_person(body: object) -> None:
    octets, headers = stamped(body)
    async with up(dialect="generic") as (channel, hub):
        assert await post(channel, octets, **headers) == 204
    assert isinstance(hub.one, Inbound)
    assert "of a webhook" in hub.one.unreadable


def brought(*events: str) -> tuple[bytes, dict[str, str]]:
    """Events as they stand there, not all of them JSON."""
    octets = f'{{"events": [{", ".join(events)}]}}'.encode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    return octets, {"X_Bavn_Timestamp": stamp, "X_Bavn_Signature": signature(stamp.encode() + b"." + octets)}


@pytest.mark.parametrize(
    "bad",
    [
        '{"type": "hmm"}',
        "null",
        "[]",
        '{"type": "message", "id": "x", "from": "+4500000004", "text": 112}',
        '{"type": "message", "id": "x", "from": "+4500000004", "text": "1", "text": "2"}',
        '{"type": "message", "id": "x", "from": "+4500000004", "text": "1", "at": NaN}',
        '{"type": "message", "id": "x", "from": "+4500000004", "text": ' + "9" * 30 + "}",
        '{"type": "report", "state": "delivered"}',
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_bad_event_takes_no_good_one_with_it(bad: str, place: int) -> None:
    events = [json.dumps(REPORT), json.dumps(MESSAGE)]
    events.insert(place, bad)
    octets, headers = brought(*events)
    async with up(dialect="generic") as (channel, hub):
        assert await post(channel, octets, **headers) == 204
        assert await post(channel, octets, **headers) == 204
    unread = [event for event in hub.events if isinstance(event, Inbound) and event.unreadable]
    assert len(hub.events) == 6
    assert hub.events.index(unread[0]) == place
    assert len({event.bearer_id for event in unread}) == 1
    assert all("of a webhook" in event.unreadable and event.raw for event in unread)


@pytest.mark.parametrize(
    ("event", "sender", "text"),
    [
        (
            '{"type": "hmm", "from": "00 00 00 01", "text": "BRUG FOR HJÆLP"}',
            "sms:+4500000001",
            "BRUG FOR HJÆLP",
        ),
        ('{"type": "message", "from": "Ida", "text": "hjælp"}', "Ida", "hjælp"),
        ('{"id": "x", "id": "y", "text": "hj\\ud83d"}', "", "hj?"),
        ('{"type": "message", "id": "x", "from": [], "text": {}}', "", ""),
        ("7", "", ""),
    ],
)
async def test_what_can_be_made_out_of_an_event_that_cannot_be_read_is_shown(
    event: str, sender: str, text: str
) -> None:
    octets, headers = brought(event)
    async with up(dialect="generic") as (channel, hub):
        assert await post(channel, octets, **headers) == 204
    assert isinstance(hub.one, Inbound)
    assert hub.one.unreadable
    assert (hub.one.sender, hub.one.text) == (sender, text)


async def test_an_event_that_cannot_be_read_is_committed_before_it_is_answered() -> None:
    octets, headers = stamped({"events": [{"type": "hmm"}]})
    async with up(dialect="generic", commits=False, commit_s=0.05) as (channel, hub):
        assert await post(channel, octets, **headers) == 503
    assert len(hub.events) == 1


@pytest.mark.parametrize(
    ("spelled", "sender"),
    [
        ("+45 00 00 00 01", "sms:+4500000001"),
        ("45 0000 0001", "sms:+4500000001"),
        ("0045-0000-0001", "sms:+4500000001"),
        ("(+45) 0000.0001", "sms:+4500000001"),
        ("00\u00a000\u202f00 01", "sms:+4500000001"),
        ("\u202a+45\u20110000\u20110001\u202c", "sms:+4500000001"),
        ("tel:+4500000001", "sms:+4500000001"),
        ("SMS:+4500000001", "sms:+4500000001"),
        ("４５００００００01", "sms:+4500000001"),
        ("1204", "1204"),
        ("12 04", "12 04"),
        ("Kommunen", "Kommunen"),
        ("+45 0000 0001 ext 2", "+45 0000 0001 ext 2"),
    ],
)
async def test_a_number_is_one_phone_however_it_is_spelled(spelled: str, sender: str) -> None:
    octets, headers = stamped({"events": [MESSAGE | {"from": spelled}]})
    async with up(dialect="generic") as (channel, hub):
        assert await post(channel, octets, **headers) == 204
    assert isinstance(hub.one, Inbound)
    assert hub.one.sender == sender
