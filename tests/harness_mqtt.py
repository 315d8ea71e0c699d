"""The far end of the MQTT channel for the conformance tests: a Mosquitto, a subscriber, and a proxy between."""

import asyncio
import json
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from channels.base import Channel
from messages.address import Address
from tests.fault_proxy import CLIENT, FaultProxy
from tests.harness import Behaviour
from tests.mosquitto import FORBIDDEN, PREFIX, MosquittoServer, mqtt_channel

_PUBLISH = rb"/alert/.*expires"  # an alert is in the packet, whole


class Listener:
    """A subscriber in a thread of its own, so that what has arrived can be asked without letting the loop run."""

    def __init__(self, port: int) -> None:
        self._texts: list[str] = []
        self._marks = count(1)
        self._mark = f"mark/{id(self)}"
        self._seen: dict[bytes, Event] = {b"0": Event()}
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        self._client.on_message = self._heard
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([(f"{PREFIX}/alert/rum/#", 1), (self._mark, 1)])
        self._client.publish(self._mark, b"0", qos=1)
        self._client.loop_start()
        assert self._seen[b"0"].wait(5)

    def _heard(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.topic == self._mark:
            self._seen[message.payload].set()
        else:
            self._texts.append(json.loads(message.payload)["text"])

    def texts(self) -> list[str]:
        """All that the broker had when this was asked: it passes a mark on after what came before."""
        mark = b"%d" % next(self._marks)
        seen = self._seen[mark] = Event()
        self._client.publish(self._mark, mark, qos=1)
        assert seen.wait(5)
        return list(self._texts)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class MqttHarness:
    to = "mqtt:rum/12"
    never = Address("mqtt", FORBIDDEN)

    def __init__(self, folder: Path) -> None:
        self._server = MosquittoServer(folder / "broker")
        self._proxy = FaultProxy(port=self._server.port)
        self._stack = AsyncExitStack()
        self._listener: Listener | None = None

    async def __aenter__(self) -> Self:
        try:
            return await self._enter()
        except BaseException:
            await self._stack.aclose()
            raise

    async def _enter(self) -> Self:
        self._stack.enter_context(self._server)
        self._listener = Listener(self._server.port)
        self._stack.callback(self._listener.close)
        await self._stack.enter_async_context(self._proxy)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def channel(self) -> Channel:
        return mqtt_channel(self._proxy.port)

    def tell(self, behaviour: Behaviour) -> None:
        if behaviour == "transient":
            self.to = "mqtt:ingen"
        if behaviour == "unknown":
            self._proxy.strike("cut", side=CLIENT, when=_PUBLISH)
        if behaviour == "stall":
            self._proxy.strike("black-hole", side=CLIENT, when=_PUBLISH, before=True)

    async def stalled(self) -> None:
        while not self._proxy.struck:
            await asyncio.sleep(0.001)

    async def go(self) -> None:
        self._proxy.refusing = True
        self._proxy.cut_all()

    async def come_back(self) -> None:
        self._proxy.refusing = False

    def arrived(self) -> list[str]:
        assert self._listener is not None
        return self._listener.texts()
