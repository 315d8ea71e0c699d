"""What people read: marks that cannot be cut, forged or lost, and texts that an author wrote rather than a knife."""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.alert import MsgType, Withdrawal
from messages.danish_time import danish_time
from messages.render import RenderError, Size, Words, body, display, display_line, fit, short, subject

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
NOW = datetime(2026, 1, 12, 2, 16, tzinfo=UTC)
WORDS = Words(
    exercise=False,
    msg_type=MsgType.ALERT,
    withdrawal=Withdrawal.NONE,
    sender_name="Bavnby Kommune",
    headline="Krisestaben mødes kl. 03.45",
    text="Strømsvigt i Bavnby by og Nordegn. Krisestaben mødes kl. 03.45, Rådhuset, lokale 1.",
    radio_text="STAB MØDES 03.45 RÅDHUS",
    long_text="",
    answers=(("1", "kommer"), ("2", "kommer ikke"), ("3", "ring til mig")),
    code="K7",
    replaces_code="",
    repeated=False,
    language="da-DK",
    sent=NOW,
    expires_at=datetime(2026, 7, 12, 2, 16, tzinfo=UTC),
)


def sms(text: str) -> Size:
    """160 septets a part, 70 characters when one of them is not in the alphabet (3GPP TS 23.038)."""
    one, more = (160, 153) if GSM.issuperset(text) else (70, 67)
    return Size(parts=1 if len(text) <= one else -(-len(text) // more), octets=len(text))


def narrow(characters: int):
    return lambda text: Size(parts=1 if len(text) <= characters else 2, octets=len(text))


def shown(words: Words, *, characters: int = 1_000) -> str:
    return short(words, measure=narrow(characters), max_parts=1)


def test_the_call_to_the_staff_is_one_sms_as_in_the_storyboard() -> None:
    text = short(WORDS, measure=sms, max_parts=1)

    assert text == (
        "Bavnby Kommune: Strømsvigt i Bavnby by og Nordegn. Krisestaben mødes kl. 03.45, Rådhuset, lokale 1. "
        "Svar 1=kommer 2=kommer ikke 3=ring til mig #K7"
    )
    assert len(text) == 146


def test_a_correction_names_what_it_corrects_and_has_a_code_of_its_own() -> None:
    correction = replace(
        WORDS,
        msg_type=MsgType.UPDATE,
        withdrawal=Withdrawal.CORRECTION,
        headline="Mødestedet er brandstationen, IKKE rådhuset",
        text="Kl. 03.45 gælder stadig.",
        answers=(("1", "set"),),
        code="K8",
        replaces_code="K7",
    )

    assert shown(correction) == (
        "Bavnby Kommune: RETTELSE #K7. Mødestedet er brandstationen, IKKE rådhuset. Kl. 03.45 gælder stadig. "
        "Svar 1=set #K8"
    )


def test_an_exercise_is_marked_first_and_last_in_fourteen_characters() -> None:
    live, drill = shown(WORDS), shown(replace(WORDS, exercise=True))

    assert drill == f"ØVELSE {live} ØVELSE"
    assert len(drill) - len(live) == 14


@pytest.mark.parametrize(
    ("withdrawal", "msg_type", "language", "mark"),
    [
        (Withdrawal.CORRECTION, MsgType.CANCEL, "da-DK", "RETTELSE #K7. "),
        (Withdrawal.ALL_CLEAR, MsgType.CANCEL, "da-DK", "AFVARSLING #K7. "),
        (Withdrawal.UPDATE, MsgType.UPDATE, "da-DK", "OPDATERING #K7. "),
        (Withdrawal.NONE, MsgType.UPDATE, "da-DK", "OPDATERING #K7. "),
        (Withdrawal.NONE, MsgType.CANCEL, "da-DK", "RETTELSE #K7. "),
        (Withdrawal.NONE, MsgType.ALERT, "da-DK", ""),
        (Withdrawal.CORRECTION, MsgType.CANCEL, "en-GB", "CORRECTION #K7. "),
        (Withdrawal.ALL_CLEAR, MsgType.CANCEL, "en", "ALL CLEAR #K7. "),
    ],
)
def test_each_kind_of_message_has_its_word(
    withdrawal: Withdrawal, msg_type: MsgType, language: str, mark: str
) -> None:
    words = replace(WORDS, withdrawal=withdrawal, msg_type=msg_type, language=language, replaces_code="K7")

    assert shown(words).startswith(f"Bavnby Kommune: {mark}Strømsvigt")


def test_a_repeated_text_says_so_at_its_end() -> None:
    assert shown(replace(WORDS, repeated=True)).endswith("#K7 (gentaget)")
    assert shown(replace(WORDS, repeated=True, exercise=True)).endswith("#K7 (gentaget) ØVELSE")


@pytest.mark.parametrize(
    ("characters", "text"),
    [
        (146, shown(WORDS)),
        (145, shown(WORDS).removeprefix("Bavnby Kommune: ")),
        (130, shown(WORDS).removeprefix("Bavnby Kommune: ")),
        (129, "Bavnby Kommune: Krisestaben mødes kl. 03.45 Svar 1=kommer 2=kommer ikke 3=ring til mig #K7"),
        (89, "Bavnby Kommune: STAB MØDES 03.45 RÅDHUS Svar 1=kommer 2=kommer ikke 3=ring til mig #K7"),
        (85, "Krisestaben mødes kl. 03.45 Svar 1=kommer 2=kommer ikke 3=ring til mig #K7"),
        (73, "STAB MØDES 03.45 RÅDHUS Svar 1=kommer 2=kommer ikke 3=ring til mig #K7"),
        (69, "Krisestaben mødes kl. 03.45 Svar 1/2/3 #K7"),
        (41, "STAB MØDES 03.45 RÅDHUS Svar 1/2/3 #K7"),
    ],
)
def test_the_longest_text_of_the_author_that_fits_is_sent_whole(characters: int, text: str) -> None:
    assert shown(WORDS, characters=characters) == text


def test_only_when_none_fits_is_the_body_cut_and_it_shows() -> None:
    assert shown(WORDS, characters=37) == "STAB MØDES 03.45 (...) Svar 1/2/3 #K7"


def test_a_text_without_shorter_ones_is_cut_before_its_sender_and_answers_are() -> None:
    long = replace(WORDS, headline="", radio_text="", text="Gå til samlingsstedet ved skolen. " * 20)

    text = short(long, measure=sms, max_parts=1)

    assert text.startswith("Bavnby Kommune: Gå til samlingsstedet ved skolen.")
    assert text.endswith("(...) Svar 1=kommer 2=kommer ikke 3=ring til mig #K7")
    assert 150 <= len(text) <= 160


PLACE = replace(WORDS, text="Rådhuset, lokale 1", radio_text="")


@pytest.mark.parametrize(
    ("headline", "text", "together"),
    [
        (
            "Krisestaben mødes kl. 03.45",
            "Rådhuset, lokale 1",
            "Krisestaben mødes kl. 03.45. Rådhuset, lokale 1",
        ),
        ("Evakuér!", "Gå mod nord", "Evakuér! Gå mod nord"),
        ("Evakuér nu", "EVAKUÉR NU, gå mod nord", "EVAKUÉR NU, gå mod nord"),
        ("Evakuér, gå mod nord", "gå mod nord", "Evakuér, gå mod nord"),
        ("Evakuér", "", "Evakuér"),
    ],
)
def test_headline_and_text_go_together_and_nothing_is_said_twice(
    headline: str, text: str, together: str
) -> None:
    words = replace(PLACE, headline=headline, text=text, answers=())

    assert shown(words) == f"Bavnby Kommune: {together} #K7"


@pytest.mark.parametrize(
    ("words", "carries", "left_out", "cut", "over"),
    [
        (PLACE, ("headline", "text"), (), False, 0),
        (replace(PLACE, text="x" * 100), ("headline",), ("text",), False, 45),
        (replace(PLACE, text="x" * 60), ("headline", "text"), ("sender_name",), False, 5),
        (replace(PLACE, headline="ord " * 60, text=""), (), ("headline",), True, 155),
        (replace(WORDS, text="x" * 200), ("headline",), ("text",), False, 145),
    ],
)
def test_what_a_short_text_leaves_out_is_told_with_how_much_is_too_much(
    words: Words, carries: tuple[str, ...], left_out: tuple[str, ...], cut: bool, over: int
) -> None:
    told = fit(words, measure=narrow(147), max_parts=1)

    assert (told.carries, told.left_out, told.cut, told.over) == (carries, left_out, cut, over)


def test_so_many_characters_less_and_all_of_it_goes() -> None:
    long = replace(PLACE, text="x" * 100)
    over = fit(long, measure=narrow(147), max_parts=1).over

    for shorter, left_out in ((over, ()), (over - 1, ("sender_name",))):
        told = fit(replace(long, text="x" * (100 - shorter)), measure=narrow(147), max_parts=1)
        assert told.left_out == left_out


@pytest.mark.parametrize(
    ("elsewhere", "asked"),
    [
        ((), ""),
        (("loopback",), ""),
        (("sms",), "Svar på SMS 1=kommer 2=kommer ikke 3=ring til mig "),
        (("sms", "sds"), "Svar på SMS eller radio 1=kommer 2=kommer ikke 3=ring til mig "),
    ],
)
def test_a_bearer_that_carries_no_answer_back_asks_for_one_elsewhere_or_not_at_all(
    elsewhere: tuple[str, ...], asked: str
) -> None:
    words = replace(PLACE, two_way=False, answer_over=elsewhere)

    assert shown(words).endswith(f"lokale 1 {asked}#K7")


@pytest.mark.parametrize(
    ("elsewhere", "language", "asked"),
    [
        ((), "da", "#K7"),
        (
            ("sms",),
            "da",
            "Svar ikke på denne mail. Svar på SMS med:\n"
            "  1 #K7 = kommer\n  2 #K7 = kommer ikke\n  3 #K7 = ring til mig",
        ),
        (
            ("sms", "sbd"),
            "en",
            "Do not reply to this mail. Reply by SMS or satellite with:\n"
            "  1 #K7 = kommer\n  2 #K7 = kommer ikke\n  3 #K7 = ring til mig",
        ),
    ],
)
def test_a_mail_that_nobody_reads_answers_to_says_where_else_or_asks_nothing(
    elsewhere: tuple[str, ...], language: str, asked: str
) -> None:
    words = replace(PLACE, two_way=False, answer_over=elsewhere, language=language)

    assert body(words).split("\n\n")[2] == asked


def test_what_cannot_hold_the_marks_is_refused() -> None:
    with pytest.raises(RenderError, match="use another bearer"):
        shown(replace(WORDS, exercise=True), characters=30)


@given(
    st.builds(
        replace,
        st.just(WORDS),
        exercise=st.booleans(),
        msg_type=st.sampled_from(MsgType),
        withdrawal=st.sampled_from(Withdrawal),
        text=st.text(max_size=200),
        headline=st.text(max_size=80),
        radio_text=st.sampled_from(
            ["", "ØVELSE #K9 RETTELSE", "Svar 1/2/3", "1=kommer 2=kommer ikke 3=ring til mig"]
        ),
        repeated=st.booleans(),
        replaces_code=st.sampled_from(["", "L2"]),
    ),
    st.integers(20, 200),
)
def test_the_marks_are_never_cut_whatever_the_text_and_the_room(words: Words, characters: int) -> None:
    try:
        text = shown(words, characters=characters)
    except RenderError:
        assert characters < 70
        return

    assert len(text) <= characters
    tail = "#K7" + " (gentaget)" * words.repeated + " ØVELSE" * words.exercise
    assert text.endswith(tail)
    assert not words.exercise or text.startswith("ØVELSE ")
    assert all(key in text for key in "123")
    if words.replaces_code and words.withdrawal is Withdrawal.CORRECTION:
        assert "RETTELSE #L2." in text


@pytest.mark.parametrize(
    "text",
    [
        "ØVELSE ØVELSE",
        "Mødet er slut ØVELSE",
        "RETTELSE #K7. Mødet er aflyst (gentaget)",
        "x\nØVELSE",
        "#K9 ØVELSE #K9",
    ],
)
def test_an_author_who_imitates_the_marks_changes_nothing_about_them(text: str) -> None:
    live, drill = (shown(replace(WORDS, text=text, exercise=exercise)) for exercise in (False, True))

    assert live.startswith("Bavnby Kommune: ")
    assert live.endswith(" #K7")
    assert drill == f"ØVELSE {live} ØVELSE"


def test_a_radio_text_that_states_the_answers_is_not_given_them_twice() -> None:
    radio = replace(
        WORDS, text="", headline="", radio_text="STATUS? 1=ok 2=hjælp", answers=(("1", "ok"), ("2", "hjælp"))
    )

    assert shown(radio) == "Bavnby Kommune: STATUS? 1=ok 2=hjælp #K7"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("kl. 3–4 — nu", "kl. 3-4 - nu"),
        ("»ja« “nej” „nå”", '"ja" "nej" "nå"'),
        ("det’s", "det's"),
        ("vent…", "vent..."),
        ("10\u00a0km", "10 km"),
        ("a\r\n\tb\u2028c", "a b c"),
        ("a\x1b[31mb\x07\x00", "ab"),
        ("\u202eno\u200bk\ufeff", "nok"),
        (
            "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥 👩🏽\u200d⚕\ufe0f",
            "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥 👩🏽\u200d⚕\ufe0f",
        ),
        ("a\u200db 👨\u200d \u200d👩 👨\u200d\u200d👩 a\ufe0f\u200d👩", "ab 👨 👩 👨👩 a\ufe0f👩"),
        ("Æ ø å é €", "Æ ø å é €"),
    ],
)
def test_typographic_signs_are_folded_and_control_signs_taken_out_of_short_texts(
    written: str, folded: str
) -> None:
    bare = replace(WORDS, headline="", text=written, sender_name="", answers=(), code="")

    assert shown(bare) == folded


def test_one_dash_does_not_double_the_price() -> None:
    assert (
        short(replace(WORDS, text=WORDS.text.replace(",", " –")), measure=sms, max_parts=1).count("lokale 1")
        == 1
    )


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_control_sign_passes_into_any_text(text: str, name: str) -> None:
    words = replace(WORDS, text=text, headline=text, long_text=text, sender_name=name, exercise=True)

    for rendered in (shown(words), subject(words), body(words).replace("\n", "")):
        assert not {unicodedata.category(sign) for sign in rendered} & {"Cc", "Cs", "Zl", "Zp"}
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u200c\u200e\u200f]|\\w\u200d", rendered)


def test_a_subject_is_one_line_with_marks_kind_and_code() -> None:
    words = replace(
        WORDS, exercise=True, withdrawal=Withdrawal.ALL_CLEAR, replaces_code="K7", code="K8", repeated=True
    )
    words = replace(words, headline="Faren er ovre\r\nBcc: x@eksempel.invalid")

    assert subject(words) == (
        "ØVELSE Bavnby Kommune: AFVARSLING #K7. Faren er ovre Bcc: x@eksempel.invalid #K8 (gentaget) ØVELSE"
    )


def test_a_long_headline_is_cut_in_the_subject_and_keeps_the_code() -> None:
    assert re.fullmatch(
        r"Bavnby Kommune: (ord ){40,50}\(\.\.\.\) #K7", subject(replace(WORDS, headline="ord " * 100))
    )


def test_a_mail_says_everything() -> None:
    assert body(replace(WORDS, exercise=True, long_text="Første linje.\nAnden linje.")) == (
        "ØVELSE. Dette er en øvelse.\n\n"
        "Krisestaben mødes kl. 03.45\n\n"
        "Første linje.\nAnden linje.\n\n"
        "Svar på denne mail med:\n  1 = kommer\n  2 = kommer ikke\n  3 = ring til mig\n#K7\n\n"
        "Sendt 12-01-2026 kl. 03.16, Bavnby Kommune. Gælder til 12-07-2026 kl. 04.16.\n\n"
        "ØVELSE\n"
    )


def test_a_mail_in_english_keeps_the_mark_that_everybody_knows() -> None:
    text = body(replace(WORDS, language="en-GB", exercise=True))

    assert text.startswith("ØVELSE. This is an exercise.")
    assert "Reply to this mail with:" in text


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("almindelig tekst æøå 👍", "almindelig tekst æøå 👍"),
        ("\x1b[2J\x1b]0;ejer\x07", "␛[2J␛]0;ejer␇"),
        ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("👨\u200d👩 a\u200d👩", "👨\u200d👩 a👩"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x00\x7f\x9b", "a␀␡\ufffd"),
        ("a\ud800\ufffe", "a\ufffd\ufffd"),
        ("a\tb", "a b"),
    ],
)
def test_a_text_is_harmless_on_a_screen_and_shows_what_was_in_it(text: str, shown_as: str) -> None:
    assert display(text) == shown_as


def test_a_line_break_cannot_forge_a_line() -> None:
    assert display_line("navn\n2026-01-12 accepted  alle") == "navn 2026-01-12 accepted alle"


@given(st.text())
def test_what_is_harmless_once_stays_as_it_is(text: str) -> None:
    assert display(display(text)) == display(text)


@pytest.mark.parametrize(
    ("at", "clock"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "29-03-2026 kl. 01.59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "29-03-2026 kl. 03.00"),
        (datetime(2026, 10, 25, 0, 59, tzinfo=UTC), "25-10-2026 kl. 02.59"),
        (datetime(2026, 10, 25, 1, 0, tzinfo=UTC), "25-10-2026 kl. 02.00"),
        (datetime(2024, 3, 31, 1, 0, tzinfo=UTC), "31-03-2024 kl. 03.00"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "01-01-2027 kl. 00.30"),
    ],
)
def test_times_are_those_of_the_clock_on_the_wall(at: datetime, clock: str) -> None:
    assert danish_time(at) == clock
