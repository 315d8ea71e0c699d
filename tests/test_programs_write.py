"""Over a bearer that programs write to as well, words that read as no answer are none until a person says so."""

from pathlib import Path
from typing import Any

import pytest

from gateway.attempt_names import attempt_name
from gateway.store.inbox import Identified, identify
from gateway.store.ledger import channel_row
from gateway.store.tables import channel_states
from gateway.store.transaction import Transaction
from messages.answer_number import NUMBER_KEY
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.asking import asked, evidence, hears, items
from tests.stores import Bench, store_in
from tests.test_duty import asked_to_take, noticed

RECEIPT = "Vi har registreret din henvendelse som sag nr. 4711."
FREE = "Vi sidder i kø ved broen"


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("1", True),
        ("alt ok", True),
        ("ja", True),
        ("nej desværre", True),
        ("MODTAGET", True),
        ("1, hvor mødes vi?", True),
        ("BRUG FOR HJÆLP", True),
        ("4 ilt mangler", True),  # begins as an urgent answer
        (RECEIPT, False),
        ("Din meddelelse blev slettet uden at være læst", False),
        ("Your message was received by vagt", False),
        (FREE, False),
        ("1?", False),
    ],
)
async def test_what_reads_as_no_answer_counts_as_none(tmp_path: Path, text: str, counts: bool) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        found = await hears(bench, text, programs_write=True)
        assert (found.kind, found.alert) == (("answer", sent.identifier) if counts else ("doubtful", ""))
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED if counts else Evidence.SUBMITTED]
        if not counts:
            [item] = await items(bench)
            assert (item["kind"], item["alert"]["id"], item["urgent"]) == ("doubtful", sent.identifier, False)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("37", "37"),
        ("Vi har 37 isolerede", "37"),
        ("ca. 37 isolerede. Der er ro paa, vi har mad og vand nok, og ingen er kommet til skade", "37"),
        ("Deres henvendelse til forsyningens døgnvagt har fået nummer 4711 i rækken", None),
    ],
)
async def test_a_number_far_into_a_long_text_is_any_number(
    tmp_path: Path, text: str, number: str | None
) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt", precedence=Precedence.FLASH, answers=((NUMBER_KEY, "antal"),))
        for claimed in await bench.claim():
            await bench.conclude(claimed)
        await hears(bench, text, programs_write=True)
        assert [row["answer"] for row in await bench.rows("select answer from deliveries")] == [number]


async def test_one_step_makes_an_honest_person_s_words_an_answer(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await hears(bench, FREE, programs_write=True)
        [item] = await items(bench)
        await bench.store.run(identify, Identified(item["number"], "vagt", "leder"))
        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]


async def test_a_program_is_not_asked_back_which_question_it_means(tmp_path: Path) -> None:
    async with asked(tmp_path, questions=2) as (bench, _):
        assert (await hears(bench, RECEIPT, programs_write=True)).several == ()
        assert len((await hears(bench, "1", programs_write=True)).several) == 2


async def test_a_stranger_s_words_stand_open_as_before(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, _):
        await hears(bench, FREE, "loopback:fremmed", programs_write=True)
        assert [item["kind"] for item in await items(bench)] == ["unmatched"]


@pytest.mark.parametrize("marks", [{"programs_write": True}, {"doubtful": "Precedence: bulk"}])
async def test_of_a_notice_they_pass_on_to_the_deputy_and_take_nothing(
    tmp_path: Path, marks: dict[str, Any]
) -> None:
    async with asked(tmp_path) as (bench, _):
        number, _ = await noticed(bench)
        await hears(bench, RECEIPT, **marks)
        [owner] = [item["owner"] for item in await items(bench) if item["number"] == number]
        assert owner is None
        assert await asked_to_take(bench) == ["vagt", "leder"]


async def quiet(bench: Bench) -> int:
    """How many hand-overs in a row were not reported."""
    [row] = await bench.rows("select silent from channel_states where name = 'loop'")
    return int(row["silent"])


@pytest.mark.parametrize("over", ["loop", "other"])
@pytest.mark.parametrize(("names_it", "text", "silent"), [(True, "1", 0), (False, "1", 54), (True, FREE, 54)])
async def test_an_answer_that_names_its_attempt_proves_that_way(
    tmp_path: Path, names_it: bool, text: str, silent: int, over: str
) -> None:
    def silence(tx: Transaction, _: None) -> None:
        tx.connection.execute(channel_states.insert(), channel_row("loop", tx, silent=54))

    async with asked(tmp_path) as (bench, [sent]):
        await bench.store.run(silence, None)
        [row] = await bench.rows("select id from attempts")
        name = attempt_name(sent.identifier, row["id"]) if names_it else ""
        await hears(bench, text, in_reply_to=name, programs_write=True, channel=over)
        assert await quiet(bench) == silent
