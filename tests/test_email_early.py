"""An answer that was there before the content had left is no answer to it, whatever its code says."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from channels.base import PermanentFailure, TransientFailure, Unknown
from channels.email_config import EmailConfig
from channels.email_session import Envelope, Session
from gateway.demo_mail import Hangup
from tests.outgoing import outgoing
from tests.smtp_sink import SENDER, ScriptedSink, mail_channel

TO = "mailto:vagt@eksempelkommune.invalid"
ENVELOPE = Envelope(b"MAIL FROM:<a@b.invalid>\r\n", b"RCPT TO:<c@d.invalid>\r\n", "01JD7@b.invalid")
LARGE = b"Evakuer\r\n" * 100_000 + b".\r\n"  # far more than the small buffers of `hasty_relay` can hold


class EarlySink(ScriptedSink):
    """Says `early` in one piece with 354, and hangs up before the content."""

    async def _say(self, writer: asyncio.StreamWriter, step: str, line: str) -> str:
        reply = await super()._say(writer, step, line)
        if reply.startswith("354"):
            raise Hangup
        return reply


@pytest.mark.parametrize("offers", [("8BITMIME",), ("PIPELINING",)])
@pytest.mark.parametrize("early", ["250 early", "250-ear", "250 ok\r\n250 ok", "554 no"])
@pytest.mark.parametrize("sink_type", [EarlySink, ScriptedSink])
async def test_an_answer_in_one_piece_with_354_leaves_the_content_here(
    early: str, offers: tuple[str, ...], sink_type: type[ScriptedSink]
) -> None:
    calls: list[str] = []
    sink = sink_type({"DATA": f"354 go\r\n{early}"}, offers=offers)
    async with sink, mail_channel(sink.port) as channel:
        with pytest.raises(TransientFailure):
            await channel.submit(outgoing(TO, hand_over=lambda: calls.append("left")))
    assert (calls, sink.mails) == ([], [])


async def test_after_an_early_answer_the_next_message_takes_a_new_connection() -> None:
    calls: list[str] = []
    sink = ScriptedSink({"DATA": "354 go\r\n250-ear"})
    async with sink, mail_channel(sink.port) as channel:
        with pytest.raises(TransientFailure, match="before the content"):
            await channel.submit(outgoing(TO, hand_over=lambda: calls.append("left")))
        receipt = await channel.submit(outgoing(TO))
    assert (calls, len(sink.mails), receipt.detail) == ([], 1, "250 2.0.0 kept")
    assert sink.connections == 2


@asynccontextmanager
async def hasty_relay(final: bytes) -> AsyncIterator[Session]:
    """A session with a relay that says `final` after the first octets of the content and reads no further."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"DATA\r\n")
        writer.write(b"250 ok\r\n250 ok\r\n354 go\r\n")
        await reader.readexactly(1)
        writer.write(final)
        await writer.drain()
        writer.close()

    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    async with await asyncio.start_server(serve, sock=listening, limit=1024) as server:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        sock.connect(server.sockets[0].getsockname())
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=sock)
        config = EmailConfig(bearer="email", host="127.0.0.1", sender=SENDER, content_s=1)
        yield Session(transport, config, offers={"pipelining": ""}, lost=lambda _: None)
        transport.abort()


@pytest.mark.parametrize(
    ("final", "failure"),
    [
        (b"250 2.0.0 kept\r\n", TransientFailure),
        (b"250 2.0.0 ke", TransientFailure),
        (b"354 more\r\n", TransientFailure),
        (b"554 5.7.1 spam\r\n", PermanentFailure),
        (b"", Unknown),
    ],
)
async def test_an_answer_in_the_middle_of_the_content_is_never_a_receipt(
    final: bytes, failure: type[Exception]
) -> None:
    async with hasty_relay(final) as session:
        with pytest.raises(failure):
            await session.send(ENVELOPE, content=LARGE, hand_over=lambda: None)
        assert not session.usable
