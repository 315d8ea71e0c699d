"""A wall clock that is moved under a hub: intervals go on, nothing expires early, and it is on record (I16)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.base import Inbound
from gateway.clock import JUMP_LEAST_MS, ClockWatch, from_ms, moved_ms
from gateway.delivery import TurnedDown
from gateway.store.accepting import Acceptance, accept, withdraw
from gateway.store.answering import Spoken, answer_by_hand
from gateway.store.clock_jumps import last_jump
from gateway.store.database import Transaction
from gateway.store.receiving import receive
from gateway.store.sending import Outcome, conclude, look, next_look
from gateway.store.showing import audit_records, show_alert
from messages.alert import MsgType, Withdrawal
from messages.precedence import Precedence
from tests.stores import NOW, Bench, a_way, store_in

S, M, H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
YEARS = timedelta(days=365 * 56)  # from a clock without a battery
WAYS = (a_way("loop"), a_way("andet"))


@dataclass
class Clocks:
    """A bench whose wall clock may be moved; `passes` lets time pass on both clocks."""

    bench: Bench
    steady: list[float]

    def passes(self, span: timedelta) -> None:
        self.bench.later(span)
        self.steady[0] += span.total_seconds()

    def moved(self, by: timedelta) -> None:
        self.bench.later(by)

    async def looked(self) -> None:
        await self.bench.store.run(look, None)

    async def channels(self) -> list[str]:
        return [row["channel"] for row in await self.bench.rows("select channel from attempts order by id")]

    async def ended(self) -> list[str | None]:
        return [row["ended"] for row in await self.bench.rows("select ended from deliveries order by id")]

    async def events(self, event: str) -> list[dict[str, Any]]:
        records = await self.bench.store.read(audit_records, 0)
        return [facts for each in records if (facts := json.loads(each.record))["event"] == event]


@asynccontextmanager
async def clocks_in(folder: Path, *, at: datetime = NOW) -> AsyncIterator[Clocks]:
    steady = [1000.0]
    async with store_in(folder, *WAYS, at=at, steady=lambda: steady[0]) as bench:
        yield Clocks(bench, steady)


# Whether it was moved.


@pytest.mark.parametrize(
    ("apart", "found"),
    [
        (0, 0),
        (JUMP_LEAST_MS, 0),
        (-JUMP_LEAST_MS, 0),
        (5_001, 5_001),
        (-5_001, -5_001),
        (10_800_000, 10_800_000),
    ],
)
def test_more_than_five_seconds_is_a_jump(apart: int, found: int) -> None:
    assert moved_ms(70_000, 70_000 + apart) == found


def test_small_steps_count_together_and_a_jump_once() -> None:
    wall = [0]
    watch = ClockWatch(lambda: from_ms(wall[0]), lambda: 0.0)
    watch.begin()
    found = []
    for _ in range(4):
        wall[0] += 3_000
        reading = watch.look()
        watch.settle(reading)
        found.append(reading.moved_ms)
    assert found == [0, 6_000, 0, 6_000]


def test_a_process_that_stood_still_between_the_clocks_moved_neither() -> None:
    times = iter([0.0, 60.0, 60.0])
    watch = ClockWatch(lambda: from_ms(60_000), lambda: next(times))
    watch._apart_ms = 0
    assert watch.look().moved_ms == 0


# What follows from it.


@pytest.mark.parametrize("by", [3 * H, -3 * H, YEARS, -YEARS, 6 * S])
async def test_a_fallback_comes_when_it_would_have_come(tmp_path: Path, by: timedelta) -> None:
    async with clocks_in(tmp_path) as clocks:
        await clocks.bench.accept("leder", precedence=Precedence.IMMEDIATE)
        clocks.passes(3 * S)
        clocks.moved(by)
        await clocks.looked()
        clocks.passes(56 * S)
        await clocks.looked()
        assert await clocks.channels() == ["loop"]
        clocks.passes(2 * S)
        await clocks.looked()
        assert (await clocks.channels(), await clocks.ended()) == (["loop", "andet"], [None])


@pytest.mark.parametrize("by", [3 * H, -3 * H, YEARS, -YEARS])
async def test_a_validity_is_as_long_as_it_was(tmp_path: Path, by: timedelta) -> None:
    async with clocks_in(tmp_path) as clocks:
        await clocks.bench.accept("leder", precedence=Precedence.FLASH)
        clocks.passes(3 * S)
        clocks.moved(by)
        clocks.passes(2 * H - 4 * S)
        await clocks.looked()
        assert len(await clocks.bench.claim()) == 1
        assert await clocks.ended() == [None]
        clocks.passes(2 * S)
        await clocks.looked()
        assert await clocks.ended() == ["expired"]


def given(acceptance: Acceptance) -> Acceptance:
    return replace(acceptance, expires_given=True)


@pytest.mark.parametrize(("by", "ended"), [(3 * H, "expired"), (H, None), (-3 * H, None)])
async def test_a_time_that_its_author_wrote_stands_and_its_end_says_why(
    tmp_path: Path, by: timedelta, ended: str | None
) -> None:
    async with clocks_in(tmp_path) as clocks:
        await clocks.bench.store.run(
            accept, given(clocks.bench.acceptance("leder", precedence=Precedence.FLASH))
        )
        clocks.passes(3 * S)
        clocks.moved(by)
        await clocks.looked()
        assert await clocks.ended() == [ended]
        [row] = await clocks.bench.rows("select expires_ms from deliveries")
        assert from_ms(row["expires_ms"]) == NOW + 2 * H
        [noted] = await clocks.events("clock_jumped")
        assert noted.get("lapsed") == ([1] if ended else None)


async def test_a_jump_is_on_record_once_however_often_its_transaction_fails(tmp_path: Path) -> None:
    def failing(tx: Transaction, _: None) -> None:
        raise ValueError("on purpose")

    async with clocks_in(tmp_path) as clocks:
        await clocks.bench.accept("leder")
        clocks.moved(3 * H)
        for _ in range(2):
            with pytest.raises(ValueError, match="on purpose"):
                await clocks.bench.store.run(failing, None)
        await clocks.looked()
        [noted] = await clocks.events("clock_jumped")
        assert (noted["by_ms"], noted["alerts"]) == (3 * H // timedelta(milliseconds=1), 1)
        assert not await clocks.bench.flaws()
        jump = await clocks.bench.store.read(last_jump, None)
        assert jump is not None
        assert (jump.at, jump.by) == (clocks.bench.now, 3 * H)


async def test_the_first_to_find_it_may_be_a_hand_over(tmp_path: Path) -> None:
    async with clocks_in(tmp_path) as clocks:
        lapses = given(clocks.bench.acceptance("leder", precedence=Precedence.FLASH))
        await clocks.bench.store.run(accept, lapses)
        await clocks.bench.accept("vagt", precedence=Precedence.FLASH)
        clocks.moved(3 * H)
        [claimed] = await clocks.bench.claim(window=8)
        assert (claimed.recipient, claimed.expires_at - clocks.bench.now) == ("vagt", 2 * H)


async def test_what_is_accepted_after_it_is_as_it_would_be_without(tmp_path: Path) -> None:
    async with clocks_in(tmp_path) as clocks:
        clocks.moved(3 * H)
        await clocks.bench.accept("leder", precedence=Precedence.FLASH)
        [row] = await clocks.bench.rows("select expires_ms, began_ms from deliveries")
        assert (from_ms(row["began_ms"]), from_ms(row["expires_ms"])) == (NOW + 3 * H, NOW + 5 * H)


async def test_what_ended_long_before_is_left_alone(tmp_path: Path) -> None:
    async with clocks_in(tmp_path) as clocks:
        await clocks.bench.accept("leder", precedence=Precedence.FLASH)
        clocks.passes(3 * H)
        await clocks.looked()
        before = await clocks.bench.rows(
            "select * from deliveries join attempts on delivery_id = deliveries.id"
        )
        clocks.moved(-3 * H)
        await clocks.looked()
        after = await clocks.bench.rows(
            "select * from deliveries join attempts on delivery_id = deliveries.id"
        )
        assert after == before
        assert await clocks.bench.rows("select alert_id from clock_jumps") == [{"alert_id": None}]


async def test_a_start_with_a_clock_behind_the_store_goes_on(tmp_path: Path) -> None:
    async with clocks_in(tmp_path) as clocks:
        await clocks.bench.accept("leder", precedence=Precedence.IMMEDIATE)
    async with clocks_in(tmp_path, at=NOW - YEARS) as clocks:
        await clocks.looked()
        at = await clocks.bench.store.read(next_look, None)
        assert at is not None
        assert timedelta() < at - clocks.bench.now <= M


async def busy(bench: Bench) -> None:
    """A series whose first round was refused for now, and the first part of an answer."""
    sent = await bench.accept("leder", "vagt", key="k", repeat=3 * H, repeat_until=NOW + 24 * H)
    [claimed] = await bench.claim()
    later = TurnedDown(claimed.attempt_id, permanent=False, retry_at=NOW + 7 * M)
    refused = Outcome(
        delivery_id=claimed.delivery_id,
        attempt_id=claimed.attempt_id,
        channel="loop",
        address=claimed.address,
        verb="refused",
        event=later,
    )
    await bench.store.run(conclude, refused)
    part = Inbound(bearer_id="1", sender="loopback:vagt", text="hj", at=bench.now, part=(9, 2, 1))
    await bench.store.run(receive, ("loop", part))
    await bench.store.run(answer_by_hand, Spoken(sent.identifier, "vagt", "kommer", "voice"))


@pytest.mark.parametrize("by", [3 * H, -3 * H])
@pytest.mark.parametrize(
    ("table", "column", "where"),
    [
        ("attempts", "not_before_ms", "not_before_ms"),
        ("attempts", "started_ms", "started_ms"),
        ("idempotency", "until_ms", "1"),
        ("inbound", "received_ms", "kind = 'part'"),
        ("series", "next_ms", "1"),
        ("series", "until_ms", "1"),
        ("alerts", "accepted_ms", "1"),
        ("deliveries", "answered_ms", "answered_ms"),
        ("answers", "at_ms", "1"),
    ],
)
async def test_whatever_waits_is_moved(
    tmp_path: Path, by: timedelta, table: str, column: str, where: str
) -> None:
    async with clocks_in(tmp_path) as clocks:
        await busy(clocks.bench)
        asked = f"select {column} as at from {table} where {where} order by 1"
        before = await clocks.bench.rows(asked)
        clocks.moved(by)
        await clocks.looked()
        by_ms = by // timedelta(milliseconds=1)
        assert before
        assert [row["at"] for row in await clocks.bench.rows(asked)] == [row["at"] + by_ms for row in before]


@pytest.mark.parametrize("by", [3 * H, -3 * H])
async def test_what_follows_an_alert_is_still_found(tmp_path: Path, by: timedelta) -> None:
    async with clocks_in(tmp_path) as clocks:
        bench = clocks.bench
        for expires_at in (NOW + M, NOW + 10 * H):  # the earlier of one has expired when the clock is moved
            first = bench.acceptance("leder", expires_at=expires_at)
            await bench.store.run(accept, first)
            more: dict[str, Any] = {"msg_type": MsgType.UPDATE, "withdrawal": Withdrawal.CORRECTION}
            second = bench.acceptance("leder", **more, references=(first.alert.reference,))
            await bench.store.run(withdraw, second)
        clocks.passes(2 * M)
        clocks.moved(by)
        await clocks.looked()
        rows = await bench.rows(
            "select identifier, replaces, withdrawn_ms, accepted_ms from alerts order by id"
        )
        assert [rows[n]["withdrawn_ms"] for n in (0, 2)] == [rows[n]["accepted_ms"] for n in (1, 3)]
        for earlier, later in ((0, 1), (2, 3)):
            shown = await bench.store.read(show_alert, rows[earlier]["identifier"])
            assert shown["replaced_by"] == rows[later]["identifier"]
