"""What stands around an answer, a time, a name, a code, the marks of a drill, neither hides nor changes it."""

import pytest

from messages.answer import Kind, read_answer

STAFF = (("1", "kommer"), ("2", "kommer ikke"), ("3", "ring til mig"))


def read(text: str) -> str:
    """The option's key, or the kind of an answer without one."""
    answer = read_answer(text, STAFF, code="K7")
    return answer.option if answer.kind is Kind.OPTION else answer.kind


TIMED = (
    "1, 20 min",
    "1. 20 min",
    "1 20 min",
    "1 om 20",
    "1 om en halv time",
    "1 kl 4.15",
    "1 kl. 0415",
    "1 eta 20",
)
NAMED = (
    "nr 1",
    "nr. 1",
    "nummer 1",
    "Option 1",
    "svar nr. 1",
    "jeg svarer 1",
    "mit svar er 1",
    "et",
    "one",
    "Hej 1",
)
SIGNED = (
    *(
        "Kommer mvh Bo",
        "kommer vh. bo",
        "Kommer, mvh Bo",
        "Kommer\nMvh Bo",
        "Kommer\n/Bo",
        "kommer /bo",
        "1 vh Jens",
    ),
    *(
        "1 Mvh Jens Hansen, Beredskabschef",
        "1 mvh Jens tlf 20 30 40 50",
        "kommer\n\nMed venlig hilsen\nBo Hansen",
    ),
)
ARRIVING = (
    "fremme om 20",
    "Er fremme om 1 time",
    "på vej kl 04.15",
    "be there in 20",
    "ankommer 0430",
    "er på plads",
)
BEGUN = ("Hej, jeg kommer", "Hej Krisestab\n\n1", "ok ja kommer", "ja selvfølgelig kommer jeg", "jaaa kommer")
DRILL = (
    *(
        "ØVELSE 1 ØVELSE",
        "ØVELSE 1",
        "1 ØVELSE",
        "EXERCISE 1 EXERCISE",
        "ØVELSE. 1. ØVELSE",
        "øvelse øvelse 1",
    ),
    *("1 (øvelse)", "ØVELSE kommer ØVELSE", "ØVELSE K7 1 ØVELSE", "ØVELSE #K7 1 ØVELSE", "1 K7 ØVELSE"),
)
CODED = (
    *(
        "hej K7 1",
        "vedr. K7: 1",
        "Til K7: kommer",
        "Til #K7: 1",
        "Ad #K7: kommer",
        "svar 1 til K7",
        "1 til #K7",
    ),
    *("ang. K7 1", "Hej K7: kommer", "Vedr. #K7 kommer"),
)


@pytest.mark.parametrize("text", [*TIMED, *NAMED, *SIGNED, *ARRIVING, *BEGUN, *DRILL, *CODED])
def test_what_stands_around_an_answer_does_not_hide_it(text: str) -> None:
    assert read(text) == "1"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "kommer ik",
            "kommer ikk",
            "kan ik komme",
            "Komme ikke",
            "afbud",
            "can't make it",
            "unable to attend",
        ),
        *("nej 2", "Nej, 2", "2 nej", "2 ok", "2, ok", "ok, 2", "2 desværre", "Kommer ikke mvh Bo", "two"),
    ],
)
def test_a_refusal_is_read_however_it_is_written(text: str) -> None:
    assert read(text) == "2"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "nej 1",
            "Nej, 1",
            "no 1",
            "nej 1 kommer",
            "1 nej",
            "1, nej",
            "1. ikke",
            "1, ikke før kl 5",
            "nej 3",
        ),
        *(
            "ja 2",
            "Ja, 2",
            "ja 2 kommer ikke",
            "nej kommer mvh Bo",
            "ja, nej",
            "ja/nej",
            "1 kommer, 2 kommer ikke",
        ),
        *(
            "1, måske",
            "1 - men ikke sikker",
            "1, desværre ikke",
            "1, ellers 2",
            "1, først i morgen",
            "1, hvis jeg kan",
        ),
        *("kan I komme", "kommer vi", "er I på vej", "are you coming", "hej, kan du komme"),
    ],
)
def test_a_key_and_a_word_against_it_are_left_to_a_person(text: str) -> None:
    assert read(text) == Kind.UNREAD


@pytest.mark.parametrize(
    "text",
    [
        *(
            "vi er 2",
            "vi er 2 nu",
            "jeg er 1",
            "1 mand",
            "1, 3 mand",
            "1 halv time",
            "1 5 min",
            "1 timer",
            "2 biler",
        ),
        *("1, 5", "1, 5 time", "1, 20", "1,20 min", "1 - 20 min", "1 20", "fire", "øvelse", "kommer, ik?"),
        *("kommer mvh hvis jeg kan", "kommer hilsen 3", "hilsen Bo", "kommer måske mvh Bo"),
    ],
)
def test_a_count_and_a_condition_choose_nothing(text: str) -> None:
    assert read(text) == Kind.UNREAD
