"""What everybody writes beside an answer leaves it that answer; what changes it is for a person."""

from pathlib import Path

import pytest

from messages.answer import Kind, read_answer
from messages.answer_number import NUMBER_KEY
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.asking import asked, evidence, hears, items
from tests.stores import store_in

COMING = (("1", "kommer"), ("2", "kommer ikke"))
LATE = (*COMING, ("3", "forsinket"))
WELL = (("1", "ja"), ("2", "nej"), ("4", "liv i fare"))
COUNT = ((NUMBER_KEY, "antal isolerede"),)


def option(text: str, options: tuple[tuple[str, str], ...]) -> str:
    return read_answer(text, options, code="K7").option


@pytest.mark.parametrize(
    "text",
    [
        *("kommer om lidt", "kommer lige om lidt", "kommer 10 min for sent", "kommer men 10 min forsinket"),
        *("1 men lidt forsinket", "jeg kommer så hurtigt jeg kan", "er der allerede", "kommmer", "komer"),
        *("jeg kommer med Lone", "kommer sammen med Lone", "1 Bo Hansen", "modtaget 1", "1 1", "ja", "Jep!"),
        *("Tak for beskeden. Kommer.", "tak for besked, jeg kommer", "Kære alle, jeg kommer"),
    ],
)
def test_who_comes_is_counted_however_it_is_put(text: str) -> None:
    assert option(text, COMING) == "1"


@pytest.mark.parametrize(
    "text",
    [
        *("nej er syg", "2 er syg", "nej jeg er på ferie", "kan ikke i dag", "jeg kan ikke komme i dag"),
        *("kommer ikke pga sygdom", "kan ikke pga. arbejde", "ej", "nej", "kan ikke", "nej, er syg"),
    ],
)
def test_a_no_with_its_reason_is_one_without_a_mark_too(text: str) -> None:
    assert option(text, COMING) == "2"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *((text, "1") for text in ("1 alt ok", "ja alt ok", "ja vi klarer os", "1 ingen i fare")),
        *((text, "2") for text in ("nej ikke endnu", "nej ingen livsfare", "nej, ikke liv i fare")),
    ],
)
def test_that_all_is_well_changes_no_answer(text: str, key: str) -> None:
    assert option(text, WELL) == key


@pytest.mark.parametrize(
    ("text", "options"),
    [
        *((text, COMING) for text in ("kommer ikke for sent", "kommer ikke før i morgen", "nej er på vej")),
        *(
            (text, COMING)
            for text in ("kan ikke i dag men i morgen", "nej ikke endnu", "1 Ambulance", "1 2 1")
        ),
        *((text, COMING) for text in ("hej måske, kommer", "2 er syge", "ok", "10-4")),
        *((text, LATE) for text in ("kommer forsinket", "1 men forsinket")),
        *((text, WELL) for text in ("4 ingen i fare", "ja, men ikke alt ok", "ja hvis alt er ok")),
        ("ja", (("1", "på vej"), ("2", "kører"), ("3", "kommer ikke"))),
    ],
)
def test_what_changes_the_answer_chooses_none(text: str, options: tuple[tuple[str, str], ...]) -> None:
    assert option(text, options) == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(
            ("fem", "5"),
            ("Tolv.", "12"),
            ("to isolerede", "2"),
            ("har ingen isolerede pt", "0"),
            ("pt. fem", "5"),
        ),
        *((text, "") for text in ("måske fem", "fem mere", "fem eller seks", "to timer", "to?")),
    ],
)
def test_a_number_may_be_spelt(text: str, number: str) -> None:
    assert option(text, COUNT) == number


@pytest.mark.parametrize(
    "text", ["tak", "Tak for info", "Ok, tak for info", "tak for beskeden", "klar", "vi er klar"]
)
async def test_thanks_for_a_notice_are_a_receipt(tmp_path: Path, text: str) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt", precedence=Precedence.FLASH, answers=())
        for claimed in await bench.claim():
            await bench.conclude(claimed)
        await hears(bench, text)

        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]
        assert await items(bench) == []


@pytest.mark.parametrize("text", ["Tak for beskeden.", "Tak", "tak for info"])
async def test_thanks_that_a_program_may_have_written_count_as_nothing(tmp_path: Path, text: str) -> None:
    async with asked(tmp_path) as (bench, _):
        await hears(bench, text, programs_write=True)

        assert await evidence(bench) == [Evidence.SUBMITTED]
        assert [item["kind"] for item in await items(bench)] == ["doubtful"]


@pytest.mark.parametrize(("marks", "option"), [({}, "1"), ({"programs_write": True}, "")])
async def test_a_yes_in_a_mail_names_no_option(tmp_path: Path, marks: dict[str, bool], option: str) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt", precedence=Precedence.FLASH, answers=COMING)
        for claimed in await bench.claim():
            await bench.conclude(claimed)
        await hears(bench, "ja", **marks)

        assert await evidence(bench) == [Evidence.ACKNOWLEDGED]
        assert [row["option"] for row in await bench.rows("select option from answers")] == [option]


def test_thanks_for_nothing_that_was_asked_are_no_answer() -> None:
    assert read_answer("tak for beskeden", ()).kind is Kind.UNREAD
