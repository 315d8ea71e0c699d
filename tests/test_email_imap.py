"""The inbox over IMAP, against a real server: what is read, when it is filed, and what every fault leaves behind."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import trustme

from channels.base import Event, HealthChanged, Inbound, State
from channels.email import EmailChannel
from tests.fault_proxy import CLIENT, SERVER, FaultProxy, Kind
from tests.mailbox import PASSWORD, USER, Mailbox
from tests.smtp_sink import ScriptedSink, mail_channel

_numbers = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    server.empty()
    return server


def answer(text: str = "1", number: int | None = None) -> bytes:
    head = b"From: Vagt <vagt@eksempelkommune.invalid>\r\nSubject: SV:\r\nMessage-ID: <%d@x.invalid>\r\n\r\n"
    return head % (number or next(_numbers)) + text.encode() + b"\r\n"


def imap_channel(sink: int, port: int, **options: object) -> EmailChannel:
    """`look_every_s` is longer than any test: only IDLE brings a mail at once."""
    inbox: dict[str, object] = {
        "kind": "imap",
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "username": USER,
        "password": PASSWORD,
        "key": "0123456789abcdef",
        "look_every_s": 60,
        "reconnect_s": 0.02,
        "reconnect_max_s": 0.05,
        "connect_s": 2,
        "command_s": 2,
    }
    return mail_channel(sink, probe_every_s=9, inbox=inbox | options)


async def first(channel: EmailChannel, kind: type[Event]) -> Event:
    async with asyncio.timeout(5):
        async for event in channel.events():
            if isinstance(event, kind):
                return event
    raise AssertionError("the channel closed")


async def inbound(channel: EmailChannel) -> Inbound:
    event = await first(channel, Inbound)
    assert isinstance(event, Inbound)
    return event


async def until(channel: EmailChannel, state: State) -> str:
    while True:
        event = await first(channel, HealthChanged)
        if isinstance(event, HealthChanged) and event.health.state is state:
            return event.health.reason


async def test_a_mail_is_filed_only_once_the_hub_has_kept_it(mailbox: Mailbox) -> None:
    async with ScriptedSink() as sink, imap_channel(sink.port, mailbox.port) as channel:
        await until(channel, State.UP)
        await asyncio.to_thread(mailbox.put, answer("Kommer"))
        event = await inbound(channel)
        assert (event.text, event.sender) == ("Kommer", "mailto:vagt@eksempelkommune.invalid")
        assert ["\\Seen" in flags for flags in await asyncio.to_thread(mailbox.flags)] == [False]
        await event.settle()
        assert "\\Seen" in (await mailbox.filed(1))[0]


async def test_what_was_not_settled_comes_again_to_the_next_channel(mailbox: Mailbox) -> None:
    await asyncio.to_thread(mailbox.put, answer())
    async with ScriptedSink() as sink:
        async with imap_channel(sink.port, mailbox.port) as channel:
            lost = await inbound(channel)
        async with imap_channel(sink.port, mailbox.port) as channel:
            again = await inbound(channel)
            await again.settle()
            await mailbox.filed(1)
    assert again.bearer_id == lost.bearer_id


async def test_a_mail_that_somebody_has_opened_is_read_all_the_same(mailbox: Mailbox) -> None:
    await asyncio.to_thread(mailbox.put, answer("JA"), flags=r"(\Seen)")
    async with ScriptedSink() as sink, imap_channel(sink.port, mailbox.port) as channel:
        assert (await inbound(channel)).text == "JA"


async def test_what_lay_there_before_us_is_left_alone(mailbox: Mailbox) -> None:
    old = datetime.now(UTC) - timedelta(days=20)
    await asyncio.to_thread(mailbox.put, answer("gammel"), at=old)
    await asyncio.to_thread(mailbox.put, answer("ny"))
    async with ScriptedSink() as sink, imap_channel(sink.port, mailbox.port) as channel:
        event = await inbound(channel)
        await event.settle()
        async with asyncio.timeout(5):
            while not await asyncio.to_thread(mailbox.flags, "Bavn"):
                await asyncio.sleep(0.02)
    assert event.text == "ny"
    assert len(await asyncio.to_thread(mailbox.flags)) == 1


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Mailbox]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    certificate = authority.issue_cert("127.0.0.1")
    files = tmp_path / "server.pem", tmp_path / "server.key"
    certificate.cert_chain_pems[0].write_to_path(str(files[0]))
    certificate.private_key_pem.write_to_path(str(files[1]))
    with Mailbox(tls=files) as box:
        yield box


async def test_starttls_checks_who_it_is(secure: Mailbox, tmp_path: Path) -> None:
    async with ScriptedSink() as sink:
        async with imap_channel(sink.port, secure.port, tls="starttls") as channel:
            told = ""
            while "certificate verify failed" not in told:
                told = await until(channel, State.DEGRADED)
        ours = {"tls": "starttls", "ca_file": tmp_path / "ca.pem"}
        async with imap_channel(sink.port, secure.port, **ours) as channel:
            await until(channel, State.UP)
            await asyncio.to_thread(secure.put, answer())
            assert (await inbound(channel)).text == "1"


async def test_many_mails_come_in_order_and_each_once(mailbox: Mailbox) -> None:
    texts = [f"svar {number}" for number in range(250)]  # more than may be unsettled at a time
    await asyncio.to_thread(mailbox.put, *(answer(text) for text in texts))
    async with (
        ScriptedSink() as sink,
        imap_channel(sink.port, mailbox.port, strangers_per_minute=10_000) as channel,
    ):
        got = []
        async with asyncio.timeout(10):
            async for event in channel.events():
                if isinstance(event, Inbound):
                    got.append(event.text)
                    await event.settle()
                if len(got) == len(texts):
                    break
        await mailbox.filed(len(texts))
    assert got == texts


async def test_strangers_wait_their_turn(mailbox: Mailbox) -> None:
    await asyncio.to_thread(mailbox.put, *(answer() for _ in range(5)))
    async with (
        ScriptedSink() as sink,
        imap_channel(sink.port, mailbox.port, strangers_per_minute=2) as channel,
    ):
        for _ in range(2):
            await (await inbound(channel)).settle()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await inbound(channel)
    assert len(await asyncio.to_thread(mailbox.flags)) == 3


async def test_a_large_mail_is_read_up_to_the_limit(mailbox: Mailbox) -> None:
    body = b"--b\r\n\r\nKommer\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n" + b"A" * 3_000_000
    await asyncio.to_thread(
        mailbox.put, b"From: a@b.invalid\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + body
    )
    async with ScriptedSink() as sink, imap_channel(sink.port, mailbox.port, max_octets=20_000) as channel:
        assert (await inbound(channel)).text == "Kommer"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"password": "forkert"}, "cannot be read"),
        ({"folder": "findes-ikke"}, "cannot be read"),
        ({"port": 1}, "Connection refused"),
    ],
)
async def test_an_inbox_that_cannot_be_read_is_told_and_mail_leaves_all_the_same(
    mailbox: Mailbox, options: dict[str, object], reason: str
) -> None:
    table = {"port": mailbox.port} | options
    async with ScriptedSink() as sink, imap_channel(sink.port, **table) as channel:  # type: ignore[arg-type]
        told = await until(channel, State.DEGRADED)
        while reason not in told:
            told = await until(channel, State.DEGRADED)
    assert told.startswith("mail leaves, answers and reports are not read: ")
    assert "hemmelig" not in told
    assert "forkert" not in told


async def test_a_server_that_was_away_is_read_again(mailbox: Mailbox) -> None:
    async with FaultProxy(port=mailbox.port) as proxy, ScriptedSink() as sink:
        proxy.refusing = True
        async with imap_channel(sink.port, proxy.port) as channel:
            await until(channel, State.DEGRADED)
            proxy.refusing = False
            await until(channel, State.UP)
            await asyncio.to_thread(mailbox.put, answer())
            assert (await inbound(channel)).text == "1"


STEPS = {
    "greeting": (SERVER, rb"\* OK"),
    "LOGIN": (CLIENT, rb"LOGIN"),
    "SELECT": (CLIENT, rb"SELECT"),
    "SEARCH": (CLIENT, rb"SEARCH"),
    "FETCH": (CLIENT, rb"FETCH"),
    "the mail itself": (SERVER, rb"BODY\[\]"),
    "IDLE": (CLIENT, rb"IDLE"),
    "STORE": (CLIENT, rb"STORE"),
    "MOVE": (CLIENT, rb"MOVE|COPY"),
    "moved": (SERVER, rb"EXPUNGE"),
}
FAULTS: list[tuple[Kind, str]] = [
    *(("cut", step) for step in STEPS),
    *(("black-hole", step) for step in STEPS),
    *(("half-close", step) for step in ("greeting", "FETCH", "IDLE")),
    *(("delay", step) for step in ("the mail itself", "STORE", "MOVE")),
]


@pytest.mark.parametrize(("kind", "step"), FAULTS)
async def test_a_fault_at_any_step_loses_no_mail(mailbox: Mailbox, step: str, kind: Kind) -> None:
    """It comes at least once, each copy under one identifier, is filed in the end, and the channel is up again."""
    side, when = STEPS[step]
    await asyncio.to_thread(mailbox.put, answer())
    copies: Counter[str] = Counter()
    async with FaultProxy(port=mailbox.port) as proxy, ScriptedSink() as sink:
        proxy.strike(kind, side=side, when=when, seconds=0.3)
        async with imap_channel(
            sink.port, proxy.port, connect_s=0.2, command_s=0.2, look_every_s=0.2
        ) as channel:
            copies[await _kept(channel)] += 1
            await mailbox.filed(1)
            assert len(await asyncio.to_thread(mailbox.flags, "Bavn")) == 1
        assert proxy.struck == 1
    assert len(copies) == 1


async def _kept(channel: EmailChannel) -> str:
    event = await inbound(channel)
    await event.settle()
    return event.bearer_id
