"""A cry for help is heard in whatever words; what says that none is needed is no cry."""

import pytest

from messages.answer import Kind, read_answer

STAFF = (("1", "kommer"), ("2", "kommer ikke"), ("3", "ring til mig"))


def read(text: str) -> str:
    """The option's key, or the kind of an answer without one."""
    answer = read_answer(text, STAFF, code="K7")
    return answer.option if answer.kind is Kind.OPTION else answer.kind


@pytest.mark.parametrize(
    "text",
    [
        *(
            "BRUG FOR HJÆLP",
            "vi har brug for hjælp nu",
            "1 brug for hjælp",
            "brug for akut hjælp",
            "brug for hjaelp",
        ),
        *(
            "Hjælp!",
            "hjaelp",
            "HJÆÆÆLP",
            "hjlp",
            "Hjælp! Brand i kælderen",
            "HJÆLP os nu",
            "1 hjælp",
            "ingen strøm hjælp",
            "vi sidder fast i elevatoren HJÆLP!",
            "nej, hjælp",
        ),
        *(
            "SOS",
            "S.O.S.",
            "SOS vi er fanget på 3. sal",
            "Mayday",
            "Livsfare! 4",
            "er i livsfare",
            "vi er i nød",
        ),
        *(
            "liv i fare på plejehjemmet",
            "har brug for lægehjælp",
            "Vi mangler hjælp til evakuering",
            "brug f hjælp",
        ),
        *(
            "kan ikke komme, har brug for hjælp",
            "kan ikke komme vi har brug for hjælp",
            "Kan ikke, brug for hjælp",
        ),
        *(
            "BRUG FOR HJÆLP, kan ikke komme ud",
            "har ikke strøm og brug for hjælp",
            "ikke vand. brug for hjælp",
        ),
        *(
            "Vi skal bruge hjælp NU",
            "Kan I hjælpe os?",
            "brug for hjælp?",
            "gasudslip, send ambulance",
            "ring 112",
        ),
        *("need help", "Need help, not able to leave", "no power, please send help", "I need help", "help!"),
        *("hej\n\nhjælp", "vi venter på hjælp", "we are trapped"),
        *(
            "Hjælp er ikke kommet",
            "Hjælpen er endnu ikke fremme",
            "hjælp er ikke på vej",
            "Hjælp ikke modtaget",
            "Ingen hjælp er kommet",
            "der kommer ingen hjælp",
            "ingen hjælp endnu",
            "vi har ikke fået hjælp",
            "ikke hjælp nok",
            "ambulancen er ikke kommet",
        ),
        *(
            "Help not received",
            "Help has not arrived",
            "no help yet",
            "we haven't received any help",
            "nobody is helping us",
            "help needed",
            "hjælp nødvendig",
        ),
        *(
            "kan ikke klare os uden hjælp",
            "vi klarer den ikke uden hjælp",
            "uden hjælp dør han",
            "we can't manage without help",
        ),
        *("Hjælp på vej?", "er hjælp på vej?", "hvor bliver hjælpen af?", "hjælp er kommet for sent"),
        *(
            "Livet er i fare",
            "Liv er i fare",
            "Life in danger",
            "life is in danger",
            "menneskeliv i fare",
            "børns liv er i fare",
            "beboere i fare",
            "fare for liv",
            "livifare",
        ),
        *("Mand bevidstløs", "hjertestop", "vi drukner", "he is not breathing", "han trækker ikke vejret"),
        *("å hjælp mæ", "ku i hjælp wos", "bruk for hjælp", "brug forhjælp", "nødhjælp nu"),
        *("brug for hjælp til evakuering", "hjælp til min mor", "brug for hjælp til at komme ud"),
        *("H J Æ L P", "hælp", "brg for hjælp", "evakuer os", "har brug for politi"),
    ],
)
def test_a_cry_for_help_goes_before_everything_else(text: str) -> None:
    assert read(text) == Kind.HELP


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ikke brug for hjælp",
            "vi har ingen brug for hjælp",
            "har ikke længere brug for hjælp",
            "ikke i nød",
        ),
        *(
            "har p.t. ikke brug for hjælp",
            "brug for ingen hjælp",
            "hjælp ikke nødvendig",
            "mangler ikke hjælp",
        ),
        *("no need for help", "no help needed", "we don't need help", "don’t need any help", "need no help"),
        *("tak for hjælp", "vi har fået hjælp", "vi klarer os uden hjælp", "tak for jeres hjælp"),
        *("Tak for hjælpen", "hjælp er på vej", "help is on the way", "Vi sender hjælp", "vi hjælper naboen"),
        *("har I brug for hjælp?", "sig til, hvis I får brug for hjælp", "let me know if you need help"),
        *("ingen livsfare", "uden for livsfare", "ingen er i livsfare", "nobody needs help"),
        *("Alle er ok, ingen har brug for hjælp", "ingen af os har brug for hjælp", "der er ikke liv i fare"),
        *(
            "hjælp er ikke længere nødvendig",
            "Hjælp modtaget",
            "help has arrived",
            "nej vi klarer os uden hjælp",
            "vi har ikke brug for mere hjælp",
            "vi har ikke fået brug for hjælp",
        ),
        *(
            "livet er ikke i fare",
            "ingen mennesker i fare",
            "ingen beboere har brug for hjælp",
            "no one is in danger",
        ),
        *("hvem har brug for hjælp?", "er der nogen i fare?", "drukner i arbejde"),
        *("Hjalp det?", "det hjalp", "hjalp ikke", "har fundet hjælp", "hjel er her", "min hjælp"),
        *("ring til lægen i morgen", "vi har brug for en læge til vagtmødet på mandag", "Ny IT-hjælp"),
        *("need help with login", "mangler hjælp til login", "Vi venter på hjælp fra IT"),
        *("Brug for hjælp til vagtplan", "har brug for hjælp til at åbne mailen", "Hjælp til Excel"),
        *("jeg er ikke læge", "I can't help", "help desk is informed", "vi er ikke i umiddelbar fare"),
    ],
)
def test_no_need_for_help_is_no_cry_and_a_person_reads_it(text: str) -> None:
    assert read(text) == Kind.UNREAD
