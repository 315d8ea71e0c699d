"""What people write is read as an answer where it is one, and shown to a person where it may be another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.answer import Kind, begins_as, read_answer

STAFF = (("1", "kommer"), ("2", "kommer ikke"), ("3", "ring til mig"))
ROUND = (("1", "ok"), ("2", "ok 6 t"), ("3", "hjælp 1 t"), ("4", "liv i fare"))
SEEN = (("1", "set"),)
QUESTION = "Bavnby Kommune: Krisestaben mødes kl. 03.45. Svar 1=kommer 2=kommer ikke #K7"


def read(text: str, options: tuple[tuple[str, str], ...] = STAFF) -> str:
    """The option's key, or the kind of an answer without one."""
    answer = read_answer(text, options, code="K7")
    return answer.option if answer.kind is Kind.OPTION else answer.kind


@pytest.mark.parametrize(
    ("text", "option"),
    [
        *[
            (text, "1")
            for text in ("1", " 1. ", "1!", "(1)", "Svar 1", "svar: 1", "１", "1\ufe0f\u20e3", "1\n")
        ],
        *[
            (text, "1")
            for text in ("1 kommer", "1=kommer", "1, er der om 20", "1 ok", "1 er på vej", "ja 1", "1 tak")
        ],
        *[(text, "1") for text in ("1 #K7", "#K7 1", "1 # k 7", "k7 1", "1, K7.", "svar på K7: 1")],
        *[
            (text, "1")
            for text in (
                "1\n\nMvh Hans",
                "paa vej",
                "PAA VEJ 20",
                "påvej",
                "1, hvor mødes vi?",
                "Kommer. Hvor?",
            )
        ],
        *[
            (text, "1")
            for text in ("jeg er der om et kvarter", "kommer om en halv time", "coming in half an hour")
        ],
        *[
            (text, "1")
            for text in ("På vej, er der 04.10", "kommer kl. 4:30", "Jeg kan godt komme", "👍 1", "KOMMER 🚗")
        ],
        *[(text, "2") for text in ("2", "ok 2", "2 kommer ikke", "2. Desværre, er i Jylland")],
        *[
            (text, "1")
            for text in ("kommer", "Kommer!", "jeg kommer", "KOMMER NU", "på vej", "På vej 20", "er på vej")
        ],
        *[
            (text, "1")
            for text in ("ok kommer om 20", "OK, kommer om 20 min.", "Kommer, er der om 20", "ja kommer")
        ],
        *[(text, "1") for text in ("jeg kommer kl 4", "kommer om 2 timer", "jeg er der om 20")],
        *[(text, "1") for text in ("coming", "I'm coming in 10 minutes", "I’m on my way", "yes, coming")],
        *[
            (text, "2")
            for text in ("kommer ikke", "Kommer desværre ikke", "nej, kommer ikke", "kan ikke komme")
        ],
        *[(text, "2") for text in ("not coming", "can't come", "No, not coming", "ja kommer ikke")],
        *[(text, "3") for text in ("ring til mig", "Ring til mig!", "3")],
    ],
)
def test_an_option_is_read_however_it_is_written(text: str, option: str) -> None:
    assert read(text) == option


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *[
            (text, Kind.YES)
            for text in ("ja", "JA!", "Jep", "ok", "OK.", "okay tak", "yes", "roger", "forstaaet")
        ],
        *[
            (text, Kind.YES)
            for text in ("ja selvfølgelig", "Bekræftet", "ja det gør jeg", "confirmed", "ja om 20")
        ],
        *[(text, Kind.SEEN) for text in ("Modtaget", "Set", "læst", "laest", "received")],
        *[(text, Kind.NO) for text in ("nej", "NEJ!", "niks", "no", "nej desværre", "det kan jeg ikke")],
    ],
)
def test_yes_and_no_are_answers_without_an_option(text: str, kind: Kind) -> None:
    assert read(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "   ",
            "20",
            "4",
            "12",
            "1 2",
            "1 eller 2",
            "1,5 time",
            "1/2 time",
            "1-2 timer",
            "1 time",
            "2 minutter",
        ),
        *("hvem er det?", "kommer måske", "kommer nok ikke", "kommer 2", "nej kommer", "kommer, kommer ikke"),
        *("1?", "kommer?", "ja?", "1, eller 2?", "kommer, eller hvad?", "1 eller 2?"),
        *(
            "1 kommer ikke",
            "1, kan ikke komme",
            "1 kommer ikke før kl 5",
            "Kommer C3",
            "1 K9",
            "kommer A7 nu",
        ),
        *("ikke 1", "jeg tog 1 med", "skal jeg svare 1?", "kl 1", "om 2 timer", "?", "..."),
    ],
)
def test_in_doubt_a_person_reads_it(text: str) -> None:
    answer = read_answer(text, STAFF)

    assert (answer.kind, answer.option) == (Kind.UNREAD, "")
    assert answer.acknowledges


@pytest.mark.parametrize(
    "text",
    [
        *(
            f"{verb} “{QUESTION}”"
            for verb in ("Liked", "Loved", "Disliked", "Laughed at", "Emphasized", "Questioned")
        ),
        *(
            f"{verb} “{QUESTION}”"
            for verb in ("Synes godt om", "Synes om", "Elsker", "Kan ikke lide", "Fremhævede")
        ),
        f"Reacted 👍 to “{QUESTION}”",
        f"Reagerede med 👍 på “{QUESTION}”",
        f'👍 til "{QUESTION}"',
        f"\u200a\u200b👍\u200b til \u201c\u200a{QUESTION}\u200a\u201d\u200a",
        f"👍🏽 to “{QUESTION[:30]}",
        f"Removed a like from “{QUESTION}”",
        f"liked »{QUESTION}«",
        "👍",
        "❤️",
        "👍🏽👍🏽",
    ],
)
def test_a_reaction_shows_that_it_was_seen_and_never_chooses(text: str) -> None:
    answer = read_answer(text, STAFF)

    assert (answer.kind, answer.option, answer.code) == (Kind.REACTION, "", "")
    assert not answer.acknowledges


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("hjælp 1 t", "3"),
        ("ok 6 t", "2"),
        ("ok", "1"),
        ("3", "3"),
        ("4 LIV I FARE", "4"),
        ("ok 8 timer", Kind.UNREAD),
        ("ok tak", "1"),
        ("hjælp nu", Kind.HELP),
    ],
)
def test_the_words_of_an_option_are_that_option(text: str, option: str) -> None:
    assert read(text, ROUND) == option


@pytest.mark.parametrize(
    "text", ["Forsinket", "Jeg er forsinket", "forsinket 20 min", "vi er forsinket, mvh Bo", "3 (1 time)"]
)
def test_the_words_of_an_option_are_found_beside_fillers_and_times(text: str) -> None:
    assert read(text, (*STAFF[:2], ("3", "forsinket"))) == "3"


@pytest.mark.parametrize(
    ("text", "option"), [("liv i fare", "4"), ("Liv i fare!", "4"), ("HJÆLP", "5"), ("hjaelp", "5")]
)
def test_a_bare_cry_is_one_though_it_was_offered_as_an_option(text: str, option: str) -> None:
    answer = read_answer(text, (*ROUND, ("5", "hjælp")))
    assert (answer.kind, answer.option) == (Kind.HELP, option)


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        *[(text, True) for text in ("nej 4", "Ja, 4!", "ØVELSE 4 ilt ØVELSE")],
        *[(text, True) for text in ("4 ilt mangler", "#K7 4 ilt mangler", "K7 4 ilt", "brand i kælderen")],
        *[(text, True) for text in ("Hej. Brand i kælderen", "BRAND!!! nu")],
        *[(text, False) for text in ("vi er 4 her", "ingen brand", "branden er slukket", "14", "")],
    ],
)
def test_a_text_that_begins_as_an_option_is_seen(text: str, begins: bool) -> None:
    assert begins_as(text, (("4", "brand"),), code="K7") is begins


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        *[
            (text, False)
            for text in ("ja, 4 borgere", "ja 4 personer", "4 personale på arbejde", "ok, 4 timer")
        ],
        *[
            (text, True)
            for text in ("4", "4!", "4 hjælp", "4 liv i fare", "4 ilt mangler nu", "ja, 4 ilt mangler")
        ],
        *[(text, True) for text in ("4 borgere mangler ilt", "4 beboere savnes", "4 mangler ilt")],
    ],
)
def test_a_number_of_people_or_things_begins_no_option(text: str, begins: bool) -> None:
    assert begins_as(text, (("4", "liv i fare"),)) is begins


@pytest.mark.parametrize(
    ("text", "asks"),
    [("1, hvor mødes vi?", True), ("1?", True), ("hvem er det?", True), ("1, er der om 20", False)],
)
def test_what_is_asked_beside_the_answer_is_noticed(text: str, asks: bool) -> None:
    assert read_answer(text, STAFF).asks is asks


@pytest.mark.parametrize("text", ["ok", "Modtaget", "set", "1", "læst", "received"])
def test_having_seen_it_is_the_one_option_of_a_correction(text: str) -> None:
    assert read(text, SEEN) == "1"


def test_two_options_of_the_same_sense_are_not_chosen_between() -> None:
    assert read("kommer", (("1", "på vej"), ("2", "kører"))) == Kind.YES


@given(st.text(max_size=60))
def test_any_text_is_read_and_harmless_to_show(text: str) -> None:
    answer = read_answer(text, STAFF)

    assert (answer.kind is Kind.OPTION) <= bool(answer.option)
    assert bool(answer.option) <= (answer.kind in {Kind.OPTION, Kind.HELP, Kind.YES, Kind.NO})
    assert "\n" not in answer.text
    assert "\x1b" not in answer.text


@given(
    st.sampled_from(STAFF),
    st.sampled_from(["", " ", ".", "!", " #K7", "\n"]),
    st.sampled_from(["", " ", "\t"]),
)
def test_a_bare_key_is_always_its_option(option: tuple[str, str], after: str, before: str) -> None:
    assert read(before + option[0] + after) == option[0]


@pytest.mark.parametrize(
    "text",
    [
        "\ufffd",
        "\u3100",
        "\ue000",
        "\ufffe",
        "€",
        "£ £",
        "§",
        "¶",
        "×",
        "÷",
        "❓",
        "👍?",
        "👍❓",
        "¿",
        "…",
        "«»",
    ],
)
def test_signs_that_are_no_picture_or_that_ask_go_to_a_reader(text: str) -> None:
    assert read_answer(text, STAFF).kind is Kind.UNREAD


@pytest.mark.parametrize("text", ["👍!", "👍 👍", "✅", "❤", "👨‍👩‍👧", "🇩🇰", "👍🏿", "(👍)", "☎", "⏰"])
def test_pictures_alone_are_a_reaction(text: str) -> None:
    assert read_answer(text, STAFF).kind is Kind.REACTION


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text", ["1 " * 50_000, "👍" * 100_000, "#" * 100_000, "k" * 100_000, "a to " * 50_000]
)
def test_a_flood_is_read_quickly(text: str) -> None:
    assert read_answer(text, STAFF).kind in {Kind.UNREAD, Kind.REACTION}
