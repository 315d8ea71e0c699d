"""Whom a webhook is believed from, and what one from anybody else costs."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from channels.base import Inbound, State
from channels.sms_http_dialect import name_of
from channels.sms_http_gatewayapi import GatewayApi
from tests.aggregator import (
    Aggregator,
    envelope,
    listening,
    post,
    said,
    signature,
    status,
)
from tests.webhooks import up

NAME = name_of("01JQ", sender="sms:+4500000001")

# Who is believed


@pytest.mark.parametrize(
    "given",
    [
        "",
        "v1=",
        "v1=00",
        signature(b"another body"),
        signature(json.dumps({}).encode(), secret="another secret of that length"),
        signature(json.dumps({}).encode())[3:],
        "v2=" + signature(json.dumps({}).encode())[3:],
        "v1=æøå",
    ],
)
async def test_what_is_not_signed_is_not_read(given: str) -> None:
    async with up() as (channel, hub):
        assert await post(channel, {}, Signature=given) == 401
    assert hub.events == []


async def test_a_signature_is_of_the_very_octets_and_capitals_are_the_same() -> None:
    octets = json.dumps(said("1")).encode()
    async with up() as (channel, hub):
        assert await post(channel, octets + b" ", Signature=signature(octets)) == 401
        assert await post(channel, octets, Signature=signature(octets).replace("v1=", "V1=").upper()) == 204
    assert len(hub.events) == 1


async def test_two_signatures_are_none() -> None:
    octets = json.dumps(said("1")).encode()
    both = [("Signature", signature(octets)), ("Signature", "v1=00")]
    async with up() as (channel, hub), aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{channel.webhooks.port}/sms"
        for headers in (both, both[::-1]):
            async with session.post(url, data=octets, headers=headers) as answer:
                assert answer.status == 401
    assert hub.events == []


@pytest.mark.parametrize(
    ("age", "answer"),
    [
        (timedelta(hours=25), 204),  # a retry after a day is the aggregator's right
        (timedelta(hours=49), 401),
        (timedelta(minutes=-2), 204),
        (timedelta(minutes=-10), 401),
    ],
)
async def test_a_replay_is_taken_only_while_a_retry_may_come(age: timedelta, answer: int) -> None:
    body = said("1") | {"timestamp": (datetime.now(UTC) - age).isoformat()}
    async with up() as (channel, hub):
        assert await post(channel, body) == answer
    assert len(hub.events) == (answer == 204)


@pytest.mark.parametrize(
    ("hours", "answer"), [((60, 0), 204), ((0, 60), 204), ((60, 59), 401), ((0,), 204), ((60,), 401)]
)
async def test_what_is_signed_together_with_something_fresh_is_tried_again_and_counts(
    hours: tuple[int, ...], answer: int
) -> None:
    made = [datetime.now(UTC) - timedelta(hours=hour) for hour in hours]
    batch = [said("1", message=f"m{n}") | {"timestamp": at.isoformat()} for n, at in enumerate(made)]
    async with up() as (channel, hub):
        assert await post(channel, batch) == answer
    assert len(hub.events) == (len(hours) if answer == 204 else 0)


SPELLINGS = [
    "%Y-%m-%dT%H:%M:%S.123456789Z",
    "%Y-%m-%d %H:%M:%S +0000 UTC",
    "%Y%m%dT%H%M%SZ",
    "%Y-%m-%dT%H:%M:%S",
]


@pytest.mark.parametrize("age_h", [0, 60])
@pytest.mark.parametrize("spelling", [*SPELLINGS, "s", "ms", "text"])
async def test_a_time_is_known_however_it_is_spelled(spelling: str, age_h: int) -> None:
    made = datetime.now(UTC) - timedelta(hours=age_h)
    seconds = int(made.timestamp())
    numbers: dict[str, object] = {"s": seconds, "ms": seconds * 1000, "text": str(seconds)}
    async with up() as (channel, hub):
        body = said("1") | {"timestamp": numbers.get(spelling) or made.strftime(spelling)}
        assert await post(channel, body) == (401 if age_h else 204)
    assert [isinstance(event, Inbound) and not event.unreadable for event in hub.events] == [True] * (
        not age_h
    )


async def test_two_phones_messages_of_one_name_are_two() -> None:
    async with up() as (channel, hub):
        for sender in (4500000001, 4500000002, "+45 0000 0001"):
            await post(channel, said("1", sender=sender))
    names = [event.bearer_id for event in hub.events if isinstance(event, Inbound)]
    assert names == [NAME, name_of("01JQ", sender="sms:+4500000002"), NAME]


async def test_the_same_again_has_the_same_name() -> None:
    async with up() as (channel, hub):
        for _ in range(2):
            assert await post(channel, said("1", message="01JQ")) == 204
    assert {event.bearer_id for event in hub.events if isinstance(event, Inbound)} == {NAME}


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b"\xff\xfe{}",
        b"[" * 60_000,
        b'{"event_type": "message.status.sms"}',
        b'{"timestamp": "now", "event_type": "x", "event": {}}',
        b'{"timestamp": "2026", "timestamp": "2026"}',
        b'{"timestamp": NaN}',
        b'{"timestamp": "0001-01-01T00:00:00+14:00", "event_type": "x", "event": {}}',
        b'{"timestamp": 1e999}',
        b'{"timestamp": ' + b"9" * 5000 + b"}",
        json.dumps(status("DELIVERED") | {"event": []}).encode(),
        json.dumps(envelope("message.status.sms", {"status": "DELIVERED"})).encode(),
        json.dumps(envelope("message.status.sms", {"status": 7, "msg_id": "a"})).encode(),
        json.dumps(envelope("message.status.sms", {"status": "DELIVERED", "msg_id": "a" * 999})).encode(),
        json.dumps(said("1", sender=[])).encode(),
        json.dumps(said("1", sender=True)).encode(),
        json.dumps(said("1", message="")).encode(),
        json.dumps([said("1")] * 501).encode(),
    ],
)
async def test_signed_nonsense_goes_to_a_person_and_comes_no_more(octets: bytes) -> None:
    async with up() as (channel, hub):
        assert await post(channel, octets) == 204
        assert await post(channel, said("1", message="next")) == 204
    first, second = hub.events
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert "of a webhook" in first.unreadable
    assert second.bearer_id.startswith("next ")


async def test_what_our_own_code_fails_on_goes_to_a_person_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GatewayApi, "read", lambda *_, **__: 1 // 0)
    async with up() as (channel, hub):
        assert await post(channel, said("1")) == 204
    assert isinstance(hub.one, Inbound)
    assert "failed on it" in hub.one.unreadable
    assert '"message": "1"' in hub.one.raw


async def test_half_a_sign_becomes_a_question_mark_and_the_rest_counts() -> None:
    octets = json.dumps(said("1 X")).encode().replace(b"X", b"\\ud83d")
    async with up() as (channel, hub):
        assert await post(channel, octets) == 204
    assert isinstance(hub.one, Inbound)
    assert hub.one.text == "1 ?"


# What it costs


@pytest.mark.parametrize("path", ["/", "/sms/", "/sms/x", "/api/v1/alerts", "/healthz", "//sms", "/%73ms/.."])
async def test_nothing_but_its_path_is_there(path: str) -> None:
    async with up() as (channel, hub):
        assert await post(channel, said("1"), path=path) == 404
    assert hub.events == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
async def test_nothing_but_a_post_is_taken(method: str) -> None:
    async with up() as (channel, _), aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{channel.webhooks.port}/sms"
        async with session.request(method, url) as answer:
            assert answer.status == 405


async def test_a_body_is_bounded_whether_it_says_its_length_or_not() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b"x" * 1024

    octets = b"x" * 300_000
    async with up() as (channel, hub), aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{channel.webhooks.port}/sms"
        assert await post(channel, octets) == 413
        async with session.post(url, data=chunks()) as answer:
            assert answer.status == 413
        assert await post(channel, b"x", Content_Encoding="gzip") == 415
    assert hub.events == []


async def test_who_asks_before_it_sends_the_body_is_told_to_go_on() -> None:
    octets = json.dumps(said("1")).encode()
    head = f"POST /sms HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(octets)}\r\n"
    async with up() as (channel, _), asyncio.timeout(2):
        reader, writer = await asyncio.open_connection("127.0.0.1", channel.webhooks.port)
        writer.write(f"{head}Signature: {signature(octets)}\r\n\r\n".encode())
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(octets)
        assert (await reader.readline()).startswith(b"HTTP/1.1 204")
        writer.close()


async def test_what_is_held_open_without_a_signature_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.sms_http_webhook._BODY_S", 0.1)
    async with up() as (channel, hub):
        silent, slow = [await asyncio.open_connection("127.0.0.1", channel.webhooks.port) for _ in range(2)]
        slow[1].write(b"POST /sms HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        async with asyncio.timeout(2):
            assert await silent[0].read() == b""
            assert (await slow[0].read()).startswith((b"HTTP/1.1 408", b""))
        for _, writer in (silent, slow):
            writer.close()
        assert await post(channel, said("1")) == 204
    assert len(hub.events) == 1


async def test_connections_are_bounded_and_the_oldest_unsigned_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("channels.sms_http_webhook._CONNECTIONS_MOST", 2)
    async with up() as (channel, hub), asyncio.timeout(2):
        held = [await asyncio.open_connection("127.0.0.1", channel.webhooks.port) for _ in range(3)]
        await gone(held[0][0])
        assert await post(channel, said("1")) == 204
        for _, writer in held:
            writer.close()
    assert len(hub.events) == 1


async def gone(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionResetError):
        assert await reader.read() == b""


async def test_where_all_brought_something_signed_a_newcomer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.sms_http_webhook._CONNECTIONS_MOST", 1)
    octets = json.dumps(said("1")).encode()
    head = f"POST /sms HTTP/1.1\r\nHost: x\r\nContent-Length: {len(octets)}\r\nSignature: {signature(octets)}"
    async with up() as (channel, _), asyncio.timeout(2):
        reader, writer = await asyncio.open_connection("127.0.0.1", channel.webhooks.port)
        writer.write(head.encode() + b"\r\n\r\n" + octets)
        assert (await reader.readline()).startswith(b"HTTP/1.1 204")
        newcomer, other = await asyncio.open_connection("127.0.0.1", channel.webhooks.port)
        await gone(newcomer)
        assert not reader.at_eof()
        for each in (writer, other):
            each.close()


async def test_a_port_that_is_taken_leaves_the_channel_sending_and_says_so() -> None:
    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    async with Aggregator() as far, far.channel(**listening(listen=f"127.0.0.1:{port}")) as channel:
        async with asyncio.timeout(2):
            while (await channel.probe()).state is not State.DEGRADED:
                await asyncio.sleep(0.005)
            assert "nobody can listen" in (await channel.probe()).reason
            taken.close()
            while (await channel.probe()).state is not State.UP:
                await asyncio.sleep(0.005)
