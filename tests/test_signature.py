"""How an answer is signed without a mark is left out where a program reads it, and never more than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.reply_text import MOST_CHARACTERS, reply_text, unsigned
from messages.signature import is_signature

NAMES = frozenset({"vagt", "vagtsen"})


def answer(text: str) -> str:
    return unsigned(reply_text(text), names=NAMES)


@pytest.mark.parametrize(
    "end",
    [
        "\nMvh Leder",
        "\n\nMvh\nVagt Vagtsen",
        "\n\nMed venlig hilsen\n\nVagt Vagtsen\nBeredskabschef\nTlf. 00 00 00 01",
        "\nhilsen bo",
        "\n\nVenligst\nBo",
        "\n\nDe bedste hilsner fra hele vagten",
        "\nm.v.h.\nV.",
        "\n\nVH\nMette Olsen | Leder\nSolgården\n8000 Aarhus C\nwww.solgaarden.invalid",
        "\n\nKind regards,\nJohn Smith",
        "\n\nBest regards\n\nThis e-mail is confidential. If you are not the recipient, do not read it.",
        "\n\nMit freundlichen Grüßen\nHans",
        ", mvh Bo",
        " Venlig hilsen Vagten",
        "\n\nVagt",
        "\n/Vagt Vagtsen",
        "\n\nMette\nSygeplejerske\nmobil: +45 00 00 00 01\nmette@e.invalid",
        "\nTlf. 00 00 00 01",
        "\n\nSent from my iPhone",
        "\nSendt fra min Galaxy",
        "\n\nHent Outlook til Android<https://aka.ms/x>",
    ],
)
@pytest.mark.parametrize("said", ["1", "Hej\n\nJa, kommer om 20.", "Brug for hjælp!"])
def test_how_it_is_signed_is_no_part_of_an_answer(said: str, end: str) -> None:
    assert answer(said + end) == said


@pytest.mark.parametrize(
    "text",
    [
        "Ja\n\nVi kommer om 20",
        "Nej\n\nSyg",
        "Nej\n\nEvakueret",
        "Hilsen fra Plejehjemmet: vi kommer ikke",
        "Hej Bo\nHilsen fra Mette, vi kommer ikke",
        "Hilsen fra Bo",
        "Mvh Hans",
        "Venlig hilsen\n\n1",
        "Hej\nMvh Hans\n\nBRUG FOR HJÆLP",
        "1\nMvh Hans\n\nBRUG FOR HJÆLP",
        "Kommer\nMette\nOg Hans kommer ikke",
        "Ja\nMette kommer også",
        "Kommer\nMvh Mette\nVi mangler vand",
        "1, mvh Bo\nHusk at tage en nøgle med til os",
        "Ring til mig på\nTlf. 00 00 00 01",
        "Vi sender hilsen",
        "ok, hilsen til alle, kommer om 20",
        "br 20",
    ],
)
def test_what_says_something_is_kept(text: str) -> None:
    assert answer(text) == text


def test_a_postscript_is_no_part_of_a_signature() -> None:
    assert answer("1\nMvh Hans\nVagten\nPS: vi mangler vand") == "1\nPS: vi mangler vand"


@pytest.mark.parametrize(
    ("text", "alone"),
    [("Hej\n\nMvh Hans", True), ("Vagt Vagtsen\nTlf. 00000001", True), ("1\nMvh Hans", False)],
)
def test_a_signature_alone_is_known(text: str, alone: bool) -> None:
    assert is_signature(text, names=NAMES) is alone


@pytest.mark.parametrize(
    "line", ["mvh\n", "Hans\n", "Tlf. 00000001\n", "1\n", "1, mvh Hans\n", "mvh " * 40 + "\n"]
)
@pytest.mark.parametrize("last", ["", "\n1", "\nog en sætning."])
def test_a_hostile_signature_takes_time_in_proportion(line: str, last: str) -> None:
    assert len(answer("x\n" + line * (MOST_CHARACTERS // len(line)) + last)) <= MOST_CHARACTERS


@given(
    st.lists(st.sampled_from(["1", "mvh", "Hans", "\n", "\n\n", " ", "Tlf. 00000001", "PS", "ja,", "hilsen"]))
)
def test_nothing_is_added_and_something_is_left(pieces: list[str]) -> None:
    written = reply_text("".join(pieces))
    assert len(unsigned(written)) <= len(written)
    assert bool(unsigned(written)) is bool(written)
