"""What comes back over MQTT from a real Mosquitto: settled once it is ours, and nothing can stop what comes after."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import Inbound, Report
from messages.evidence import Evidence
from tests.mosquitto import PREFIX, MosquittoServer, a_subscriber
from tests.mqtt_events import came, quiet, up
from tests.mqtt_sink import packet, text

pytestmark = pytest.mark.mosquitto


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MosquittoServer]:
    with MosquittoServer(tmp_path, persistence=True) as server:
        yield server


async def test_what_is_not_settled_comes_again_and_what_is_does_not(server: MosquittoServer) -> None:
    async with a_subscriber(server.port) as app:
        async with up(server.port) as channel:
            for number in range(3):
                await app.say(attempt="01JD7.1", answer="1", text="x" * number)
            first, *others = await came(channel, 3)
            await others[0].settle()
            await first.settle()
            await channel.probe()  # answered after what went before: the broker has what we settled
        async with up(server.port) as channel:
            [again] = await came(channel)
            await again.settle()
            assert await quiet(channel) == []
    assert isinstance(again, Inbound)
    assert isinstance(others[1], Inbound)
    unsettled = others[1]
    assert unsettled.unnamed is not None
    assert again.bearer_id == unsettled.bearer_id
    assert again.unnamed == replace(unsettled.unnamed, redelivered=True)


async def test_an_answer_given_while_we_were_away_is_kept(server: MosquittoServer) -> None:
    async with up(server.port):
        pass
    async with a_subscriber(server.port) as app:
        await app.say(attempt="01JD7.1", answer=2, from_="rum/12", text="er der om 20", id="a")
        await app.say("report", attempt="01JD7.1", state="delivered", from_="rum/12")
    async with up(server.port) as channel:
        answer, report = await came(channel, 2)
    assert isinstance(answer, Inbound)
    assert isinstance(report, Report)
    assert (answer.in_reply_to, answer.text, answer.sender) == ("01JD7.1", "2, er der om 20", "mqtt:rum/12")
    assert (report.attempt, report.evidence) == ("01JD7.1", Evidence.DELIVERED)


async def test_a_gateway_that_is_killed_before_its_commit_gets_the_answer_again(
    server: MosquittoServer,
) -> None:
    async with a_subscriber(server.port) as app:
        process = await asyncio.to_thread(_reader, server.port)
        try:
            await app.say(attempt="01JD7.1", answer="1", id="a")
            assert process.stdout is not None
            printed = await asyncio.to_thread(process.stdout.readline)
        finally:
            process.kill()
            await asyncio.to_thread(process.communicate)
        async with up(server.port) as channel:
            [again] = await came(channel)
    assert isinstance(again, Inbound)
    assert (process.returncode, printed.split()) == (-signal.SIGKILL, [again.bearer_id, "01JD7.1"])


_READER = """
import asyncio, sys
from channels.base import Inbound
from tests.mosquitto import mqtt_channel

async def main(port):
    async with mqtt_channel(port) as channel:
        await channel.probe()
        print("up", flush=True)
        async for event in channel.events():
            if isinstance(event, Inbound):
                print(event.bearer_id, event.in_reply_to, flush=True)

asyncio.run(main(int(sys.argv[1])))
"""


def _reader(port: int) -> subprocess.Popen[str]:
    """A process that reads answers and settles none; returns when it is connected."""
    process = subprocess.Popen(
        [sys.executable, "-c", _READER, str(port)],
        cwd=Path(__file__).parent.parent,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


async def test_correlation_data_binds_an_answer_that_says_nothing_else(server: MosquittoServer) -> None:
    async with a_subscriber(server.port) as app, up(server.port) as channel:
        await app.send(b'{"answer": "1"}', correlation=b"01JD7.1")
        [answer] = await came(channel)
    assert isinstance(answer, Inbound)
    assert (answer.in_reply_to, answer.text) == ("01JD7.1", "1")


async def test_a_retained_answer_is_an_old_one_and_is_not_read(server: MosquittoServer) -> None:
    async with a_subscriber(server.port) as app:
        await app.say(attempt="01JD7.1", answer="1", id="old", retain=True)
    async with up(server.port) as channel:
        assert await quiet(channel) == []


async def test_an_answer_of_qos_0_is_read_too(server: MosquittoServer) -> None:
    async with a_subscriber(server.port) as app, up(server.port) as channel:
        await app.say(attempt="01JD7.1", answer="1", qos=0)
        [answer] = await came(channel)
        await answer.settle()


POISON = {
    "not UTF-8": b"\xff\xfe{",
    "not JSON": b"1, er der om 20",
    "no object": b'["1"]',
    "a bomb": b"[" * 3_000,
    "a number without end": b'{"attempt": "01JD7.1", "answer": ' + b"9" * 5_000 + b"}",
    "half a sign": b'{"attempt": "01JD7.1", "answer": "\\ud800"}',
    "a key twice": b'{"attempt": "a", "attempt": "b", "answer": "1"}',
    "a number that is none": b'{"attempt": "a", "answer": NaN}',
    "nothing": b"",
    "NUL": b'{"attempt": "01JD7.1", "answer": "\\u0000"}',
}


@pytest.mark.parametrize("kind", ["answer", "report"])
async def test_a_poisonous_message_is_kept_or_read_and_the_next_one_comes(
    server: MosquittoServer, kind: str
) -> None:
    async with a_subscriber(server.port) as app, up(server.port) as channel:
        for payload in POISON.values():
            await app.send(payload, kind)
        await app.say(attempt="01JD7.1", answer="1", id="after")
        *kept, after = await came(channel, len(POISON) + 1)
        for event in (*kept, after):
            await event.settle()
        await channel.probe()  # answered after what went before: the broker has what we settled
    async with up(server.port) as channel:
        assert await quiet(channel) == []
    assert isinstance(after, Inbound)
    assert not after.automatic
    assert all(isinstance(event, Inbound) and event.text.encode() is not None for event in kept)


async def test_a_property_that_the_library_cannot_read_does_not_come_for_ever(
    server: MosquittoServer,
) -> None:
    """U+FEFF is allowed in a text (MQTT 5.0 1.5.4); paho ends the connection over it."""
    async with up(server.port) as channel:
        await asyncio.to_thread(_publish_raw, server.port, text(b"k") + text("\ufeff".encode()))
        [event] = await came(channel)
        await event.settle()
        assert await quiet(channel) == []
    assert isinstance(event, Inbound)
    assert "cannot be taken apart" in event.unreadable


def _publish_raw(port: int, user_property: bytes) -> None:
    """An answer with a user property (3.3.2.3.7) as it stands, QoS 1, acknowledged."""
    properties = b"\x26" + user_property
    body = text(f"{PREFIX}/answer".encode()) + b"\x00\x01" + bytes([len(properties)]) + properties + b"{}"
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(packet(0x10, text(b"MQTT") + b"\x05\x02\x00\x3c\x00" + text(b"raw")))
        assert sock.recv(100)[:1] == b"\x20"
        sock.sendall(packet(0x32, body))
        assert sock.recv(100)[:1] == b"\x40"


async def test_a_message_larger_than_we_take_is_thrown_away_by_the_broker(server: MosquittoServer) -> None:
    async with a_subscriber(server.port) as app, up(server.port, longest_answer=2000) as channel:
        await app.send(b"x" * 3000)
        await app.say(attempt="01JD7.1", answer="1")
        [answer] = await came(channel)
    assert isinstance(answer, Inbound)
    assert answer.text == "1"


async def test_of_a_flood_of_nonsense_some_is_kept_and_none_blocks(server: MosquittoServer) -> None:
    async with a_subscriber(server.port) as app, up(server.port) as channel:
        for number in range(100):
            await app.send(b"\xff\xfe\x80 %d" % number)
        await app.say(attempt="01JD7.1", answer="1")
        events = []
        for _ in range(62):
            events += await came(channel)
            await events[-1].settle()
        assert "only counted" in (await channel.probe()).reason
    assert [isinstance(event, Inbound) and bool(event.unreadable) for event in events] == [True] * 61 + [
        False
    ]
