"""Which step of a hand-over gives which outcome: the table at the top of channels/sms_http.py, line by line."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from channels.base import (
    ChannelDown,
    ChannelError,
    PermanentFailure,
    Receipt,
    State,
    TransientFailure,
    Unknown,
    Withdrawn,
)
from channels.sms_http import SmsHttpChannel
from messages.address import Address
from messages.precedence import Precedence
from tests.aggregator import TO, Aggregator, Json, Step, answers, drips, lost, mute
from tests.outgoing import outgoing, words

CASES = json.loads((Path(__file__).parent / "data" / "badinput-sms.json").read_text("utf-8"))["cases"]
HURRIED: Json = {"connect_s": 0.5, "answer_s": 0.15}


@pytest.fixture
async def far() -> AsyncIterator[Aggregator]:
    async with Aggregator() as far:
        yield far


async def outcome(channel: SmsHttpChannel, **more: object) -> Receipt | ChannelError:
    try:
        return await channel.submit(outgoing(TO, **more))  # type: ignore[arg-type]
    except ChannelError as failure:
        return failure


ANSWERS: list[tuple[str, Step, type[object]]] = [
    ("202 that names it", answers(202, {"msg_id": "01J", "recipient": 1, "reference": None}), Receipt),
    ("200 that names it", answers(200, {"msg_id": "01J"}), Receipt),
    ("202 without a name", answers(202, {"recipient": 4500000001}), Unknown),
    ("202 with no text as name", answers(202, {"msg_id": 7}), Unknown),
    ("202 about another message", answers(202, {"msg_id": "01J", "reference": "other"}), Unknown),
    ("202 with our name cut", answers(202, {"msg_id": "01J", "reference": "01JD000"}), Receipt),
    ("202 with next to nothing of it", answers(202, {"msg_id": "01J", "reference": "01J"}), Unknown),
    ("202 about a list", answers(202, {"msg_id": "01J", "reference": []}), Unknown),
    ("202 with a name without end", answers(202, {"msg_id": "x" * 500}), Unknown),
    ("202 with nonsense", answers(202, "<html>Welcome to the hotel</html>"), Unknown),
    ("202 with a list", answers(202, ["01J"]), Unknown),
    ("202 with a key twice", answers(202, '{"msg_id": "a", "msg_id": "b"}'), Unknown),
    ("202 nested without end", answers(202, "[" * 60_000), Unknown),
    ("202 of a megabyte", answers(202, "x" * 1_000_000), Unknown),
    ("202, compressed", answers(202, '{"msg_id": "01J"}', Content_Encoding="gzip"), Receipt),
    ("204", answers(204), Unknown),
    ("202 that stops half way", drips(202), Unknown),
    ("202 that stops before its end", drips(202, b'{"msg_id": "01J"'), Unknown),
    ("400", answers(400, {"detail": "recipient"}), PermanentFailure),
    ("422", answers(422, {"detail": []}), PermanentFailure),
    ("422 that stops half way", drips(422), PermanentFailure),
    ("413", answers(413), PermanentFailure),
    ("401", answers(401, {"description": "Unauthorized", "detail": []}), ChannelDown),
    ("402", answers(402), ChannelDown),
    ("403", answers(403), ChannelDown),
    ("404", answers(404), ChannelDown),
    ("405", answers(405), ChannelDown),
    ("301", answers(301, Location="https://evil.invalid/"), ChannelDown),
    ("307", answers(307, Location="/mobile/single"), ChannelDown),
    ("408", answers(408), TransientFailure),
    ("425", answers(425), TransientFailure),
    ("429", answers(429), TransientFailure),
    ("429 that stops half way", drips(429), TransientFailure),
    ("409", answers(409), Unknown),
    ("500", answers(500, "Internal Server Error"), Unknown),
    ("500 that says that it was not taken", answers(500, {"accepted": False}), Unknown),
    ("502", answers(502), Unknown),
    ("503", answers(503, Retry_After="5"), Unknown),
    ("504", answers(504), Unknown),
    ("599", answers(599), Unknown),
]


@pytest.mark.parametrize(("name", "step", "expected"), ANSWERS, ids=[name for name, *_ in ANSWERS])
async def test_an_answer_gives_its_outcome(
    far: Aggregator, name: str, step: Step, expected: type[object]
) -> None:
    calls: list[str] = []
    far.script.append(step)
    async with far.channel(**HURRIED) as channel:
        found = await outcome(channel, hand_over=lambda: calls.append(name))
    assert type(found) is expected, found
    assert calls == [name]
    assert len(far.requests) == 1  # never sent again by itself, never to where a redirect says


@pytest.mark.parametrize("step", [lost, mute])
async def test_a_message_whose_answer_is_lost_is_unknown_and_names_its_attempt(
    far: Aggregator, step: Callable[[Aggregator], Step]
) -> None:
    far.script.append(step(far))
    async with far.channel(**HURRIED) as channel:
        found = await outcome(channel, attempt="alert.7")
        assert isinstance(found, Unknown)
        assert found.references == ("alert.7",)
        assert isinstance(await outcome(channel), Receipt)


async def test_a_receipt_has_the_aggregators_name_and_the_request_what_its_description_asks_for(
    far: Aggregator,
) -> None:
    async with far.channel() as channel:
        receipt = await channel.submit(outgoing(TO, attempt="alert.7", precedence=Precedence.FLASH))
    assert receipt.references == ("01JNN696A9E0WS89FPYG000001",)
    [message] = far.taken
    assert message | {"message": ""} == {
        "sender": "4500000099",
        "recipient": 4500000001,
        "message": "",
        "reference": "alert.7",
        "expiration": "PT3600S",
        "priority": "urgent",
    }
    assert far.requests[0].headers["Content-Type"] == "application/json"


async def test_nothing_that_is_withdrawn_has_left(far: Aggregator) -> None:
    def withdraw() -> None:
        raise Withdrawn("cancelled")

    async with far.channel() as channel:
        for _ in range(3):
            assert isinstance(await outcome(channel, hand_over=withdraw), Withdrawn)
        assert isinstance(await outcome(channel), Receipt)
    assert len(far.requests) == 1


async def test_what_the_port_refuses_is_down_and_has_not_left(far: Aggregator) -> None:
    calls: list[str] = []
    async with far.channel(probe_every_s=60) as channel:
        await outcome(channel)
        await far.close()
        found = await outcome(channel, hand_over=lambda: calls.append("left"))
    await far.open()
    assert isinstance(found, ChannelDown)
    assert calls == []


async def test_a_name_that_nobody_knows_is_down(far: Aggregator) -> None:
    table: Json = {"url": "https://api.aggregator.invalid/mobile/single"}
    async with far.channel(**table) as channel:
        found = await outcome(channel)
    assert isinstance(found, ChannelDown)
    assert "api.aggregator.invalid" in found.reason


@pytest.mark.parametrize(
    ("retry_after", "least_s", "most_s"),
    [
        ("7", 6, 7),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True), 28, 30),
        (lambda: format_datetime(datetime.now(UTC) - timedelta(days=3), usegmt=True), -1, 0.1),
        ("99999999999999999999", 3590, 3600),
        ("soon", 1.0, 2.0),
        ("-5", 1.0, 2.0),
        ("", 1.0, 2.0),
    ],
)
async def test_a_429_says_when_to_come_again(
    far: Aggregator, retry_after: str | Callable[[], str], least_s: float, most_s: float
) -> None:
    word = retry_after if isinstance(retry_after, str) else retry_after()
    far.script.append(answers(429, Retry_After=word))
    async with far.channel(throttle_s=2) as channel:
        found = await outcome(channel)
    assert isinstance(found, TransientFailure)
    assert found.retry_at is not None
    assert least_s <= (found.retry_at - datetime.now(UTC)).total_seconds() <= most_s


async def test_while_it_asks_us_to_wait_only_flash_leaves(far: Aggregator) -> None:
    far.script.append(answers(429, Retry_After="60"))
    async with far.channel() as channel:
        await outcome(channel)
        assert 59 < channel.pause_s() <= 60
        assert isinstance(await outcome(channel, precedence=Precedence.IMMEDIATE), TransientFailure)
        assert far.taken == []
        assert isinstance(await outcome(channel, precedence=Precedence.FLASH), Receipt)


async def test_an_account_that_is_refused_takes_the_channel_down_with_a_remedy_for_a_while(
    far: Aggregator,
) -> None:
    far.script.append(answers(402, {"description": "Payment Required"}))
    async with far.channel(account_pause_s=0.1) as channel:
        found = await outcome(channel)
        assert isinstance(found, ChannelDown)
        assert "no credit" in found.reason
        assert (await channel.probe()).state is State.DOWN
        assert isinstance(await outcome(channel), ChannelDown)
        async with asyncio.timeout(2):
            while (await channel.probe()).state is not State.UP:
                await asyncio.sleep(0.01)
        assert isinstance(await outcome(channel), Receipt)
    assert len(far.requests) == 2


async def test_a_wrong_token_never_stands_in_an_error(far: Aggregator) -> None:
    async with far.channel(token="wrong-token") as channel:
        found = await outcome(channel)
    assert isinstance(found, ChannelDown)
    assert "token" in found.reason
    assert "wrong-token" not in f"{found.reason} {found.raw} {channel.config!r}"


@pytest.mark.parametrize(
    "number",
    [
        "112",
        "+45112",
        "+4511",
        "+1911",
        "00000001",
        "",
        *(c["value"] for c in CASES if c["class"] == "at-number"),
    ],
)
async def test_no_emergency_number_and_no_code_of_a_phone_is_written_to(far: Aggregator, number: str) -> None:
    async with far.channel() as channel:
        with pytest.raises(PermanentFailure):
            await channel.submit(outgoing(Address("sms", number)))
    assert far.requests == []


@pytest.mark.parametrize(
    "text",
    [
        "Mød kl. 10 🚑",
        "\ud800 halv",
        '"}, {"recipient": 112',
        *(c["value"] for c in CASES if c["class"] == "sms-text"),
    ],
)
async def test_a_text_arrives_as_the_channel_says_beforehand(far: Aggregator, text: str) -> None:
    said = words(text=text)
    async with far.channel() as channel:
        told = channel.capability.shortened
        assert told is not None
        receipt = await channel.submit(outgoing(TO, said))
    expected = told(said).text.encode("utf-16", "replace").decode("utf-16")
    assert far.taken[0]["message"] == expected
    assert far.taken[0]["recipient"] == 4500000001
    assert receipt.detail.startswith(str(channel.capability.measure(expected).parts))


async def test_an_exercise_is_marked_first_and_last(far: Aggregator) -> None:
    async with far.channel() as channel:
        await channel.submit(outgoing(TO, words(exercise=True)))
    said = far.taken[0]["message"]
    assert said.startswith("ØVELSE")
    assert said.endswith("ØVELSE")


async def test_an_emoji_costs_parts_and_the_limit_holds(far: Aggregator) -> None:
    said = words(headline="Evakuér 🔦 havnen", text="Gå til samlingsstedet nu.")
    async with far.channel(max_parts=2) as channel:
        measure = channel.capability.measure
        assert (measure("🔦" * 36).parts, measure("e" * 160).parts) == (2, 1)
        receipt = await channel.submit(outgoing(TO, said))
    assert receipt.detail == "2 parts"
    assert measure(far.taken[0]["message"]).parts == 2


async def test_no_proxy_is_taken_from_the_environment(
    far: Aggregator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with far.channel() as channel:
        assert isinstance(await outcome(channel), Receipt)


async def test_a_proxy_is_used_where_it_is_configured(far: Aggregator) -> None:
    """For http: it is asked for the whole address; our far end does not mind being one."""
    table: Json = {"url": "http://127.0.0.1:9/mobile/single", "proxy": f"http://127.0.0.1:{far.port}"}
    async with far.channel(**table) as channel:
        assert isinstance(await outcome(channel), Receipt)
    assert far.requests[0].headers["Host"] == "127.0.0.1:9"


async def test_messages_leave_at_the_configured_rate_and_flash_at_once(far: Aggregator) -> None:
    loop = asyncio.get_running_loop()
    async with far.channel(max_per_second=20) as channel:
        began = loop.time()
        sent = [outgoing(TO, precedence=Precedence.ROUTINE) for _ in range(4)]
        await asyncio.gather(*(channel.submit(one) for one in sent))
        assert loop.time() - began >= 0.15
        began = loop.time()
        await channel.submit(outgoing(TO))
        assert loop.time() - began < 0.15


class TestGeneric:
    """The dialect of our own, as docs/channels.md describes it."""

    async def test_the_request_is_as_described(self, far: Aggregator) -> None:
        far.script.append(answers(201, {"id": "far-7"}))
        async with far.channel(dialect="generic") as channel:
            receipt = await channel.submit(outgoing(TO, attempt="alert.7"))
        [request] = far.requests
        body = json.loads(await request.read())
        assert receipt.references == ("far-7",)
        assert request.headers["Authorization"].startswith("Bearer ")
        assert request.headers["Idempotency-Key"] == body["reference"] == "alert.7"
        assert (body["to"], body["from"], body["encoding"], body["parts"]) == (
            TO[4:],
            "+4500000099",
            "gsm7",
            1,
        )
        assert (body["validity_s"], body["urgent"], body["report"]) == (3600, True, False)

    @pytest.mark.parametrize(
        ("step", "expected"),
        [
            (answers(200, {"id": "x"}), Receipt),
            (answers(200, {"id": "x", "accepted": True}), Receipt),
            (answers(200, {"msg_id": "x"}), Unknown),
            (answers(200, {"id": 5}), Unknown),
            (answers(200, {"id": " \n"}), Unknown),
            (answers(200, {"id": "x" * 129}), Unknown),
            (answers(200, {"id": "x", "accepted": False}), PermanentFailure),
            (answers(202, {"accepted": False}), PermanentFailure),
            (answers(200, {"id": "x", "accepted": "false"}), Unknown),
            (answers(200, {"id": "x", "accepted": None}), Unknown),
            (answers(200, '{"id": "x", "accepted": true, "accepted": false}'), Unknown),
            (drips(200, b'{"accepted": false'), Unknown),
            (answers(503, {"accepted": False}), TransientFailure),
            (answers(503, {"accepted": True}), Unknown),
            (answers(503, "busy"), Unknown),
            (answers(502, {}), Unknown),
        ],
    )
    async def test_it_can_say_that_it_has_not_taken_it(
        self, far: Aggregator, step: Step, expected: type[object]
    ) -> None:
        far.script.append(step)
        async with far.channel(dialect="generic", **HURRIED) as channel:
            assert type(await outcome(channel)) is expected

    async def test_an_emoji_makes_it_ucs2(self, far: Aggregator) -> None:
        far.script.append(answers(200, {"id": "x"}))
        async with far.channel(dialect="generic") as channel:
            await channel.submit(outgoing(TO, words(text="🔦")))
        assert json.loads(await far.requests[0].read())["encoding"] == "ucs2"
