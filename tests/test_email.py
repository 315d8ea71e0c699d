"""The mail channel beside its table of outcomes: kept connections, TLS, login, health, configuration."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from channels.base import ChannelDown, ChannelError, HealthChanged, State, TransientFailure
from channels.email import EmailChannel, measure
from channels.email_config import EmailConfig
from tests.outgoing import outgoing
from tests.smtp_sink import SENDER, Does, ScriptedSink, mail_channel

TO = "mailto:vagt@eksempelkommune.invalid"


@pytest.fixture
async def sink() -> AsyncIterator[ScriptedSink]:
    async with ScriptedSink() as sink:
        yield sink


async def until(channel: EmailChannel, state: State) -> str:
    async with asyncio.timeout(2):
        async for event in channel.events():
            if isinstance(event, HealthChanged) and event.health.state is state:
                return event.health.reason
    raise AssertionError("the channel closed")


async def test_one_connection_serves_many_messages(sink: ScriptedSink) -> None:
    async with mail_channel(sink.port, connections=1) as channel:
        for _ in range(5):
            await channel.submit(outgoing(TO))
    assert (len(sink.mails), sink.connections) == (5, 1)


async def test_no_more_connections_than_configured(sink: ScriptedSink) -> None:
    async with mail_channel(sink.port, connections=3) as channel:
        await asyncio.gather(*(channel.submit(outgoing(TO)) for _ in range(20)))
    assert len(sink.mails) == 20
    assert sink.connections <= 3


async def test_a_kept_connection_that_died_is_replaced_without_a_failure(sink: ScriptedSink) -> None:
    async with mail_channel(sink.port, connections=1, probe_every_s=9) as channel:
        await channel.submit(outgoing(TO))
        sink.script = {"MAIL": Does.HANG_UP}
        await channel.submit(outgoing(TO))
    assert len(sink.mails) == 2


async def test_a_goodbye_on_a_kept_connection_is_no_failure(sink: ScriptedSink) -> None:
    async with mail_channel(sink.port, connections=1, probe_every_s=9) as channel:
        await channel.submit(outgoing(TO))
        sink.script = {"MAIL": "421 4.4.2 idle too long"}
        await channel.submit(outgoing(TO))
    assert len(sink.mails) == 2


async def test_a_connection_unused_for_long_is_opened_anew(sink: ScriptedSink) -> None:
    async with mail_channel(sink.port, connections=1, idle_s=1e-9) as channel:
        for _ in range(3):
            await channel.submit(outgoing(TO))
    assert sink.connections >= 3


async def test_a_refused_message_clears_the_way_for_the_next(sink: ScriptedSink) -> None:
    sink.script = {"RCPT": "450 4.2.1 busy"}
    async with mail_channel(sink.port, connections=1) as channel:
        with pytest.raises(TransientFailure):
            await channel.submit(outgoing(TO))
        await channel.submit(outgoing(TO))
    assert (len(sink.all_heard("RSET")), sink.connections) == (1, 1)


async def test_a_relay_that_goes_is_noticed_without_a_message_and_so_is_its_return(
    sink: ScriptedSink,
) -> None:
    async with mail_channel(sink.port) as channel:
        await until(channel, State.UP)
        await sink.refuse()
        reason = await until(channel, State.DOWN)
        await sink.restore()
        await until(channel, State.UP)
    assert str(sink.port) in reason


async def test_while_the_relay_is_away_messages_are_refused_at_once(sink: ScriptedSink) -> None:
    await sink.refuse()
    async with mail_channel(sink.port, reconnect_s=9, reconnect_max_s=9) as channel:
        await until(channel, State.DOWN)
        with pytest.raises(ChannelDown):
            await asyncio.wait_for(channel.submit(outgoing(TO)), 0.1)


async def test_a_relay_that_greets_and_hangs_up_is_not_asked_in_a_tight_loop() -> None:
    class Fickle(ScriptedSink):
        async def answer(self, step: str, line: str) -> str:
            self.script = {"NOOP": Does.HANG_UP}
            if step == "connect" and self.connections == 3:
                self.muted.set()
            return await super().answer(step, line)

    loop = asyncio.get_running_loop()
    async with Fickle() as sink, mail_channel(sink.port, probe_every_s=0.001, reconnect_s=0.1):
        began = loop.time()
        await sink.muted.wait()
    assert loop.time() - began >= 0.2


async def test_probing_a_relay_that_has_gone_mute_says_down(sink: ScriptedSink) -> None:
    async with mail_channel(sink.port, probe_every_s=9) as channel:
        await channel.submit(outgoing(TO))
        sink.mute()
        assert (await channel.probe()).state is State.DOWN
        await sink.restore()
        assert (await channel.probe()).state is State.UP


async def test_closing_says_goodbye_and_leaves_no_connection(sink: ScriptedSink) -> None:
    async with mail_channel(sink.port) as channel:
        await asyncio.gather(*(channel.submit(outgoing(TO)) for _ in range(4)))
    async with asyncio.timeout(1):
        while sink.open_sessions:
            await asyncio.sleep(0)
    assert len(sink.all_heard("QUIT")) == sink.connections


# Login and TLS


async def test_the_login_is_sent_before_the_first_message() -> None:
    sink = ScriptedSink({"AUTH": "235 2.7.0 welcome"}, offers=("AUTH PLAIN",))
    async with (
        sink,
        mail_channel(sink.port, username="bavn", password="hemmelig", connections=1) as channel,
    ):
        await channel.submit(outgoing(TO))
    [sent] = sink.all_heard("AUTH")
    assert base64.b64decode(sent.split()[2]) == b"\0bavn\0hemmelig"


async def test_a_wrong_password_is_the_channels_fault_not_the_messages() -> None:
    sink = ScriptedSink({"AUTH": "535 5.7.8 wrong"}, offers=("AUTH PLAIN",))
    async with sink, mail_channel(sink.port, username="bavn", password="hemmelig", reconnect_s=9) as channel:
        with pytest.raises(ChannelDown, match="535"):
            await channel.submit(outgoing(TO))
        assert "hemmelig" not in await until(channel, State.DOWN)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate authority of our own in a file, and a server context for 127.0.0.1 that it signed."""
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return path, context


async def test_tls_from_the_start_works_with_an_authority_of_ones_own(
    authority: tuple[Path, ssl.SSLContext],
) -> None:
    ca_file, context = authority
    sink = ScriptedSink()
    sink.tls = context
    async with sink, mail_channel(sink.port, tls="implicit", ca_file=ca_file, connect_s=5) as channel:
        await channel.submit(outgoing(TO))
    assert len(sink.mails) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    authority: tuple[Path, ssl.SSLContext],
) -> None:
    sink = ScriptedSink()
    sink.tls = authority[1]
    async with sink, mail_channel(sink.port, tls="implicit", connect_s=5) as channel:
        with pytest.raises(ChannelDown, match="certificate verify failed"):
            await channel.submit(outgoing(TO))
    assert sink.heard == []


async def test_starttls_that_is_not_offered_is_never_left_out(sink: ScriptedSink) -> None:
    async with mail_channel(sink.port, tls="starttls") as channel:
        with pytest.raises(ChannelDown, match="STARTTLS"):
            await channel.submit(outgoing(TO))
    assert sink.all_heard("MAIL") == []


async def test_a_ca_file_that_was_spoilt_meanwhile_is_named_when_the_channel_opens(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    channel = mail_channel(1, tls="implicit", ca_file=tmp_path / "ca.pem")
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(ChannelError, match=r"ca\.pem"):
        await channel.__aenter__()


# Configuration

GOOD = {"bearer": "email", "host": "mail.invalid", "sender": SENDER}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"sender": "krisestab"}, "mail address"),
        ({"sender": "a@b.invalid\r\nBcc: c@d.invalid"}, "not allowed"),
        ({"username": "bavn"}, "belong together"),
        ({"password": "hemmelig"}, "belong together"),
        ({"username": "bavn", "password": "hemmelig", "tls": "none"}, "readable"),
        ({"helo": "a b"}, "helo"),
        ({"host": "mail.invalid\r\n"}, "host"),
        ({"connections": 0}, "connections"),
        ({"verify": False}, "verify"),
        ({"ca_file": "/nowhere/ca.pem"}, "ca_file"),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_reason(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as refused:
        EmailConfig.model_validate(GOOD | wrong)
    assert "hemmelig" not in str(refused.value)


def test_the_password_is_in_no_repr() -> None:
    config = EmailConfig.model_validate(GOOD | {"username": "bavn", "password": "hemmelig"})
    assert "hemmelig" not in repr(config) + str(config) + repr(EmailChannel("mail", config))


def test_tls_is_the_default() -> None:
    assert EmailConfig.model_validate(GOOD).tls == "starttls"


def test_a_mail_is_one_part_of_its_octets_on_the_wire() -> None:
    assert (measure("hej").parts, measure("hej").octets, measure("på").octets) == (1, 5, 9)
