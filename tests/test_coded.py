"""One text that names several questions by their codes answers each, or a person reads it with all of them named."""

from pathlib import Path

import pytest

from gateway.store.candidates import with_contacts
from messages.evidence import Evidence
from tests.asking import asked, evidence, hears, items
from tests.test_code_after import answered


@pytest.mark.parametrize(
    "text",
    [
        "{a} 1, {b} 4",
        "#{a} 1 #{b} 4",
        "1 #{a}, 4 #{b}",
        "{a}: 1\n{b}: 4",
        "1 til {a} og 4 til {b}",
        "{a} 1; {b} liv i fare",
    ],
)
async def test_each_part_with_a_code_is_an_answer_of_its_own(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path, questions=3) as (bench, [first, second, _]):
        found = await hears(bench, text.format(a=first.code, b=second.code))
        assert await answered(bench) == [(first.code, "1"), (second.code, "4")]
        [item] = await items(bench)
        assert (item["urgent"], item["alert"]["code"]) == (True, second.code)
        assert (found.urgent, found.several) == (item["number"], ())


@pytest.mark.parametrize("text", ["1 {a} {b}", "1 #{a} #{b}", "{a} og {b}: 1", "1 til {a} og {b}"])
async def test_one_answer_with_both_codes_is_given_to_both(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path, questions=3) as (bench, [first, second, _]):
        found = await hears(bench, text.format(a=first.code, b=second.code))
        assert (found.kind, await items(bench)) == ("answer", [])
        assert await answered(bench) == [(first.code, "1"), (second.code, "1")]


async def test_of_plain_answers_none_waits_for_a_person(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        found = await hears(bench, f"{first.code} 1, {second.code} alt ok")
        assert (found.kind, await items(bench)) == ("answer", [])
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED] * 2


@pytest.mark.parametrize(
    "text",
    [
        "{a} 1, {b} måske",
        "{a}, {b} 1",
        "1 #{a} men ikke #{b}",
        "#{a} 1, er ved #{b} nu",
        "{a} 1, hvad er {b}",
    ],
)
async def test_else_a_person_reads_it_and_both_are_named(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path, questions=3) as (bench, [first, second, _]):
        found = await hears(bench, text.format(a=first.code, b=second.code))
        assert [each.code for each in found.several] == [first.code, second.code]
        given = (await items(bench), bench.store.world.directory)
        [item] = await bench.store.read(with_contacts, given)
        assert [each["code"] for each in item["asked"]] == [first.code, second.code]
        assert await answered(bench) == []


async def test_a_code_that_was_not_sent_to_them_is_a_word(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [first]):
        other = await bench.accept("leder")
        found = await hears(bench, f"{first.code} 1, {other.code} 1")
        assert (found.kind, found.alert) == ("answer", first.identifier)
