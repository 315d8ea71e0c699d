"""The inbox as an SMTP port: 250 only after the commit, and nothing that a client may do takes more than its share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from channels.base import Event, HealthChanged, Inbound, State
from channels.email import EmailChannel
from channels.email_smtp_in import SmtpReader
from tests.fault_proxy import CLIENT, FaultProxy, Kind
from tests.smtp_sink import SENDER, ScriptedSink, mail_channel

MAIL = f"MAIL FROM:<vagt@eksempelkommune.invalid>\r\nRCPT TO:<{SENDER}>\r\nDATA\r\n".encode()
ANSWER = b"From: Vagt <vagt@eksempelkommune.invalid>\r\nSubject: SV\r\nMessage-ID: <1@x.invalid>\r\n\r\nKommer\r\n.\r\n"


class Hub:
    """Keeps what comes, as a hub does; `keeps` False: it never commits."""

    def __init__(self, channel: EmailChannel) -> None:
        self.channel, self.keeps = channel, True
        self.got: list[Inbound] = []
        self.states: list[State] = []

    async def follow(self) -> None:
        async for event in self.channel.events():
            await self.take(event)

    async def take(self, event: Event) -> None:
        if isinstance(event, HealthChanged):
            self.states.append(event.health.state)
        elif isinstance(event, Inbound):
            self.got.append(event)
            if self.keeps:
                await event.settle()


@asynccontextmanager
async def listening(**options: object) -> AsyncIterator[tuple[Hub, int]]:
    inbox: dict[str, object] = {
        "kind": "smtp",
        "listen": "127.0.0.1:0",
        "key": "0123456789abcdef",
        "commit_s": 0.2,
    }
    async with (
        ScriptedSink() as sink,
        mail_channel(sink.port, probe_every_s=9, inbox=inbox | options) as channel,
    ):
        hub = Hub(channel)
        follower = asyncio.create_task(hub.follow())
        await _until(lambda: State.UP in hub.states)
        assert isinstance(channel.inbox, SmtpReader)
        yield hub, channel.inbox.port
    await follower


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def said(port: int, *sent: bytes, half: bool = True) -> list[str]:
    """Everything that the port answers to these octets, up to its end of file; a reset ends it too."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for each in sent:
            writer.write(each)
            await writer.drain()
            await asyncio.sleep(0)
        if half:
            writer.write(b"QUIT\r\n")
        async with asyncio.timeout(5):
            return (await reader.read()).decode().splitlines()
    except ConnectionResetError:
        return []
    finally:
        writer.close()


async def test_a_mail_is_taken_over_once_the_hub_has_kept_it() -> None:
    async with listening() as (hub, port):
        answers = await said(port, b"EHLO relay.invalid\r\n" + MAIL + ANSWER)
        assert [(each.text, each.sender) for each in hub.got] == [
            ("Kommer", "mailto:vagt@eksempelkommune.invalid")
        ]
    assert answers[-2:] == ["250 2.0.0 kept", "221 2.0.0 bye"]


@pytest.mark.parametrize("foreign", [b"<>", b"<MAILER-DAEMON>"])
async def test_the_envelope_says_who_sent_it_and_not_a_line_in_the_mail(foreign: bytes) -> None:
    async with listening() as (hub, port):
        own = b"Return-Path: " + foreign + b"\r\n" + ANSWER
        await said(port, b"EHLO relay.invalid\r\n" + MAIL + own)
        null = MAIL.replace(b"<vagt@eksempelkommune.invalid>", b"<>", 1)
        await said(port, b"EHLO relay.invalid\r\n" + null + b"Return-Path: <vagt@x.invalid>\r\n" + ANSWER)
        assert [each.automatic for each in hub.got] == ["", "sent with the null return path"]


async def test_what_the_hub_has_not_kept_is_to_come_again() -> None:
    async with listening() as (hub, port):
        hub.keeps = False
        first = await said(port, b"HELO x\r\n" + MAIL + ANSWER)
        hub.keeps = True
        again = await said(port, b"HELO x\r\n" + MAIL + ANSWER)
        ids = {each.bearer_id for each in hub.got}
    assert first[-2].startswith("451 4.3.0")
    assert again[-2].startswith("250")
    assert (len(ids), len(hub.got)) == (1, 2)


async def test_a_channel_that_closes_takes_nothing_over() -> None:
    async with listening(commit_s=9) as (hub, port):
        hub.keeps = False
        waiting = asyncio.create_task(said(port, b"HELO x\r\n" + MAIL + ANSWER))
        await _until(lambda: bool(hub.got))
    assert not any(answer.startswith("250 2.0.0 kept") for answer in await waiting)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (MAIL.replace(SENDER.encode(), b"en-anden@eksempelkommune.invalid"), "550 5.1.1"),
        (b"RCPT TO:<x@y.invalid>\r\n", "503"),
        (b"DATA\r\n", "554"),
        (b"MAIL FROM:<a@b.invalid>\r\nMAIL FROM:<a@b.invalid>\r\n", "503"),
        (b"MAIL FROM: nonsense\r\n", "501"),
        (b"VRFY x\r\n", "502"),
        (b"STARTTLS\r\n", "502"),
        (b"AUTH PLAIN AAAA\r\n", "502"),
        (MAIL + b"Subject: x\r\n\r\na\n.\nMAIL FROM:<x@y.invalid>\r\n.\r\n", "550 5.6.0"),
        (MAIL + b"Subject: x\r\n\r\na\r.\r\n\r\n.\r\n", "550 5.6.0"),
        (MAIL + b"Subject: x\r\n\r\na\n.\r\n\r\n.\r\n", "550 5.6.0"),
    ],
)
async def test_what_is_not_for_us_or_not_mail_is_refused(sent: bytes, answer: str) -> None:
    async with listening() as (hub, port):
        answers = await said(port, b"HELO x\r\n" + sent)
        assert hub.got == []
    assert any(each.startswith(answer) for each in answers)


async def test_a_stuffed_dot_is_unstuffed_and_a_lone_one_ends() -> None:
    async with listening() as (hub, port):
        await said(port, b"HELO x\r\n" + MAIL + b"From: a@b.invalid\r\n\r\n..\r\n..1\r\n.\r\n")
        assert hub.got[0].text == ".\n.1"


async def test_a_mail_of_any_length_is_read_and_kept_up_to_the_limit() -> None:
    body = b"From: a@b.invalid\r\n\r\nKommer\r\n-- \r\n" + b"x" * 900 + b"\r\n"
    async with listening(max_octets=10_000, commit_s=5) as (hub, port):
        answers = await said(port, b"HELO x\r\n" + MAIL + body + (b"y" * 900 + b"\r\n") * 3_000 + b".\r\n")
        assert hub.got[0].text == "Kommer"
    assert answers[-2].startswith("250")


async def test_only_the_own_mail_server_may_speak() -> None:
    async with listening(allow=["192.0.2.0/24"]) as (_, port):
        assert await said(port, half=False) == ["554 5.7.1 not from there"]


async def test_sessions_are_bounded_and_idle_ones_are_let_go() -> None:
    async with listening(sessions=2, command_s=0.3) as (_, port):
        connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, _ in connections:
            assert (await reader.readline()).startswith(b"220")
        assert (await said(port, half=False))[0].startswith("421")
        for reader, writer in connections:
            assert await asyncio.wait_for(reader.read(), 2) == b""
            writer.close()


async def test_strangers_are_told_to_come_later() -> None:
    async with listening(strangers_per_minute=2) as (hub, port):
        answers = [
            await said(port, b"HELO x\r\n" + MAIL + ANSWER.replace(b"<1@", b"<%d@" % n)) for n in range(4)
        ]
        assert len(hub.got) == 2
    assert [each[-2][:9] for each in answers] == ["250 2.0.0", "250 2.0.0", "451 4.7.0", "451 4.7.0"]


@pytest.mark.parametrize(
    "nonsense",
    [("x" * 10_000, 1), ("\0\0\0", 1), ("NOOP", 1_100), ("BAD", 50), ("y" * 2_000_000, 1)],
    ids=["long", "nul", "many", "wrong", "endless"],
)
async def test_nonsense_ends_its_own_session_alone(nonsense: tuple[str, int]) -> None:
    line, times = nonsense
    async with listening() as (hub, port):
        await said(port, f"{line}\r\n".encode() * times)
        assert (await said(port, b"HELO x\r\n" + MAIL + ANSWER))[-2] == "250 2.0.0 kept"
        assert len(hub.got) == 1


async def test_a_port_that_is_taken_is_told_and_opened_later() -> None:
    other = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    inbox = {"kind": "smtp", "listen": f"127.0.0.1:{port}", "key": "0123456789abcdef", "reconnect_s": 0.02}
    async with ScriptedSink() as sink, mail_channel(sink.port, inbox=inbox) as channel:
        hub = Hub(channel)
        follower = asyncio.create_task(hub.follow())
        await _until(lambda: State.DEGRADED in hub.states)
        other.close()
        await other.wait_closed()
        await _until(lambda: hub.states[-1] is State.UP)
    await follower


STEPS = [rb"220 bavn", rb"EHLO", rb"MAIL", rb"RCPT", rb"DATA\r\n", rb"Subject", rb"\r\n\.\r\n"]


@pytest.mark.parametrize("step", STEPS[1:])
@pytest.mark.parametrize("kind", ["cut", "half-close", "black-hole", "delay"])
async def test_a_client_that_fails_at_any_step_harms_nobody(step: bytes, kind: Kind) -> None:
    """Its mail was not taken over, or was kept: then its copy counts once. The next client is served."""
    async with listening(command_s=0.3) as (hub, port), FaultProxy(port=port) as proxy:
        proxy.strike(kind, side=CLIENT, when=step, seconds=0.05)
        talk = asyncio.create_task(said(proxy.port, b"EHLO x\r\n", MAIL, ANSWER))
        await _until(lambda: proxy.struck == 1)
        answers = await said(port, b"HELO x\r\n" + MAIL + ANSWER)
        assert answers[-2] == "250 2.0.0 kept"
        assert len({each.bearer_id for each in hub.got}) == 1
        talk.cancel()
        await asyncio.gather(talk, return_exceptions=True)
