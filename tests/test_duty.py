"""What the hub says of itself: the duty officer is told of what is urgent, and who may mean several is asked back."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.duty import Duty, told_apart
from gateway.marks import ASKS, TELLS
from gateway.store.inbox import Identified, identify
from gateway.store.stopping import stop
from gateway.store.telling import told
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.asking import asked, hears, items
from tests.duties import Keeps, Sent, leaves, on_duty, says, sent_by
from tests.stores import Bench


def with_duty(bench: Bench, duty: str = "leder") -> Duty:
    bench.store.attach(replace(bench.store.world, duty=duty), lambda changes: None)
    sent = Sent()
    made = Duty(bench.store, sent, lambda: bench.now)
    made.sent = sent  # type: ignore[attr-defined]
    return made


async def test_the_duty_officer_is_told_of_an_urgent_answer_once(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        duty = with_duty(bench)
        matched = await hears(bench, "4, vi har brug for ilt")
        for _ in range(2):
            await duty.heard(matched)
        await duty.catch_up()
        [alert] = sent_by(duty)
        assert alert["to"] == ["leder"]
        assert (alert["precedence"], alert["status"]) == ("flash", "Exercise")
        assert f"HASTEMELDING #{sent.code} fra Vagthavende: 4, vi har brug for ilt" in alert["headline"]


async def test_after_a_restart_the_duty_officer_is_told_of_what_was_left(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await hears(bench, "4")
        duty = with_duty(bench)
        await duty.catch_up()
        assert len(sent_by(duty)) == 1


async def test_without_a_duty_officer_it_stands_in_the_inbox_and_is_told_when_there_is_one(
    tmp_path: Path,
) -> None:
    async with asked(tmp_path) as (bench, _):
        matched = await hears(bench, "4")
        await with_duty(bench, "").heard(matched)
        duty = with_duty(bench)
        await duty.catch_up()
        assert len(sent_by(duty)) == len(await items(bench)) == 1


async def noticed(
    bench: Bench, text: str = "SOS", *, to: tuple[str, ...] = ("vagt",), author: str = "fremmed"
) -> tuple[int, str]:
    """A cry for help of which the duty officer was told: its number in the inbox, and the code of the notice."""
    if not (await bench.rows("select 1 from answers")):
        await hears(bench, "alt ok")  # to the question that was open
    matched = await hears(bench, text, f"loopback:{author}")
    taking = (("1", "jeg tager den"),)
    asks = await bench.accept(*to, precedence=Precedence.FLASH, answers=taking, submitter=ASKS)
    await bench.store.run(told, (matched.urgent or 0, asks.identifier))
    await leaves(bench)
    return matched.urgent or 0, asks.code


async def asked_to_take(bench: Bench) -> list[str]:
    rows = await bench.rows(
        "select recipient from deliveries join alerts on alerts.id = alert_id where submitter = :asks"
        " order by deliveries.id",
        asks=ASKS,
    )
    return [row["recipient"] for row in rows]


@pytest.mark.parametrize("text", ["1", "ja", "ok", "jeg tager den", "1, er der om 20"])
async def test_who_answers_the_hub_that_they_take_it_has_it(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path) as (bench, _):
        await noticed(bench)
        await hears(bench, text)
        [item] = await items(bench)
        assert (item["owner"], item["taken_at"] is None) == ("vagt", False)
        assert await asked_to_take(bench) == ["vagt"]


@pytest.mark.parametrize("text", ["nej", "kan ikke", "senere", "modtaget", "hvem?", "1?", "om en time"])
async def test_any_other_answer_than_a_yes_goes_on_to_the_deputy_at_once(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path) as (bench, _):
        number, _ = await noticed(bench)
        await hears(bench, text)
        [owner] = [item["owner"] for item in await items(bench) if item["number"] == number]
        assert owner is None
        assert await asked_to_take(bench) == ["vagt", "leder"]


async def test_a_thumb_neither_takes_it_nor_passes_it_on(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await noticed(bench)
        await hears(bench, "👍")
        assert [item["owner"] for item in await items(bench)] == [None]
        assert await asked_to_take(bench) == ["vagt"]


async def test_who_has_it_and_then_says_no_has_it_no_longer(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        _, code = await noticed(bench)
        await hears(bench, "1")
        await hears(bench, f"nej, kan ikke #{code}")
        assert [item["owner"] for item in await items(bench)] == [None]
        assert await asked_to_take(bench) == ["vagt", "leder"]


async def test_a_no_to_one_of_two_notices_lets_the_deputy_hear_of_both(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        for text in ("SOS", "BRUG FOR HJÆLP"):
            await noticed(bench, text)
        found = await hears(bench, "nej, kan ikke")
        assert len(found.several) == 2, "and is asked back"
        assert await asked_to_take(bench) == ["vagt", "vagt", "leder", "leder"]


async def test_what_is_asked_after_a_yes_takes_nothing_back(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        number, code = await noticed(bench)
        await hears(bench, "1")
        await hears(bench, f"{code}: hvor er det?")
        assert [x["owner"] for x in await items(bench) if x["number"] == number] == ["vagt"]
        assert await asked_to_take(bench) == ["vagt"]


async def test_a_cry_for_help_is_told_though_it_may_answer_two_questions(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, _):
        duty = with_duty(bench)
        for text in ("BRUG FOR HJÆLP", "4"):
            await duty.heard(await hears(bench, text))
        assert [(alert["to"], alert["headline"]) for alert in sent_by(duty)] == [
            (["leder"], "HASTEMELDING fra Vagthavende: BRUG FOR HJÆLP"),
            (["leder"], "HASTEMELDING fra Vagthavende: 4"),
        ]


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("SOS", "HASTEMELDING fra fremmed (ikke i kontakterne): SOS"),
        ("#{code} 4", "HASTEMELDING #{code} fra fremmed (ikke i kontakterne): liv i fare"),
        ("{code}: liv i fare", "HASTEMELDING #{code} fra fremmed (ikke i kontakterne): liv i fare"),
        (
            "#{code} 4 ilt mangler",
            "HASTEMELDING #{code} fra fremmed (ikke i kontakterne): 4 ilt mangler (4=liv i fare)",
        ),
    ],
)
async def test_of_a_stranger_the_duty_officer_is_told_what_is_known(
    tmp_path: Path, text: str, headline: str
) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        duty = with_duty(bench)
        await duty.heard(await hears(bench, text.format(code=sent.code), "loopback:fremmed"))
        [alert] = sent_by(duty)
        assert (alert["headline"], alert["status"]) == (headline.format(code=sent.code), "Exercise")


async def test_who_is_named_after_it_was_told_is_not_told_again(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        duty = with_duty(bench)
        found = await hears(bench, "BRUG FOR HJÆLP", "loopback:fremmed")
        await duty.heard(found)
        await duty.heard(await bench.store.run(identify, Identified(found.urgent or 0, "vagt", "leder")))
        assert len(sent_by(duty)) == 1


async def test_the_same_words_again_are_taken_with_the_first(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        duty = with_duty(bench)
        for number in range(9):
            await duty.heard(await hears(bench, "4", bearer_id=f"{number}"))
        assert len(sent_by(duty)) == 1
        assert len({item["told"] for item in await items(bench)}) == 1


async def test_who_cries_again_without_having_been_heard_is_told_of_again(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        duty = with_duty(bench)
        for number in range(3):
            await duty.heard(await hears(bench, "HJÆLP", bearer_id=f"{number}"))
            bench.later(timedelta(minutes=6))
        assert len(sent_by(duty)) == 2


async def test_a_flood_of_strangers_is_told_of_within_bounds_and_stands_in_the_inbox(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        duty = with_duty(bench)
        for number in range(20):
            await duty.heard(await hears(bench, f"SOS {number}", f"loopback:fremmed{number // 5}"))
        assert (len(sent_by(duty)), len(await items(bench))) == (10, 20)
        await duty.heard(await hears(bench, "BRUG FOR HJÆLP"))
        assert f"#{sent.code} fra Vagthavende" in sent_by(duty)[-1]["headline"]


async def test_what_may_answer_two_questions_is_asked_back_once(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        duty = with_duty(bench)
        for text in ("1", "ja"):
            await duty.heard(await hears(bench, text))
        [alert] = sent_by(duty)
        assert (alert["to"], alert["want"], alert["precedence"]) == (["vagt"], "delivered", "flash")
        assert f"#{first.code}" in alert["text"]
        assert f"#{second.code}" in alert["text"]
        assert "answers" not in alert


async def test_after_a_restart_it_is_asked_back_what_was_not_yet(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, _):
        duty, found = with_duty(bench), await hears(bench, "1")
        await duty.catch_up()
        [alert] = sent_by(duty)
        assert (alert["to"], alert["headline"]) == (["vagt"], "Hvad svarer du på?")
        await duty.heard(found)
        await duty.catch_up()
        assert len(sent_by(duty)) == 1, "and once"
        bench.later(timedelta(minutes=11))
        later = with_duty(bench)
        await later.catch_up()
        assert sent_by(later) == []


async def test_what_was_asked_back_about_is_not_asked_anew_when_one_of_the_questions_has_ended(
    tmp_path: Path,
) -> None:
    async with asked(tmp_path, questions=3) as (bench, [first, *_]):
        duty = Duty(bench.store, Keeps(bench), lambda: bench.now)
        await duty.heard(await hears(bench, "1"))
        await bench.store.run(stop, first.identifier)
        again = Sent()
        await Duty(bench.store, again, lambda: bench.now).catch_up()
        assert again.alerts == {}


async def test_an_officer_is_asked_back_by_who_cried_and_not_by_the_code_of_what_was_asked(
    tmp_path: Path,
) -> None:
    async with on_duty(tmp_path, "v2") as (bench, duty):
        await says(bench, duty, "finn: BRUG FOR HJÆLP", "v3: SOS")
        await duty.heard(await hears(bench, "1", "loopback:v2"))
        asked_back = sent_by(duty)[-1]
        assert asked_back["headline"] == "Hvad svarer du på?"
        assert "(Finn: BRUG FOR HJÆLP)" in asked_back["text"]
        assert asked_back["text"].count("#") == 2


@pytest.mark.parametrize(
    ("headlines", "shown"),
    [
        (["Vagt i nat", "Vagt i morgen"], ["Vagt i nat", "Vagt i morgen"]),
        (
            ["HASTEMELDING #R6 fra Plejehjem Nord: ild", "HASTEMELDING #R6 fra Plejehjem Syd: ild", "Kaffe"],
            ["... Nord: ild", "... Syd: ild", "Kaffe"],
        ),
        (["Det samme ord for ord i begge to her"] * 2, ["Det samme ord for ord i begge "] * 2),
    ],
)
def test_questions_that_begin_alike_are_told_apart_by_what_follows(
    headlines: list[str], shown: list[str]
) -> None:
    assert told_apart(headlines) == shown


async def test_nothing_answers_what_the_hub_only_tells(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await bench.accept("vagt", precedence=Precedence.FLASH, want=Evidence.DELIVERED, submitter=TELLS)
        for claimed in await bench.claim():
            await bench.conclude(claimed)
        assert (await hears(bench, "1")).alert == sent.identifier


async def test_a_stranger_is_never_written_to(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, _):
        duty = with_duty(bench)
        for text in ("1", "hvem er det?", "4"):
            await duty.heard(await hears(bench, text, "loopback:fremmed"))
        assert sent_by(duty) == []
