"""Who takes what is urgent: nobody is woken for what somebody has, and nothing stays with nobody."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.catalogue import catalogue
from gateway.cli.cries import owned
from gateway.marks import ASKS
from gateway.store.answering import Spoken, answer_by_hand
from gateway.store.inbox import Taken, take
from gateway.store.showing import show_alert
from tests.asking import items
from tests.duties import Deaf, on_duty, owner, says, sent_by, told_to, waiting_for


@pytest.mark.parametrize(
    "words", ["nej, kan ikke alligevel", "nej", "er blevet syg", "BRUG FOR HJÆLP", "kan ikke nå det"]
)
async def test_who_has_it_and_lets_it_go_leaves_it_to_the_others_at_once(tmp_path: Path, words: str) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(
            bench, duty, "finn: BRUG FOR HJÆLP", "v2: {code} 1", "v1: {code} 1", f"v2: {{code}} {words}"
        )
        assert await owner(bench) is None
        asked_anew = [to for to, what in told_to(duty) if what == "IKKE TAGET"]
        assert asked_anew == [["v1"]]
        await says(bench, duty, "v1: {last} 1")
        assert await owner(bench) == "v1"


@pytest.mark.parametrize("words", ["hvor er det?", "modtaget", "er på vej"])
async def test_who_has_it_and_asks_or_confirms_keeps_it(tmp_path: Path, words: str) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v2: {code} 1", f"v2: {{code}} {words}")
        assert await owner(bench) == "v2"


async def test_what_nobody_takes_is_told_of_every_ten_minutes_in_one_notice(tmp_path: Path) -> None:
    async with on_duty(tmp_path, "v2") as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v2: {code} nej")
        for minutes in (3, 3, 3, 3, 9, 9):
            bench.later(timedelta(minutes=minutes))
            await duty.look()
        assert told_to(duty) == [
            (["v2"], what) for what in ("HASTEMELDING #A2 fra Finn", *["IKKE TAGET"] * 2)
        ]
        await says(bench, duty, "v2: {code} 1")  # the first notice counts as well
        assert await owner(bench) == "v2"
        bench.later(timedelta(minutes=30))
        await duty.look()
        assert len(sent_by(duty)) == 3


async def test_of_many_that_nobody_takes_one_notice_tells_and_a_yes_takes_all(tmp_path: Path) -> None:
    async with on_duty(tmp_path, "v2") as (bench, duty):
        await says(bench, duty, *(f"fremmed{number}: SOS {number}" for number in range(5)))
        bench.later(timedelta(minutes=11))
        for _ in range(2):
            await duty.look()
        [*_, again] = sent_by(duty)
        assert len(sent_by(duty)) == 6
        assert again["headline"].startswith(
            "IKKE TAGET, 5 HASTEMELDINGER: fremmed0 (ikke i kontakterne): SOS 0;"
        )
        assert again["headline"].endswith("; 2 til")
        assert again["long_text"].splitlines()[-1].endswith("fremmed4 (ikke i kontakterne): SOS 4")
        await says(bench, duty, "v2: {last} ja")
        assert {item["owner"] for item in await items(bench)} == {"v2"}


async def test_a_contacts_cry_is_named_before_those_of_strangers(tmp_path: Path) -> None:
    async with on_duty(tmp_path, "v2") as (bench, duty):
        await says(bench, duty, *(f"fremmed{number}: SOS {number}" for number in range(4)), "v3: SOS")
        bench.later(timedelta(minutes=11))
        await duty.look()
        assert sent_by(duty)[-1]["headline"].startswith("IKKE TAGET, 5 HASTEMELDINGER: Stedfortræder: SOS;")


@pytest.mark.parametrize("how", ["v2", "take", "done", "by hand"])
async def test_when_somebody_has_it_nobody_else_is_asked_any_more(tmp_path: Path, how: str) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP")
        assert await waiting_for(bench) == {"v1", "v2"}
        number = (await items(bench))[0]["number"]
        if how == "v2":
            await says(bench, duty, "v2: {code} 1")
        elif how == "by hand":
            spoken = Spoken((await items(bench))[0]["told"], "v2", "1", "voice")
            await duty.heard(await bench.store.run(answer_by_hand, spoken))
        else:
            await duty.closed(await bench.store.run(take, Taken(number, "v2", done=how == "done")))
        assert await waiting_for(bench) == set()
        what = "HÅNDTERET af Vagt to" if how == "done" else "TAGET af Vagt to"
        assert told_to(duty)[1:] == [(["v1"], what)]


async def test_show_of_a_notice_says_who_has_what_it_is_about(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v1: {code} nej")
        notice, words = (await items(bench))[0]["told"], catalogue("da")
        for said, owned_by in (
            ("v2: {code} nej", "Ingen har taget den: bavn"),
            ("v2: {code} 1", "Taget af v2"),
        ):
            await says(bench, duty, said)
            [item] = (await bench.store.read(show_alert, notice))["items"]
            assert owned(item, words, now=bench.now).startswith(owned_by)


async def test_who_takes_it_late_hears_once_who_has_it(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v1: {code} nej", "v2: {code} 1", "v3: {code} 1")
        assert await owner(bench) == "v2"
        assert told_to(duty)[1:] == [(["v3"], "TAGET af Vagt to")], "v1 has said no"


async def test_a_notice_about_two_is_asked_on_while_one_of_them_is_nobodys(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "finn: BRUG FOR HJÆLP")
        [first, second] = [item["number"] for item in await items(bench)]
        assert await bench.store.run(take, Taken(first, "Kim")) is None
        assert await waiting_for(bench) == {"v1", "v2"}
        closed = await bench.store.run(take, Taken(second, "Kim"))
        both = (first, second)  # of the first nobody has heard that it is taken
        assert (closed.about, await waiting_for(bench)) == ({"v1": both, "v2": both}, set())


@pytest.mark.parametrize("how", ["v2", "take"])
async def test_after_a_kill_who_was_asked_still_hears_that_somebody_has_it(tmp_path: Path, how: str) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP")
        if how == "take":
            [item] = await items(bench)
            await bench.store.run(take, Taken(item["number"], "v2"))
        else:
            await says(bench, Deaf(bench, duty), "v2: {code} 1")
        assert [alert["to"] for alert in sent_by(duty)] == [["vagter"]]
        for _ in range(2):
            await duty.catch_up()
        assert told_to(duty)[1:] == [(["v1"], "TAGET af Vagt to")]


async def test_what_was_let_go_together_is_asked_about_in_one_notice(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v3: SOS")
        bench.later(timedelta(minutes=11))
        await duty.look()
        await says(bench, duty, "v2: {last} 1")
        before = len(sent_by(duty))
        await says(bench, duty, "v2: {last} nej")
        [again] = sent_by(duty)[before:]
        assert again["headline"].startswith("IKKE TAGET, 2 HASTEMELDINGER: ")


async def test_who_is_named_as_in_the_directory_takes_it_as_that_contact(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP")
        [item] = await items(bench)
        closed = await bench.store.run(take, Taken(item["number"], "vagt TO"))
        assert (await owner(bench), list(closed.about)) == ("v2", ["v1"])


async def test_who_had_taken_what_somebody_else_handled_hears_of_it(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v2: {code} 1")
        [item] = await items(bench)
        await duty.closed(await bench.store.run(take, Taken(item["number"], "v1", done=True)))
        assert told_to(duty)[-1] == (["v2"], "HÅNDTERET af Vagt et")


async def test_who_takes_several_at_once_is_said_to_have_them_all(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v3: SOS")
        bench.later(timedelta(minutes=11))
        await duty.look()
        await says(bench, duty, "v2: {last} 1")
        [*_, taken] = [alert for alert in sent_by(duty) if alert["headline"].startswith("TAGET")]
        assert taken["to"] == ["v1"]
        assert taken["headline"].startswith("TAGET af Vagt to: 2 HASTEMELDINGER: #A2 Finn: BRUG FOR HJÆLP; ")


@pytest.mark.parametrize(
    ("duty_is", "who", "to"),
    [
        ("v1", "v1", ["v3"]),
        ("vagter", "v1", ["v2", "v3"]),
        ("vagter", "v2", ["v1"]),
        ("v2", "v2", ["v1"]),  # no deputy: the others of the group
        ("vagter", "finn", ["vagter"]),
    ],
)
async def test_of_the_duty_officers_own_cry_the_others_are_told(
    tmp_path: Path, duty_is: str, who: str, to: list[str]
) -> None:
    async with on_duty(tmp_path, duty_is) as (bench, duty):
        await says(bench, duty, f"{who}: BRUG FOR HJÆLP")
        assert [alert["to"] for alert in sent_by(duty)] == [to]


async def test_a_deputy_is_not_asked_to_take_their_own_cry(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "v3: BRUG FOR HJÆLP", "v1: {code} nej")
        assert await waiting_for(bench) == {"v2"}


@pytest.mark.parametrize(("age", "times"), [(1, 6), (3, 12), (24, 33), (72, 35)])
async def test_the_older_it_is_the_more_seldom_it_is_told_of_again(
    tmp_path: Path, age: int, times: int
) -> None:
    async with on_duty(tmp_path, "v2") as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP")
        for _ in range(age * 6):
            bench.later(timedelta(minutes=10))
            await duty.look()
        assert len(sent_by(duty)) == 1 + times


async def test_who_cries_for_help_does_not_take_it_themselves(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v1: BRUG FOR HJÆLP", "v1: {code} 1")
        assert [item["owner"] for item in await items(bench)] == [None, "v1"]


async def test_several_notices_are_taken_by_their_codes_in_one_text(tmp_path: Path) -> None:
    async with on_duty(tmp_path) as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v3: SOS")
        rows = await bench.rows("select code from alerts where submitter = :asks order by id", asks=ASKS)
        await says(bench, duty, "v2: " + ", ".join(f"{row['code']} 1" for row in rows))
        assert {item["owner"] for item in await items(bench) if item["urgent"]} == {"v2"}
        told = [(alert["to"], alert["headline"]) for alert in sent_by(duty)[2:]]
        assert [to for to, _ in told] == [["v1"], ["v1"]]
        assert [text.rpartition("fra ")[2] for _, text in told] == [
            "Finn: BRUG FOR HJÆLP",
            "Stedfortræder: SOS",
        ]
