"""The demonstration's mail server: what it keeps, and how it is taken away and brought back."""

import asyncio
import json
from pathlib import Path

import pytest

from channels.base import ChannelDown, State, Unknown
from gateway.demo_mail import MailSink
from tests.outgoing import outgoing, words
from tests.smtp_sink import mail_channel

TO = "mailto:vagt@eksempelkommune.invalid"


async def test_a_mail_is_kept_per_mailbox_with_its_text() -> None:
    async with MailSink() as sink, mail_channel(sink.port) as channel:
        await channel.submit(outgoing(TO, words(headline="Strømsvigt €")))
        await channel.submit(outgoing("mailto:souschef@eksempelkommune.invalid"))
    [mail] = sink.mailboxes["vagt@eksempelkommune.invalid"]
    assert mail.subject == "Eksempelby Kommune: Strømsvigt € #K7"
    assert "Mød på kommandostationen" in mail.text
    assert [one.to.partition("@")[0] for one in sink.mails] == ["vagt", "souschef"]


async def test_the_journal_is_one_json_object_a_line(tmp_path: Path) -> None:
    async with MailSink(journal=tmp_path / "mail.jsonl") as sink, mail_channel(sink.port) as channel:
        await channel.submit(outgoing(TO, attempt="one"))
    [line] = [json.loads(line) for line in (tmp_path / "mail.jsonl").read_text("utf-8").splitlines()]
    assert (line["event"], line["to"]) == ("sent", "vagt@eksempelkommune.invalid")
    assert line["t"] == sink.mails[0].t
    assert "X-Bavn-Attempt: one\r\n" in line["raw"]


async def test_refused_it_is_away_and_restored_it_is_back_on_its_port() -> None:
    async with MailSink() as sink, mail_channel(sink.port) as channel:
        port = sink.port
        await sink.refuse()
        assert (await channel.probe()).state is State.DOWN
        with pytest.raises(ChannelDown):
            await channel.submit(outgoing(TO))
        await sink.restore()
        assert (await channel.probe()).state is State.UP
        await channel.submit(outgoing(TO))
    assert (sink.port, len(sink.mails)) == (port, 1)


async def test_muted_after_the_content_nobody_knows() -> None:
    async with MailSink() as sink, mail_channel(sink.port) as channel:
        await channel.submit(outgoing(TO))
        with pytest.raises(Unknown):
            await channel.submit(outgoing(TO, hand_over=sink.mute))


async def test_only_crlf_dot_crlf_ends_a_mail() -> None:
    """The smuggling of 2023: a bare line feed before the dot ended mails for some servers only."""
    talk = b"EHLO a\r\nMAIL FROM:<a@b.invalid>\r\nRCPT TO:<c@d.invalid>\r\nDATA\r\n"
    smuggled = b"Subject: x\r\n\r\none\n.\nMAIL FROM:<x@y.invalid>\n.\r\n..two\r\n.\r\nQUIT\r\n"
    async with MailSink() as sink:
        reader, writer = await asyncio.open_connection("127.0.0.1", sink.port)
        writer.write(talk + smuggled)
        answers = await reader.read()
        writer.close()
    assert answers.endswith(b"221 bye\r\n")
    assert [mail.raw for mail in sink.mails] == [
        b"Subject: x\r\n\r\none\n.\nMAIL FROM:<x@y.invalid>\n.\r\n.two\r\n"
    ]


async def test_a_word_that_is_no_command_is_refused_and_the_session_goes_on() -> None:
    async with MailSink() as sink:
        reader, writer = await asyncio.open_connection("127.0.0.1", sink.port)
        writer.write(b"TURN\r\nDATA\r\nQUIT\r\n")
        codes = [line[:3] for line in (await reader.read()).splitlines()]
        writer.close()
    assert codes == [b"220", b"502", b"554", b"221"]
