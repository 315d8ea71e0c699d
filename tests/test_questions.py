"""Which question an inbound message answers: of many recipients each is found, and not every A4 is a code."""

from pathlib import Path

import pytest

from messages.precedence import Precedence
from tests.asking import STATUS, asked, hears
from tests.stores import Bench, store_in

MANY = 60
PEOPLE = [
    {"id": f"p{n}", "name": f"Nr. {n}", "addresses": [f"loopback:p{n}"], "exercise": True}
    for n in range(MANY)
]


async def put(bench: Bench, *to: str, claims: int = 1) -> tuple[str, str]:
    """A question that left for these people: its code and its identifier."""
    sent = await bench.accept(*to, precedence=Precedence.FLASH, answers=STATUS)
    for claimed in await bench.claim(window=claims):
        await bench.conclude(claimed)
    return sent.code, sent.identifier


@pytest.mark.parametrize("text", ["1 #{code}", "{code} 1"])
async def test_of_many_recipients_each_is_found_by_code(tmp_path: Path, text: str) -> None:
    async with store_in(tmp_path, people=PEOPLE) as bench:
        code, name = await put(bench, *(each["id"] for each in PEOPLE), claims=MANY)
        for n in (0, 1, MANY // 2, MANY - 1):
            found = await hears(bench, text.format(code=code), f"loopback:p{n}", bearer_id=f"{n}")
            assert (found.kind, found.alert, found.recipient) == ("answer", name, f"p{n}")


async def test_the_one_unanswered_question_is_found_behind_many_answered_ones(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        _, oldest = await put(bench, "vagt")
        for number in range(25):
            code, _ = await put(bench, "vagt")
            await hears(bench, f"1 #{code}", bearer_id=f"a{number}")
        assert (await hears(bench, "1")).alert == oldest


@pytest.mark.parametrize(
    ("text", "option"),
    [("{code} 1", "1"), ("1, {code}", "1"), ("1 {code}\n\nMvh Hans", "1"), ("svar på {code}: 1", "1")],
)
async def test_a_bare_code_counts_where_codes_stand(tmp_path: Path, text: str, option: str) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, _]):
        assert (await hears(bench, text.format(code=first.code))).alert == first.identifier
        [answer] = await bench.rows("select option from answers")
        assert answer["option"] == option


@pytest.mark.parametrize(
    "text", ["vi mangler 2 {other} kabler", "1, er ved {other} nu", "{unknown} 1", "1 {unknown}"]
)
async def test_what_only_looks_as_a_code_is_a_word(tmp_path: Path, text: str) -> None:
    """The sender was asked under another; the alert with that code went to somebody else."""
    async with asked(tmp_path) as (bench, [mine]):
        other, _ = await put(bench, "leder")
        found = await hears(bench, text.format(other=other, unknown="Y9"))
        assert (found.kind, found.alert) == ("answer", mine.identifier)


async def test_of_two_questions_a_code_in_the_middle_says_nothing(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, [first, second]):
        found = await hears(bench, f"kommer, holder ved {first.code} nu")
        assert (found.kind, {each.code for each in found.several}) == ("unmatched", {first.code, second.code})
