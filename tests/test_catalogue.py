"""The texts for people: the same in both languages, and one for every word that the program can say."""

import re
from collections.abc import Iterable
from pathlib import Path
from string import Formatter

import pytest

from channels.base import State
from gateway import cli
from gateway.catalogue import LANGUAGES, NoSuchText, catalogue
from messages.alert import Status
from messages.evidence import Ended, Evidence
from messages.precedence import Precedence


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    danish, english = (set(catalogue(language).keys()) for language in LANGUAGES)
    assert danish == english


def test_both_languages_have_the_same_placeholders_and_no_empty_text() -> None:
    danish, english = (catalogue(language)._texts for language in LANGUAGES)
    assert [key for key in danish if placeholders(danish[key]) != placeholders(english[key])] == []
    assert [key for key in danish if not danish[key].strip() or not english[key].strip()] == []


def test_every_text_that_the_command_line_asks_for_by_name_is_there() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(cli.__file__).parent.glob("*.py"))
    asked = set(re.findall(r'words\(\s*"([a-z_]+\.[a-z_-]+)"', source))
    assert len(asked) > 50
    assert asked - set(catalogue("da").keys()) == set()


def test_every_reason_that_the_gateway_has_a_key_for_is_there() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(cli.__file__).parents[1].rglob("*.py"))
    raised = set(re.findall(r'raise \w+\([^()]*code="([a-z_]+)"', source))
    assert {"exercise_only", "no_channel", "one_line"} <= raised
    assert {f"refused.{code}" for code in raised} - set(catalogue("da").keys()) == set()


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("evidence", [e.word for e in Evidence]),
        ("ended", [e.value for e in Ended if e is not Ended.REACHED]),
        ("precedence", [p.word for p in Precedence]),
        ("status", [s.value for s in Status]),
        ("state", [s.value for s in State]),
        ("plane", ["live", "exercise"]),
        ("withdrawn", ["stopped", "corrected", "updated", "ended"]),
        ("closed", ["stopped", "corrected", "updated", "ended", "answered", "expired"]),
        ("why", ["first-choice", "other-domain", "shares-domain", "last-down", "doubtful", "same-way"]),
        ("why", ["first", "round", "retry", "unknown", "refused", "no-evidence", "not-handed-over"]),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_program_has_a_text(language: str, group: str, words: Iterable[str]) -> None:
    assert [word for word in words if f"{group}.{word}" not in catalogue(language)] == []


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("evidence.unknown", "Uvist (kan være nået frem)"),
        ("evidence.submitted", "Sendt, intet bevis endnu"),
        ("evidence.delivered", "På telefonen, ikke set"),
        ("evidence.acknowledged", "Kvitteret"),
        ("ended.expired", "Udløbet, ikke sendt"),
        ("ended.failed", "Kunne ikke sendes"),
        ("precedence.flash", "Hastegrad 1 Akut"),
        ("status.Exercise", "ØVELSE"),
        ("status.Actual", "SKARP"),
    ],
)
def test_the_danish_words_are_those_staff_know(key: str, text: str) -> None:
    assert catalogue("da")(key) == text


def test_another_language_gets_danish() -> None:
    assert catalogue("de").language == "da"


def test_a_text_that_is_missing_is_a_fault_that_names_it() -> None:
    with pytest.raises(NoSuchText, match=r"show\.nothing"):
        catalogue("en")("show.nothing")
    with pytest.raises(NoSuchText, match="who"):
        catalogue("en")("send.no_route")


def test_a_word_newer_than_the_catalogue_is_shown_as_it_is() -> None:
    assert catalogue("da").known("state", "resting") == "resting"
