"""Rates: our own, and what the message centre thinks of them."""

import asyncio
from datetime import UTC, datetime

import pytest

from channels.base import Paced, State, TransientFailure
from channels.pace import Pace
from messages.precedence import Precedence
from tests.outgoing import outgoing
from tests.smsc import LONG, TAKE, Smsc, turns
from tests.virtual_time import run_virtually

TO = "sms:+4500000001"
THROTTLED, QUEUE_FULL = 0x58, 0x14


def test_parts_leave_at_the_configured_rate_and_flash_at_once() -> None:
    async def leave() -> list[float]:
        pace, loop = Pace(4, pause_s=1), asyncio.get_running_loop()
        times = []
        for urgent in (False, False, False, True, False):
            await pace.turn(urgent=urgent)
            times.append(loop.time())
        return times

    assert run_virtually(leave()) == pytest.approx([0, 0.25, 0.5, 0.5, 1.0])


def test_pauses_grow_while_the_message_centre_refuses_and_are_short_again_once_it_takes_one() -> None:
    async def pauses() -> list[float]:
        pace, found = Pace(None, pause_s=1), []
        for taken in (False, False, False, False, True, False):
            if taken:
                pace.taken()
            found.append(pace.throttled())
            pace.throttled()  # of the same window: counts once
            await asyncio.sleep(found[-1])
        return found

    most = [1, 2, 4, 8, 1, 2]
    for pause, longest in zip(run_virtually(pauses()), most, strict=True):
        assert 0.75 * longest <= pause <= longest


@pytest.mark.parametrize("status", [THROTTLED, QUEUE_FULL])
async def test_after_a_refusal_for_being_too_fast_only_flash_is_sent(status: int) -> None:
    async with Smsc() as smsc, smsc.channel(throttle_s=60) as channel:
        await turns(channel, State.UP)
        smsc.script.append(status)
        for expected in (0, 0):
            with pytest.raises(TransientFailure) as caught:
                await channel.submit(outgoing(TO, precedence=Precedence.ROUTINE))
            assert caught.value.retry_at is not None
            assert 20 < (caught.value.retry_at - datetime.now(UTC)).total_seconds() <= 30
            assert len(smsc.taken) == expected
        await channel.submit(outgoing(TO, precedence=Precedence.FLASH))
    assert len(smsc.taken) == 1


async def test_the_hub_is_told_how_long_to_keep_what_is_not_urgent() -> None:
    async with Smsc() as smsc, smsc.channel(max_per_second=0.1, throttle_s=60) as channel:
        await turns(channel, State.UP)
        assert isinstance(channel, Paced)
        assert channel.pause_s() == 0
        await channel.submit(outgoing(TO, precedence=Precedence.FLASH))
        assert 9 < channel.pause_s() <= 10
        smsc.script.append(THROTTLED)
        with pytest.raises(TransientFailure):
            await channel.submit(outgoing(TO, precedence=Precedence.FLASH))
        assert 20 < channel.pause_s() <= 30


async def test_a_later_part_that_comes_too_fast_is_sent_again() -> None:
    async with Smsc() as smsc, smsc.channel(throttle_s=0.01) as channel:
        await turns(channel, State.UP)
        smsc.script.extend([TAKE, THROTTLED, THROTTLED])
        receipt = await channel.submit(outgoing(TO, LONG))
    assert receipt.references == ("1", "2")
    assert [taken.part for taken in smsc.taken] == [(1, 2), (2, 2)]


async def test_the_configured_rate_holds_on_the_line() -> None:
    async with Smsc() as smsc, smsc.channel(max_per_second=50) as channel:
        await turns(channel, State.UP)
        began = asyncio.get_running_loop().time()
        waves = [channel.submit(outgoing(TO, precedence=Precedence.ROUTINE)) for _ in range(10)]
        await asyncio.gather(*waves)
        assert asyncio.get_running_loop().time() - began >= 9 / 50
    assert len(smsc.taken) == 10
