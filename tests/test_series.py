"""A question that is put again and again: each round an alert of its own, the latest answer and its age over all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.base import Inbound
from gateway.accept import Intake, Submission
from gateway.clock import to_ms
from gateway.errors import Refused
from gateway.outgoing import OutgoingMaker
from gateway.room import Reserve
from gateway.store.accepting import Accepted
from gateway.store.answering import Matched
from gateway.store.receiving import receive
from gateway.store.sending import next_look
from gateway.store.series import Due, due_rounds, end_withdrawn
from gateway.store.showing import show_alert
from gateway.store.stopping import stop
from gateway.timekeeper import Timekeeper
from messages.alert import AlertError, AlertRequest
from tests.stores import Bench, store_in

HOURS = timedelta(hours=1)
QUESTION = (
    b'{"to": ["vagt"], "precedence": "flash", "headline": "Status?", "answers": {"1": "ok", "2": "hj\\u00e6lp"},'
    b' "repeat": "3h", "until": "10h"}'
)


class Room(Reserve):
    """A disk on which there is always room."""

    def __init__(self) -> None:
        super().__init__(lambda: None)  # type: ignore[arg-type,return-value]

    def check(self, precedence: object) -> None:
        """Nothing is refused."""


def intake(bench: Bench) -> Intake:
    def clock() -> Any:
        return bench.now

    return Intake(bench.store, clock, OutgoingMaker(clock, lambda: bench.store.world), Room())


@asynccontextmanager
async def asked(folder: Path, question: bytes = QUESTION) -> AsyncIterator[tuple[Bench, Accepted]]:
    """A store with a question that is put every third hour for ten hours, and has gone out once."""
    async with store_in(folder) as bench:
        first = await intake(bench).json(question, Submission(submitter="vagt"))
        await leave(bench)
        yield bench, first


async def leave(bench: Bench) -> None:
    for claimed in await bench.claim(window=9):
        await bench.conclude(claimed)


async def next_rounds(bench: Bench) -> list[Accepted]:
    found = [await intake(bench).again(due) for due in await bench.store.read(due_rounds, to_ms(bench.now))]
    await leave(bench)
    return found


async def hears(bench: Bench, text: str) -> str:
    event = Inbound(bearer_id=f"{bench.now}{text}", sender="loopback:vagt", text=text, at=bench.now)
    return (await bench.store.run(receive, ("loop", event))).alert


async def series(bench: Bench, alert: Accepted) -> dict[str, Any]:
    shown = await bench.store.read(show_alert, alert.identifier)
    found: dict[str, Any] = shown["series"]
    return found


async def test_a_round_is_due_at_its_time_and_not_before(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, first):
        bench.later(3 * HOURS - timedelta(milliseconds=1))
        assert await next_rounds(bench) == []
        due = await bench.store.read(next_look, None)
        assert due is not None
        assert due <= bench.now + timedelta(milliseconds=1)
        bench.later(timedelta(milliseconds=1))
        [second] = await next_rounds(bench)
        assert second.code != first.code
        assert await next_rounds(bench) == []


async def test_no_round_begins_after_the_last_one(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, first):
        rounds = 1
        for _ in range(10):
            bench.later(3 * HOURS)
            rounds += len(await next_rounds(bench))
        assert rounds == 4  # at 0, 3, 6 and 9 hours of ten
        assert (await series(bench, first))["next_at"] is None


async def test_the_latest_answer_over_the_rounds_is_shown_with_its_round(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, first):
        await hears(bench, "1")
        bench.later(3 * HOURS)
        [second] = await next_rounds(bench)
        [latest] = (await series(bench, second))["latest"]
        assert (latest["answer"], latest["round"], latest["code"]) == ("1", 1, first.code)
        await hears(bench, "2")
        [latest] = (await series(bench, first))["latest"]
        assert (latest["answer"], latest["round"], latest["code"]) == ("2", 2, second.code)


async def test_words_without_a_number_leave_the_last_number_where_it_is(tmp_path: Path) -> None:
    question = QUESTION.replace(b'"answers": {"1": "ok", "2": "hj\\u00e6lp"}', b'"number": "antal"')
    async with asked(tmp_path, question) as (bench, first):
        await hears(bench, "40")
        bench.later(3 * HOURS)
        [second] = await next_rounds(bench)
        await hears(bench, "ved ikke")
        [latest] = (await series(bench, second))["latest"]
        assert (latest["answer"], latest["round"], latest["code"]) == ("40", 1, first.code)


async def test_an_answer_without_a_code_goes_to_the_newest_round(tmp_path: Path) -> None:
    """Two rounds of one question are no two questions: nobody is asked which one is meant."""
    async with asked(tmp_path) as (bench, _):
        bench.later(3 * HOURS)
        [second] = await next_rounds(bench)
        assert await hears(bench, "1") == second.identifier


@pytest.mark.parametrize(("before", "asked_on"), [(timedelta(0), False), (timedelta(minutes=1), True)])
async def test_an_answer_to_an_earlier_round_answers_the_later_one_that_had_been_put(
    tmp_path: Path, before: timedelta, asked_on: bool
) -> None:
    async with asked(tmp_path) as (bench, first):
        bench.later(3 * HOURS)
        [second] = await next_rounds(bench)
        text = f"{first.code} 2"
        said = Inbound(bearer_id="sent", sender="loopback:vagt", text=text, at=bench.now - before)
        assert (await bench.store.run(receive, ("loop", said))).alert == first.identifier
        [delivery] = (await bench.store.read(show_alert, second.identifier))["deliveries"]
        assert (delivery["evidence"] != "acknowledged", delivery["answer"] is None) == (asked_on, asked_on)


async def test_rounds_that_an_outage_swallowed_are_not_made_up_for(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, first):
        bench.later(7 * HOURS)
        assert len(await next_rounds(bench)) == 1
        assert (await series(bench, first))["rounds"] == 2
        bench.later(2 * HOURS)  # nine hours after the first: in step with it
        assert len(await next_rounds(bench)) == 1


async def test_a_round_whose_hub_died_right_after_it_was_kept_is_not_sent_twice(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        bench.later(3 * HOURS)
        [due] = await bench.store.read(due_rounds, to_ms(bench.now))
        once, again = await intake(bench).again(due), await intake(bench).again(due)
        assert (again.identifier, again.replayed) == (once.identifier, True)


@pytest.mark.parametrize("round_stopped", [1, 2])
async def test_a_stop_of_any_round_ends_the_series(tmp_path: Path, round_stopped: int) -> None:
    async with asked(tmp_path) as (bench, first):
        bench.later(3 * HOURS)
        [second] = await next_rounds(bench)
        await bench.store.run(stop, (first, second)[round_stopped - 1].identifier)
        assert (await series(bench, first))["next_at"] is None, "at once, not when the round would have come"
        bench.later(3 * HOURS)
        assert await next_rounds(bench) == []
        await bench.store.run(end_withdrawn, None)
        assert (await series(bench, first))["next_at"] is None


async def nobody(matched: Matched) -> None:
    """No message calls for anything here."""


async def test_the_timekeeper_sends_what_is_due_and_survives_a_refusal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with asked(tmp_path) as (bench, first):
        asks = intake(bench)

        async def refuses(due: Due) -> None:
            raise Refused("no room", pointer="disk")

        bench.later(3 * HOURS)
        await Timekeeper(bench.store, lambda: bench.now, again=refuses, heard=nobody)._ask_again()
        assert "round 2 of a question was not accepted" in caplog.text
        assert (await series(bench, first))["rounds"] == 1
        await Timekeeper(bench.store, lambda: bench.now, again=asks.again, heard=nobody)._ask_again()
        assert (await series(bench, first))["rounds"] == 2


async def test_an_alert_that_is_put_once_has_no_series(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        assert await series(bench, await bench.accept("vagt")) is None


@pytest.mark.parametrize(
    ("wrong", "element"),
    [
        ({"repeat": "5m"}, "repeat"),
        ({"repeat": "8d"}, "repeat"),
        ({"repeat": "ofte"}, "repeat"),
        ({"until": "3h"}, "until"),
        ({"repeat": "3h", "until": "snart"}, "until"),
    ],
)
def test_a_wrong_repeat_is_named(wrong: dict[str, str], element: str) -> None:
    asking = {"to": ["vagt"], "precedence": "flash", "headline": "Status?"}
    with pytest.raises(AlertError) as refused:
        AlertRequest.read(asking | wrong)
    assert refused.value.element == element
