"""How many alerts wait for a broker that allows few at a time, and which of them is next."""

from functools import partial
from pathlib import Path

from channels.base import State
from tests.hubs import Json, hub_in, until
from tests.mosquitto import PREFIX, mqtt_channel
from tests.mqtt_sink import ScriptedBroker, packet
from tests.test_mqtt_hub import CHANNEL
from tests.test_mqtt_steps import until as turns

ONE_AT_A_TIME, TWO_AT_A_TIME = b"\x21\x00\x01", b"\x21\x00\x02"  # Receive Maximum
PEOPLE: list[Json] = [{"id": f"r{number}", "addresses": [f"mqtt:rum/{number}"]} for number in range(5)]


class SlowBroker(ScriptedBroker):
    """Takes every alert, and acknowledges one when it is told to."""

    def __init__(self, connack: bytes) -> None:
        super().__init__(connack=connack)
        self.topics: list[str] = []
        self._owed: list[bytes] = []

    async def _answer(self, step: str, kind: int, body: bytes) -> bytes:
        if step != "PUBLISH":
            return await super()._answer(step, kind, body)
        end = 2 + int.from_bytes(body[:2], "big")
        self.topics.append(body[2:end].decode().removeprefix(f"{PREFIX}/alert/"))
        self._owed.append(body[end : end + 2])
        return b""

    def has_taken(self, count: int) -> bool:
        return len(self.topics) == count

    def acknowledge(self) -> None:
        self.send(packet(0x40, self._owed.pop(0)))


async def test_a_flash_is_next_where_the_broker_takes_one_at_a_time(tmp_path: Path) -> None:
    async with SlowBroker(ONE_AT_A_TIME) as broker:
        channels = CHANNEL.format(port=broker.port, prefix=PREFIX)
        async with hub_in(tmp_path, channels=channels, people=PEOPLE) as desk:
            await desk.send(*(f"r{number}" for number in range(4)), precedence="routine")
            await until(partial(broker.has_taken, 1))
            urgent = await desk.send("r4", precedence="flash")
            for taken in range(2, 6):
                broker.acknowledge()
                await until(partial(broker.has_taken, taken))
            broker.acknowledge()
            attempts = (await desk.deliveries(urgent["id"]))["r4"]["attempts"]
    assert (broker.topics[1], len(attempts)) == ("rum/4", 1)


async def test_the_window_is_the_brokers_where_that_is_smaller() -> None:
    async with (
        ScriptedBroker(connack=TWO_AT_A_TIME) as broker,
        mqtt_channel(broker.port, window=20) as channel,
    ):
        assert channel.capability.window == 20
        await turns(channel, State.UP)
        assert channel.capability.window == 2
        broker.connack = b""
        broker.send(packet(0xE0, b"\x8b\x00"))
        await turns(channel, State.DOWN)
        await turns(channel, State.UP)
        assert channel.capability.window == 20
