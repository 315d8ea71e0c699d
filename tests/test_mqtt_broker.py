"""MQTT with a real Mosquitto: what arrives, what comes back, and what survives restarts of either side."""

import asyncio
import os
import signal
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from channels.base import (
    ChannelDown,
    Health,
    Inbound,
    PermanentFailure,
    Receipt,
    State,
    TransientFailure,
    Unknown,
)
from messages.evidence import Evidence
from messages.precedence import Precedence
from messages.render import subject
from tests.mosquitto import FORBIDDEN, PREFIX, MosquittoServer, a_subscriber, mqtt_channel
from tests.mqtt_events import came, turns, up
from tests.outgoing import outgoing, words

pytestmark = pytest.mark.mosquitto

TO = "mqtt:rum/12"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MosquittoServer]:
    with MosquittoServer(tmp_path, persistence=True) as server:
        yield server


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


# The other side


async def test_a_broker_that_restarts_keeps_what_waits_for_us(server: MosquittoServer) -> None:
    async with a_subscriber(server.port) as app, up(server.port) as channel:
        await app.say(attempt="01JD7.1", answer="1")
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
    assert unsettled.unnamed is not None
    assert (again.bearer_id, again.unnamed) == (
        unsettled.bearer_id,
        replace(unsettled.unnamed, redelivered=True),
    )


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


@pytest.mark.parametrize(
    ("forgets", "client_id", "said"),
    [(False, "bavn", False), (True, "bavn", True), (True, "another", False)],
)
async def test_a_session_forgotten_while_we_were_away_is_missed_also_after_a_restart_of_ours(
    tmp_path: Path, forgets: bool, client_id: str, said: bool
) -> None:
    with MosquittoServer(tmp_path / "broker", persistence=not forgets) as server:
        for name, forgot in (("bavn", False), (client_id, said)):
            channel = mqtt_channel(server.port, client_id=name)
            channel.keep_in(tmp_path / "kept" / "mqtt", key=b"")
            async with channel:
                assert ("forgotten our session" in (await channel.probe()).reason) is forgot
            server.stop()
            server.start()


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


async def test_a_broker_that_keeps_nothing_retained_takes_alerts_all_the_same(tmp_path: Path) -> None:
    with MosquittoServer(tmp_path, extra="retain_available false\n") as server:
        async with mqtt_channel(server.port, availability=True, no_subscriber="accept") as channel:
            assert isinstance(await channel.submit(outgoing(TO)), Receipt)
            assert (await channel.probe()).state is State.UP


# Protected


def protect(folder: Path, *users: str) -> None:
    """A certificate of our own authority, and a password for each user."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    (folder / "passwords").touch(mode=0o600)
    for user in users:
        subprocess.run(["mosquitto_passwd", "-b", folder / "passwords", user, "hemmelig"], check=True)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[MosquittoServer]:
    protect(tmp_path, "bavn")
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


# As docs/channels.md sets it up


def documented(begin: str) -> str:
    """The block of the MQTT section that begins with this line."""
    section = (
        (Path(__file__).parent.parent / "docs" / "channels.md").read_text("utf-8").partition("## MQTT")[2]
    )
    block = section[section.index(f"    {begin}") :].partition("\n\n")[0]
    return "\n".join(line.removeprefix("    ") for line in block.splitlines()) + "\n"


async def test_a_broker_as_documented_lets_a_display_read_its_own_and_answer(tmp_path: Path) -> None:
    protect(tmp_path, "bavn", "rum12")
    paths = {"certfile": "cert.pem", "keyfile": "key.pem", "password_file": "passwords", "acl_file": "acl"}
    settings = dict(line.partition("#")[0].split() for line in documented("listener 8883").splitlines())
    told = (
        settings
        | {name: str(tmp_path / file) for name, file in paths.items()}
        | {"listener": "{port} 127.0.0.1"}
    )
    config = "".join(f"{name} {value}\n" for name, value in told.items()) + "user root\n"
    tls = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    with MosquittoServer(tmp_path, config=config, acl=documented("user bavn")) as server:
        display = a_subscriber(
            server.port, f"{PREFIX}/alert/#", username="rum12", password="hemmelig", tls_context=tls
        )
        async with display as app, up(server.port, ca_file=tmp_path / "ca.pem", **LOGIN) as channel:
            await channel.submit(outgoing("mqtt:rum/13"))
            await channel.submit(outgoing("mqtt:rum/12"))
            [alert] = await app.wait()
            await app.say("alert/rum/12", headline="falsk")
            await app.say(attempt=alert["attempt"], answer="1", from_="rum/12")
            [answer] = await came(channel)
            assert (alert["address"], len(app.heard)) == ("rum/12", 1)
    assert isinstance(answer, Inbound)
    assert answer.sender == "mqtt:rum/12"
