"""A channel's tasks: asking after a far end that it holds no session with, now and then; and ending them all."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

from channels.base import Health, State

log = logging.getLogger(__name__)


async def keep_watch(
    probe: Callable[[], Awaitable[Health]],
    wake: asyncio.Event,
    *,
    every_s: float,
    first_s: float,
    longest_s: float,
) -> None:
    """Until it is cancelled: probes every `every_s` while the far end is there, and when `wake` is set.

    While it is not: after `first_s`, doubled up to `longest_s`, less a random half, so that many gateways do not ask at
    once.
    """
    loop, pause_s = asyncio.get_running_loop(), first_s
    while True:
        wake.clear()
        asked = loop.time()
        if (await probe()).state is State.DOWN:
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 (spreads gateways, no secret)
            pause_s = min(2 * pause_s, longest_s)
            continue
        pause_s = first_s
        with suppress(TimeoutError):
            async with asyncio.timeout(every_s):
                await wake.wait()
        # A far end that answers and hangs up at once must not be asked in a tight loop.
        await asyncio.sleep(asked + first_s - loop.time())


async def stop(tasks: Collection[asyncio.Task[None]], *, channel: str) -> None:
    """Ends the tasks of a channel that closes. The log hears of one that had ended by itself, in error."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("channel %s: %s ended", channel, task.get_name(), exc_info=error)
