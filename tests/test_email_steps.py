"""The table in channels/email.py, step by step, against a server that refuses, hangs up or falls silent there."""

import pytest

from channels.base import (
    ChannelDown,
    ChannelError,
    HealthChanged,
    PermanentFailure,
    Receipt,
    State,
    TransientFailure,
    Unknown,
    Withdrawn,
)
from channels.email import EmailChannel
from tests.outgoing import outgoing
from tests.smtp_sink import Does, ScriptedSink, mail_channel

TO = "mailto:vagt@eksempelkommune.invalid"
PLAIN = ("8BITMIME",)
PIPELINED = ("PIPELINING",)
SILENT = [Does.HANG_UP, Does.MUTE]

# What is said before the content is asked for: nothing has left, `hand_over` was not called.
BEFORE = [
    *(("connect", does, ChannelDown) for does in ("421 4.3.2 busy", "554 5.3.2 no", "hello there", *SILENT)),
    *(("EHLO", does, ChannelDown) for does in ("421 4.3.2 busy", *SILENT)),
    ("MAIL", "451 4.3.0 later", TransientFailure),
    ("MAIL", "452 4.3.1 disk full", TransientFailure),
    ("MAIL", "503 5.5.1 sequence", TransientFailure),
    ("MAIL", "552 5.3.1 disk full", TransientFailure),
    ("MAIL", "552 5.3.4 too big", PermanentFailure),
    ("MAIL", "550 5.7.1 not you", PermanentFailure),
    ("MAIL", "530 5.7.0 log in", ChannelDown),
    ("MAIL", "421 4.3.2 busy", ChannelDown),
    *(("MAIL", does, TransientFailure) for does in SILENT),
    ("RCPT", "450 4.2.1 busy", TransientFailure),
    ("RCPT", "552 5.2.2 full", TransientFailure),
    ("RCPT", "550 5.1.1 unknown", PermanentFailure),
    ("RCPT", "421 4.3.2 busy", ChannelDown),
    *(("RCPT", does, TransientFailure) for does in SILENT),
    ("DATA", "451 4.3.0 later", TransientFailure),
    ("DATA", "554 5.5.1 none", PermanentFailure),
    ("DATA", "421 4.3.2 busy", ChannelDown),
    *(("DATA", does, TransientFailure) for does in ("gibberish", *SILENT)),
]
# What is said to the content: an answer says whether the relay took it, silence says nothing.
AFTER = [
    ("content", "451 4.3.0 later", TransientFailure),
    ("content", "554 5.6.0 spam", PermanentFailure),
    ("content", "552 5.2.2 mailbox full", TransientFailure),
    ("content", "552 5.3.4 too big", PermanentFailure),
    ("content", "421 4.3.2 going down", ChannelDown),
    ("content", "354 more", Unknown),
    ("content", "gibberish", Unknown),
    ("content", Does.HANG_UP, Unknown),
    ("content", Does.MUTE, Unknown),
]


async def failed(channel: EmailChannel, *, calls: list[str]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await channel.submit(outgoing(TO, hand_over=lambda: calls.append("left")))
    return caught.value


async def until(channel: EmailChannel, state: State) -> None:
    async for event in channel.events():
        if isinstance(event, HealthChanged) and event.health.state is state:
            return


@pytest.mark.parametrize("offers", [PLAIN, PIPELINED])
@pytest.mark.parametrize(("step", "does", "failure"), BEFORE)
async def test_before_the_content_nothing_has_left(
    step: str, does: str | Does, failure: type[ChannelError], offers: tuple[str, ...]
) -> None:
    calls: list[str] = []
    async with (
        ScriptedSink({step: does}, offers=offers) as sink,
        mail_channel(sink.port, probe_every_s=9) as channel,
    ):
        error = await failed(channel, calls=calls)
    assert type(error) is failure
    assert (calls, sink.mails) == ([], [])


@pytest.mark.parametrize(("step", "does", "failure"), AFTER)
async def test_after_the_content_only_an_answer_tells(
    step: str, does: str | Does, failure: type[ChannelError]
) -> None:
    calls: list[str] = []
    async with ScriptedSink({step: does}) as sink, mail_channel(sink.port) as channel:
        error = await failed(channel, calls=calls)
    assert type(error) is failure
    assert calls == ["left"]
    if isinstance(error, Unknown):
        assert error.references[0].endswith("@eksempelkommune.invalid")


@pytest.mark.parametrize(("step", "does"), [(step, does) for step, does, _ in BEFORE + AFTER])
async def test_after_any_failure_the_next_message_goes_through(step: str, does: str | Does) -> None:
    async with ScriptedSink({step: does}) as sink, mail_channel(sink.port) as channel:
        await failed(channel, calls=[])
        await until(channel, State.UP)
        receipt = await channel.submit(outgoing(TO))
    assert receipt.detail == "250 2.0.0 kept"
    assert sink.mails[-1].to == "vagt@eksempelkommune.invalid"


@pytest.mark.parametrize("code", ["450", "550"])
async def test_a_relay_that_wants_content_without_a_recipient_gets_none(code: str) -> None:
    script: dict[str, str | Does] = {"RCPT": f"{code} no", "DATA too early": "354 go"}
    async with ScriptedSink(script, offers=PIPELINED) as sink, mail_channel(sink.port) as channel:
        error = await failed(channel, calls=[])
        await channel.submit(outgoing(TO))
    assert error.code == code
    assert (len(sink.mails), sink.connections) == (1, 2)


async def test_a_withdrawn_message_never_arrives_and_the_channel_lives_on() -> None:
    def withdraw() -> None:
        raise Withdrawn("expired")

    async with ScriptedSink() as sink, mail_channel(sink.port) as channel:
        with pytest.raises(Withdrawn):
            await channel.submit(outgoing(TO, hand_over=withdraw))
        await channel.submit(outgoing(TO, attempt="second"))
    assert [mail.raw.count(b"X-Bavn-Attempt: second") for mail in sink.mails] == [1]


async def test_a_relay_without_extensions_is_greeted_the_old_way() -> None:
    async with ScriptedSink({"EHLO": "502 5.5.1 what"}) as sink, mail_channel(sink.port) as channel:
        assert isinstance(await channel.submit(outgoing(TO)), Receipt)
    assert len(sink.all_heard("HELO")) == 1


async def test_the_receipt_names_the_message_id() -> None:
    async with ScriptedSink() as sink, mail_channel(sink.port) as channel:
        receipt = await channel.submit(outgoing(TO, attempt="01JD7"))
    assert receipt.references == ("01JD7@eksempelkommune.invalid",)
    assert b"\r\nMessage-ID: <01JD7@eksempelkommune.invalid>\r\n" in sink.mails[0].raw
