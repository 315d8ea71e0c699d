"""What comes in from an aggregator: who is believed, what counts, and when it hears that it was kept."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from channels.base import Event, HealthChanged, Inbound, Report, State
from channels.sms_http import SmsHttpChannel
from channels.sms_http_gatewayapi import GatewayApi
from messages.evidence import Evidence
from tests.aggregator import (
    SECRET,
    Aggregator,
    envelope,
    listening,
    now,
    post,
    said,
    signature,
    status,
)

ATTEMPT = "alert.7"


class Reader:
    """Reads a channel's events as the hub does; settles them when it is told to."""

    def __init__(self, channel: SmsHttpChannel, *, commits: bool) -> None:
        self.commits, self.events = commits, list[Event]()
        self.came = asyncio.Event()
        self._task = asyncio.create_task(self._read(channel))

    async def _read(self, channel: SmsHttpChannel) -> None:
        async for event in channel.events():
            if isinstance(event, HealthChanged):
                continue
            self.events.append(event)
            self.came.set()
            if self.commits:
                await event.settle()

    @property
    def one(self) -> Event:
        [event] = self.events
        return event


@asynccontextmanager
async def up(*, commits: bool = True, **more: object) -> AsyncIterator[tuple[SmsHttpChannel, Reader]]:
    async with Aggregator() as far, far.channel(**listening(**more)) as channel:
        async with asyncio.timeout(2):
            while (await channel.probe()).state is not State.UP:
                await asyncio.sleep(0.005)
        yield channel, Reader(channel, commits=commits)


# What it says


@pytest.mark.parametrize(
    ("state", "evidence"),
    [
        ("DELIVERED", Evidence.DELIVERED),
        ("READ", Evidence.READ),
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
        (1204, "1204"),
        ("Kommunen", "Kommunen"),
    ],
)
async def test_an_answer_comes_with_who_sent_it(sender: object, shown: str) -> None:
    async with up() as (channel, hub):
        assert await post(channel, said("1 #K7", sender=sender)) == 204
    assert isinstance(hub.one, Inbound)
    assert (hub.one.sender, hub.one.text, hub.one.bearer_id) == (shown, "1 #K7", "01JQ")


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
    assert (hub.one.part, hub.one.text, hub.one.bearer_id) == ((42, 3, 1), "del 1", "01JQ/1")


@pytest.mark.parametrize(
    ("kind", "content", "text", "automatic"),
    [
        ("user-message.text.rcs", "1 #K7", "1 #K7", ""),
        ("user-message.location.rcs", {"latitude": 55.7, "longitude": 12.6}, "", "it has no text"),
        ("user-message.file.rcs", {"category": "image"}, "", "it has no text"),
    ],
)
async def test_what_comes_by_rcs_is_kept_too(kind: str, content: object, text: str, automatic: str) -> None:
    event = {"msg_id": "01J", "sender": 4500000001, "sent_at": now(), "content": content}
    async with up() as (channel, hub):
        await post(channel, envelope(kind, event))
    assert isinstance(hub.one, Inbound)
    assert (hub.one.text, hub.one.automatic[:14]) == (text, automatic)


async def test_many_envelopes_are_answered_when_all_are_kept_and_an_unknown_event_stops_nothing() -> None:
    many = [said("1", message="a"), envelope("message.price", {}), said("2", message="b")]
    async with up() as (channel, hub):
        assert await post(channel, many) == 204
        assert [event.text for event in hub.events if isinstance(event, Inbound)] == ["1", "2"]
        assert await post(channel, [envelope("message.price", {})]) == 204


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
        [event] = GatewayApi().read(body, config, now=came)
        assert event.at == at, word


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


async def test_the_same_again_has_the_same_name() -> None:
    async with up() as (channel, hub):
        for _ in range(2):
            assert await post(channel, said("1", message="01JQ")) == 204
    assert {event.bearer_id for event in hub.events if isinstance(event, Inbound)} == {"01JQ"}


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
        json.dumps([said("1")] * 101).encode(),
    ],
)
async def test_signed_nonsense_goes_to_a_person_and_comes_no_more(octets: bytes) -> None:
    async with up() as (channel, hub):
        assert await post(channel, octets) == 204
        assert await post(channel, said("1", message="next")) == 204
    first, second = hub.events
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert "cannot be read" in first.automatic
    assert second.bearer_id == "next"


async def test_what_our_own_code_fails_on_goes_to_a_person_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GatewayApi, "read", lambda *_, **__: 1 // 0)
    async with up() as (channel, hub):
        assert await post(channel, said("1")) == 204
    assert isinstance(hub.one, Inbound)
    assert "failed on it" in hub.one.automatic
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
        for _ in range(200):
            yield b"x" * 1024

    octets = b"x" * 70_000
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


async def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.sms_http_webhook._CONNECTIONS_MOST", 2)
    async with up() as (channel, _):
        held = [await asyncio.open_connection("127.0.0.1", channel.webhooks.port) for _ in range(3)]
        async with asyncio.timeout(2):
            assert await held[2][0].read() == b""
        for _, writer in held:
            writer.close()


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
    assert [replace(e, at=now_of(e), raw="") for e in hub.events[:1]] == [
        replace(e, at=now_of(hub.events[0]), raw="") for e in hub.events[1:]
    ]


def now_of(event: Event) -> datetime:
    assert isinstance(event, Inbound)
    return event.at


async def test_a_channel_that_closes_answers_503_and_the_next_one_gets_it_again() -> None:
    async with up(commits=False) as (channel, hub):
        asking = asyncio.create_task(post(channel, said("1")))
        await hub.came.wait()
    assert await asking == 503
    async with up() as (channel, hub):
        assert await post(channel, said("1")) == 204
    assert isinstance(hub.one, Inbound)
    assert hub.one.bearer_id == "01JQ"


async def test_when_the_hub_has_no_room_it_is_503() -> None:
    async with up(commits=False, commit_s=0.01) as (channel, _):
        channel.webhooks._feed._bound = 0
        assert await post(channel, said("1")) == 503


# The dialect of our own


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
