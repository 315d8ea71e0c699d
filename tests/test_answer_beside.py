"""What is said beside an answer is never lost: somebody sees it, and much of it is read by a person."""

from pathlib import Path

import pytest

from messages.answer import Kind, read_answer
from messages.answer_meaning import words_beside
from messages.precedence import Precedence
from tests.asking import hears, items
from tests.shown import alert, delivery, drawn
from tests.stores import store_in

STAFF = (("1", "kommer"), ("2", "kommer ikke"))
NOTICE = (("1", "jeg tager den"),)
BRIDGE = "1, broen er styrtet sammen"


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        *(
            (text, True)
            for text in (BRIDGE, "1, VEJEN ER SPÆRRET AF TRÆER", "2, kan ikke finde nøglen til depotet")
        ),
        *((text, False) for text in ("1", "1, er der om 20", "kommer kl. 18.45", "1 mvh Hanne Jensen")),
        *(
            (text, False)
            for text in ("1, Plejehjem Nat", "1, Hanne Jensen Hjemmeplejen Nord", "1 👍", "1 kommer")
        ),
        *(
            (text, False)
            for text in ("2, er på ferie i Spanien", "2. Desværre, er i Jylland", "2, har syge børn")
        ),
        *(
            (text, False)
            for text in ("1\n\nMvh Hanne\nBorgerservice\nHusk åbningstider mandag og tirsdag formiddag",)
        ),
    ],
)
def test_three_words_that_no_table_knows_are_news(text: str, tells: bool) -> None:
    answer = read_answer(text, STAFF)
    assert (answer.kind, answer.tells) == (Kind.OPTION, tells)


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("1, der er ild i kælderen", "1"),
        ("2, min mor er faldet om og bløder", "2"),
        ("2, kan ikke komme, det brænder", "2"),
    ],
)
def test_distress_beside_an_option_is_a_cry(text: str, option: str) -> None:
    answer = read_answer(text, STAFF)
    assert (answer.kind, answer.option) == (Kind.HELP, option)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Kan desværre ikke komme, er i udlandet", Kind.OPTION),
        ("Nej, er på ferie i Spanien", Kind.NO),
        ("Nej, er syg", Kind.NO),
        *(
            (text, Kind.UNREAD)
            for text in ("Nej, forkert nummer", "nej, kommer senere", "Er bortrejst", "kommer, er syg")
        ),
        *(
            (text, Kind.UNREAD)
            for text in ("nej, måske syg", "Jeg er på ferie til mandag", "1, jeg kan ikke")
        ),
    ],
)
def test_a_refusal_may_have_a_reason_of_known_words(text: str, kind: Kind) -> None:
    assert read_answer(text, STAFF).kind is kind


@pytest.mark.parametrize("text", ["pv", "vi kommer begge to", "Ét", "jeg kører derud", "1 vi kører nu"])
def test_more_ways_to_say_that_one_comes(text: str) -> None:
    assert read_answer(text, STAFF).option == "1"


@pytest.mark.parametrize(
    "text", ["jeg har den", "Den tager jeg", "1 jeg ringer", "jeg kører derud", "den har jeg"]
)
def test_who_takes_an_urgent_message_says_so_in_many_ways(text: str) -> None:
    answer = read_answer(text, NOTICE)
    assert answer.option == "1" or answer.kind is Kind.YES


@pytest.mark.parametrize(
    "text", ["1 jeg kan ikke", "1, jeg kan ikke", "jeg har den ikke", "har du den?", "hvem tager den"]
)
def test_who_cannot_or_asks_takes_nothing(text: str) -> None:
    answer = read_answer(text, NOTICE)
    assert (answer.kind, answer.option) == (Kind.UNREAD, "")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1\n\nMvh Hanne\nBorgerservice\nBrug for hjælp? Ring 99 00 00 00", Kind.OPTION),
        ("1\n\nMvh Hanne\nBrug for hjælp?\nKontakt os på 99 00 00 00", Kind.OPTION),
        ("Brug for hjælp? Ring 99 00 00 00", Kind.HELP),
        ("1\nBrug for hjælp? Ring 112", Kind.HELP),
        ("1\nbrug for hjælp?", Kind.HELP),
    ],
)
def test_help_that_is_offered_below_a_name_is_no_cry(text: str, kind: Kind) -> None:
    answer = read_answer(text, STAFF)
    assert answer.kind is kind
    assert kind is Kind.HELP or not answer.asks


def test_what_was_said_stands_beside_the_answer() -> None:
    said = [{"text": f"#K7 {BRIDGE}", "option": "1", "via": "sms-a", "at": "2026-01-12T02:30:09Z"}]
    row = delivery("vagt", "acknowledged", answer="1", answers=said)
    assert "broen er styrtet sammen" in " ".join(drawn(alert(row)).split())
    assert words_beside("1, er der om 20", STAFF) == ""


@pytest.mark.parametrize(
    ("text", "opens"), [(BRIDGE, True), ("1, er der om 20", False), ("2, er på ferie", False)]
)
async def test_news_beside_an_answer_stand_open_for_a_person(tmp_path: Path, text: str, opens: bool) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("vagt", precedence=Precedence.PRIORITY, answers=STAFF)
        for claimed in await bench.claim(window=9):
            await bench.conclude(claimed)
        heard = await hears(bench, text)

        assert heard.urgent is None
        assert bool(await items(bench)) is opens
