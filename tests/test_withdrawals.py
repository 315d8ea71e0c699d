"""An Update or Cancel that names a whole row of alerts, several that stand, or some that never came here."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.catalogue import LANGUAGES, catalogue
from gateway.cli.warned import lines
from gateway.errors import Conflict
from gateway.outgoing import OutgoingMaker
from gateway.store.accepting import Accepted, withdraw
from gateway.store.showing import show_alert
from gateway.store.stopping import REPLACED, stop
from messages.alert import MsgType, Reference, Withdrawal
from messages.render import subject
from tests.hubs import Desk, hub_in, until
from tests.stores import NOW, Bench, store_in
from tests.test_accept import cap, module_loop, post

SENDER = "krisestab.eksempelkommune.invalid"
ENDING = {"msg_type": MsgType.CANCEL, "withdrawal": Withdrawal.ALL_CLEAR}
UPDATING = {"msg_type": MsgType.UPDATE, "withdrawal": Withdrawal.UPDATE}
CORRECTING = {"msg_type": MsgType.UPDATE, "withdrawal": Withdrawal.CORRECTION}


async def follow(bench: Bench, *names: str, **how: Any) -> Any:
    references = tuple(Reference(SENDER, name, NOW) for name in names)
    return await bench.store.run(withdraw, bench.acceptance(references=references, **how))


async def hand_over(bench: Bench, *to: str) -> None:
    """These get what waits for them; nobody else does."""
    for claimed in await bench.claim(window=9):
        if claimed.recipient in to:
            await bench.conclude(claimed)


async def told(bench: Bench, alert: Accepted) -> set[str]:
    shown = await bench.store.read(show_alert, alert.identifier)
    return {each["recipient"] for each in shown["deliveries"]}


async def states(bench: Bench, *alerts: Accepted) -> list[Any]:
    shown = [await bench.store.read(show_alert, each.identifier) for each in alerts]
    return [(each["withdrawn"], each["replaced_by"]) for each in shown]


async def test_a_cancel_may_name_the_whole_row(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        first = await bench.accept("vagt")
        await hand_over(bench, "vagt")
        second = await follow(bench, first.identifier, **UPDATING)
        third = await follow(bench, first.identifier, second.identifier, **UPDATING)
        end = await follow(bench, *(each.identifier for each in (first, second, third)), **ENDING)
        assert await states(bench, first, second, third) == [
            ("updated", second.identifier),
            ("updated", third.identifier),
            ("ended", end.identifier),
        ]
        assert (await bench.store.run(stop, first.identifier)).in_force == end.code
        assert await told(bench, end) == {"vagt"}


async def test_whoever_has_only_the_text_before_the_update_gets_the_cancel(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        first = await bench.accept("vagt", "leder")
        await hand_over(bench, "vagt", "leder")
        second = await follow(bench, first.identifier, **UPDATING)
        assert await bench.store.run(stop, second.identifier)  # before anything of it left
        end = await follow(bench, second.identifier, **ENDING)
        assert await told(bench, end) == {"vagt", "leder"}


async def test_all_that_stand_are_withdrawn_and_everybody_who_may_have_one_is_told(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        one, other = await bench.accept("vagt"), await bench.accept("leder")
        unsent = await bench.accept("leder")
        [a, b] = await bench.claim(window=3)
        await bench.conclude(a)
        await bench.conclude(b, "unknown")
        names = [each.identifier for each in (one, other, unsent)]
        end = await follow(bench, *names, **ENDING)
        assert await states(bench, one, other, unsent) == [("ended", end.identifier)] * 3
        assert await told(bench, end) == {"vagt", "leder"}
        assert [each.identifier for each in await bench.claim(window=9)] == [end.identifier] * 2
        with pytest.raises(
            Conflict, match=f"#{unsent.code} was already ended.* place, #{end.code}$"
        ) as caught:
            await follow(bench, unsent.identifier, **ENDING)
        assert caught.value.about == {"code": unsent.code, "after": end.code}
        assert {f"refused.{word}_before" for word in REPLACED} <= set(catalogue("da").keys())


async def test_an_update_of_two_alerts_carries_the_people_of_both_on(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        one, other = await bench.accept("vagt"), await bench.accept("leder")
        await hand_over(bench, "vagt", "leder")
        both = await follow(bench, one.identifier, other.identifier, **UPDATING)
        assert await bench.store.run(stop, both.identifier)
        assert await told(bench, await follow(bench, both.identifier, **ENDING)) == {"vagt", "leder"}


@pytest.mark.parametrize(
    ("between", "last", "reached", "names", "reads"),
    [
        (CORRECTING, CORRECTING, (), 0, "RETTELSE"),
        (CORRECTING, CORRECTING, ("vagt",), 1, "RETTELSE"),
        (CORRECTING, UPDATING, (), 0, "RETTELSE"),
        (CORRECTING, UPDATING, ("vagt",), 1, "OPDATERING"),
        (CORRECTING, ENDING, (), 0, "AFVARSLING"),
        (UPDATING, UPDATING, (), 0, "OPDATERING"),
    ],
)
async def test_each_is_told_by_the_newest_text_that_they_may_have(
    tmp_path: Path,
    between: dict[str, Any],
    last: dict[str, Any],
    reached: tuple[str, ...],
    names: int,
    reads: str,
) -> None:
    async with store_in(tmp_path) as bench:
        first = await bench.accept("vagt")
        await hand_over(bench, "vagt")
        second = await follow(bench, first.identifier, **between)
        if reached:
            await hand_over(bench, *reached)
        third = await follow(bench, second.identifier, **last)
        [claimed] = await bench.claim(window=9)
        told_by = (first, second)[names].code
        words = OutgoingMaker(lambda: NOW, lambda: bench.store.world).make("loop", claimed).words
        assert subject(words).startswith(f"ØVELSE {reads} #{told_by}. ")
        corrects = reads == "RETTELSE" and last is UPDATING
        assert third.follows == ({"code": told_by, "recipients": 1, "as_correction": corrects},)


async def test_who_got_the_correction_and_who_did_not_are_told_by_different_codes(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        first = await bench.accept("vagt", "leder")
        await hand_over(bench, "vagt", "leder")
        second = await follow(bench, first.identifier, **CORRECTING)
        [left] = await bench.claim(window=1)
        await bench.conclude(left, "unknown")
        third = await follow(bench, second.identifier, key="once", **UPDATING)
        codes = {each.recipient: each.replaces_code for each in await bench.claim(window=9)}
        assert codes == dict.fromkeys(("vagt", "leder"), first.code) | {left.recipient: second.code}
        assert {(each["code"], each["as_correction"]) for each in third.follows} == {
            (second.code, False),
            (first.code, True),
        }
        again = await follow(bench, second.identifier, key="once", **UPDATING)
        assert again == replace(third, replayed=True)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk(tmp_path_factory: Any) -> AsyncIterator[Desk]:
    async with hub_in(tmp_path_factory.mktemp("hub")) as running:
        yield running


def names(identifiers: Iterable[str], sent: str) -> str:
    return " ".join(f"nabo.invalid,{each},{sent}" for each in identifiers)


@module_loop
async def test_what_never_came_here_is_told_and_the_rest_is_withdrawn(desk: Desk) -> None:
    sent = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S-00:00")
    await post(desk, cap("Y1", sent=sent), "?precedence=routine&want=submitted")
    await until(lambda: len(desk.texts("vagt")) == 1)
    cancel = cap("Y2", msgType="Cancel", references=names(["Y0", "Y1", "Z0"], sent))
    first, again = await post(desk, cancel), await post(desk, cancel)
    status, answer = first
    assert (status, answer["recipients"], first == again) == (202, 1, True)
    [warning] = [each for each in answer["warnings"] if each["kind"] == "not_here"]
    assert warning["references"] == ["Y0", "Z0"]
    assert all("Y0, Z0" in lines([warning], catalogue(language))[0] for language in LANGUAGES)
    assert (await desk.show("Y1"))["replaced_by"] == "Y2"
    await until(lambda: len(desk.texts("vagt")) == 2)


@module_loop
async def test_a_cancel_of_nothing_that_is_here_is_refused(desk: Desk) -> None:
    sent = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S-00:00")
    status, problem = await post(desk, cap("Y3", msgType="Cancel", references=names(["Y8", "Y9"], sent)))
    assert (status, problem["pointer"], "'Y8'" in problem["detail"]) == (422, "references", True)
