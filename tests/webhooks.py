"""A channel that takes webhooks, and a reader of its events in the place of the hub."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.base import Event, HealthChanged, State
from channels.sms_http import SmsHttpChannel
from tests.aggregator import (
    Aggregator,
    listening,
)


class Reader:
    """Reads a channel's events as the hub does; settles them when it is told to."""

    def __init__(self, channel: SmsHttpChannel, *, commits: bool) -> None:
        self.commits, self.events = commits, list[Event]()
        self.came = asyncio.Event()
        self._task = asyncio.create_task(self._read(channel))

    async def _read(self, channel: SmsHttpChannel) -> None:
        async for event in channel.events():
            if isinstance(event, HealthChanged):
                continue
            self.events.append(event)
            self.came.set()
            if self.commits:
                await event.settle()

    @property
    def one(self) -> Event:
        [event] = self.events
        return event


@asynccontextmanager
async def up(*, commits: bool = True, **more: object) -> AsyncIterator[tuple[SmsHttpChannel, Reader]]:
    async with Aggregator() as far, far.channel(**listening(**more)) as channel:
        async with asyncio.timeout(2):
            while (await channel.probe()).state is not State.UP:
                await asyncio.sleep(0.005)
        yield channel, Reader(channel, commits=commits)
