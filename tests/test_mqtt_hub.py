"""The round trip of an alert over MQTT: a whole hub, a real Mosquitto, a display that reports and answers."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.fault_proxy import CLIENT, FaultProxy
from tests.hubs import Desk, Json, hub_in, until
from tests.mosquitto import PREFIX, MosquittoServer, Subscriber, a_subscriber

pytestmark = pytest.mark.mosquitto

CHANNEL = """
[channels.displays]
bearer = "mqtt"
host = "127.0.0.1"
port = {port}
topic_prefix = "{prefix}"
domains = ["internet"]
reconnect_s = 0.05
[domains]
internet = "Internet"
"""
PEOPLE: list[Json] = [
    {"id": "vagt", "addresses": ["mqtt:rum/12"]},
    {"id": "leder", "addresses": ["mqtt:rum/13"]},
    {"id": "lager", "addresses": ["mqtt:lager"]},
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MosquittoServer]:
    with MosquittoServer(tmp_path / "broker", persistence=True) as server:
        yield server


@pytest.fixture
async def display(server: MosquittoServer) -> AsyncIterator[Subscriber]:
    async with a_subscriber(server.port) as display:
        yield display


@pytest.fixture
async def desk(server: MosquittoServer, display: Subscriber, tmp_path: Path) -> AsyncIterator[Desk]:
    async with hub_in(tmp_path, **installation(server)) as desk:
        yield desk


def installation(server: MosquittoServer | FaultProxy) -> Json:
    return {"channels": CHANNEL.format(port=server.port, prefix=PREFIX), "people": PEOPLE}


async def evidence(desk: Desk, identifier: str, word: str, who: str = "vagt") -> Json:
    """The delivery, once its evidence is this."""
    await until(lambda: _has(desk, identifier, word, who))
    return (await desk.deliveries(identifier))[who]


async def _has(desk: Desk, identifier: str, word: str, who: str) -> bool:
    return bool((await desk.deliveries(identifier))[who]["evidence"] == word)


async def asked(desk: Desk, *to: str) -> str:
    answer = await desk.send(
        *(to or ("vagt",)), precedence="flash", answers={"1": "kommer", "2": "kommer ikke"}
    )
    return str(answer["id"])


async def test_the_evidence_climbs_from_puback_over_reports_to_the_answer(
    desk: Desk, display: Subscriber
) -> None:
    identifier = await asked(desk)
    [alert] = await display.wait()
    assert (alert["status"], alert["id"]) == ("Exercise", identifier)
    await evidence(desk, identifier, "submitted")
    for state in ("delivered", "read"):
        await display.say("report", attempt=alert["attempt"], state=state, from_=alert["address"])
        await evidence(desk, identifier, state)
    await display.say(attempt=alert["attempt"], answer="1", from_=alert["address"], id="a")
    delivery = await evidence(desk, identifier, "acknowledged")
    assert (delivery["ended"], delivery["answer"]) == ("reached", "1")
    assert [attempt["receipt"] for attempt in delivery["attempts"]] == [alert["attempt"]]


async def test_an_answer_by_code_or_by_correlation_data_counts_and_a_stranger_does_not(
    desk: Desk, display: Subscriber
) -> None:
    identifier = await asked(desk, "vagt", "leder")
    first, second = sorted(await display.wait(2), key=lambda alert: str(alert["address"]))
    await display.say(attempt=first["attempt"], answer="1", from_="rum/99", id="stranger")
    await display.say(text="1", from_="rum/12", id="names no question")
    await display.say(code=first["code"], text="2", from_="rum/12", id="by code")
    vagt = await evidence(desk, identifier, "acknowledged")
    await display.send(b'{"answer": 1}', correlation=f"{second['attempt']}/{second['address']}".encode())
    leder = await evidence(desk, identifier, "acknowledged", "leder")
    assert (vagt["answer"], leder["answer"]) == ("2", "1")


async def test_nonsense_is_kept_for_a_person_and_stops_nothing(desk: Desk, display: Subscriber) -> None:
    identifier = await asked(desk)
    [alert] = await display.wait()
    for payload in (b"\xff", b"[" * 5000, b'{"attempt": "x", "answer": "\\ud800\\u0000"}', b""):
        await display.send(payload)
        await display.send(payload, "report")
    await display.say(attempt=alert["attempt"], answer="1", from_="rum/12")
    assert (await evidence(desk, identifier, "acknowledged"))["answer"] == "1"
    _, inbox = await desk.ask("GET", "/inbox")
    assert sorted(item["kind"] for item in inbox["items"]) == ["unmatched"] + ["unreadable"] * 7
    _, first = await desk.ask("GET", f"/inbox/{inbox['items'][0]['number']}")
    assert first["raw"] == "\\xff"


async def test_a_change_of_mind_back_counts_also_without_an_id(desk: Desk, display: Subscriber) -> None:
    identifier = await asked(desk)
    [alert] = await display.wait()
    for option in ("1", "2", "1"):
        await display.say(attempt=alert["attempt"], answer=option, from_="rum/12")
    await until(lambda: _counts(desk, identifier, 3))
    assert (await desk.deliveries(identifier))["vagt"]["answer"] == "1"


@pytest.mark.parametrize("answered", [1, 2, 3])
async def test_what_the_broker_brings_again_counts_once_and_a_change_of_mind_back_counts(
    server: MosquittoServer, display: Subscriber, tmp_path: Path, answered: int
) -> None:
    """The connection breaks before the broker hears that an answer was kept: the first, the second or the third."""
    async with FaultProxy(port=server.port) as proxy, hub_in(tmp_path, **installation(proxy)) as desk:
        identifier = await asked(desk)
        [alert] = await display.wait()
        await evidence(desk, identifier, "submitted")
        proxy.strike("cut", side=CLIENT, when=rb"(?:\x40[\x02\x03].*){%d}" % answered, before=True)
        for option in ("1", "2", "1"):
            await display.say(attempt=alert["attempt"], answer=option, from_="rum/12")
        await until(lambda: _counts(desk, identifier, 3))
        await display.say(attempt=alert["attempt"], answer="2", from_="rum/12", text="the last one")
        await until(lambda: _counts(desk, identifier, 4))
        said = (await desk.deliveries(identifier))["vagt"]["answers"]
    assert proxy.struck == 1
    assert [each["option"] for each in said] == ["1", "2", "1", "2"]


async def _counts(desk: Desk, identifier: str, answers: int) -> bool:
    return len((await desk.deliveries(identifier))["vagt"]["answers"]) == answers


async def test_an_answer_while_the_hub_is_away_counts_once_when_it_is_back(
    server: MosquittoServer, display: Subscriber, tmp_path: Path
) -> None:
    async with hub_in(tmp_path, **installation(server)) as desk:
        identifier = await asked(desk)
        [alert] = await display.wait()
        await evidence(desk, identifier, "submitted")
        tokens = desk.tokens
    for _ in range(2):  # a display that is not sure whether its first one left
        await display.say(attempt=alert["attempt"], answer="1", from_="rum/12", id="a")
    async with hub_in(tmp_path) as desk:
        desk.tokens = tokens
        delivery = await evidence(desk, identifier, "acknowledged")
    assert (delivery["answer"], len(delivery["answers"])) == ("1", 1)


async def test_a_topic_that_nobody_subscribes_to_is_no_way_and_is_not_called_sent(desk: Desk) -> None:
    identifier = (await desk.send("lager", precedence="routine"))["id"]

    async def details() -> str:
        attempts = (await desk.deliveries(identifier))["lager"]["attempts"]
        return " ".join(attempt["detail"] or "" for attempt in attempts)

    async def refused() -> bool:
        return "nobody subscribes" in await details()

    await until(refused)
    assert (await desk.deliveries(identifier))["lager"]["ended"] is None
