"""The table in channels/smpp.py, step by step, against one that refuses, hangs up or falls silent there."""

import pytest

from channels.base import (
    ChannelDown,
    ChannelError,
    PermanentFailure,
    Receipt,
    State,
    TransientFailure,
    Unknown,
    Withdrawn,
)
from channels.smpp import SmppChannel
from tests.outgoing import outgoing
from tests.smsc import LONG, turns
from tests.smsc_script import NACK, RESPONSE, Action, Does, ScriptedSmsc, pdu

TO = "sms:+4500000001"
GONE: list[Action] = [Does.HANG_UP, Does.CLOSE, Does.MUTE]
NONSENSE: list[Action] = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\0\0\0\x0f" + bytes(12),
    b"\x80\0\0\0" + bytes(12),
]


REFUSALS: list[Action] = [0x05, 0x0D, 0x0E, 0x0F, 0x53, 0x58, 0xFF]

# Before the session is bound nothing has left.
BEFORE: list[tuple[str, Action]] = [
    *(("connect", does) for does in GONE),
    *(("connect", does) for does in NONSENSE),
    *(("bind", does) for does in [*REFUSALS, *GONE, *NONSENSE]),
]
# A refusal says that the message was not taken; silence and nonsense say nothing.
SUBMITS: list[tuple[Action, type[ChannelError]]] = [
    (0x58, TransientFailure),
    (0x14, TransientFailure),
    (0x08, TransientFailure),
    (0x64, TransientFailure),
    (0xFF, TransientFailure),
    *(
        (status, PermanentFailure)
        for status in (0x01, 0x0A, 0x0B, 0x45, 0x51, 0x61, 0x62, 0x65, 0x400, 0x4FF)
    ),
    (0x04, ChannelDown),
    (pdu(NACK, 0x03)[:12] + b"SEQ!", PermanentFailure),
    (pdu(NACK, 0x00)[:12] + b"SEQ!", Unknown),
    (pdu(0x15 | RESPONSE)[:12] + b"SEQ!", Unknown),
    *((does, Unknown) for does in [*GONE, *NONSENSE]),
]


def patience(does: Action) -> dict[str, float]:
    """Silence is not waited for longer than it takes."""
    return {"response_s": 0.1} if isinstance(does, bytes) or does is Does.MUTE else {}


async def failed(channel: SmppChannel, *, calls: list[str], long: bool = False) -> ChannelError:
    attempt = outgoing(TO, LONG if long else None, hand_over=lambda: calls.append("left"))
    with pytest.raises(ChannelError) as caught:
        await channel.submit(attempt)
    return caught.value


@pytest.mark.parametrize(("step", "does"), BEFORE)
async def test_without_a_session_nothing_leaves(step: str, does: Action) -> None:
    calls: list[str] = []
    script = {step: [does]}
    async with ScriptedSmsc(**script) as smsc, smsc.channel(connect_s=0.1, reconnect_s=9) as channel:
        reason = await turns(channel, State.DOWN)
        error = await failed(channel, calls=calls)
    assert (type(error), calls, smsc.submitted) == (ChannelDown, [], [])
    assert reason == error.reason


@pytest.mark.parametrize(("password", "said"), [("hemmelig", False), (None, True)])
async def test_a_refused_bind_says_where_no_password_is_set(password: str | None, said: bool) -> None:
    async with (
        ScriptedSmsc(bind=[0x0E]) as smsc,
        smsc.channel(password=password, reconnect_s=9) as channel,
    ):
        reason = await turns(channel, State.DOWN)
    assert ("RINVPASWD" in reason, "no password is set" in reason) == (True, said)


@pytest.mark.parametrize(("does", "failure"), SUBMITS)
async def test_an_answer_to_a_message_tells_and_silence_does_not(
    does: Action, failure: type[ChannelError]
) -> None:
    calls: list[str] = []
    async with ScriptedSmsc(submit=[does]) as smsc, smsc.channel(**patience(does)) as channel:
        await turns(channel, State.UP)
        error = await failed(channel, calls=calls)
    assert (type(error), calls, smsc.submitted) == (failure, ["left"], [])


@pytest.mark.parametrize("does", [does for does, _ in SUBMITS])
async def test_once_a_part_has_left_every_failure_is_unknown(does: Action) -> None:
    async with (
        ScriptedSmsc(submit=[0, does, does, does]) as smsc,
        smsc.channel(throttle_s=0.01, **patience(does)) as channel,
    ):
        await turns(channel, State.UP)
        error = await failed(channel, calls=[], long=True)
    assert isinstance(error, Unknown)
    assert (error.references, error.parts) == (("1",), 2)


@pytest.mark.parametrize("step", ["connect", "bind", "submit", "enquire"])
@pytest.mark.parametrize("does", [*GONE, NONSENSE[0]])
async def test_after_any_failure_the_channel_comes_back_by_itself(step: str, does: Action) -> None:
    limits = {"connect_s": 0.1, **patience(does)}
    async with ScriptedSmsc(**{step: [does]}) as smsc, smsc.channel(**limits) as channel:
        if step in {"submit", "enquire"}:
            await turns(channel, State.UP)
            await channel.probe() if step == "enquire" else await failed(channel, calls=[])
        await turns(channel, State.DOWN)
        await turns(channel, State.UP)
        assert isinstance(await channel.submit(outgoing(TO)), Receipt)
    assert len(smsc.submitted) == 1


async def test_after_a_part_without_an_answer_the_rest_leaves_all_the_same() -> None:
    """A phone shows all of a message, or nothing of it."""
    noise = pdu(0x102)  # alert_notification: somebody lives
    async with ScriptedSmsc(submit=[noise]) as smsc, smsc.channel(response_s=0.1) as channel:
        await turns(channel, State.UP)
        error = await failed(channel, calls=[], long=True)
    assert isinstance(error, Unknown)
    assert (error.references, error.parts, error.reason) == (("1",), 2, "part 1 of 2: no answer in 0.1 s")


async def test_a_withdrawn_message_never_leaves_and_the_session_lives_on() -> None:
    def withdraw() -> None:
        raise Withdrawn("expired")

    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        with pytest.raises(Withdrawn):
            await channel.submit(outgoing(TO, hand_over=withdraw))
        await channel.submit(outgoing(TO))
    assert (len(smsc.submitted), smsc.connections) == (1, 1)


async def test_a_message_withdrawn_between_its_parts_is_unknown() -> None:
    calls: list[str] = []

    def withdraw_the_second() -> None:
        calls.append("part")
        if len(calls) == 2:
            raise Withdrawn("cancelled")

    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        with pytest.raises(Unknown, match="part 2 of 2: cancelled"):
            await channel.submit(outgoing(TO, LONG, hand_over=withdraw_the_second))
    assert len(smsc.submitted) == 1
