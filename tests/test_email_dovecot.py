"""The inbox over IMAP against Dovecot, which files with MOVE where others copy and delete."""

import asyncio
from collections.abc import Iterator

import pytest

from channels.base import State
from tests.dovecot import DovecotMailbox
from tests.fault_proxy import CLIENT, SERVER, FaultProxy, Kind
from tests.smtp_sink import ScriptedSink
from tests.test_email_imap import answer, imap_channel, inbound, until

pytestmark = pytest.mark.dovecot


@pytest.fixture(scope="module")
def server() -> Iterator[DovecotMailbox]:
    with DovecotMailbox() as box:
        yield box


@pytest.fixture
def mailbox(server: DovecotMailbox) -> DovecotMailbox:
    server.empty()
    return server


async def test_a_mail_is_filed_only_once_the_hub_has_kept_it(mailbox: DovecotMailbox) -> None:
    async with ScriptedSink() as sink, imap_channel(sink.port, mailbox.port) as channel:
        await until(channel, State.UP)
        await asyncio.to_thread(mailbox.put, answer("Kommer"))
        event = await inbound(channel)
        assert event.text == "Kommer"
        assert ["\\Seen" in flags for flags in await asyncio.to_thread(mailbox.flags)] == [False]
        await event.settle()
        assert "\\Seen" in (await mailbox.filed(1))[0]


async def test_many_mails_come_in_order_and_each_once(mailbox: DovecotMailbox) -> None:
    texts = [f"svar {number}" for number in range(120)]  # more than one command moves
    await asyncio.to_thread(mailbox.put, *(answer(text) for text in texts))
    async with (
        ScriptedSink() as sink,
        imap_channel(sink.port, mailbox.port, strangers_per_minute=10_000) as channel,
    ):
        events = [await inbound(channel) for _ in texts]
        for event in events:
            await event.settle()
        await mailbox.filed(len(texts))
    assert [event.text for event in events] == texts


@pytest.mark.parametrize("kind", ["cut", "black-hole"])
@pytest.mark.parametrize(
    ("side", "when"), [(CLIENT, rb"UID MOVE"), (SERVER, rb"COPYUID"), (SERVER, rb"EXPUNGE")]
)
async def test_a_fault_while_it_is_moved_loses_no_mail_and_files_one(
    mailbox: DovecotMailbox, side: str, when: bytes, kind: Kind
) -> None:
    await asyncio.to_thread(mailbox.put, answer())
    async with FaultProxy(port=mailbox.port) as proxy, ScriptedSink() as sink:
        proxy.strike(kind, side=side, when=when)
        async with imap_channel(
            sink.port, proxy.port, connect_s=0.2, command_s=0.2, look_every_s=0.2
        ) as channel:
            event = await inbound(channel)
            await event.settle()
            assert len(await mailbox.filed(1)) == 1
        assert proxy.struck == 1
