"""Reading what an MQTT channel tells, unsettled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.base import Event, HealthChanged, Inbound, Report, State
from channels.mqtt import MqttChannel
from tests.mosquitto import mqtt_channel


async def came(channel: MqttChannel, count: int = 1) -> list[Inbound | Report]:
    """The next messages, unsettled."""
    found: list[Inbound | Report] = []
    async with asyncio.timeout(5):
        async for event in channel.events():
            if isinstance(event, Inbound | Report):
                found.append(event)
            if len(found) == count:
                break
    return found


async def turns(channel: MqttChannel, state: State) -> str:
    """The reason of the next change to this state."""
    async with asyncio.timeout(5):
        async for event in channel.events():
            if isinstance(event, HealthChanged) and event.health.state is state:
                return event.health.reason
    raise AssertionError("the channel closed")


@asynccontextmanager
async def up(port: int, **options: object) -> AsyncIterator[MqttChannel]:
    async with mqtt_channel(port, **{"answer_s": 5} | options) as channel:
        assert (await channel.probe()).state is State.UP
        yield channel


async def quiet(channel: MqttChannel) -> list[Event]:
    """What waits to be read, once the broker has answered a question put after it."""
    await channel.probe()
    waiting = [*channel._feed._waiting, *channel._arrivals._waiting._queue]  # type: ignore[attr-defined]
    return [event for event in waiting if not isinstance(event, HealthChanged)]
