"""A channel that cannot be entered says why, once, and is tried again."""

import asyncio
import logging
from typing import Any, cast

import pytest

from channels.base import Channel, ChannelError, Health, State
from gateway.dispatch import Dispatcher, Services
from tests.virtual_time import run_virtually

REASON = "channel mail: ca_file /etc/ca.pem is no PEM"


async def tried_for(seconds: float) -> list[tuple[str, Health]]:
    heard: list[tuple[str, Health]] = []

    def make() -> Channel:
        raise ChannelError(REASON)

    unused = cast("Any", None)
    services = Services(unused, lambda name, health: heard.append((name, health)), unused)
    dispatcher = Dispatcher("mail", make, unused, services)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(seconds):
            await dispatcher.run()
    return heard


def test_a_channel_that_cannot_be_entered_says_why_and_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert run_virtually(tried_for(300)) == [("mail", Health(State.DOWN, REASON))]
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [(REASON, None)]
