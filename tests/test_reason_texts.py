"""What channels say in English is shown in the language of who reads it."""

import asyncio
import re

import pytest

from channels.base import Health, State
from gateway.catalogue import catalogue
from gateway.cli.inbox import said_in
from gateway.health import judge
from gateway.reasons import _KNOWN, in_language
from gateway.store.channel_states import ChannelState
from hardware.gsm_events import EventQueue
from hardware.gsm_init import Setup
from hardware.gsm_standing import Standing
from hardware.gsm_state import State as GsmState
from tests.test_email_reading import UNREADABLE, event


@pytest.mark.parametrize("name", UNREADABLE)
def test_why_a_mail_cannot_be_read_is_said_in_both_languages(name: str) -> None:
    content, _ = UNREADABLE[name]
    octets = content.encode("latin-1" if name == "an unknown charset" else "utf-8")
    why = event(b"From: vagt@e.invalid\n" + octets).unreadable
    assert in_language(why, catalogue("en")) == why
    assert in_language(why, catalogue("da")) != why


@pytest.mark.parametrize(
    ("reason", "danish"),
    [
        (judge(Health(State.UP), ChannelState(silent=54)).reason, "modtager, men 54 i træk blev ikke meldt leveret"),
        ("it has no text, only text/calendar", "der er ingen tekst, kun text/calendar"),
        ("it has neither answer nor text (it came on a/b)", "der er hverken svar eller tekst (kom på a/b)"),
        ("of a webhook: it has no text", "fra en webhook: der er ingen tekst"),
        ("mail leaves, answers and reports are not read: x", "mail kommer af sted, svar og meldinger læses ikke: x"),
        ("no port: x cannot be opened: there is no such device", "ingen port: x kan ikke åbnes: enheden er der ikke"),
        ("x cannot be reached: [Errno 111] Connect call failed ('::1', 7)", "x kan ikke nås: ingen lytter på ::1:7"),
        ("[Errno -2] Name or service not known", "navnet er ukendt, eller ingen navneserver svarer"),
        ("no session with x:1: Error connecting to x on port 1: it hung up", "ingen forbindelse med x:1: den lagde på"),
        ("no connection: Connect call failed ('127.0.0.1', 1)", "ingen forbindelse: 127.0.0.1:1 tager ikke imod"),
        ("it is not JSON: Expecting ',' delimiter: line 1 column 14 (char 13)", "det er ikke JSON (linje 1, tegn 14)"),
        ("it is not JSON: a key stands there twice", "det er ikke JSON: en nøgle står der to gange"),
        ("the modem answers (GSM emulator)", "modemet svarer (GSM emulator)"),
        ("signal -73 dBm", "signal -73 dBm"),
        ("550 5.7.1 relaying denied", "550 5.7.1 relaying denied"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_reason_is_known_by_its_words_and_else_stands_as_it_is(reason: str, danish: str) -> None:
    assert in_language(reason, catalogue("da")) == danish
    english = in_language(reason, catalogue("en"))
    assert english == reason or re.search("Errno|call failed|delimiter|Error", reason), (
        "words of Python are in neither"
    )


async def test_a_modem_that_owes_an_answer_says_until_when_it_sends_nothing() -> None:
    standing = Standing(Setup(), EventQueue(bound=1))
    for reason in (
        untold := standing.untold(asyncio.get_running_loop().time()),
        f"{GsmState.WAITING.value}: {untold}",
    ):
        english, danish = (in_language(reason, catalogue(language)) for language in ("en", "da"))
        assert re.search(r"nothing is sent until \d\d:\d\d, or until the last message is answered", english)
        assert re.search(r"intet sendes før kl\. \d\d\.\d\d, eller før den sidste besked er besvaret", danish)
        assert "late" not in danish


OWED = "nothing is sent until {at}, or until the last message is answered: a late answer does not say whose it is"


@pytest.mark.parametrize(
    ("at", "winter", "summer"),
    [
        ("23:13:32 UTC", "00.13", "01.13"),
        ("17:13:32 CET", "17.13", "18.13"),
        ("18:13:32 CEST", "17.13", "18.13"),
    ],
)
def test_the_hour_in_a_reason_is_the_one_on_the_wall_in_denmark(at: str, winter: str, summer: str) -> None:
    said = in_language(OWED.format(at=at), catalogue("da"))
    assert said.partition("kl. ")[2][:5] in {winter, summer}
    assert "17:13:32 EST" in in_language(OWED.format(at="17:13:32 EST"), catalogue("da"))


def test_every_reason_has_a_text() -> None:
    assert all(key in catalogue(language) for _, key in _KNOWN for language in ("da", "en"))


def test_the_inbox_says_it_so() -> None:
    item = {"alert": None, "text": "", "missing": 0, "unreadable": "nothing is written in it", "more": 0}
    assert [line.plain for line in said_in(item, catalogue("da"))] == [
        "Kan ikke læses: der er ikke skrevet noget"
    ]
