"""Texts in parts: nobody waits for ever for a part, a cry for help waits for none, and a late one is not lost."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.base import Inbound
from gateway.store.answering import Matched
from gateway.store.inbox import Listed, Taken, list_inbox, take
from gateway.store.long_texts import PART_WAIT
from gateway.store.people import erase
from gateway.store.receiving import pass_on_incomplete, receive
from gateway.timekeeper import Timekeeper
from messages.evidence import Evidence
from tests.asking import asked
from tests.stores import Bench, store_in

PART = timedelta(seconds=1)


async def comes(
    bench: Bench, text: str, part: tuple[int, int, int], sender: str = "loopback:vagt"
) -> Matched:
    name = f"{bench.now.timestamp()}/{part}/{sender}"
    item = Inbound(bearer_id=name, sender=sender, text=text, at=bench.now, part=part, raw=f"<{text}>")
    return await bench.store.run(receive, ("loop", item))


async def in_time(bench: Bench, span: timedelta = PART_WAIT) -> list[Matched]:
    bench.later(span)
    return await bench.store.run(pass_on_incomplete, None)


async def shown(bench: Bench, *, everything: bool = False) -> list[tuple[Any, ...]]:
    items = await bench.store.read(list_inbox, Listed(everything))
    return [(item["kind"], item["text"], item["missing"], item["urgent"]) for item in items]


@pytest.mark.parametrize(
    ("parts", "text", "missing"),
    [
        ({1: "kommer "}, "kommer  [...]", 1),
        ({2: " om en time"}, "[...]  om en time", 1),
        ({2: "b"}, "[...] b [...]", 2),
        ({1: "a", 4: "d"}, "a [...] d", 2),
    ],
)
async def test_a_text_whose_other_part_never_comes_is_read_by_a_person(
    tmp_path: Path, parts: dict[int, str], text: str, missing: int
) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        total = len(parts) + missing
        found = [(await comes(bench, said, (9, total, n))).kind for n, said in parts.items()]
        assert (found, await in_time(bench, PART_WAIT - PART)) == (["part"] * len(parts), [])
        assert await in_time(bench, PART) == [Matched("answer", sent.identifier, "vagt")]
        assert await shown(bench) == [("answer", text, missing, False)]
        assert await in_time(bench) == []


async def test_what_is_there_of_an_answer_is_no_option_of_it(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, "1, alt ok, men ", (9, 2, 1))
        await in_time(bench)
        [answer] = await bench.rows("select option, text from answers")
        assert (answer["option"], answer["text"]) == ("", "1, alt ok, men [...]")
        assert (await bench.rows("select evidence from deliveries"))[0]["evidence"] == Evidence.ACKNOWLEDGED


@pytest.mark.parametrize("text", ["BRUG FOR HJÆLP, vi er på ", "4, ilten er ", "liv i fare, ilten er "])
async def test_a_cry_for_help_waits_for_no_other_part_and_is_raised_once(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        first = await comes(bench, text, (9, 3, 1))
        assert (first.kind, first.alert, first.urgent is None) == ("answer", sent.identifier, False)
        assert await shown(bench) == [("answer", f"{text} [...]", 2, True)]
        later = [await comes(bench, "anden sal", (9, 3, 2)), await comes(bench, " bagtil", (9, 3, 3))]
        assert [each.urgent for each in later] == [None, None]
        assert await shown(bench) == [("answer", f"{text}anden sal bagtil", 0, True)]
        assert await in_time(bench) == []


@pytest.mark.parametrize("sender", ["loopback:vagt", "loopback:fremmed"])
async def test_a_part_that_comes_after_its_text_was_handled_opens_it_again(
    tmp_path: Path, sender: str
) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, "hvem er det der ", (9, 2, 1), sender)
        await in_time(bench)
        [item] = await bench.store.read(list_inbox, Listed())
        await bench.store.run(take, Taken(item["number"], "leder", done=True, note="ringet op"))
        await comes(bench, "skriver?", (9, 2, 2), sender)
        [again] = await bench.store.read(list_inbox, Listed())
        assert (again["number"], again["text"]) == (item["number"], "hvem er det der skriver?")
        assert (again["missing"], again["owner"], again["note"]) == (0, "leder", "ringet op")


async def test_help_that_is_only_in_the_late_part_is_raised_then(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, "der er mange her. ", (9, 2, 1))
        await in_time(bench)
        assert (await comes(bench, "Vi har brug for hjælp", (9, 2, 2))).urgent is not None
        assert [urgent for *_, urgent in await shown(bench)] == [True]


async def test_two_texts_with_one_reference_are_both_read(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, "en anden tekst, ", (9, 2, 1))
        bench.later(PART)
        assert (await comes(bench, "hvor ", (9, 2, 1))).kind == "part"
        assert (await comes(bench, "er i?", (9, 2, 2))).kind == "answer"
        await in_time(bench)
        texts = [row[1] for row in await shown(bench, everything=True)]
        assert sorted(texts) == ["en anden tekst,  [...]", "hvor er i?"]


async def test_a_text_that_began_later_waits_its_own_time(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, "den første ", (9, 2, 1))
        bench.later(PART_WAIT - PART)
        await comes(bench, "den anden ", (9, 2, 1))
        await in_time(bench, PART)
        assert [row[1] for row in await shown(bench)] == ["den første  [...]"]
        await comes(bench, "tekst?", (9, 2, 2))
        assert [row[1] for row in await shown(bench)] == ["den første  [...]", "den anden tekst?"]


async def test_a_new_text_does_not_end_one_that_was_passed_on_long_ago(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, "gammel ", (9, 2, 1))
        await in_time(bench, timedelta(hours=25))
        assert (await comes(bench, "ny", (9, 2, 2))).kind == "part"


async def test_the_wait_goes_on_over_a_restart_and_the_timekeeper_ends_it(tmp_path: Path) -> None:
    heard: list[Matched] = []

    async def hears(matched: Matched) -> None:
        heard.append(matched)

    async def again(due: object) -> None:
        """No rounds here."""

    async with asked(tmp_path) as (bench, _):
        await comes(bench, "hvem spørger, og ", (9, 2, 1))
        began = bench.now
    async with store_in(tmp_path) as bench:
        bench.clock[0] = began + PART_WAIT
        await Timekeeper(bench.store, lambda: bench.now, again=again, heard=hears)._pass_on()
        assert [each.kind for each in heard] == ["answer"]
        assert [row[1] for row in await shown(bench)] == ["hvem spørger, og  [...]"]


@pytest.mark.parametrize("late", [(), (1,)])
@pytest.mark.parametrize("numbers", [(1, 2), (2,)])
async def test_parts_without_a_text_are_no_answer(
    tmp_path: Path, numbers: tuple[int, ...], late: tuple[int, ...]
) -> None:
    """A picture message's notice or a visiting card, in two parts."""
    async with asked(tmp_path) as (bench, _):
        for number in numbers:
            await comes(bench, "", (9, 2, number))
        await in_time(bench)
        for number in late:
            await comes(bench, "", (9, 2, number))
        await in_time(bench)
        assert {kind for kind, *_ in await shown(bench)} == {"unreadable"}
        assert (await bench.rows("select evidence from deliveries"))[0]["evidence"] == Evidence.SUBMITTED


async def test_the_parts_of_a_text_are_erased_with_it(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await comes(bench, "hemmelig ", (9, 2, 1))
        await comes(bench, "besked", (9, 2, 2))
        await bench.store.run(erase, "vagt")
        kept = str(await bench.rows("select * from inbound"))
        assert "hemmelig" not in kept
        assert "besked" not in kept
