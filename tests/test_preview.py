"""An alert before it is sent: the plan, and each text as it would leave."""

import json
from functools import partial
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from channels.sms_modem import measure
from gateway.catalogue import LANGUAGES, catalogue
from gateway.cli.foreseen import preview_view
from gateway.errors import Refused
from gateway.preview import preview
from gateway.router import Way
from messages.render import fit
from tests.stores import NOW, a_world
from tests.ways import MAIL, PHONE, mail, people, sms

ASK = {
    "headline": "Mød kl. 03.45",
    "text": "Rådhuset, lokale 1",
    "answers": {"1": "kommer"},
    "precedence": "flash",
}


def seen(*ways: Way, **fields: Any) -> dict[str, Any]:
    world = a_world(*(ways or (sms(), mail())), directory=people(PHONE, MAIL))
    return preview(json.dumps(ASK | fields).encode(), world, now=NOW)


def drawn(found: dict[str, Any], language: str) -> str:
    out = StringIO()
    Console(file=out, width=80).print(preview_view(found, catalogue(language)))
    return out.getvalue()


def test_each_text_is_shown_as_it_would_leave() -> None:
    by_sms, by_mail = seen()["texts"]
    assert by_sms["text"] == (
        "ØVELSE Eksempelby Kommune: Mød kl. 03.45. Rådhuset, lokale 1 Svar 1=kommer #?? ØVELSE"
    )
    assert (by_sms["parts"], by_sms["carries"], by_sms["subject"]) == (1, ["headline", "text"], None)
    assert by_mail["subject"] == "ØVELSE Eksempelby Kommune: Mød kl. 03.45 #?? ØVELSE"
    assert "Svar ikke på denne mail. Svar på SMS med:\n  1 #?? = kommer" in by_mail["text"]


def test_the_plan_says_what_goes_first_and_what_after_it() -> None:
    (plan,) = seen(sms(), sms("sms-b"), mail())["plan"]
    ways = [(way["channel"], way["at_once"]) for way in plan["ways"]]
    assert ways == [("sms-a", True), ("sms-b", True), ("mail", False)]


def test_a_way_that_is_closed_is_said_to_be() -> None:
    found = seen(sms(), mail(disabled=True))
    assert [(way["channel"], way["disabled"]) for way in found["plan"][0]["ways"]] == [
        ("sms-a", False),
        ("mail", True),
    ]
    assert "mail (lukket)" in drawn(found, "da")


def test_what_does_not_fit_is_counted_and_warned_of() -> None:
    found = seen(text="x" * 1000)
    assert (found["texts"][0]["left_out"], found["texts"][0]["over"]) == (
        ["text"],
        found["warnings"][0]["over"],
    )
    assert found["texts"][1]["carries"] == ["headline", "text"]


def test_only_channels_that_somebody_is_reached_over_are_shown() -> None:
    world = a_world(sms(), mail(), directory=people(MAIL))
    found = preview(json.dumps(ASK).encode(), world, now=NOW)
    assert [text["channel"] for text in found["texts"]] == ["mail"]


def test_a_preview_needs_neither_recipients_nor_a_precedence_but_a_headline() -> None:
    world = a_world(mail(), directory=people(MAIL))
    found = preview(b'{"headline": "Kantinen er lukket"}', world, now=NOW)
    assert (found["recipients"], found["precedence"]) == (1, "routine")
    with pytest.raises(Refused, match="headline"):
        preview(b"{}", world, now=NOW)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["Rådhuset", "x" * 1000])
def test_the_picture_fits_80_columns_and_says_that_nothing_was_sent(language: str, text: str) -> None:
    narrow = sms("sms-b", shortened=partial(fit, measure=lambda text: measure(text * 9), max_parts=1))
    shown = drawn(seen(sms(), narrow, mail(), text=text), language)
    assert {"da": "INTET ER SENDT", "en": "NOTHING WAS SENT"}[language] in shown
    assert {"da": "kan ikke bære den", "en": "cannot carry it"}[language] in shown
    assert max(map(len, shown.splitlines())) <= 80
