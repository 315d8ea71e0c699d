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
        {"events": [{}] * 101},
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
    assert "cannot be read" in hub.one.automatic
