"""The network between the hub and its relay: what it does at each step of a mail, by the table in docs/channels.md."""

import asyncio

import pytest

from channels.base import ChannelDown, ChannelError, Receipt, TransientFailure, Unknown
from channels.email import EmailChannel
from tests.fault_proxy import CLIENT, SERVER, FaultProxy, Kind
from tests.outgoing import outgoing
from tests.smtp_sink import ScriptedSink, mail_channel

TO = "mailto:vagt@eksempelkommune.invalid"
BEFORE, AFTER = True, False  # the fault strikes before the octets pass, or when they have passed
NOT_SENT = (ChannelDown, TransientFailure)
END = rb"\r\n\.\r\n"

# side, octets, when, outcome, copies at the relay
STEPS = {
    "the greeting": (SERVER, rb"220 ", BEFORE, NOT_SENT, 0),
    "EHLO": (CLIENT, rb"EHLO ", BEFORE, NOT_SENT, 0),
    "MAIL": (CLIENT, rb"MAIL FROM", BEFORE, NOT_SENT, 0),
    "RCPT": (CLIENT, rb"RCPT TO", AFTER, NOT_SENT, 0),
    "DATA, asked": (CLIENT, rb"DATA\r\n", BEFORE, NOT_SENT, 0),
    "DATA, answered": (SERVER, rb"354 ", BEFORE, NOT_SENT, 0),
    "the content, lost": (CLIENT, END, BEFORE, (Unknown,), 0),
    "the content, come": (CLIENT, END, AFTER, (Unknown,), 1),
    "its answer, lost": (SERVER, rb"250 2\.0\.0 kept", BEFORE, (Unknown,), 1),
    "its answer, come": (SERVER, rb"250 2\.0\.0 kept\r\n", AFTER, (Receipt,), 1),
}


async def outcome(channel: EmailChannel) -> Receipt | ChannelError:
    try:
        return await channel.submit(outgoing(TO))
    except ChannelError as failure:
        return failure


async def struck(step: str, kind: Kind) -> tuple[Receipt | ChannelError, int]:
    """What is said of a mail at whose step the fault strikes, and how many copies the relay has of it."""
    side, when, before, *_ = STEPS[step]
    async with ScriptedSink() as sink, FaultProxy(port=sink.port) as proxy:
        proxy.strike(kind, side=side, when=when, before=before)
        async with mail_channel(proxy.port, probe_every_s=9) as channel:
            said = await outcome(channel)
            copies = len(sink.mails)
            async with asyncio.timeout(10):
                while not isinstance(await outcome(channel), Receipt):
                    await asyncio.sleep(0.01)
        assert proxy.struck == 1, f"{step}, {kind}"
        return said, copies


@pytest.mark.parametrize("kind", ["cut", "black-hole"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_fault_at_a_step_is_told_by_the_table_and_overcome(step: str, kind: Kind) -> None:
    *_, outcomes, wanted = STEPS[step]
    said, copies = await struck(step, kind)
    assert isinstance(said, outcomes)
    assert copies == wanted


@pytest.mark.parametrize("step", STEPS)
async def test_when_one_direction_ends_what_still_comes_is_believed_and_no_more(step: str) -> None:
    said, copies = await struck(step, "half-close")
    assert copies in {Receipt: {1}, Unknown: {0, 1}}.get(type(said), {0})


async def test_a_slow_network_is_waited_for() -> None:
    async with (
        ScriptedSink() as sink,
        FaultProxy(port=sink.port) as proxy,
        mail_channel(proxy.port) as channel,
    ):
        proxy.strike("delay", side=CLIENT, when=rb"MAIL", seconds=0.02)
        assert isinstance(await outcome(channel), Receipt)
        assert len(sink.mails) == 1
