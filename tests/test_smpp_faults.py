"""Faults of the network, at every step and at random: what the channel says against what the message centre has."""

import asyncio
import random
from collections import Counter

import pytest

from channels.base import (
    ChannelDown,
    ChannelError,
    Inbound,
    PermanentFailure,
    Receipt,
    State,
    TransientFailure,
    Unknown,
)
from channels.smpp import SmppChannel
from tests.fault_proxy import CLIENT, SERVER, Kind
from tests.outgoing import outgoing, words
from tests.smsc import LONG, Smsc, told, turns
from tests.smsc_script import Does, ScriptedSmsc, pdu

TO = "sms:+4500000001"
BIND, BOUND = rb"hemmelig\x00", rb"\x80\x00\x00\x09"
SUBMIT, TAKEN = rb"\x00\x00\x00\x04\x00\x00\x00\x00.{4}\x00\x01\x01", rb"\x80\x00\x00\x04"
ARRIVES, ACKNOWLEDGED = rb"\x00\x00\x00\x05\x00\x00\x00\x00", rb"\x80\x00\x00\x05"
PART_2 = rb"\x05\x00\x03.\x02\x02"
SOON = {"response_s": 0.15, "connect_s": 0.15}

# step, side, bytes, before they pass: what becomes of the message, and how many copies may be at the far end
STEPS = [
    ("bind", CLIENT, BIND, True, ChannelDown, {0}),
    ("bind", CLIENT, BIND, False, ChannelDown, {0}),
    ("bind_resp", SERVER, BOUND, True, ChannelDown, {0}),
    ("submit_sm", CLIENT, SUBMIT, True, Unknown, {0}),
    ("submit_sm", CLIENT, SUBMIT, False, Unknown, {0, 1}),
    ("submit_sm_resp", SERVER, TAKEN, True, Unknown, {1}),
    ("submit_sm_resp", SERVER, TAKEN, False, Receipt, {1}),
]
KINDS: list[Kind] = ["cut", "black-hole"]


async def outcome(channel: SmppChannel, attempt: str, **more: object) -> Receipt | ChannelError:
    try:
        return await channel.submit(outgoing(TO, attempt=attempt, **more))  # type: ignore[arg-type]
    except ChannelError as failure:
        return failure


async def receipt(channel: SmppChannel) -> Receipt:
    """The first message that is taken: the channel comes back by itself."""
    async with asyncio.timeout(5):
        while True:
            said = await outcome(channel, "second")
            if isinstance(said, Receipt):
                return said
            assert isinstance(said, ChannelDown | Unknown)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("step", "side", "when", "before", "expected", "copies"), STEPS)
async def test_a_fault_at_a_step_is_told_by_the_table_and_overcome(
    kind: Kind, step: str, side: str, when: bytes, before: bool, expected: type, copies: set[int]
) -> None:
    async with Smsc() as smsc, smsc.channel(**SOON) as channel:
        if not step.startswith("bind"):
            await turns(channel, State.UP)
        smsc.proxy.strike(kind, side=side, when=when, before=before)
        if step.startswith("bind"):
            smsc.proxy.cut_all()
            await turns(channel, State.DOWN)
        said = await outcome(channel, "first")
        assert type(said) is expected
        assert len(smsc.taken) in copies
        before_second = len(smsc.taken)
        await receipt(channel)
    assert smsc.proxy.struck == 1
    assert len(smsc.taken) > before_second


# step, side, bytes, before they pass: where it strikes a message from a phone
WAY_BACK = [
    ("deliver_sm", SERVER, ARRIVES, True),
    ("deliver_sm", SERVER, ARRIVES, False),
    ("deliver_sm_resp", CLIENT, ACKNOWLEDGED, True),
    ("deliver_sm_resp", CLIENT, ACKNOWLEDGED, False),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("step", "side", "when", "before"), WAY_BACK)
async def test_a_fault_on_the_way_back_loses_no_message_and_counts_none_twice(
    kind: Kind, step: str, side: str, when: bytes, before: bool
) -> None:
    limits = {"response_s": 0.1, "connect_s": 0.1, "enquire_link_s": 0.1}
    names = []
    async with Smsc() as smsc, smsc.channel(**limits) as channel:
        await turns(channel, State.UP)
        smsc.proxy.strike(kind, side=side, when=when, before=before)
        for text, phone in (("1", "4500000001"), ("2", "4500000002"), ("1", "4500000003")):
            smsc.bring(text, source=phone)
        async with asyncio.timeout(2):
            while smsc.kept or not names:
                try:
                    async with asyncio.timeout(0.05):
                        found = await told(channel, Inbound)
                except TimeoutError:
                    continue
                names.append((found.bearer_id, found.sender))
                await found.settle()
    assert smsc.proxy.struck == 1
    assert sorted(sender for _, sender in set(names)) == [f"sms:+450000000{n}" for n in (1, 2, 3)]


async def test_a_half_closed_connection_is_opened_anew() -> None:
    async with Smsc() as smsc, smsc.channel(**SOON) as channel:
        await turns(channel, State.UP)
        smsc.proxy.strike("half-close", side=CLIENT, when=SUBMIT)
        said = await outcome(channel, "first")
        assert isinstance(said, Receipt | Unknown)
        await receipt(channel)
    assert len(smsc.taken) in {1, 2}


async def test_a_slow_network_is_waited_for() -> None:
    async with Smsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        smsc.proxy.strike("delay", side=CLIENT, when=SUBMIT, seconds=0.2)
        assert isinstance(await outcome(channel, "first"), Receipt)
    assert len(smsc.taken) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_fault_between_two_parts_leaves_what_was_taken_named(kind: Kind) -> None:
    async with Smsc() as smsc, smsc.channel(**SOON) as channel:
        await turns(channel, State.UP)
        smsc.proxy.strike(kind, side=CLIENT, when=PART_2, before=True)
        said = await outcome(channel, "first", said=LONG)
    assert isinstance(said, Unknown)
    assert (said.references, said.parts, len(smsc.taken)) == (("1",), 2, 1)


async def test_a_link_that_has_gone_dark_fails_at_once_for_those_that_come_later() -> None:
    """The first waits for its answer; while the message centre is being asked, nobody else has to."""
    async with Smsc() as smsc, smsc.channel(response_s=0.3) as channel:
        await turns(channel, State.UP)
        smsc.proxy.strike("black-hole", side=CLIENT, when=SUBMIT, before=True)
        assert isinstance(await outcome(channel, "first"), Unknown)
        began = asyncio.get_running_loop().time()
        assert isinstance(await outcome(channel, "second"), ChannelDown)
        assert asyncio.get_running_loop().time() - began < 0.2
        await receipt(channel)
    assert len(smsc.taken) == 1


async def test_everything_under_way_on_a_dark_link_is_unknown_in_its_time() -> None:
    async with Smsc() as smsc, smsc.channel(response_s=0.2, window=50) as channel:
        await turns(channel, State.UP)
        smsc.proxy.strike("black-hole", side=CLIENT, when=SUBMIT, before=True)
        async with asyncio.timeout(1):
            said = await asyncio.gather(*(outcome(channel, f"a{number}") for number in range(50)))
    assert {type(each) for each in said} == {Unknown}


async def test_a_message_centre_that_is_idle_is_asked_for_a_sign_of_life() -> None:
    limits = {"enquire_link_s": 0.05, "response_s": 0.1}
    async with ScriptedSmsc(enquire=[0, Does.MUTE]) as smsc, smsc.channel(**limits) as channel:
        await turns(channel, State.UP)
        assert "no answer to enquire_link" in await turns(channel, State.DOWN)
        await turns(channel, State.UP)
    assert smsc.connections == 2


async def test_a_message_centre_that_says_other_things_is_alive() -> None:
    async with ScriptedSmsc(enquire=[pdu(0x102)]) as smsc, smsc.channel(response_s=0.1) as channel:
        await turns(channel, State.UP)
        assert (await channel.probe()).state is State.UP
    assert smsc.connections == 1


async def test_a_test_says_what_it_proved_and_sends_nothing() -> None:
    async with Smsc() as smsc, smsc.channel() as channel:
        await turns(channel, State.UP)
        tested = await channel.test()
        smsc.away()
        await turns(channel, State.DOWN)
        assert (await channel.test()).proved == ()
    assert tested.proved == (
        f"bound at 127.0.0.1:{smsc.proxy.port} as bavn",
        "the message centre answers enquire_link",
    )
    assert smsc.taken == []


async def test_pauses_between_binds_grow_and_a_wrong_password_is_not_tried_often() -> None:
    async with ScriptedSmsc(bind=[0x0D] * 50) as smsc, smsc.channel(reconnect_max_s=0.05):
        await asyncio.sleep(0.2)
    assert 3 <= smsc.connections <= 12
    async with ScriptedSmsc(bind=[0x0E] * 50) as wrong, wrong.channel(reconnect_max_s=9) as channel:
        assert "RINVPASWD" in await turns(channel, State.DOWN)
        await asyncio.sleep(0.1)
    assert wrong.connections == 1


class FaultyNetwork(Smsc):
    """One time in three something goes wrong; `copies` counts what is at the far end all the same."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.copies: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._random = random.Random(seed)

    def _decide(self, event: object) -> None:
        fault = (
            self._random.choice(["cut", "lost answer", 0x08, 0x0B]) if self._random.random() < 1 / 3 else ""
        )
        self.faults[str(fault)] += bool(fault)
        if isinstance(fault, int):
            self.script.append(fault)
        if fault == "cut":
            self.muted.append(event)
            self.proxy.cut_all()
            return
        taken = len(self.taken)
        super()._decide(event)
        for each in self.taken[taken:]:
            self.copies[each.text.partition("!")[0]] += 1
        if fault == "lost answer":
            self.proxy.cut_all()


@pytest.mark.parametrize("seed", range(5))
async def test_every_outcome_agrees_with_the_far_end(seed: int) -> None:
    attempts, outcomes = iter([f"a{number}" for number in range(200)]), dict[str, object]()

    async def work(channel: SmppChannel) -> None:
        for attempt in attempts:
            said = words(headline=f"{attempt}!", text="", sender_name="")
            while isinstance(found := await outcome(channel, attempt, said=said), ChannelDown):
                await asyncio.sleep(0.002)
            outcomes[attempt] = found

    async with FaultyNetwork(seed) as smsc, smsc.channel(reconnect_s=0.001, reconnect_max_s=0.01) as channel:
        await asyncio.gather(*(work(channel) for _ in range(4)))
        await asyncio.sleep(0)
    assert len(smsc.faults) == 5
    allowed = {Receipt: {1}, Unknown: {0, 1}, TransientFailure: {0}, PermanentFailure: {0}}
    for attempt, said in outcomes.items():
        assert smsc.copies[attempt] in allowed[type(said)], (attempt, said)
