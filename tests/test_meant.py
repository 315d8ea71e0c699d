"""A text that names no question: it is guessed on to no other alert than the one that it may have been written to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.marks import ASKS
from gateway.store.accepting import Accepted, withdraw
from gateway.store.answering import Matched
from gateway.store.candidates import with_contacts
from gateway.store.stopping import stop
from gateway.store.telling import told
from messages.alert import MsgType, Reference, Withdrawal
from messages.precedence import Precedence
from tests.asking import hears, items
from tests.stores import NOW, Bench, store_in

M = timedelta(minutes=1)
EVACUATE = (("1", "evakuer nu"), ("2", "vent"))
COMING = (("1", "kommer"), ("2", "kommer ikke"))
WARD: dict[str, Any] = {"answers": (("1", "ok"), ("4", "ilt mangler")), "urgent": ("4",)}


async def put(bench: Bench, answers: tuple[tuple[str, str], ...] = COMING, **more: Any) -> Accepted:
    sent = await bench.accept("vagt", **{"precedence": Precedence.PRIORITY, "answers": answers} | more)
    await leaves(bench)
    return sent


async def leaves(bench: Bench) -> None:
    for claimed in await bench.claim(window=9):
        await bench.conclude(claimed)
    bench.later(M)


@asynccontextmanager
async def closed(folder: Path, how: str, **newest: Any) -> AsyncIterator[tuple[Bench, Accepted, Accepted]]:
    """An older question is open, and the newest closed: stopped, expired, or answered with 1."""
    async with store_in(folder) as bench:
        older = await put(bench, EVACUATE)
        more = {"expires_at": bench.now + 5 * M} if how == "expired" else {}
        newer = await put(bench, **more | newest)
        if how == "stopped":
            await bench.store.run(stop, newer.identifier)
        if how == "answered":
            await hears(bench, f"1 #{newer.code}")
        bench.later(5 * M)
        yield bench, older, newer


def whose(found: Matched, older: Accepted, newer: Accepted) -> str:
    """The one that it counts for; both where it is asked back; none where nobody is asked."""
    meant = {found.alert} if found.alert else {each.identifier for each in found.several}
    names = {older.identifier: "older", newer.identifier: "newer"}
    return " and ".join(sorted(names[each] for each in meant))


@pytest.mark.parametrize(
    ("how", "text", "meant"),
    [
        *((how, "1", "newer and older") for how in ("stopped", "expired", "answered")),
        *((how, "hvem er det?", "newer and older") for how in ("stopped", "expired", "answered")),
        *((how, "kommer", "newer") for how in ("stopped", "expired", "answered")),
        *((how, "modtaget", "") for how in ("stopped", "expired", "answered")),
        *((how, "vent", "older") for how in ("stopped", "expired", "answered")),
        ("answered", "2", "newer and older"),
        ("answered", "nej", "newer and older"),
        ("answered", "kommer ikke alligevel", "newer"),
        ("answered", "kan ikke alligevel", "newer"),
        ("answered", "rettelse: 2", "newer"),
        ("stopped", "rettelse: 2", "newer and older"),
    ],
)
async def test_what_may_be_meant_for_what_has_closed_is_guessed_on_to_nothing_else(
    tmp_path: Path, how: str, text: str, meant: str
) -> None:
    async with closed(tmp_path, how) as (bench, older, newer):
        found = await hears(bench, text, bearer_id="then")
        assert whose(found, older, newer) == meant
        answers = "select identifier from answers join deliveries on deliveries.id = delivery_id join alerts"
        kept = await bench.rows(f"{answers} on alerts.id = alert_id order by answers.id")
        assert [row["identifier"] for row in kept[how == "answered" :]] == list(filter(None, [found.alert]))


async def test_nobody_is_asked_back_for_a_thumb(tmp_path: Path) -> None:
    async with closed(tmp_path, "answered") as (bench, older, newer):
        assert whose(await hears(bench, "👍"), older, newer) == "older"
        assert await items(bench) == []
        await put(bench)
        assert (await hears(bench, "👍", bearer_id="of two")).several == ()
        assert [item["kind"] for item in await items(bench)] == ["unmatched"]


@pytest.mark.parametrize("how", ["stopped", "expired", "answered"])
@pytest.mark.parametrize("minutes", [110, 130])
async def test_what_closed_long_ago_is_meant_no_more(tmp_path: Path, how: str, minutes: int) -> None:
    async with closed(tmp_path, how) as (bench, older, newer):
        bench.later(minutes * M)
        found = await hears(bench, "2", bearer_id="then")
        assert whose(found, older, newer) == ("newer and older" if minutes < 120 else "older")


async def test_the_inbox_says_which_of_them_is_closed_and_how(tmp_path: Path) -> None:
    async with closed(tmp_path, "stopped") as (bench, older, newer):
        await hears(bench, "1")
        given = (await items(bench), bench.store.world.directory)
        [item] = await bench.store.read(with_contacts, given)
        assert item["asked"] == [
            {"who": "vagt", "code": newer.code, "closed": "stopped"},
            {"who": "vagt", "code": older.code},
        ]


async def test_the_code_of_the_stopped_one_keeps_the_answer_there(tmp_path: Path) -> None:
    async with closed(tmp_path, "stopped") as (bench, _, newer):
        await hears(bench, "1")
        assert (await hears(bench, newer.code)).alert == newer.identifier
        assert await items(bench) == []


@pytest.mark.parametrize(
    ("text", "answers", "meant"),
    [
        ("4", EVACUATE, "newer"),
        ("ilt mangler nu", EVACUATE, "newer"),
        ("4 ilt mangler nu", EVACUATE, "newer"),
        ("4", (*EVACUATE, ("4", "senere")), ""),  # nobody knows whose, and it cannot wait
    ],
)
async def test_what_is_urgent_to_one_of_them_is_urgent(
    tmp_path: Path, text: str, answers: tuple[tuple[str, str], ...], meant: str
) -> None:
    async with store_in(tmp_path) as bench:
        older, newer = await put(bench, answers), await put(bench, **WARD)
        await bench.store.run(stop, newer.identifier)
        found = await hears(bench, text)
        [item] = await items(bench)
        assert (item["urgent"], found.urgent, whose(found, older, newer)) == (True, item["number"], meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("3", "newer"), ("evakuer nu", "older"), ("1", "newer and older"), ("ja", "newer and older")],
)
async def test_of_two_open_ones_what_only_one_offers_is_its_answer(
    tmp_path: Path, text: str, meant: str
) -> None:
    async with store_in(tmp_path) as bench:
        older, newer = await put(bench, EVACUATE), await put(bench, (*COMING, ("3", "senere")))
        assert whose(await hears(bench, text), older, newer) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [("ja", "newer and older"), ("1", "newer and older"), ("nej", "newer and older"), ("vent", "older")],
)
async def test_a_word_that_would_take_a_notice_is_not_taken_for_another_answer(
    tmp_path: Path, text: str, meant: str
) -> None:
    async with store_in(tmp_path) as bench:
        older = await put(bench, (*EVACUATE, ("3", "ja")))
        urgent = await hears(bench, "HJÆLP", "loopback:fremmed")
        notice = await put(bench, (("1", "jeg tager den"),), submitter=ASKS)
        await bench.store.run(told, (urgent.urgent or 0, notice.identifier))
        assert whose(await hears(bench, text), older, notice) == meant


@pytest.mark.parametrize(("written", "meant"), [(-2, "newer and older"), (2, "newer"), (-90, "newer")])
async def test_after_a_correction_the_corrected_one_is_meant_only_by_what_was_written_before_it(
    tmp_path: Path, written: int, meant: str
) -> None:
    async with store_in(tmp_path) as bench:
        older = await put(bench)
        corrected = bench.now
        named = (Reference("krisestab.eksempelkommune.invalid", older.identifier, NOW),)
        how = {"msg_type": MsgType.UPDATE, "withdrawal": Withdrawal.CORRECTION, "references": named}
        about = bench.acceptance(answers=COMING, precedence=Precedence.PRIORITY, **how)
        newer = await bench.store.run(withdraw, about)
        await leaves(bench)
        bench.later(5 * M)
        found = await hears(bench, "1", at=corrected + written * timedelta(seconds=20))
        assert whose(found, older, newer) == meant


async def follows(bench: Bench, earlier: Accepted, answers: tuple[tuple[str, str], ...]) -> Accepted:
    """The newest alert, accepted in the place of the earlier one, and on its way to nobody yet."""
    named = (Reference("krisestab.eksempelkommune.invalid", earlier.identifier, NOW),)
    how = {"msg_type": MsgType.UPDATE, "withdrawal": Withdrawal.CORRECTION, "references": named}
    about = bench.acceptance(answers=answers, precedence=Precedence.PRIORITY, **how)
    accepted = await bench.store.run(withdraw, about)
    assert isinstance(accepted, Accepted)
    return accepted


SET = (("1", "set"),)


@pytest.mark.parametrize(
    ("other", "text", "minutes", "meant"),
    [
        (EVACUATE, "kommer", 5, "replaced"),
        (EVACUATE, "kommer ikke", 5, "replaced"),
        (COMING, "kommer", 5, "other and replaced"),
        (COMING, "2", 5, "other and replaced"),
        (COMING, "1", 5, "follower and other"),
        (COMING, "modtaget", 5, "follower"),
        (COMING, "2", 130, "other"),
    ],
)
async def test_an_answer_that_only_the_replaced_one_offers_is_not_guessed_on_to_another(
    tmp_path: Path, other: tuple[tuple[str, str], ...], text: str, minutes: int, meant: str
) -> None:
    async with store_in(tmp_path) as bench:
        known = {"other": await put(bench, other), "replaced": await put(bench)}
        known["follower"] = await follows(bench, known["replaced"], SET)
        await leaves(bench)
        bench.later(minutes * M)
        assert names(await hears(bench, text), known) == meant


@pytest.mark.parametrize(("text", "meant"), [("2", "other and replaced"), ("modtaget", "")])
async def test_what_comes_before_a_correction_has_left_may_mean_what_it_corrects(
    tmp_path: Path, text: str, meant: str
) -> None:
    async with store_in(tmp_path) as bench:
        known = {"other": await put(bench), "replaced": await put(bench)}
        known["follower"] = await follows(bench, known["replaced"], COMING)
        assert await bench.claim(window=9)
        bench.later(M)
        assert names(await hears(bench, text), known) == meant


def names(found: Matched, known: dict[str, Accepted]) -> str:
    meant = {found.alert} if found.alert else {each.identifier for each in found.several}
    return " and ".join(sorted(name for name, each in known.items() if each.identifier in meant))


@pytest.mark.parametrize("text", ["modtaget", "4", "#{a} #{b}"])
async def test_nobody_is_asked_back_for_what_answers_none_of_them(tmp_path: Path, text: str) -> None:
    async with store_in(tmp_path) as bench:
        sent = [await put(bench), await put(bench)]
        found = await hears(bench, text.format(a=sent[0].code, b=sent[1].code))
        assert (found.kind, found.several) == ("unmatched", ())
        assert len(await items(bench)) == 1


async def test_the_words_of_an_urgent_answer_are_of_the_one_that_offers_them(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await put(bench)
        older = await put(bench, (*COMING, ("4", "liv i fare")), urgent=("4",))
        await put(bench)
        found = await hears(bench, "liv i fare")
        assert (found.alert, found.urgent is not None) == (older.identifier, True)


async def test_a_text_that_comes_late_may_mean_what_was_open_when_it_was_written(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        older = await put(bench)
        written = bench.now
        bench.later(10 * M)
        await hears(bench, f"1 #{older.code}")
        newer = await put(bench)
        assert whose(await hears(bench, "2", at=written), older, newer) == "newer and older"
        assert whose(await hears(bench, "2", bearer_id="now"), older, newer) == "newer"
