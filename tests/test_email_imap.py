"""The inbox over IMAP, against a real server."""

import asyncio
from collections.abc import Iterator

import pytest

from channels.base import Inbound
from channels.email import EmailChannel
from tests.mailbox import PASSWORD, USER, Mailbox
from tests.smtp_sink import ScriptedSink, mail_channel

KEY = "0123456789abcdef"
ANSWER = b"From: Vagt <vagt@eksempelkommune.invalid>\r\nMessage-ID: <%d@x.invalid>\r\nSubject: SV\r\n\r\n1\r\n"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


def imap_channel(sink: int, port: int, **options: object) -> EmailChannel:
    table = {
        "kind": "imap",
        "host": "127.0.0.1",
        "port": port,
        "tls": "none",
        "username": USER,
        "password": PASSWORD,
        "key": KEY,
        "look_every_s": 20,
        "reconnect_s": 0.05,
        "reconnect_max_s": 0.1,
        "command_s": 2,
    }
    return mail_channel(sink, inbox=table | options)


async def inbound(channel: EmailChannel) -> Inbound:
    async with asyncio.timeout(5):
        async for event in channel.events():
            if isinstance(event, Inbound):
                return event
    raise AssertionError("the channel closed")


async def test_an_answer_is_filed_once_the_hub_has_kept_it(mailbox: Mailbox) -> None:
    async with ScriptedSink() as sink, imap_channel(sink.port, mailbox.port) as channel:
        await asyncio.to_thread(mailbox.put, ANSWER % 1)
        event = await inbound(channel)
        assert (event.text, event.sender) == ("1", "mailto:vagt@eksempelkommune.invalid")
        assert await asyncio.to_thread(mailbox.flags) != []
        await event.settle()
        print(await mailbox.filed(1))
