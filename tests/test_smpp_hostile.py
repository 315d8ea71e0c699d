"""Octets that no honest message centre sends: none may crash, block, flood or fool the channel."""

import asyncio
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Inbound, Report, State
from channels.smpp_pdu import BrokenPdu, BrokenStream, Frames, Pdu, deliver, first_string, knows_options
from channels.smpp_received import inbound, report
from channels.smpp_sent import Sent
from tests.outgoing import outgoing
from tests.smsc import told, turns
from tests.smsc_script import BIND, DELIVER, ENQUIRE, NACK, RESPONSE, SUBMIT, UNBIND, ScriptedSmsc, pdu
from tests.test_smpp_inbound import CONFIG, deliver_sm

TO = "sms:+4500000001"
GOOD = deliver_sm(b"JA")


@pytest.mark.parametrize("length", [0, 1, 15, 70_001, 1 << 31, 0xFFFF_FFFF])
async def test_a_length_that_no_pdu_has_ends_the_session(length: int) -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(struct.pack(">IIII", length, ENQUIRE, 0, 1))
        assert "nonsense" in await turns(channel, State.DOWN)
        await turns(channel, State.UP)
    assert (NACK, 0x02) in [(command, status) for command, status, _, _ in smsc.heard]


@pytest.mark.parametrize(
    ("octets", "answer"),
    [
        (pdu(ENQUIRE, 0, 7), (ENQUIRE | RESPONSE, 0, 7)),
        (pdu(ENQUIRE, 0, 0), (ENQUIRE | RESPONSE, 0, 0)),
        (pdu(ENQUIRE, 0, 7, b"more than it should have"), (ENQUIRE | RESPONSE, 0, 7)),
        (pdu(0x7777, 0, 7), (NACK, 0x03, 7)),
        (pdu(BIND, 0, 7, b"bavn\0\0\0\x34\0\0\0"), (NACK, 0x03, 7)),  # a second bind, from the wrong end
        (pdu(0x103, 0, 7, GOOD), (NACK, 0x03, 7)),  # data_sm
        (pdu(SUBMIT, 0, 7, GOOD), (NACK, 0x03, 7)),
    ],
)
async def test_what_is_strange_gets_a_proper_answer(octets: bytes, answer: tuple[int, int, int]) -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(octets)
        await asyncio.wait_for(smsc.answered.wait(), 1)
        await channel.submit(outgoing(TO))
    assert answer in [heard[:3] for heard in smsc.heard]
    assert smsc.connections == 1


@pytest.mark.parametrize(
    "octets",
    [
        pdu(0x102, 0, 7, b"\1\0014500000001\0"),  # alert_notification has no answer
        pdu(SUBMIT | RESPONSE, 0, 0x7FFF_FFFF, b"77\0"),  # to nothing
        pdu(NACK, 0x03, 0),
        pdu(ENQUIRE | RESPONSE, 0, 1),  # the number of the bind, used up
    ],
)
async def test_what_needs_no_answer_gets_none_and_harms_nothing(octets: bytes) -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(octets)
        await channel.submit(outgoing(TO))
    assert [command for command, *_ in smsc.heard] == [BIND, SUBMIT, UNBIND]


async def test_an_unbind_is_answered_and_the_channel_binds_again() -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(pdu(UNBIND, 0, 9))
        assert await turns(channel, State.DOWN) == "the message centre ended the session"
        await turns(channel, State.UP)
    assert (0, 9) in smsc.answers(UNBIND)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        GOOD[:5],
        GOOD[:-1],  # shorter than sm_length
        GOOD[:20] + b"4" * 40,  # no NUL
        GOOD[:-3] + b"\xff" + b"JA",
        b"\xff" * 255,
    ],
)
async def test_a_message_that_cannot_be_read_reaches_somebody_all_the_same(body: bytes) -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(pdu(DELIVER, 0, 5, body))
        found = await told(channel, Inbound)
        await found.settle()
        await asyncio.wait_for(smsc.answered.wait(), 1)
    assert (found.text, found.raw) == ("", body.hex().upper())
    assert smsc.answers(DELIVER) == [(0, 5)]


async def test_a_parameter_that_is_longer_than_the_message_is_no_parameter() -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(pdu(DELIVER, 0, 5, GOOD + b"\x04\x24\xff\xff" + b"NEJ"))
        assert (await told(channel, Inbound)).text == "JA"


async def test_a_payload_parameter_is_read_where_there_is_no_short_message() -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(pdu(DELIVER, 0, 5, deliver_sm(b"") + b"\x04\x24\x01\x2c" + b"JA " * 100))
        assert (await told(channel, Inbound)).text == "JA " * 100


async def test_a_flood_is_refused_for_now_and_messages_still_leave() -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(b"".join(pdu(DELIVER, 0, number, deliver_sm(b"%d" % number)) for number in range(1, 1001)))
        await channel.submit(outgoing(TO))
    refused = smsc.answers(DELIVER)
    assert (len(refused), {status for status, _ in refused}) == (500, {0x14})
    assert len(smsc.submitted) == 1


async def test_a_flood_is_handled_first_in_first_out_and_what_was_refused_comes_later() -> None:
    async with ScriptedSmsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.send(b"".join(pdu(DELIVER, 0, number, deliver_sm(b"%d" % number)) for number in range(1, 701)))
        while len(refused := [number for status, number in smsc.answers(DELIVER) if status]) < 200:
            await asyncio.sleep(0.001)
        found = []
        for _ in range(700):
            found.append(await told(channel, Inbound))
            await found[-1].settle()
            if len(found) == 1:  # a place is free
                smsc.send(b"".join(pdu(DELIVER, 0, n + 700, deliver_sm(b"%d" % n)) for n in refused[:1]))
            if len(found) == 500:
                smsc.send(b"".join(pdu(DELIVER, 0, n + 700, deliver_sm(b"%d" % n)) for n in refused[1:]))
    assert [each.text for each in found] == [str(number) for number in range(1, 701)]
    assert len({each.bearer_id for each in found}) == 700


@pytest.mark.parametrize(
    "drip",
    [pdu(ENQUIRE), b"x", struct.pack(">IIII", 69_000, DELIVER, 0, 1)],
    ids=["signs of life", "single octets", "more beginnings"],
)
async def test_a_pdu_that_never_ends_is_no_sign_of_life(drip: bytes) -> None:
    """Whatever comes is taken for its rest: nothing else can be heard behind it."""
    async with ScriptedSmsc() as smsc, smsc.channel(response_s=0.15) as channel:
        await turns(channel, State.UP)
        smsc.send(struct.pack(">IIII", 69_000, DELIVER, 0, 1))
        dripping = asyncio.create_task(drip_on(smsc, drip))
        assert "did not end in 0.15 s" in await turns(channel, State.DOWN)
        dripping.cancel()
        await turns(channel, State.UP)
        await channel.submit(outgoing(TO))
    assert (smsc.connections, len(smsc.submitted)) == (2, 1)


async def drip_on(smsc: ScriptedSmsc, octets: bytes) -> None:
    while True:
        smsc.send(octets)
        await asyncio.sleep(0.01)


async def test_what_comes_slowly_but_whole_is_heard() -> None:
    async with ScriptedSmsc() as smsc, smsc.channel(response_s=0.2) as channel:
        await turns(channel, State.UP)
        for octet in pdu(DELIVER, 0, 1, GOOD) * 2 + pdu(ENQUIRE)[:5]:
            smsc.send(bytes([octet]))
            await asyncio.sleep(0.002)
        assert [(await told(channel, Inbound)).text for _ in range(2)] == ["JA", "JA"]
    assert smsc.connections == 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4), st.integers(1, 7), st.randoms())
def test_pdus_come_out_whole_at_every_chunk_size(
    bodies: list[bytes], size: int, chance: random.Random
) -> None:
    sent = [Pdu(chance.randrange(1 << 32), 0, number, body) for number, body in enumerate(bodies)]
    octets, frames, found = b"".join(each.encode() for each in sent), Frames(), []
    for start in range(0, len(octets), size):
        found += frames.feed(octets[start : start + size])
    assert found == sent


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300))
def test_no_octets_raise_anything_but_our_own_error(octets: bytes) -> None:
    try:
        for each in Frames().feed(octets):
            first_string(each.body), knows_options(each)
    except BrokenStream:
        pass
    _read(octets)


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_a_message_changed_at_random_is_read_or_called_broken(data: st.DataObject) -> None:
    octets = bytearray(deliver_sm(b"\5\0\3\1\2\1Hej") + b"\x02\x0c\0\2\1\2\x02\x0e\0\1\2\x04\x27\0\1\2")
    for _ in range(data.draw(st.integers(1, 5))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    _read(bytes(octets))


def _read(body: bytes) -> None:
    try:
        read = deliver(Pdu(DELIVER, 0, 1, body))
    except BrokenPdu:
        return
    found = inbound(read, CONFIG, bearer_id="x", raw="")
    assert len(found.sender) <= 60
    assert isinstance(report(read, Sent("same"), CONFIG), Report)
