"""What comes in from an aggregator: what counts, and when it hears that it was kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Inbound, Report
from channels.sms_http_dialect import name_of
from channels.sms_http_gatewayapi import GatewayApi
from messages.evidence import Evidence
from tests.aggregator import (
    Aggregator,
    envelope,
    now,
    post,
    said,
    status,
)
from tests.webhooks import up

ATTEMPT = "alert.7"
PHONE = "sms:+4500000001"
NAME = name_of("01JQ", sender=PHONE)


# What it says


@pytest.mark.parametrize(
    ("state", "evidence"),
    [
        ("DELIVERED", Evidence.DELIVERED),
        ("ENROUTE", Evidence.SUBMITTED),
        ("ACCEPTED", Evidence.SUBMITTED),
        ("BUFFERED", Evidence.SUBMITTED),
        ("UNKNOWN", Evidence.UNKNOWN),
        ("SCHEDULED", Evidence.UNKNOWN),
        ("Delivered to the operator", Evidence.UNKNOWN),
        ("EXPIRED", Evidence.REFUSED),
        ("DELETED", Evidence.REFUSED),
        ("UNDELIVERABLE", Evidence.REFUSED),
        ("REJECTED", Evidence.REFUSED),
        ("SKIPPED", Evidence.REFUSED),
    ],
)
async def test_only_delivered_is_called_delivered(state: str, evidence: Evidence) -> None:
    async with up() as (channel, hub):
        answer = await post(channel, status(state, message="01J", attempt=ATTEMPT))
    assert answer == 204
    assert isinstance(hub.one, Report)
    assert (hub.one.reference, hub.one.attempt, hub.one.evidence) == ("01J", ATTEMPT, evidence)


@pytest.mark.parametrize(
    ("kind", "evidence"),
    [
        ("message.status.rcs", Evidence.READ),
        ("message.status.RCS", Evidence.READ),
        ("message.status.sms", Evidence.DELIVERED),
        ("message.status.SMS", Evidence.DELIVERED),
    ],
)
async def test_no_network_says_of_an_sms_that_it_was_read(kind: str, evidence: Evidence) -> None:
    async with up() as (channel, hub):
        await post(channel, status("READ", message="01J", attempt=ATTEMPT) | {"event_type": kind})
    assert isinstance(hub.one, Report)
    assert (hub.one.evidence, hub.one.detail) == (evidence, "read")


async def test_why_it_was_given_up_is_kept() -> None:
    body = status("REJECTED", message="01J", attempt=ATTEMPT)
    body["event"]["error"] = {"hex_code": "0x1905", "details": "Unsupported sender"}
    async with up() as (channel, hub):
        await post(channel, body)
    assert isinstance(hub.one, Report)
    assert hub.one.detail == "rejected 0x1905 Unsupported sender"


async def test_a_report_of_another_systems_message_names_no_address() -> None:
    async with up() as (channel, hub):
        await post(channel, status("ENROUTE", message="01J"))
    assert isinstance(hub.one, Report)
    assert (hub.one.attempt, hub.one.address) == ("", None)


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        (4500000001, "sms:+4500000001"),
        ("4500000001", "sms:+4500000001"),
        ("+45 0000 0001", "sms:+4500000001"),
        ("004500000001", "sms:+4500000001"),
        ("00000001", "sms:+4500000001"),
        ("+45 (0) 00 00 00 01", "sms:+4500000001"),
        ("0045(0)00000001", "sms:+4500000001"),
        (1204, "1204"),
        ("Kommunen", "Kommunen"),
    ],
)
async def test_an_answer_comes_with_who_sent_it(sender: object, shown: str) -> None:
    async with up() as (channel, hub):
        assert await post(channel, said("1 #K7", sender=sender)) == 204
    assert isinstance(hub.one, Inbound)
    assert (hub.one.sender, hub.one.text, hub.one.bearer_id) == (
        shown,
        "1 #K7",
        name_of("01JQ", sender=shown),
    )


@pytest.mark.parametrize(
    ("keyword", "text", "left"),
    [
        ("BAVN", "bavn 1 #K7", "1 #K7"),
        ("BAVN", " Bavn  ja", "ja"),
        ("BAVN", "bavn", ""),
        ("BAVN", "bavnen er tændt", "bavnen er tændt"),
        ("", "bavn 1", "bavn 1"),
    ],
)
async def test_the_word_that_a_shared_number_is_divided_by_is_no_answer(
    keyword: str, text: str, left: str
) -> None:
    async with up(keyword=keyword) as (channel, hub):
        await post(channel, said(text))
    assert isinstance(hub.one, Inbound)
    assert hub.one.text == left


async def test_parts_of_a_long_answer_say_which_they_are() -> None:
    content = {"message": "del 1", "encoding": "UTF8", "header": "0500032A0301"}
    async with up() as (channel, hub):
        await post(channel, said("", content=content))
    assert isinstance(hub.one, Inbound)
    assert (hub.one.part, hub.one.text, hub.one.bearer_id) == (
        (42, 3, 1),
        "del 1",
        name_of("01JQ/1", sender=PHONE),
    )


@pytest.mark.parametrize(
    ("kind", "content", "text", "unreadable"),
    [
        ("user-message.text.rcs", "1 #K7", "1 #K7", ""),
        ("user-message.location.rcs", {"latitude": 55.7, "longitude": 12.6}, "", "it has no text"),
        ("user-message.file.rcs", {"category": "image"}, "", "it has no text"),
    ],
)
async def test_what_comes_by_rcs_is_kept_too(kind: str, content: object, text: str, unreadable: str) -> None:
    event = {"msg_id": "01J", "sender": 4500000001, "sent_at": now(), "content": content}
    async with up() as (channel, hub):
        await post(channel, envelope(kind, event))
    assert isinstance(hub.one, Inbound)
    assert (hub.one.text, hub.one.unreadable[:14]) == (text, unreadable)


async def test_many_envelopes_are_answered_when_all_are_kept_and_an_unknown_event_is_shown_once() -> None:
    many = [said("1", message="a"), envelope("message.price", {}), said("2", message="b")]
    async with up() as (channel, hub):
        assert await post(channel, many) == 204
        assert [event.text for event in hub.events if isinstance(event, Inbound)] == ["1", "", "2"]
        assert await post(channel, [envelope("message.price", {"amount": 1})]) == 204
    unknown = [event for event in hub.events if isinstance(event, Inbound) and event.unreadable]
    assert [event.bearer_id for event in unknown] == ["event_type message.price"] * 2


@pytest.mark.parametrize(
    "bad",
    [7, {"event_type": "user-message.text.sms"}, said("") | {"timestamp": "now"}, said("", sender=[])],
)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_bad_envelope_takes_no_good_one_with_it(bad: object, place: int) -> None:
    many: list[object] = [said("1", message="a"), said("2", message="b")]
    many.insert(place, bad)
    async with up() as (channel, hub):
        assert await post(channel, many) == 204
    texts = [event.text for event in hub.events if isinstance(event, Inbound)]
    assert texts == [*["1", "2"][:place], "", *["1", "2"][place:]]
    event = hub.events[place]
    assert isinstance(event, Inbound)
    assert "of a webhook" in event.unreadable


async def test_what_can_be_made_out_of_an_envelope_that_cannot_be_read_is_shown() -> None:
    async with up() as (channel, hub):
        assert await post(channel, said("BRUG FOR HJÆLP", message="") | {"timestamp": 7}) == 204
    assert isinstance(hub.one, Inbound)
    assert (hub.one.sender, hub.one.text) == ("sms:+4500000001", "BRUG FOR HJÆLP")


def test_a_time_that_cannot_be_is_not_believed() -> None:
    came = datetime(2026, 11, 23, 12, tzinfo=UTC)
    config = Aggregator(port=1).channel().config
    for word, at in {
        "2026-11-23T11:00:00+00:00": came - timedelta(hours=1),
        "2026-11-23T12:00:00+01:00": came - timedelta(hours=1),
        "2026-11-23T11:00:00": came - timedelta(hours=1),
        "2031-01-01T00:00:00Z": came,
        "0001-01-01T00:00:00+14:00": came,
        "yesterday": came,
    }.items():
        body = said("1")
        body["event"]["sent_at"] = word
        event = GatewayApi().read(body, config, now=came)
        assert event.at == at, word


# When it is answered


async def test_it_hears_204_only_after_the_commit() -> None:
    async with up(commits=False) as (channel, hub):
        asking = asyncio.create_task(post(channel, [said("1", message="a"), said("2", message="b")]))
        async with asyncio.timeout(2):
            while len(hub.events) < 2:
                await asyncio.sleep(0.005)
        await hub.events[0].settle()
        done, _ = await asyncio.wait({asking}, timeout=0.05)
        assert not done
        await hub.events[1].settle()
        assert await asking == 204


async def test_a_commit_that_takes_too_long_is_503_and_it_comes_again() -> None:
    async with up(commits=False, commit_s=0.1) as (channel, hub):
        assert await post(channel, said("1")) == 503
        hub.commits = True
        assert await post(channel, said("1")) == 204
    assert [event.bearer_id for event in hub.events if isinstance(event, Inbound)] == [NAME, NAME]


async def test_a_channel_that_closes_answers_503_and_the_next_one_gets_it_again() -> None:
    async with up(commits=False) as (channel, hub):
        asking = asyncio.create_task(post(channel, said("1")))
        await hub.came.wait()
    assert await asking == 503
    async with up() as (channel, hub):
        assert await post(channel, said("1")) == 204
    assert isinstance(hub.one, Inbound)
    assert hub.one.bearer_id == NAME


async def test_when_the_hub_has_no_room_it_is_503() -> None:
    async with up(commits=False, commit_s=0.01) as (channel, _):
        channel.webhooks._feed._bound = 0
        assert await post(channel, said("1")) == 503
