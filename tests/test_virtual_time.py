"""The loop whose clock jumps."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.virtual_time import Stuck, run_virtually


async def slept(seconds: float) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.sleep(seconds)
    return loop.time() - began


def test_an_hour_is_slept_at_once() -> None:
    began = time.monotonic()
    assert run_virtually(slept(3600)) == pytest.approx(3600)
    assert time.monotonic() - began < 2


def test_timers_go_off_in_their_order_and_at_their_time() -> None:
    async def work() -> list[tuple[str, float]]:
        told: list[tuple[str, float]] = []
        loop = asyncio.get_running_loop()
        for name, seconds in (("late", 60.0), ("early", 1.0), ("middle", 2.5)):
            loop.call_later(seconds, lambda name=name: told.append((name, loop.time())))
        await asyncio.sleep(61)
        return told

    assert run_virtually(work()) == [("early", 1.0), ("middle", 2.5), ("late", 60.0)]


def test_a_time_limit_strikes_though_nobody_waited_for_it() -> None:
    async def work() -> None:
        async with asyncio.timeout(600):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run_virtually(work())


def test_what_can_never_happen_is_an_error_and_not_a_hang() -> None:
    with pytest.raises(Stuck, match="no timer"):
        run_virtually(asyncio.Event().wait())


def test_a_descriptor_and_a_thread_are_refused() -> None:
    async def watches() -> None:
        with Path("/dev/null").open() as descriptor:
            asyncio.get_running_loop().add_reader(descriptor, print)

    for work in (watches(), asyncio.to_thread(Path().resolve)):
        with pytest.raises(RuntimeError, match="the clock would not wait for it"):
            run_virtually(work)
