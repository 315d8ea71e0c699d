"""Faults between the channel and the aggregator, at every step of a hand-over; and at random, from a seed."""

import asyncio
import random
import ssl
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest
import trustme
from aiohttp import web

from channels.base import ChannelDown, ChannelError, Receipt, State, Unknown
from channels.sms_http import SmsHttpChannel
from tests.aggregator import TO, Aggregator, Json, answers, lost
from tests.fault_proxy import CLIENT, SERVER, FaultProxy, Kind
from tests.outgoing import outgoing, words

# Where a fault strikes: the side that speaks, what it says, and whether that still gets through.
STEPS = {
    "before the head": (CLIENT, rb"POST ", True),
    "after the message": (CLIENT, rb"POST .*\"priority\": \"[a-z]+\"}", False),
    "before the answer": (SERVER, rb"HTTP/1.1 202", True),
    "after the answer": (SERVER, rb"HTTP/1.1 202.*}", False),
}
MESSAGES, AT_A_TIME = 120, 4


async def outcome(channel: SmsHttpChannel, attempt: str) -> Receipt | ChannelError:
    """Of the first try in which the aggregator was there."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await channel.submit(outgoing(TO, words(text=f"attempt {attempt}"), attempt=attempt))
            except ChannelDown:
                await asyncio.sleep(0.005)
            except ChannelError as failure:
                return failure


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("step", STEPS)
async def test_the_outcome_is_true_and_the_channel_comes_back(step: str, kind: Kind) -> None:
    side, when, before = STEPS[step]
    async with Aggregator() as far, FaultProxy(port=far.port) as proxy:
        proxy.strike(kind, side=side, when=when, before=before, seconds=0.02)
        async with far.channel(proxy.port, connect_s=0.3, answer_s=0.2) as channel:
            said = {"first": await outcome(channel, "first")}
            while not any(isinstance(found, Receipt) for name, found in said.items() if name != "first"):
                said[f"later {len(said)}"] = await outcome(channel, f"later {len(said)}")
    copies = Counter(message["reference"] for message in far.taken)
    assert proxy.struck == 1
    assert len(said) <= 3  # a connection that was dying took one with it at most
    for name, found in said.items():
        assert isinstance(found, Receipt | Unknown)
        assert isinstance(found, Receipt) <= copies[name] <= 1
    if kind == "delay" or step == "after the answer":
        assert isinstance(said["first"], Receipt)


@pytest.mark.parametrize("kind", ["cut", "black-hole"])
async def test_a_fault_before_the_connection_is_there_is_down_and_nothing_left(kind: Kind) -> None:
    """A server that takes the connection and never shakes hands."""
    calls: list[str] = []

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if kind == "cut":
            writer.transport.abort()
        else:
            held.append(writer)

    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    far = Aggregator(port=server.sockets[0].getsockname()[1])
    async with far.channel(url=far.url("https"), connect_s=0.1) as channel:
        with pytest.raises(ChannelDown):
            await channel.submit(outgoing(TO, hand_over=lambda: calls.append("left")))
    server.close()
    for writer in held:
        writer.transport.abort()
    assert calls == []


ANSWERS = {
    "nothing": b"",
    "noise": bytes(range(256)) * 8,
    "no status": b"HTTP/1.1 abc\r\n\r\n",
    "a status of its own": b"HTTP/1.1 99999 what\r\nContent-Length: 0\r\n\r\n",
    "a header without end": b"HTTP/1.1 202 OK\r\nX: " + b"x" * 1_000_000,
    "headers without end": b"HTTP/1.1 202 OK\r\n" + b"X: x\r\n" * 200_000,
    "go on, without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
    "two lengths": b"HTTP/1.1 202 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
    "a body without end": b"HTTP/1.1 202 OK\r\n\r\n" + b" " * 10_000_000,
    "chunks without end": b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 300_000,
    "no chunk": b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_that_is_none_is_unknown_and_bounded(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(answer if head.startswith(b"POST") else b"HTTP/1.1 204 OK\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    far = Aggregator(port=server.sockets[0].getsockname()[1])
    async with far.channel(answer_s=0.3) as channel:
        with pytest.raises(Unknown) as caught:
            await channel.submit(outgoing(TO))
    server.close()
    assert len(caught.value.raw) < 1000
    assert len(caught.value.reason) < 200


async def test_a_kept_connection_that_had_ended_costs_no_message() -> None:
    async with (
        Aggregator() as far,
        FaultProxy(port=far.port) as proxy,
        far.channel(proxy.port, probe_every_s=60) as channel,
    ):
        for number in range(5):
            assert isinstance(await outcome(channel, f"a{number}"), Receipt)
            proxy.cut_all()
            await asyncio.sleep(0.01)  # the end of it arrives
    assert len(far.taken) == 5


async def test_it_comes_back_by_itself_and_says_so() -> None:
    async with Aggregator() as far, FaultProxy(port=far.port) as proxy, far.channel(proxy.port) as channel:
        assert isinstance(await outcome(channel, "a"), Receipt)
        proxy.refusing = True
        proxy.cut_all()
        await asyncio.sleep(0.01)  # the end of it arrives
        with pytest.raises(Unknown):  # a port that takes the connection first: the message had left
            await channel.submit(outgoing(TO))
        assert (await channel.probe()).state is State.DOWN
        with pytest.raises(ChannelDown):
            await channel.submit(outgoing(TO))
        before = proxy.connections
        await asyncio.sleep(0.3)
        assert (
            4 <= proxy.connections - before <= 20
        )  # pauses of at most 0.05 s less a half, and no tight loop
        proxy.refusing = False
        assert isinstance(await outcome(channel, "b"), Receipt)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_an_aggregator_that_only_answers_errors_is_down(status: int) -> None:
    async with Aggregator(look_status=status) as far, far.channel() as channel:
        health = await channel.probe()
        assert (health.state, health.reason) == (State.DOWN, f"it answers {status}")
        far.look_status = 404
        assert (await channel.probe()).state is State.UP


@pytest.mark.parametrize("seed", range(4))
async def test_every_outcome_agrees_with_the_far_end(seed: int) -> None:
    dice, attempts = random.Random(seed), iter([f"a{number}" for number in range(MESSAGES)])
    outcomes: dict[str, Receipt | ChannelError] = {}
    async with Aggregator() as far:
        kinds = {
            "lost": lost(far),
            "taken and 500": _taken_and(far, 500),
            "refused with 500": answers(500),
            "503": answers(503),
            "nonsense": answers(200, "{}"),
        }

        async def work(channel: SmsHttpChannel) -> None:
            for attempt in attempts:
                if dice.random() < 1 / 6:
                    far.script.append(kinds[dice.choice(sorted(kinds))])
                outcomes[attempt] = await outcome(channel, attempt)

        async with far.channel() as channel:
            await asyncio.gather(*(work(channel) for _ in range(AT_A_TIME)))
    copies = Counter(message["reference"] for message in far.taken)
    assert sum(isinstance(said, Unknown) for said in outcomes.values()) >= 5
    for attempt, said in outcomes.items():
        most = 1 if isinstance(said, Receipt | Unknown) else 0
        assert isinstance(said, Receipt) <= copies[attempt] <= most, (attempt, said, seed)


def _taken_and(far: Aggregator, status: int):  # type: ignore[no-untyped-def]
    async def step(request: web.Request) -> web.StreamResponse:
        await far.take(request)
        return web.Response(status=status)

    return step


# TLS


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_certificate_is_trusted_by_ca_file_alone(tmp_path: Path, *, trusted: bool) -> None:
    calls: list[str] = []
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    more: Json = {"ca_file": tmp_path / "ca.pem"} if trusted else {}
    async with Aggregator(tls=context) as far, far.channel(url=far.url("https"), **more) as channel:
        found = await first(channel, calls)
    assert (len(far.taken), len(calls)) == ((1, 1) if trusted else (0, 0))
    assert trusted or "certificate" in found


async def first(channel: SmsHttpChannel, calls: list[str]) -> str:
    try:
        await channel.submit(outgoing(TO, hand_over=lambda: calls.append("left")))
    except ChannelDown as down:
        return down.reason
    return ""


async def test_a_ca_file_that_is_none_is_said_at_once(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    channel = Aggregator(port=1).channel(url="https://sms.invalid/", ca_file=tmp_path / "ca.pem")
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ChannelError, match="ca_file"):
        await channel.__aenter__()
