"""The table in channels/mqtt.py, step by step, against a broker that refuses, hangs up or falls silent there."""

import asyncio

import pytest

from channels.base import (
    ChannelDown,
    ChannelError,
    HealthChanged,
    PermanentFailure,
    Receipt,
    Report,
    State,
    TransientFailure,
    Unknown,
    Withdrawn,
)
from channels.mqtt import MqttChannel
from channels.mqtt_session import Session
from messages.address import Address
from messages.evidence import Evidence
from tests.mosquitto import mqtt_channel
from tests.mqtt_sink import Does, ScriptedBroker, Told, packet
from tests.outgoing import outgoing, words

TO = "mqtt:rum/12"
QUICK = {"connect_s": 0.2, "answer_s": 0.1}
NONSENSE = b"HTTP/1.1 400 Bad Request\r\n\r\n"
GOODBYE = packet(0xE0, b"\x8b\x00")  # DISCONNECT, server shutting down

# Nothing has left, `hand_over` was not called.
BEFORE: list[tuple[str, Told]] = [
    *(("connect", does) for does in Does),
    *(
        ("CONNECT", told)
        for told in (0x80, 0x84, 0x85, 0x86, 0x87, 0x88, 0x8A, 0x9F, NONSENSE, GOODBYE, *Does)
    ),
    *(("SUBSCRIBE", told) for told in (0x80, 0x87, 0x97, NONSENSE, GOODBYE, *Does)),
]
AFTER: list[tuple[Told, type[ChannelError]]] = [
    *((code, TransientFailure) for code in (0x10, 0x80, 0x83, 0x91, 0x97, 0xF0)),
    *((code, PermanentFailure) for code in (0x87, 0x90, 0x95, 0x99)),
    *((told, Unknown) for told in (NONSENSE, GOODBYE, *Does)),
]


async def failed(channel: MqttChannel, *, calls: list[str]) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await channel.submit(outgoing(TO, hand_over=lambda: calls.append("left")))
    return caught.value


async def goes_through(channel: MqttChannel) -> Receipt:
    """The next message, once the channel has its broker again."""
    async with asyncio.timeout(5):
        while True:
            try:
                return await channel.submit(outgoing(TO))
            except ChannelDown:
                await asyncio.sleep(0.005)


async def until(channel: MqttChannel, state: State) -> HealthChanged:
    async with asyncio.timeout(5):
        async for event in channel.events():
            if isinstance(event, HealthChanged) and event.health.state is state:
                return event
    raise AssertionError("the channel closed")


@pytest.mark.parametrize(("step", "told"), BEFORE)
async def test_before_a_session_is_open_nothing_has_left_and_it_comes_back(step: str, told: Told) -> None:
    calls: list[str] = []
    async with ScriptedBroker({step: told}) as broker, mqtt_channel(broker.port, **QUICK) as channel:
        error = await failed(channel, calls=calls)
        assert (type(error), calls, broker.taken) == (ChannelDown, [], [])
        down = await until(channel, State.DOWN)
        assert down.health.reason == error.reason != ""
        await until(channel, State.UP)
        assert isinstance(await channel.submit(outgoing(TO)), Receipt)


@pytest.mark.parametrize(("told", "failure"), AFTER)
async def test_after_a_publish_only_an_answer_tells_and_the_next_goes_through(
    told: Told, failure: type[ChannelError]
) -> None:
    calls: list[str] = []
    async with ScriptedBroker({"PUBLISH": told}) as broker, mqtt_channel(broker.port, **QUICK) as channel:
        error = await failed(channel, calls=calls)
        assert (type(error), calls) == (failure, ["left"])
        assert isinstance(error, Unknown) == (error.code == "")
        assert (await goes_through(channel)).evidence is Evidence.SUBMITTED
    assert len(broker.taken) == 1


async def test_nobody_subscribes_is_a_receipt_where_the_broker_itself_reads_along() -> None:
    async with (
        ScriptedBroker({"PUBLISH": 0x10}) as broker,
        mqtt_channel(broker.port, no_subscriber="accept") as channel,
    ):
        receipt = await channel.submit(outgoing(TO, attempt="01JD7.1"))
    assert (receipt.references, receipt.evidence) == (("01JD7.1",), Evidence.SUBMITTED)
    assert receipt.detail == "PUBACK 0x10: nobody subscribes"


async def test_a_puback_that_comes_late_is_reported_as_submitted() -> None:
    async with ScriptedBroker({"PUBLISH": b""}) as broker, mqtt_channel(broker.port, **QUICK) as channel:
        sent = outgoing(TO)
        with pytest.raises(Unknown):
            await channel.submit(sent)
        await channel.probe()  # the broker answers other things: the session goes on
        broker.send(
            packet(0x40, b"\x00\x02")
        )  # the second packet with an identifier: the first was SUBSCRIBE
        async for event in channel.events():
            if isinstance(event, Report):
                break
        assert (event.attempt, event.evidence, broker.heard.count("CONNECT")) == (
            sent.attempt,
            Evidence.SUBMITTED,
            1,
        )


async def test_a_packet_larger_than_the_broker_takes_never_leaves() -> None:
    calls: list[str] = []
    limit = b"\x27" + (900).to_bytes(4, "big")  # Maximum Packet Size
    async with ScriptedBroker(connack=limit) as broker, mqtt_channel(broker.port) as channel:
        long = outgoing(TO, words(text="å" * 900), hand_over=lambda: calls.append("left"))
        with pytest.raises(PermanentFailure, match="the broker takes 900"):
            await channel.submit(long)
    assert (calls, broker.heard.count("PUBLISH")) == ([], 0)


async def test_a_broker_without_qos_1_is_down() -> None:
    async with ScriptedBroker(connack=b"\x24\x00") as broker, mqtt_channel(broker.port) as channel:
        assert "takes no QoS 1" in (await until(channel, State.DOWN)).health.reason


@pytest.mark.parametrize("said_before", [0x9A, 0])
async def test_a_broker_that_keeps_nothing_retained_is_used_without_our_availability(
    said_before: int,
) -> None:
    """Refused for our will, or let in and told that nothing is kept (MQTT 5.0 3.2.2.3.5)."""
    keeps_nothing, script = b"\x25\x00", dict[str, Told](CONNECT=said_before)
    async with (
        ScriptedBroker(script, connack=keeps_nothing) as broker,
        mqtt_channel(broker.port, availability=True) as channel,
    ):
        health = (await until(channel, State.UP)).health
        assert isinstance(await channel.submit(outgoing(TO)), Receipt)
    assert "set availability = false" in health.reason
    assert (broker.heard.count("CONNECT"), broker.heard.count("PUBLISH")) == (1 + bool(said_before), 1)


async def test_no_more_wait_for_an_answer_than_the_broker_allows() -> None:
    receive_maximum_2 = b"\x21\x00\x02"
    script: dict[str, Told] = {"PUBLISH": b""}
    async with (
        ScriptedBroker(script, connack=receive_maximum_2) as broker,
        mqtt_channel(broker.port) as channel,
    ):
        first = asyncio.create_task(channel.submit(outgoing(TO)))
        await until(channel, State.UP)
        others = [asyncio.create_task(channel.submit(outgoing(TO))) for _ in range(3)]
        assert all(isinstance(receipt, Receipt) for receipt in await asyncio.gather(*others))
        with pytest.raises(Unknown):
            await first
    assert len(broker.taken) == 3


async def test_a_broker_that_acknowledges_nothing_for_a_whole_window_is_left() -> None:
    class Deaf(ScriptedBroker):
        async def told(self, step: str) -> int | bytes:
            return b"" if step == "PUBLISH" else await super().told(step)

    async with Deaf() as broker, mqtt_channel(broker.port, window=1, **QUICK) as channel:
        with pytest.raises(Unknown):
            await channel.submit(outgoing(TO))
        with pytest.raises(TransientFailure, match="does not acknowledge"):
            await channel.submit(outgoing(TO))
        with pytest.raises(Unknown):
            await channel.submit(outgoing(TO))
    assert broker.heard.count("CONNECT") == 2


async def test_a_session_that_another_client_took_is_not_taken_back_at_once() -> None:
    async with ScriptedBroker() as broker, mqtt_channel(broker.port, reconnect_max_s=9) as channel:
        await channel.submit(outgoing(TO))
        broker.send(packet(0xE0, b"\x8e\x00"))
        assert "running twice" in (await until(channel, State.DOWN)).health.reason
        with pytest.raises(ChannelDown):
            await channel.submit(outgoing(TO))
        assert channel._keeper._pause_s == 9


async def test_whatever_a_library_raises_the_broker_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = Session.open
    raised = iter([ValueError("a bug"), RuntimeError("another")])

    async def faulty(session: Session) -> None:
        for error in raised:
            raise error
        await connect(session)

    monkeypatch.setattr(Session, "open", faulty)
    async with ScriptedBroker() as broker, mqtt_channel(broker.port) as channel:
        assert "a bug" in (await until(channel, State.DOWN)).health.reason
        assert isinstance(await goes_through(channel), Receipt)


async def test_a_withdrawn_alert_never_leaves_and_its_place_in_the_window_is_free() -> None:
    def withdraw() -> None:
        raise Withdrawn("expired")

    async with ScriptedBroker() as broker, mqtt_channel(broker.port, window=1) as channel:
        with pytest.raises(Withdrawn):
            await channel.submit(outgoing(TO, hand_over=withdraw))
        await channel.submit(outgoing(TO))
    assert len(broker.taken) == 1


async def test_what_a_broker_does_not_read_is_taken_back() -> None:
    """A broker whose socket is full: an alert that could leave after its withdrawal must not lie here."""
    async with ScriptedBroker() as broker, mqtt_channel(broker.port, **QUICK) as channel:
        await channel.submit(outgoing(TO))
        session = await channel._keeper.session()
        session._paho.loop_write = lambda: 0  # nothing leaves the process any more
        with pytest.raises(TransientFailure, match="did not leave"):
            await channel.submit(outgoing(TO))
        assert isinstance(await channel.submit(outgoing(TO)), Receipt)
    assert len(broker.taken) == 2


NO_TOPICS = ["#", "a/#", "+/a", "$SYS/broker", "", "a/" + "b" * 65_536, "\ud800", "a\0b"]


@pytest.mark.parametrize("topic", NO_TOPICS, ids=[ascii(topic)[:20] for topic in NO_TOPICS])
async def test_a_topic_that_is_no_address_goes_nowhere(topic: str) -> None:
    """The class mqtt-topic of the corpus of bad input, and more."""
    async with ScriptedBroker() as broker, mqtt_channel(broker.port) as channel:
        with pytest.raises(PermanentFailure):
            await channel.submit(outgoing(Address("mqtt", topic)))
        await channel.submit(outgoing(TO))
    assert [taken.topic for taken in broker.taken] == ["bavn/eksempelkommune/alert/rum/12"]
