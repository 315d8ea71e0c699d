"""What is understood and answers something else than was asked ends no asking, and a person reads it."""

from pathlib import Path

import pytest

from gateway.marks import ASKS
from gateway.store.answering import Spoken, answer_by_hand
from gateway.store.inbox import Identified, identify
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.asking import evidence, hears, items
from tests.stores import Bench, store_in

Offered = tuple[tuple[str, str], ...]
EVACUATE = (("1", "evakuer nu"), ("2", "vent"))
NUMBER = (("tal", "antal isolerede"),)


async def put(bench: Bench, answers: Offered, *, submitter: str = "afsender") -> str:
    more = {"precedence": Precedence.PRIORITY, "answers": answers, "submitter": submitter}
    sent = await bench.accept("vagt", **more)
    [claimed] = await bench.claim()
    await bench.conclude(claimed)
    return sent.code


@pytest.mark.parametrize("coded", ["", " #{code}"])
@pytest.mark.parametrize(
    ("answers", "text"),
    [
        *((EVACUATE, text) for text in ("kommer", "på vej 20", "kommer ikke", "afbud")),
        *((NUMBER, text) for text in ("ja", "nej", "ok", "kommer", "kan ikke")),
        ((("1", "alt ok"), ("4", "liv i fare")), "kommer"),
    ],
)
async def test_an_answer_to_something_else_is_none(
    tmp_path: Path, answers: Offered, text: str, coded: str
) -> None:
    async with store_in(tmp_path) as bench:
        code = await put(bench, answers)
        assert (await hears(bench, text + coded.format(code=code))).kind == "doubtful"
        [item] = await items(bench)
        assert (item["alert"]["code"], item["open"], item["urgent"]) == (code, True, False)
        assert await evidence(bench) == [Evidence.SUBMITTED]
        assert await bench.rows("select due_ms from deliveries where due_ms is null") == []


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        *((EVACUATE, text) for text in ("1", "vent", "ja", "nej", "modtaget", "hvem er det?")),
        ((("1", "ja"), ("2", "nej")), "kommer"),
        ((("1", "ja"), ("2", "nej")), "kommer ikke"),
        ((("1", "dag"), ("9", "nej")), "kommer ikke"),
        ((("1", "modtaget"),), "på vej"),
        (NUMBER, "37"),
        (NUMBER, "ingen"),
        (NUMBER, "ved ikke"),
        ((), "kommer"),
    ],
)
async def test_what_answers_the_question_or_a_person_must_make_out_counts(
    tmp_path: Path, answers: Offered, text: str
) -> None:
    async with store_in(tmp_path) as bench:
        await put(bench, answers)
        assert (await hears(bench, text)).kind == "answer"
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]


async def test_who_takes_a_notice_may_say_that_they_come(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await put(bench, (("1", "jeg tager den"),), submitter=ASKS)
        assert (await hears(bench, "på vej")).kind == "answer"


async def test_received_is_no_number_and_was_read(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await put(bench, NUMBER)
        assert (await hears(bench, "modtaget")).kind == "reaction"
        assert (await items(bench), await evidence(bench)) == ([], [Evidence.READ])
        await hears(bench, "37")
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]


async def test_a_code_after_it_says_what_it_is_about_and_makes_it_no_answer(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        code, _ = await put(bench, EVACUATE), await put(bench, EVACUATE)
        await hears(bench, "kommer")
        assert (await hears(bench, code)).kind == "doubtful"
        [item] = await items(bench)
        assert (item["text"], item["alert"]["code"]) == ("kommer", code)
        assert await evidence(bench) == [Evidence.SUBMITTED] * 2


@pytest.mark.parametrize("by_hand", [False, True])
async def test_a_person_may_count_it(tmp_path: Path, by_hand: bool) -> None:
    async with store_in(tmp_path) as bench:
        await put(bench, EVACUATE)
        await hears(bench, "kommer")
        [item] = await items(bench)
        if by_hand:
            await bench.store.run(answer_by_hand, Spoken(item["alert"]["id"], "vagt", "kommer", "voice"))
        else:
            await bench.store.run(identify, Identified(item["number"], "vagt", "leder"))
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]
