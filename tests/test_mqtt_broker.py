"""MQTT with a real Mosquitto: what arrives, what comes back, and what survives restarts of either side."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from channels.base import (
    ChannelDown,
    Event,
    Health,
    HealthChanged,
    Inbound,
    PermanentFailure,
    Receipt,
    Report,
    State,
    TransientFailure,
    Unknown,
)
from channels.mqtt import MqttChannel
from messages.evidence import Evidence
from messages.precedence import Precedence
from messages.render import subject
from tests.mosquitto import FORBIDDEN, PREFIX, MosquittoServer, a_subscriber, mqtt_channel
from tests.mqtt_sink import packet, text
from tests.outgoing import outgoing, words

pytestmark = pytest.mark.mosquitto

TO = "mqtt:rum/12"
PATIENT = {"answer_s": 5}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MosquittoServer]:
    with MosquittoServer(tmp_path, persistence=True) as server:
        yield server


async def came(channel: MqttChannel, count: int = 1) -> list[Inbound | Report]:
    """The next messages, unsettled."""
    found: list[Inbound | Report] = []
    async with asyncio.timeout(5):
        async for event in channel.events():
            if isinstance(event, Inbound | Report):
                found.append(event)
            if len(found) == count:
                break
    return found


async def turns(channel: MqttChannel, state: State) -> str:
    """The reason of the next change to this state."""
    async with asyncio.timeout(5):
        async for event in channel.events():
            if isinstance(event, HealthChanged) and event.health.state is state:
                return event.health.reason
    raise AssertionError("the channel closed")


@asynccontextmanager
async def up(port: int, **options: object) -> AsyncIterator[MqttChannel]:
    async with mqtt_channel(port, **PATIENT | options) as channel:
        assert (await channel.probe()).state is State.UP
        yield channel


async def quiet(channel: MqttChannel) -> list[Event]:
    """What waits to be read, once the broker has answered a question put after it."""
    await channel.probe()
    waiting = [*channel._feed._waiting, *channel._events._queue]  # type: ignore[attr-defined]
    return [event for event in waiting if not isinstance(event, HealthChanged)]


# Out


async def test_a_subscriber_has_the_alert_with_its_marks_and_the_properties_of_mqtt_5(
    server: MosquittoServer,
) -> None:
    said = words(exercise=True, headline="Strømsvigt på rådhuset 🔦")
    async with a_subscriber(server.port) as app, up(server.port) as channel:
        sent = outgoing(TO, said, precedence=Precedence.IMMEDIATE)
        receipt = await channel.submit(sent)
        [alert] = await app.wait()
    properties = app.heard[0].properties
    assert alert["text"].startswith("ØVELSE")
    assert alert["text"].endswith("ØVELSE\n")
    assert (alert["headline"], alert["status"], alert["attempt"]) == (subject(said), "Exercise", sent.attempt)
    assert (alert["answers"], alert["code"]) == ({"1": "kommer", "2": "kommer ikke"}, "K7")
    assert properties.CorrelationData == f"{sent.attempt}/rum/12".encode()
    assert properties.ResponseTopic == f"{PREFIX}/answer"
    assert properties.MessageExpiryInterval in {3599, 3600}
    assert receipt == Receipt((sent.attempt,), Evidence.SUBMITTED, "PUBACK")


async def test_a_topic_that_nobody_subscribes_to_is_refused_for_now(server: MosquittoServer) -> None:
    async with up(server.port) as channel:
        with pytest.raises(TransientFailure, match="nobody subscribes") as caught:
            await channel.submit(outgoing(TO))
        async with a_subscriber(server.port):
            assert isinstance(await channel.submit(outgoing(TO)), Receipt)
    assert caught.value.code == "0x10"


async def test_a_topic_that_we_may_not_write_is_refused_for_good(server: MosquittoServer) -> None:
    async with up(server.port) as channel:
        with pytest.raises(PermanentFailure, match="not allowed") as caught:
            await channel.submit(outgoing(f"mqtt:{FORBIDDEN}"))
    assert caught.value.code == "0x87"


# Back


async def test_what_is_not_settled_comes_again_and_what_is_does_not(server: MosquittoServer) -> None:
    async with a_subscriber(server.port) as app:
        async with up(server.port) as channel:
            for number in range(3):
                await app.say(attempt="01JD7.1", answer="1", id=str(number))
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
    assert again.bearer_id == others[1].bearer_id


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
    assert "cannot be taken apart" in event.automatic


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
            await app.send(b"nonsense %d" % number)
        await app.say(attempt="01JD7.1", answer="1")
        events = []
        for _ in range(61):
            events += await came(channel)
            await events[-1].settle()
    assert [isinstance(event, Inbound) and bool(event.automatic) for event in events] == [True] * 60 + [False]


# The other side


async def test_a_broker_that_restarts_keeps_what_waits_for_us(server: MosquittoServer) -> None:
    async with a_subscriber(server.port) as app, up(server.port) as channel:
        await app.say(attempt="01JD7.1", answer="1", id="a")
        [unsettled] = await came(channel)
        server.stop()
        assert await turns(channel, State.DOWN)
        with pytest.raises(ChannelDown):
            await channel.submit(outgoing(TO))
        server.start()
        [again] = await came(channel)
        async with asyncio.timeout(5):
            while await channel.probe() != Health(State.UP):
                await asyncio.sleep(0.005)
        await unsettled.settle()  # of a session that has ended: nothing happens
    assert isinstance(again, Inbound)
    assert isinstance(unsettled, Inbound)
    assert again.bearer_id == unsettled.bearer_id


async def test_a_broker_that_is_killed_and_forgets_us_is_said_to_have_done_so(tmp_path: Path) -> None:
    with MosquittoServer(tmp_path, persistence=False) as server:
        async with up(server.port) as channel:
            server.stop(signal.SIGKILL)
            await turns(channel, State.DOWN)
            server.start()
            reason = await turns(channel, State.UP)
            async with a_subscriber(server.port) as app:
                await app.say(attempt="01JD7.1", answer="1")  # read all the same
                await came(channel)
    assert "had forgotten our session" in reason


async def test_a_broker_killed_with_an_alert_in_its_hands_leaves_it_unknown(server: MosquittoServer) -> None:
    async with a_subscriber(server.port), up(server.port) as channel:
        os.kill(server.pid, signal.SIGSTOP)
        sending = asyncio.create_task(channel.submit(outgoing(TO)))
        await asyncio.sleep(0.05)
        server.stop(signal.SIGKILL)
        with pytest.raises(Unknown):
            await sending


async def test_two_gateways_with_one_client_id_are_told_and_slow_down(server: MosquittoServer) -> None:
    slow = {"client_id": "bavn-a", "reconnect_s": 0.02, "reconnect_max_s": 0.5}
    async with up(server.port, **slow) as first, up(server.port, **slow):
        async with asyncio.timeout(5):
            while "does another client use our client_id bavn-a?" not in await turns(first, State.DOWN):
                pass
        with pytest.raises(ChannelDown, match="bavn-a"):
            await first.submit(outgoing(TO))


async def test_others_see_whether_we_are_there(server: MosquittoServer) -> None:
    async with a_subscriber(server.port, f"{PREFIX}/availability") as app:
        async with up(server.port, availability=True) as channel:
            await app.more.wait()
            (await channel._keeper.session()).abort("cut off")  # the will tells, then the new session
            async with asyncio.timeout(5):
                while len(app.heard) < 3:
                    await asyncio.sleep(0.005)
        async with asyncio.timeout(5):
            while len(app.heard) < 4:
                await asyncio.sleep(0.005)
    assert [bytes(m.payload) for m in app.heard] == [b"online", b"offline", b"online", b"offline"]  # type: ignore[arg-type]


# Protected


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[MosquittoServer]:
    """TLS, and a password."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    (tmp_path / "passwords").touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", tmp_path / "passwords", "bavn", "hemmelig"], check=True)
    extra = f"certfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem\npassword_file {tmp_path}/passwords\n"
    with MosquittoServer(tmp_path, extra=extra, acl="pattern readwrite #\n") as server:
        yield server


LOGIN = {"tls": "implicit", "username": "bavn", "password": "hemmelig"}


async def test_tls_and_a_password_let_us_in(guarded: MosquittoServer) -> None:
    async with up(guarded.port, ca_file=guarded.folder / "ca.pem", **LOGIN) as channel:
        with pytest.raises(TransientFailure, match="nobody subscribes"):
            await channel.submit(outgoing(TO))
        assert (await channel.probe()).state is State.UP


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ca_file": None}, "certificate verify failed"),
        ({"host": "localhost"}, "certificate verify failed"),
        ({"password": "gættet"}, "not allowed in|password is wrong"),
    ],
)
async def test_a_certificate_or_a_password_that_is_wrong_sends_nothing(
    guarded: MosquittoServer, change: dict[str, object], reason: str
) -> None:
    options = {"ca_file": guarded.folder / "ca.pem", **LOGIN, **change}
    async with mqtt_channel(guarded.port, **options) as channel:
        with pytest.raises(ChannelDown, match=reason):
            await channel.submit(outgoing(TO))
