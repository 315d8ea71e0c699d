"""Faults at random, from a seed: what the channel says of each message against what the far end has."""

import asyncio
import random
from collections import Counter

import pytest

from channels.base import ChannelDown, ChannelError, Receipt, State, Unknown
from channels.email import EmailChannel
from gateway.demo_mail import Hangup, Mail
from tests.outgoing import outgoing
from tests.smtp_sink import ScriptedSink, mail_channel

MESSAGES, AT_A_TIME = 150, 4


class FaultySink(ScriptedSink):
    """At every step one time in twelve something goes wrong; a mail may be kept and its 250 lost."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.faults: Counter[str] = Counter()
        self._random = random.Random(seed)

    async def answer(self, step: str, line: str) -> str:
        if self._random.random() > 1 / 12:
            return await super().answer(step, line)
        fault = self._random.choice(
            ["421 4.3.2 busy", "451 4.3.0 later", "550 5.7.1 no", "hang-up", "nonsense"]
        )
        self.faults[fault] += 1
        if fault == "hang-up":
            raise Hangup
        return fault

    def _note(self, mail: Mail) -> None:
        if self._random.random() < 1 / 12:
            self.faults["250 lost"] += 1
            raise Hangup


async def outcome(channel: EmailChannel, attempt: str) -> Receipt | ChannelError:
    while True:
        try:
            return await channel.submit(outgoing("mailto:vagt@eksempelkommune.invalid", attempt=attempt))
        except ChannelDown:
            async with asyncio.timeout(10):
                while (await channel.probe()).state is State.DOWN:
                    await asyncio.sleep(0)
        except ChannelError as failure:
            return failure


@pytest.mark.parametrize("seed", range(10))
async def test_every_outcome_agrees_with_the_far_end(seed: int) -> None:
    attempts = iter([f"a{number}" for number in range(MESSAGES)])
    outcomes: dict[str, Receipt | ChannelError] = {}

    async def work(channel: EmailChannel) -> None:
        for attempt in attempts:
            outcomes[attempt] = await outcome(channel, attempt)

    async with FaultySink(seed) as sink, mail_channel(sink.port, reconnect_s=0.001) as channel:
        await asyncio.gather(*(work(channel) for _ in range(AT_A_TIME)))
    copies = Counter(mail.raw.partition(b"X-Bavn-Attempt: ")[2].split()[0].decode() for mail in sink.mails)
    assert min(sink.faults.values()) > 0, f"a fault never struck: {sink.faults}"
    for attempt, said in outcomes.items():
        most = {Receipt: 1, Unknown: 1}.get(type(said), 0)
        assert (1 if isinstance(said, Receipt) else 0) <= copies[attempt] <= most, (attempt, said, seed)
