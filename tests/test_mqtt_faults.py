"""Faults between the channel and a real Mosquitto, at every step of a session; and at random, from a seed."""

import asyncio
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from channels.base import ChannelDown, ChannelError, Receipt, State, TransientFailure, Unknown
from channels.mqtt import MqttChannel
from tests.fault_proxy import CLIENT, SERVER, FaultProxy, Kind
from tests.harness_mqtt import Listener
from tests.mosquitto import MosquittoServer, mqtt_channel
from tests.mqtt_sink import Does, Hangup, ScriptedBroker
from tests.outgoing import outgoing, words

TO = "mqtt:rum/12"
PUBLISH = rb"/alert/rum/12.*expires.*/report"
# Where a fault strikes: the side that speaks, what it says, and whether that still gets through.
STEPS = {
    "CONNECT": (CLIENT, rb"MQTT\x05", True),
    "CONNACK": (SERVER, rb"^\x20", True),
    "session begun": (SERVER, rb"^\x20", False),
    "SUBSCRIBE": (CLIENT, rb"/report", True),
    "SUBACK": (SERVER, rb"\x90\x05", True),
    "before the PUBLISH": (CLIENT, PUBLISH, True),
    "after the PUBLISH": (CLIENT, PUBLISH, False),
    "PUBACK": (SERVER, rb"\x40\x02\x00\x02", True),
}
MESSAGES, AT_A_TIME = 120, 4


async def outcome(channel: MqttChannel, attempt: str) -> Receipt | ChannelError:
    """Of the first try in which the broker was there."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await channel.submit(outgoing(TO, words(text=f"attempt {attempt}"), attempt=attempt))
            except ChannelDown:
                await asyncio.sleep(0.005)
            except ChannelError as failure:
                return failure


@pytest.fixture(scope="module")
def server() -> Iterator[MosquittoServer]:
    with (
        tempfile.TemporaryDirectory(prefix="bavn-mosquitto-") as name,
        MosquittoServer(Path(name)) as server,
    ):
        yield server


@pytest.mark.mosquitto
@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("step", STEPS)
async def test_the_outcome_is_true_and_the_channel_comes_back(
    server: MosquittoServer, step: str, kind: Kind
) -> None:
    side, when, before = STEPS[step]
    listener = Listener(server.port)
    async with FaultProxy(port=server.port) as proxy:
        proxy.strike(kind, side=side, when=when, before=before, seconds=0.02)
        async with mqtt_channel(proxy.port, connect_s=0.2, answer_s=0.15) as channel:
            said = await outcome(channel, "first")
            while not isinstance(await outcome(channel, "second"), Receipt):
                pass  # a connection that was dying took the first try with it, and none of that left
    copies = Counter("first" if "attempt first" in text else "second" for text in listener.texts())
    listener.close()
    assert proxy.struck == 1
    assert isinstance(said, Receipt) <= copies["first"] <= isinstance(said, Receipt | Unknown)
    assert copies["second"] == 1


@pytest.mark.mosquitto
async def test_a_network_that_swallows_everything_is_noticed_while_nothing_is_sent(
    server: MosquittoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keep-alive of MQTT, with a clock for paho that runs twenty times as fast."""
    monkeypatch.setattr("paho.mqtt.client.time_func", lambda: 20 * time.monotonic())
    async with FaultProxy(port=server.port) as proxy, mqtt_channel(proxy.port, connect_s=0.2) as channel:
        channel._keeper._config = channel.config.model_copy(update={"keepalive_s": 1})
        proxy.strike("black-hole", side=CLIENT, when=rb"\xc0\x00$", before=True)  # at the first PINGREQ
        assert isinstance(await outcome(channel, "first"), Receipt | TransientFailure)
        first = await channel._keeper.session()
        async with asyncio.timeout(5):
            assert (await first.gone).why == "the connection broke"
        async with asyncio.timeout(5):
            while (await channel.probe()).state is not State.UP:
                await asyncio.sleep(0.005)
    assert (proxy.struck, proxy.connections) == (1, 2)


@pytest.mark.parametrize("tls", ["none", "implicit"])
async def test_closing_does_not_wait_for_a_broker_that_says_nothing(tls: str) -> None:
    async with ScriptedBroker({"connect": Does.MUTE}) as broker:
        async with mqtt_channel(broker.port, tls=tls, connect_s=30) as channel:
            await broker.muted.wait()
            began = time.monotonic()
        assert time.monotonic() - began < 1
        assert channel._keeper.health.state is State.STARTING


class FaultyBroker(ScriptedBroker):
    """At every step one time in twelve something goes wrong; an alert may be taken and its PUBACK lost."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.faults: Counter[str] = Counter()
        self._random = random.Random(seed)

    async def told(self, step: str) -> int | bytes:
        if self._random.random() > 1 / 12:
            return await super().told(step)
        fault = self._random.choice(["refused", "hang-up", "nonsense"])
        self.faults[f"{fault} at {step}"] += 1
        if fault == "hang-up":
            raise Hangup
        return 0x97 if fault == "refused" else b"\xf0\x01nonsense"

    def _lost(self) -> bool:
        lost = self._random.random() < 1 / 12
        self.faults["PUBACK lost"] += lost
        return lost

    async def _answer(self, step: str, kind: int, body: bytes) -> bytes:
        answer = await super()._answer(step, kind, body)
        if answer[:1] == b"\x40" and len(answer) == 4 and self._lost():
            raise Hangup
        return answer


@pytest.mark.parametrize("seed", range(5))
async def test_every_outcome_agrees_with_the_far_end(seed: int) -> None:
    attempts = iter([f"a{number}" for number in range(MESSAGES)])
    outcomes: dict[str, Receipt | ChannelError] = {}

    async def work(channel: MqttChannel) -> None:
        for attempt in attempts:
            outcomes[attempt] = await outcome(channel, attempt)

    options = {"reconnect_s": 0.001, "reconnect_max_s": 0.01}
    async with FaultyBroker(seed) as broker, mqtt_channel(broker.port, **options) as channel:
        await asyncio.gather(*(work(channel) for _ in range(AT_A_TIME)))
    copies = Counter(json.loads(taken.payload)["attempt"] for taken in broker.taken)
    assert len(broker.faults) >= 6, f"a fault never struck: {broker.faults}"
    for attempt, said in outcomes.items():
        most = 1 if isinstance(said, Receipt | Unknown) else 0
        assert isinstance(said, Receipt) <= copies[attempt] <= most, (attempt, said, seed)
