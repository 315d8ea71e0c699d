"""A whole hub over loopback channels: from an accepted alert to its end, and over faults and restarts."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.base import Health, HealthChanged, State
from gateway.anchor import read_anchors
from gateway.store.database import Changes
from gateway.store.sending import look, next_look
from gateway.store.showing import alert_row
from gateway.timekeeper import Timekeeper
from messages.alert import from_json
from tests.hubs import LOOP, OTHER, hub_in, until
from tests.stores import store_in

TWO = LOOP + OTHER


async def test_an_alert_reaches_and_its_text_carries_the_marks_and_the_code(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        sent = await desk.send("vagt", want="acknowledged", answers={"1": "kommer"})
        await until(lambda: bool(desk.arrived()))
        [text] = desk.texts("vagt")
        assert text.startswith("ØVELSE")
        assert text.rstrip().endswith("ØVELSE")
        assert f"#{sent['code']}" in text


async def test_an_answer_over_the_channel_ends_it_as_acknowledged(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        desk.tell(answer="1")
        sent = await desk.send("vagt", precedence="flash", answers={"1": "kommer", "2": "kommer ikke"})
        reached = (await desk.ended(sent["id"]))["vagt"]
        assert (reached["evidence"], reached["answer"], reached["ended"]) == ("acknowledged", "1", "reached")


@pytest.mark.parametrize("via", ["voice", "runner"])
async def test_an_answer_by_hand_counts_and_a_second_is_kept_beside_it(tmp_path: Path, via: str) -> None:
    async with hub_in(tmp_path) as desk:
        sent = await desk.send("vagt", precedence="flash", answers={"1": "kommer", "2": "kommer ikke"})
        for text in ("kommer", "2"):
            body = {"recipient": "vagt", "text": text, "via": via}
            assert (await desk.ask("POST", f"/alerts/{sent['id']}/answers", json=body))[0] == 200
        found = (await desk.deliveries(sent["id"]))["vagt"]
        assert (found["ended"], [a["option"] for a in found["answers"]]) == ("reached", ["1", "2"])


@pytest.mark.parametrize("outcome", ["permanent", "unknown", "transient"])
async def test_a_flash_goes_on_over_the_other_domain_at_once(tmp_path: Path, outcome: str) -> None:
    more = "\n[policy.flash]\nat_once = 1\n"
    async with hub_in(tmp_path, channels=TWO, more=more) as desk:
        first = (await desk.deliveries((await desk.send("vagt"))["id"]))["vagt"]["plan"][0]["channel"]
        second = {"loop": "other", "other": "loop"}[first]
        await until(lambda: bool(desk.arrived(first)))
        desk.tell(first, outcome=outcome)
        sent = await desk.send("vagt", precedence="flash")
        await until(lambda: bool(desk.arrived(second)))
        tries = (await desk.deliveries(sent["id"]))["vagt"]["attempts"]
        assert [t["channel"] for t in tries[:2]] in ([first, second], [first, first])
        assert tries[0]["evidence"] == {"unknown": "unknown"}.get(outcome, "refused")


async def test_a_channel_that_is_disabled_hands_its_flash_to_the_next_at_once(tmp_path: Path) -> None:
    async with hub_in(tmp_path, channels=TWO, more="\n[policy.flash]\nat_once = 1\n") as desk:
        for name in ("loop", "other"):
            desk.tell(name, delay_s=0.6)
        blockers = [await desk.send("leder", precedence="flash") for _ in range(8)]
        sent = await desk.send("vagt", precedence="flash")
        first = (await desk.deliveries(sent["id"]))["vagt"]["attempts"][0]["channel"]
        await desk.ask("POST", f"/channels/{first}/disable", json={"reason": "prøve"})

        async def moved() -> bool:
            tries = (await desk.deliveries(sent["id"]))["vagt"]["attempts"]
            return any(t["channel"] != first for t in tries)

        await until(moved)
        for each in [*blockers, sent]:
            await desk.ask("POST", f"/alerts/{each['id']}/stop")


# Stop, correct, all-clear, update


@pytest.mark.parametrize(
    ("how", "word"), [("correct", "RETTELSE"), ("update", "OPDATERING"), ("all-clear", "AFVARSLING")]
)
async def test_what_follows_goes_to_those_who_may_have_it_and_to_nobody_else(
    tmp_path: Path, how: str, word: str
) -> None:
    async with hub_in(tmp_path) as desk:
        desk.tell(outcome="unknown")
        got = await desk.send("vagt")
        await until(lambda: bool(desk.arrived()))
        desk.tell(outcome="permanent")
        other = await desk.send("leder")
        await desk.ended(other["id"])
        desk.tell(outcome="accept")
        for sent, expected in ((got, ["vagt"]), (other, [])):
            body = {} if how == "all-clear" else {"headline": "Nyt"}
            status, after = await desk.ask("POST", f"/alerts/{sent['id']}/{how}", json=body)
            assert (status, after["recipients"]) == (202, len(expected))
            assert sorted(await desk.ended(after["id"])) == expected
        assert word in desk.texts("vagt")[-1]
        assert f"#{got['code']}" in desk.texts("vagt")[-1]


@pytest.mark.parametrize(
    ("how", "body", "asks"),
    [
        ("correct", {"headline": "Ny"}, ({"1": "kommer", "4": "liv i fare"}, ["4"])),
        ("update", {"headline": "Ny"}, ({"1": "kommer", "4": "liv i fare"}, ["4"])),
        ("correct", {"headline": "Ny", "answers": {"1": "set"}}, ({"1": "set"}, [])),
        ("correct", {"headline": "Ny", "answers": {}}, ({}, [])),
        ("update", {"headline": "Ny", "number": "sårede"}, ({"tal": "sårede"}, [])),
        ("all-clear", {}, ({}, [])),
    ],
)
async def test_what_follows_asks_the_same_where_it_says_nothing_else(
    tmp_path: Path, how: str, body: dict[str, Any], asks: tuple[dict[str, str], list[str]]
) -> None:
    async with hub_in(tmp_path) as desk:
        sent = await desk.send("vagt", answers={"1": "kommer", "4": "liv i fare"}, urgent=["4"])
        _, after = await desk.ask("POST", f"/alerts/{sent['id']}/{how}", json=body)
        asked = from_json((await desk.hub.store.read(alert_row, after["id"])).body)
        assert (dict(asked.answers), list(asked.urgent)) == asks


async def test_what_was_never_sent_ends_cancelled_without_a_text(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        desk.hub.dispatchers["loop"].enabled = False
        sent = await desk.send("vagt", "leder")
        status, stopped = await desk.ask("POST", f"/alerts/{sent['id']}/stop")
        assert (status, stopped["not_sent"], stopped["may_have_it"]) == (200, 2, 0)
        desk.hub.dispatchers["loop"].enabled = True
        desk.hub.dispatchers["loop"].wake()
        after = await desk.send("leder")
        await desk.ended(after["id"])
        assert desk.arrived() == ["leder"]
        assert {d["ended"] for d in (await desk.deliveries(sent["id"])).values()} == {"cancelled"}


async def test_a_stop_between_commit_and_first_byte_still_stops(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        desk.tell(delay_s=0.2)  # the far end lets us wait before it takes the first byte
        sent = await desk.send("vagt")
        await until(lambda: desk.hub.dispatchers["loop"].in_flight == 1)
        assert (await desk.ask("POST", f"/alerts/{sent['id']}/stop"))[0] == 200
        await until(lambda: desk.hub.dispatchers["loop"].in_flight == 0)
        assert desk.arrived() == []


async def test_a_correction_of_an_unknown_alert_is_refused(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        status, problem = await desk.ask("POST", "/alerts/nothing/correct", json={"headline": "x"})
        assert (status, problem["title"]) == (404, "There is no such thing here")


async def test_an_alert_is_replaced_only_once(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        sent = await desk.send("vagt")
        path = f"/alerts/{sent['id']}/correct"
        found = [await desk.ask("POST", path, json={"headline": f"Ny {n}"}) for n in range(2)]
        assert [status for status, _ in found] == [202, 409]


@pytest.mark.parametrize("field", ["to", "status", "sender"])
async def test_a_follower_changes_neither_its_audience_nor_its_plane(tmp_path: Path, field: str) -> None:
    async with hub_in(tmp_path) as desk:
        sent = await desk.send("vagt")
        body = {"headline": "x", field: "Actual"}
        status, problem = await desk.ask("POST", f"/alerts/{sent['id']}/correct", json=body)
        assert (status, problem["pointer"]) == (422, field)


# Faults and restarts


async def fail() -> None:
    raise RuntimeError("a channel with a bug")


async def test_a_channel_that_breaks_leaves_its_hand_over_unknown_and_comes_back(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        desk.tell(delay_s=30.0)
        sent = await desk.send("vagt")
        await until(lambda: desk.hub.dispatchers["loop"].in_flight == 1)
        broken = desk.channel()
        await broken._feed.put(HealthChanged(health=Health(State.UP), settle=fail))
        await until(lambda: desk.hub.dispatchers["loop"].channel is not broken)
        assert (await desk.deliveries(sent["id"]))["vagt"]["evidence"] == "unknown"
        await desk.ended((await desk.send("leder"))["id"])


async def test_after_a_stop_and_start_the_same_alerts_are_there_and_keys_still_hold(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        tokens = desk.tokens
        sent = await desk.send("vagt", key="k")
        await desk.ended(sent["id"])
    async with hub_in(tmp_path) as desk:
        desk.tokens = tokens
        assert await desk.send("vagt", key="k") == sent
        assert (await desk.deliveries(sent["id"]))["vagt"]["ended"] == "reached"
        assert desk.arrived() == []


async def test_the_head_of_the_audit_is_anchored_when_the_hub_stops(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        await desk.ended((await desk.send("vagt"))["id"])
    anchors = read_anchors(tmp_path / "anchors.log")
    async with store_in(tmp_path / "var") as bench:
        assert anchors
        assert await bench.flaws(anchors) == []


async def test_a_second_hub_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with hub_in(tmp_path):
        with pytest.raises(Exception, match="running already"):
            async with hub_in(tmp_path):
                pass


async def nothing_again(due: object) -> None:
    """No question is put again here."""


async def test_a_deadline_that_is_committed_while_the_next_is_read_is_not_missed(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        keeper = Timekeeper(bench.store, lambda: bench.now, again=nothing_again, heard=nothing_again)
        keeper._next = bench.now - timedelta(seconds=1)  # the last one, just done with
        run, read, looked = bench.store.run, bench.store.read, asyncio.Event()

        async def looking(op: object, args: object) -> object:
            if op is look and keeper._sooner.is_set():
                looked.set()
            return await run(op, args)  # type: ignore[arg-type]

        async def reading(op: object, args: object) -> object:
            found = await read(op, args)  # type: ignore[arg-type]
            if op is next_look and not looked.is_set():
                due_ms = int((bench.now + timedelta(seconds=5)).timestamp() * 1000)
                keeper.heard(Changes(due_ms=due_ms))
            return found

        bench.store.run, bench.store.read = looking, reading  # type: ignore[method-assign, assignment]
        task = asyncio.create_task(keeper.run())
        async with asyncio.timeout(2):
            await looked.wait()
        task.cancel()
