"""What a driver says while it brings its modem back: why, and not only what it tries."""

import asyncio
from typing import Any

import pytest

from tests.benches import Bench, Kit, in_memory
from tests.kits import KITS
from tests.memory_bench import virtually


async def starting(driver: Any) -> str:
    """The reason at its first set-up after a trouble."""
    while driver.state.name != "RECOVERING":
        await asyncio.sleep(0.05)
    while driver.state.name != "STARTING":
        await asyncio.sleep(0.05)
    return str(driver.reason)


@pytest.mark.parametrize("name", KITS)
@virtually
async def test_the_cause_outlives_the_attempt_to_mend_it(name: str) -> None:
    kit: Kit = KITS[name]
    async with in_memory(kit) as bench, kit.driver(bench) as driver:
        await _ready(bench, kit, driver)
        bench.world.do("hang")
        reason = await starting(driver)
        assert "no answer in" in reason
        assert "; now" in reason


async def _ready(bench: Bench, kit: Kit, driver: Any) -> None:
    await bench.until(lambda: kit.ready(driver), limit_s=bench.ready_s)
