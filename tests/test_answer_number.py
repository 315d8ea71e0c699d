"""A number that was asked for: one is read, of two nobody guesses, and a cry for help is heard."""

import pytest

from messages.answer import Kind, read_answer


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[
            (text, "37")
            for text in (
                "37",
                "37.",
                "37. Hvornår kommer I?",
                "#K7 37",
                "37 #K7",
                "ca. 37",
                "37 isolerede",
                "vi har 37 nu",
            )
        ],
        *[(text, "12000") for text in ("12 000", "12.000", "12\u00a0000 liter", "ca. 12 000")],
        *[("ca. 12", "12"), ("vi mangler 2 A7 kabler", "2"), ("1 200 000", "1200000"), ("12.500", "12500")],
        *[("3,5", "3.5"), ("3.5 bar", "3.5"), ("007", "7"), ("-4 grader", "-4")],
        *[(text, "0") for text in ("0", "ingen", "Ingen!", "nul", "none")],
        *[
            (text, "0")
            for text in ("ingen isolerede", "Vi har ingen", "der er ingen isolerede her", "Ikke nogen")
        ],
        *[("12 tusind", "12000"), ("10 hundrede", "1000"), ("2 mio", "2000000"), ("2,5 mio. kr", "2500000")],
        *[
            (text, "37")
            for text in ("37 mvh Jens tlf 20304050", "ØVELSE 37 ØVELSE", "Antal – 37", "37 liter pr. min")
        ],
        *[("12 kl. 14.30", "12"), ("12, ringer om 20 min", "12"), ("38 at 14:30", "38")],
    ],
)
def test_a_number_that_was_asked_for_is_read(text: str, number: str) -> None:
    answer = read_answer(text, (("tal", "antal isolerede"),))
    assert (answer.kind, answer.option) == (Kind.OPTION, number)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "37 af 40",
            "37/40",
            "1.1.2027",
            "hvor mange?",
            "2-3",
            "12:30",
            "1.2.3",
            "3a",
            "37?",
            "12.000?",
            "20 12 34",
        ),
        *("over 100", "mindst 12", "ikke 37", "<5", "kommer 4"),
        *("er der ingen?", "ingen strøm", "vi har ikke talt", "ingen ved det"),
        *(
            "op til 40",
            "minimum 40",
            "min. 40",
            "flere end 40",
            "≥40",
            "40+",
            "40 eller flere",
            "up to 40",
            "højst 40",
        ),
        *("5 færre", "5 mere", "5 til", "yderligere 5", "plus 5", "+5", "faldet til 30", "40, før 35"),
        *("minus 18", "– 5", "- 5", "-5", "40-50", "2 x 20", "3 en halv", "2½", "2 1/2", "2 snes", "12k"),
        *(
            "alle undtagen 5",
            "ingen af de 40",
            "halvdelen af 40",
            "måske 40",
            "afd 3",
            "uge 48",
            "3. sal",
            "23. maj",
        ),
    ],
)
def test_of_two_numbers_or_none_nobody_guesses(text: str) -> None:
    answer = read_answer(text, (("tal", "antal isolerede"),))
    assert (answer.kind, answer.option) == (Kind.UNREAD, "")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *[(text, "-18") for text in ("minus 18", "-18", "−18", "–18", "minus 18 grader")],
        *[(text, "18") for text in ("18", "+18", "18 grader")],
        *[(text, "") for text in ("– 18", "18 minus", "18 graders frost")],
    ],
)
def test_a_number_below_zero_is_read_where_one_can_be(text: str, number: str) -> None:
    assert read_answer(text, (("tal", "temperatur i fryser"),)).option == number


@pytest.mark.parametrize(
    "text", ["brug for hjælp", "hjælp 3 personer", "37 mennesker, BRUG FOR HJÆLP", "SOS 4"]
)
def test_a_cry_for_help_is_heard_where_a_number_was_asked_for_too(text: str) -> None:
    answer = read_answer(text, (("tal", "antal"),))
    assert (answer.kind, answer.option) == (Kind.HELP, "")
