"""What the channel itself lets go of a flood: never words, never what says whose it is, and never without a word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from channels import mqtt_arrivals
from channels.base import Inbound
from channels.feed import Feed
from channels.mqtt_arrivals import Arrivals, Overflow
from channels.mqtt_client import Incoming
from channels.mqtt_config import MqttConfig
from channels.mqtt_inbound import Arrived

TOPIC = "bavn/by/answer"
CONFIG = MqttConfig(bearer="mqtt", host="127.0.0.1", topic_prefix="bavn/by")
NOISE = b"\xff\xfe\x80"
MOST = mqtt_arrivals._NOISE_MOST


class Session:
    def __init__(self) -> None:
        self.settled: list[int] = []

    def settle(self, mid: int) -> None:
        self.settled.append(mid)


class Door:
    """Arrivals with a feed behind them, and what they note of overflows."""

    def __init__(self) -> None:
        self.feed, self.session, self.noted = Feed(bound=10_000), Session(), list[Overflow]()
        self.arrivals = Arrivals("displays", CONFIG, self.feed, note=self.noted.append)

    async def comes(self, payload: bytes, *, mid: int = 1, **more: Any) -> None:
        self.arrivals.arrived(self.session, Incoming(Arrived(TOPIC, payload), mid, **more))  # type: ignore[arg-type]
        await asyncio.sleep(0)

    def kept(self) -> list[Inbound]:
        return [event for event in self.feed._waiting if isinstance(event, Inbound)]


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    door = Door()
    running = asyncio.create_task(door.arrivals.run())
    await asyncio.sleep(0)
    yield door
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("HJÆLP".encode(), "HJÆLP"),
        (b"alive", "alive"),
        (b'{"attempt":"01JD7.1","from":"rum/1","answer":"4","text":"' + b"ilt " * 600 + b'"}', "4, ilt ilt"),
        (b'{"from":"rum/1","answer":"4","answer":"4"}', "4"),
        (b'{"attempt":"01JD7.1"', ""),
        (b'{"from":"rum/1"}', ""),
    ],
)
async def test_what_says_anything_goes_on_however_much_nonsense_came_before_it(
    door: Door, payload: bytes, text: str
) -> None:
    for _ in range(MOST + 5):
        await door.comes(NOISE)
    for _ in range(2 * MOST):
        await door.comes(b"alive")
    await door.comes(payload, mid=7)
    assert 7 not in door.session.settled  # the broker keeps it until the hub has it
    assert door.kept()[-1].text.startswith(text)


async def test_of_nonsense_the_first_go_on_and_the_rest_is_counted_and_said(door: Door) -> None:
    for _ in range(MOST + 30):
        await door.comes(NOISE)
    assert len(door.kept()) == MOST + 1
    assert len(door.session.settled) == 30
    for _ in range(2):  # the time between two
        door.arrivals._tell()
        await asyncio.sleep(0)
    assert [event.more for event in door.kept()[MOST:]] == [0, 28]
    assert [bool(overflow.why) for overflow in door.noted] == [True, True, False]
    assert not any(overflow.lost for overflow in door.noted)


async def test_words_of_qos_0_that_nothing_bounds_are_lost_with_a_warning(door: Door) -> None:
    for _ in range(mqtt_arrivals._WAITING_MOST + 1):
        door.arrivals.arrived(door.session, Incoming(Arrived(TOPIC, b"hej"), 0))  # type: ignore[arg-type]
    assert [(overflow.lost, "QoS 1" in overflow.why) for overflow in door.noted] == [(True, True)]


async def test_what_was_retained_is_no_flood(door: Door) -> None:
    for _ in range(MOST + 5):
        await door.comes(NOISE, retained=True)
    assert (door.kept(), door.noted) == ([], [])
