"""How many alerts wait for a broker that allows few at a time, and which of them is next."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from channels.base import Receipt, State, TransientFailure
from channels.mqtt_places import Places
from messages.precedence import Precedence
from tests.hubs import Json, hub_in, until
from tests.mosquitto import PREFIX, mqtt_channel
from tests.mqtt_sink import ScriptedBroker, packet
from tests.outgoing import outgoing
from tests.test_mqtt_hub import CHANNEL
from tests.test_mqtt_steps import until as turns

ONE_AT_A_TIME, TWO_AT_A_TIME, THREE_AT_A_TIME = (b"\x21\x00" + bytes([most]) for most in (1, 2, 3))
RENEWED_AT_ONCE = "reconnect_s = 0.05\nreconnect_max_s = 0.001"  # whatever a session lasted
PEOPLE: list[Json] = [{"id": f"r{number}", "addresses": [f"mqtt:rum/{number}"]} for number in range(9)]


class SlowBroker(ScriptedBroker):
    """Takes every alert, and acknowledges one when it is told to."""

    def __init__(self, connack: bytes) -> None:
        super().__init__(connack=connack)
        self.topics: list[str] = []
        self._owed: list[bytes] = []
        self._prompt = False

    async def _answer(self, step: str, kind: int, body: bytes) -> bytes:
        if step != "PUBLISH":
            return await super()._answer(step, kind, body)
        end = 2 + int.from_bytes(body[:2], "big")
        self.topics.append(body[2:end].decode().removeprefix(f"{PREFIX}/alert/"))
        self._owed.append(body[end : end + 2])
        if self._prompt:
            self.acknowledge()
        return b""

    def has_taken(self, count: int) -> bool:
        return len(self.topics) == count

    def acknowledge(self) -> None:
        self.send(packet(0x40, self._owed.pop(0)))

    def acknowledge_all(self) -> None:
        """And whatever comes from now on."""
        self._prompt = True
        while self._owed:
            self.acknowledge()

    def cut(self, connack: bytes) -> None:
        """Without a word; the next session is told this."""
        self.connack = connack
        self._owed.clear()
        for writer in self._writers:
            writer.transport.abort()


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


@pytest.mark.parametrize(
    ("allowed", "ahead"), [(ONE_AT_A_TIME, 1), (TWO_AT_A_TIME, 1), (THREE_AT_A_TIME, 2)], ids=["1", "2", "3"]
)
async def test_a_flash_is_next_where_the_next_session_takes_fewer(
    tmp_path: Path, allowed: bytes, ahead: int
) -> None:
    """`ahead`: routine that fills the next session; where it takes two or more, one place is left for FLASH."""
    async with SlowBroker(b"\x21\x00\x05") as broker:
        channels = CHANNEL.format(port=broker.port, prefix=PREFIX).replace(
            "reconnect_s = 0.05", RENEWED_AT_ONCE
        )
        async with hub_in(tmp_path, channels=channels, people=PEOPLE) as desk:
            await desk.send(*(f"r{number}" for number in range(8)), precedence="routine")
            await until(partial(broker.has_taken, 4))
            broker.cut(allowed)
            await until(partial(broker.has_taken, 4 + ahead))
            await desk.send("r8", precedence="flash")
            if allowed == ONE_AT_A_TIME:
                broker.acknowledge()
            await until(partial(broker.has_taken, 5 + ahead))
            taken = list(broker.topics)
            broker.acknowledge_all()
    assert taken[-1] == "rum/8"


async def test_what_was_taken_on_for_a_larger_window_is_given_back_and_a_flash_waits() -> None:
    async with (
        SlowBroker(THREE_AT_A_TIME) as broker,
        mqtt_channel(broker.port, reconnect_max_s=0.001) as channel,
    ):
        await turns(channel, State.UP)
        session = await channel._keeper.session()
        broker.cut(ONE_AT_A_TIME)
        await session.gone
        routine = [
            asyncio.create_task(channel.submit(outgoing("mqtt:rum/1", precedence=Precedence.ROUTINE)))
            for _ in range(3)
        ]
        flash = asyncio.create_task(channel.submit(outgoing("mqtt:rum/2")))
        given_back = await asyncio.gather(*routine[1:], return_exceptions=True)
        await until(partial(broker.has_taken, 1))
        assert (channel.capability.window, broker.topics) == (1, ["rum/1"])
        broker.acknowledge()
        await until(partial(broker.has_taken, 2))
        broker.acknowledge()
        taken = await asyncio.gather(routine[0], flash)
    assert [type(each) for each in (*given_back, *taken)] == [TransientFailure] * 2 + [Receipt] * 2


@pytest.mark.parametrize(
    ("number", "coming", "taken"),
    [
        (1, "rf", "r"),
        (1, "fr", "f"),
        (2, "rrf", "rf"),
        (2, "ffr", "ff"),
        (3, "rrrff", "rrf"),
        (3, "rfrf", "rff"),
    ],
)
def test_the_last_place_of_two_or_more_is_for_flash(number: int, coming: str, taken: str) -> None:
    places = Places(number)
    assert "".join(kind for kind in coming if places.take(flash=kind == "f")) == taken


async def test_a_flash_that_waits_for_a_place_is_before_all_others() -> None:
    places, got = Places(1), list[str]()
    assert places.take(flash=False)

    async def come(kind: str) -> None:
        await places.wait(flash=kind[0] == "f")
        got.append(kind)
        places.release()

    waiting = [asyncio.create_task(come(kind)) for kind in ("r1", "r2", "f1", "f2")]
    await asyncio.sleep(0)
    assert got == []
    places.release()
    await asyncio.gather(*waiting)
    assert got == ["f1", "f2", "r1", "r2"]


async def test_who_gives_up_waiting_takes_no_place_along() -> None:
    places = Places(1)
    assert places.take(flash=False)
    for offered in (False, True):
        waiting = asyncio.ensure_future(places.wait(flash=False))
        await asyncio.sleep(0)
        if offered:
            places.release()
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()
    assert (places.take(flash=False), places.take(flash=True)) == (True, False)
