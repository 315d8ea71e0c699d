"""What quotes us is a reaction in whatever words a phone puts around it, and our own words are nobody's cry."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from messages.alert import Alert, MsgType, Status
from messages.answer import Kind, read_answer
from messages.answer_reaction import QUOTED_LEAST, quoted, sent_text
from messages.evidence import Evidence
from messages.precedence import Precedence
from tests.asking import asked, evidence, hears, items
from tests.stores import store_in

OPTIONS = (("1", "kommer"), ("2", "kommer ikke"), ("4", "liv i fare"))


def alert(headline: str, text: str = "") -> Alert:
    return Alert(
        identifier="bavn-1",
        sender="bavn.invalid",
        sent=datetime(2026, 11, 23, 3, 30, tzinfo=UTC),
        status=Status.EXERCISE,
        msg_type=MsgType.ALERT,
        precedence=Precedence.IMMEDIATE,
        headline=headline,
        text=text,
        answers=OPTIONS,
        sender_name="Bavnby Kommune",
    )


SENT = sent_text(alert("Strømmen er gået på Østerbro. Brug for hjælp? Ring 112"), "K7")
QUESTION = (
    "ØVELSE Bavnby Kommune: Strømmen er gået på Østerbro. Brug for hjælp? Ring 112"
    " Svar 1=kommer 2=kommer ikke 4=liv i fare #K7 ØVELSE"
)


def read(text: str) -> str:
    answer = read_answer(text, OPTIONS, code="K7", sent=SENT)
    return answer.option if answer.kind is Kind.OPTION else answer.kind


@pytest.mark.parametrize("quote", ["“{}”", '"{}"', "«{}»", "„{}“", "”{}”"])
@pytest.mark.parametrize(
    "before",
    [
        "Griner ad",
        "Betonede",
        "Satte spørgsmålstegn ved",
        "Tilføjede 👍 til",
        "Hanne Jensen har synes godt om",
        "Hanne reagerede med 👍 på",
        "❤️",
        "Gillade",
        "Likte",
        "Gefällt",
    ],
)
@pytest.mark.parametrize("most", [200, 60])
def test_few_words_before_what_we_sent_are_a_reaction(before: str, quote: str, most: int) -> None:
    assert read(f"{before} {quote.format(QUESTION[:most])}") == Kind.REACTION


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"Hanne synes godt om: {QUESTION}", Kind.REACTION),
        (f"Ja “{QUESTION}”", Kind.YES),
        (f"2 “{QUESTION}”", "2"),
        (f"hjælp “{QUESTION}”", Kind.HELP),
        (f"Ang. “{QUESTION}” vi er fanget", Kind.HELP),
        (f"Ang. {QUESTION}: vi er fanget", Kind.HELP),
        (f"{QUESTION} 1", "1"),
        (f"{QUESTION} kommer", "1"),
        (f"Hvad betyder “{QUESTION}”", Kind.UNREAD),
        (f"Forstår ikke “{QUESTION}”", Kind.UNREAD),
        (f"hvad er “{QUESTION}”?", Kind.UNREAD),
        (QUESTION, Kind.UNREAD),
        ("Her også: strømmen er gået på Østerbro", Kind.UNREAD),
    ],
)
def test_what_stands_beside_our_words_is_what_was_said(text: str, kind: str) -> None:
    assert read(text) == kind


@pytest.mark.parametrize("before", ["syg", "Samme", "Også hos naboen", "Mor"])
async def test_few_words_of_ones_own_beside_a_quotation_stand_open(tmp_path: Path, before: str) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        await hears(bench, f'{before} "Prøve Svar 1=alt ok 4=liv i fare #{sent.code}"')

        assert [item["open"] for item in await items(bench)] == [True]
        assert await evidence(bench) == [Evidence.READ]


@pytest.mark.parametrize("before", ["Tre er hårdt såret", "Kan nogen hente os", "Ambulance"])
def test_what_may_be_a_cry_beside_a_quotation_is_for_a_person(before: str) -> None:
    answer = read_answer(f"{before} “{QUESTION}”", OPTIONS, code="K7", sent=SENT)
    assert answer.kind is Kind.HELP or answer.unsure


@pytest.mark.parametrize(
    "text",
    [
        f"Svar på “{QUESTION}”: kommer",
        f"Svar til “{QUESTION}” kommer 20 min",
        f"Vedr. “{QUESTION}”: jeg kommer",
        f"Re: “{QUESTION}” 1",
        f"Synes godt om “{QUESTION}” kommer",
    ],
)
def test_what_stands_behind_a_quotation_is_the_answer(text: str) -> None:
    assert read(text) == "1"


@pytest.mark.parametrize("behind", ["Mor har ikke mere insulin", "broen er væk"])
def test_words_behind_a_reaction_are_somebody_s_own(behind: str) -> None:
    answer = read_answer(f"Synes godt om “{QUESTION}” {behind}", OPTIONS, code="K7", sent=SENT)
    assert answer.kind is Kind.UNREAD or answer.unsure


@pytest.mark.parametrize(
    "text", ["Loved an image", "Liked an image", "Synes godt om et billede", "Tommel op", "(y)", "(Y)"]
)
def test_a_thumb_in_letters_is_a_reaction(text: str) -> None:
    assert read(text) == Kind.REACTION


@pytest.mark.parametrize("text", ["🆘", "🆘🚑", "🆘🆘🆘", "SOS 🆘", "1 🆘"])
def test_the_sign_sos_is_a_cry(text: str) -> None:
    assert read_answer(text, OPTIONS).kind is Kind.HELP


@pytest.mark.parametrize("text", ["🚑", "🚨🚨", "🔥", "🚒", "⚠️", "🌊", "❓"])
def test_signs_that_warn_are_for_a_person(text: str) -> None:
    assert read(text) == Kind.UNREAD


def test_a_quotation_tells_which_alert_it_is_of() -> None:
    reaction = "Synes godt om “ØVELSE Bavnby Kommune: Vagt i nat Svar 1=kommer 2=kommer ikke 4=liv”"

    of = {
        each: quoted(reaction, sent_text(alert(each), "K7")) for each in ("Vagt i nat", "Skal skolen lukkes")
    }

    assert of["Vagt i nat"] > of["Skal skolen lukkes"]
    assert of["Vagt i nat"] >= QUOTED_LEAST


async def test_a_reaction_that_quotes_a_cry_wakes_nobody(tmp_path: Path) -> None:
    async with asked(tmp_path) as (bench, [sent]):
        heard = await hears(bench, f"Gillade ”Prøve Svar 1=alt ok 4=liv i fare #{sent.code}”")

        assert (heard.kind, heard.urgent, heard.alert) == ("reaction", None, sent.identifier)
        assert await items(bench) == []


async def test_of_two_open_questions_it_is_the_one_that_is_quoted(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        more = {"precedence": Precedence.PRIORITY, "answers": OPTIONS}
        night = await bench.accept("vagt", headline="Vagt i nat", **more)
        await bench.accept("vagt", headline="Skal skolen lukkes i morgen", **more)
        for claimed in await bench.claim(window=9):
            await bench.conclude(claimed)
        heard = await hears(bench, "Synes godt om “Bavnby: Vagt i nat Svar 1=kommer 2=kommer ikke 4=liv”")

        assert (heard.kind, heard.alert) == ("reaction", night.identifier)
