"""An answer, the hub's question which alert it is about, and the code alone as the reply to that."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.duty import which_alert
from gateway.errors import NotFound
from gateway.marks import TELLS
from gateway.store.inbox import Identified, identify
from gateway.strict_json import read_object
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.asking import asked, evidence, hears, items
from tests.stores import Bench, store_in


async def answered(bench: Bench) -> list[tuple[str, str]]:
    rows = await bench.rows(
        "select code, option, answers.text from answers join deliveries on deliveries.id = delivery_id"
        " join alerts on alerts.id = alert_id order by answers.id"
    )
    return [(row["code"], row["option"] or row["text"]) for row in rows]


@pytest.mark.parametrize(
    "reply",
    ["{code}", "#{code}", "{code}.", "svar {code}", "Hej, #{code} tak", "koden er {code}", "Det er {code}"],
)
async def test_a_code_alone_says_what_the_answer_before_it_was_about(tmp_path: Path, reply: str) -> None:
    async with asked(tmp_path, questions=3) as (bench, [_, second, _]):
        for number in range(2):
            await hears(bench, "1", bearer_id=f"{number}")
        found = await hears(bench, reply.format(code=second.code))
        assert (found.kind, found.alert, found.recipient) == ("answer", second.identifier, "vagt")
        assert await answered(bench) == [(second.code, "1")]
        assert await items(bench) == []
        assert await evidence(bench) == [Evidence.SUBMITTED, Evidence.ACKNOWLEDGED, Evidence.SUBMITTED]


@pytest.mark.parametrize(
    "reply",
    ["{a} og {b}", "#{a} #{b}", "{a}, {b}", "{a} {b}", "koderne er {a} og {b}", "begge", "begge to", "Alle!"],
)
async def test_both_codes_or_both_in_words_give_each_the_answer_before_them(
    tmp_path: Path, reply: str
) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        await hears(bench, "1", bearer_id="before")
        found = await hears(bench, reply.format(a=first.code, b=second.code))
        assert (found.kind, found.several) == ("answer", ())
        assert sorted(await answered(bench)) == [(first.code, "1"), (second.code, "1")]
        assert await items(bench) == []


@pytest.mark.parametrize(
    ("reply", "taken"),
    [
        *((reply, True) for reply in ("Møde", "mødet", "det er mødet i kantinen", "kantine")),
        *((reply, False) for reply in ("kl 14", "den første", "mødet i gården", "brand", "vand")),
    ],
)
async def test_words_of_one_headline_stand_for_its_code(tmp_path: Path, reply: str, taken: bool) -> None:
    async with store_in(tmp_path) as bench:
        of: dict[str, Any] = {"precedence": Precedence.FLASH, "answers": (("1", "kommer"),)}
        first = await bench.accept("vagt", headline="Møde i kantinen kl 14", **of)
        for headline in ("Brand og vand", "Vand kl 14"):
            await bench.accept("vagt", headline=headline, **of)
        for claimed in await bench.claim(window=9):
            await bench.conclude(claimed)
        await hears(bench, "1", bearer_id="before")
        await hears(bench, reply)
        assert await answered(bench) == ([(first.code, "1")] if taken else [])


@pytest.mark.parametrize(
    ("before", "stands"), [("hvem er det?", "answer"), ("4", "answer"), ("1, hvor?", "answer")]
)
async def test_what_a_person_must_read_stands_open_beside_its_question(
    tmp_path: Path, before: str, stands: str
) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, _]):
        await hears(bench, before)
        found = await hears(bench, first.code)
        [item] = await items(bench)
        assert (item["text"], item["kind"], item["alert"]["code"]) == (before, stands, first.code)
        assert (found.urgent == item["number"]) is item["urgent"] is (before == "4")


@pytest.mark.parametrize(
    ("later", "more"),
    [
        (timedelta(minutes=31), {}),
        (timedelta(0), {"claimed": True}),
        (timedelta(0), {"sender": "loopback:leder"}),
    ],
)
async def test_a_code_takes_no_old_words_and_nobody_elses(
    tmp_path: Path, later: timedelta, more: dict[str, object]
) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, _]):
        await hears(bench, "1")
        bench.later(later)
        await hears(bench, f"#{first.code}", **more)
        assert ("unmatched", "1") in [(item["kind"], item["text"]) for item in await items(bench)]


@pytest.mark.parametrize("text", ["👍", "...", "tak", "{code} kommer"])
async def test_only_a_code_alone_takes_the_words_before_it(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        await hears(bench, "1", bearer_id="before")
        await hears(bench, f"#{second.code} 4")
        await hears(bench, text.format(code=first.code))
        assert ("unmatched", "1") in [(item["kind"], item["text"]) for item in await items(bench)]


async def test_a_code_takes_no_words_that_came_before_its_question(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await hears(bench, "1")
        bench.later(timedelta(minutes=1))
        sent = await bench.accept("vagt", precedence=Precedence.FLASH)
        [claimed] = await bench.claim()
        await bench.conclude(claimed)
        await hears(bench, sent.code)
        assert await answered(bench) == [(sent.code, sent.code)]


async def test_what_the_hub_only_tells_has_no_code_that_anybody_could_answer(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        asks_back = await bench.accept("vagt", precedence=Precedence.FLASH, submitter=TELLS)
        [claimed] = await bench.claim()
        await bench.conclude(claimed)
        assert claimed.code == ""
        assert (await hears(bench, f"#{asks_back.code} 1")).alert == sent.identifier
        strange = await hears(bench, f"#{asks_back.code} 1", "loopback:fremmed", bearer_id="strange")
        assert strange.kind == "unmatched"
        [item] = await items(bench)
        with pytest.raises(NotFound, match="not among"):
            await bench.store.run(identify, Identified(item["number"], "vagt", "leder", asks_back.identifier))


async def test_the_newest_are_named_when_the_hub_asks_back_and_the_rest_counted(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=7) as (bench, sent):
        found = await hears(bench, "1")
        text = read_object(which_alert(found.several))["text"]
        named = ", ".join(f"#{each.code} (Prøve)" for each in reversed(sent[-4:]))
        assert text == f"Skriv koden: {named} og 3 ældre"
