"""The rules of channels/base.py, held against every bearer of the registry and its far end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from channels.base import (
    Channel,
    ChannelDown,
    Event,
    HealthChanged,
    PermanentFailure,
    Report,
    State,
    TransientFailure,
    Unknown,
    Withdrawn,
    examine,
)
from channels.registry import BEARERS
from messages.address import Address, parse_address
from messages.evidence import Evidence
from tests.harnesses import HARNESSES, Harness
from tests.outgoing import outgoing, words

TEXT = "Mød på kommandostationen kl. 10."


_SERVERS = {"mqtt": [pytest.mark.mosquitto]}  # what BAVN_WITHOUT can leave out


@pytest.fixture(params=[pytest.param(bearer, marks=_SERVERS.get(bearer, [])) for bearer in sorted(BEARERS)])
async def far(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    if request.param not in HARNESSES:
        pytest.fail(f"bearer {request.param} has no far end in tests/harnesses.py: write one", pytrace=False)
    async with HARNESSES[request.param](tmp_path) as harness:
        yield harness


async def health_turns(channel: Channel, state: State) -> None:
    async with asyncio.timeout(5):
        async for event in channel.events():
            if isinstance(event, HealthChanged) and event.health.state is state:
                return


@asynccontextmanager
async def up(far: Harness) -> AsyncIterator[Channel]:
    """A channel to the far end, once it says that it is up."""
    async with far.channel() as channel:
        await health_turns(channel, State.UP)
        yield channel


async def test_a_message_arrives_once_and_its_receipt_has_references(far: Harness) -> None:
    async with up(far) as channel:
        receipt = await channel.submit(outgoing(far.to))
    assert all(receipt.references)
    assert Evidence.SUBMITTED <= receipt.evidence <= channel.capability.max_evidence
    assert [TEXT in text for text in far.arrived()] == [True]


@pytest.mark.parametrize("times", [1, 80])
async def test_what_a_channel_says_it_carries_is_what_arrives(far: Harness, times: int) -> None:
    """Who sends is warned by what the channel says beforehand; one that says nothing carries everything."""
    said = words(headline="Møde", text="Gå til samlingsstedet. " * times, sender_name="")
    async with up(far) as channel:
        told = channel.capability.shortened
        await channel.submit(outgoing(far.to, said))
    (text,) = far.arrived()
    assert text.count("samlingsstedet") == times if told is None else told(said).text in text


async def test_hand_over_is_called_once_before_anything_has_arrived(far: Harness) -> None:
    seen: list[int] = []
    async with up(far) as channel:
        await channel.submit(outgoing(far.to, hand_over=lambda: seen.append(len(far.arrived()))))
    assert seen == [0]


async def test_what_is_withdrawn_at_hand_over_never_arrives(far: Harness) -> None:
    def withdraw() -> None:
        raise Withdrawn("cancelled")

    async with up(far) as channel:
        with pytest.raises(Withdrawn):
            await channel.submit(outgoing(far.to, words(text="Trukket tilbage"), hand_over=withdraw))
        await channel.submit(outgoing(far.to))
    assert [TEXT in text for text in far.arrived()] == [True]


async def test_a_test_says_that_it_works_and_nothing_arrives(far: Harness) -> None:
    async with up(far) as channel:
        assert (await examine(channel)).health.state is State.UP
        assert far.arrived() == []
        await channel.submit(outgoing(far.to))
    assert [TEXT in text for text in far.arrived()] == [True]


async def test_a_refusal_for_now_is_transient_and_nothing_arrives(far: Harness) -> None:
    far.tell("transient")
    async with up(far) as channel:
        with pytest.raises(TransientFailure):
            await channel.submit(outgoing(far.to))
    assert far.arrived() == []


async def test_a_refusal_for_good_is_permanent_and_nothing_arrives(far: Harness) -> None:
    far.tell("permanent")
    async with up(far) as channel:
        with pytest.raises(PermanentFailure):
            await channel.submit(outgoing(far.never))
    assert far.arrived() == []


async def test_silence_after_the_content_is_unknown(far: Harness) -> None:
    calls: list[str] = []
    far.tell("unknown")
    async with up(far) as channel:
        with pytest.raises(Unknown):
            await channel.submit(outgoing(far.to, hand_over=lambda: calls.append("left")))
    assert calls == ["left"]


async def test_an_address_of_another_scheme_is_refused_for_good(far: Harness) -> None:
    calls: list[str] = []
    async with up(far) as channel:
        with pytest.raises(PermanentFailure):
            await channel.submit(
                outgoing(Address("paper", "rådhuset"), hand_over=lambda: calls.append("left"))
            )
    assert (calls, far.arrived()) == ([], [])


async def test_a_channel_enters_without_its_far_end_and_comes_back(far: Harness) -> None:
    await far.go()
    async with far.channel() as channel:
        await health_turns(channel, State.DOWN)
        with pytest.raises(ChannelDown):
            await channel.submit(outgoing(far.to))
        await far.come_back()
        async with asyncio.timeout(5):
            while (await channel.probe()).state is not State.UP:
                await asyncio.sleep(0.01)
        await channel.submit(outgoing(far.to))
    assert len(far.arrived()) == 1


async def test_a_probe_says_up_and_sends_nothing(far: Harness) -> None:
    async with up(far) as channel:
        assert (await channel.probe()).state is State.UP
    assert far.arrived() == []


async def test_a_cancelled_submit_leaves_the_channel_usable(far: Harness) -> None:
    far.tell("stall")
    async with up(far) as channel:
        given_up = asyncio.create_task(channel.submit(outgoing(far.to, words(text="Opgivet"))))
        await far.stalled()
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        await channel.submit(outgoing(far.to))
    assert [TEXT in text for text in far.arrived()] == [True]


async def test_as_many_messages_as_the_window_go_at_a_time(far: Harness) -> None:
    async with up(far) as channel:
        sent = [outgoing(far.to) for _ in range(channel.capability.window)]
        receipts = await asyncio.gather(*(channel.submit(one) for one in sent))
    assert len({receipt.references for receipt in receipts}) == len(far.arrived()) == len(sent)


async def test_closing_ends_the_events(far: Harness) -> None:
    async def read(channel: Channel) -> list[Event]:
        return [event async for event in channel.events()]

    async with up(far) as channel:
        reader = asyncio.create_task(read(channel))
        await channel.submit(outgoing(far.to))
    async with asyncio.timeout(2):
        assert all(isinstance(event, HealthChanged | Report) for event in await reader)


async def test_a_channel_can_be_entered_again_after_it_closed(far: Harness) -> None:
    channel = far.channel()
    for _ in range(2):
        async with channel:
            await health_turns(channel, State.UP)
            await channel.submit(outgoing(far.to))
    assert len(far.arrived()) == 2


async def test_a_longer_text_never_measures_smaller(far: Harness) -> None:
    capability = far.channel().capability
    text = "Mød på Æblevej kl. 10 – 100 € og en lygte 🔦. " * 8
    sizes = [capability.measure(text[:length]) for length in range(1, len(text))]
    measures = [(size.parts, size.cost, size.air_time_s) for size in sizes]
    assert measures == sorted(measures)
    assert all(size.parts >= 1 and size.octets >= 1 for size in sizes)


async def test_the_capability_names_what_the_far_end_takes(far: Harness) -> None:
    capability = far.channel().capability
    assert parse_address(far.to).scheme in capability.schemes
    assert capability.window >= 1
    assert Evidence.SUBMITTED <= capability.max_evidence <= Evidence.ACKNOWLEDGED


def test_a_bearer_without_a_far_end_fails() -> None:
    assert set(HARNESSES) >= set(BEARERS)
