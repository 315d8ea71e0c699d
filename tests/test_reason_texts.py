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
        ("550 5.7.1 relaying denied", "550 5.7.1 relaying denied"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_reason_is_known_by_its_words_and_else_stands_as_it_is(reason: str, danish: str) -> None:
    assert in_language(reason, catalogue("da")) == danish
    assert in_language(reason, catalogue("en")) == reason


async def test_a_modem_that_owes_an_answer_says_until_when_it_sends_nothing() -> None:
    standing = Standing(Setup(), EventQueue(bound=1))
    for reason in (
        untold := standing.untold(asyncio.get_running_loop().time()),
        f"{GsmState.WAITING.value}: {untold}",
    ):
        assert in_language(reason, catalogue("en")) == reason
        danish = in_language(reason, catalogue("da"))
        assert re.search(
            "intet sendes før [0-9:]{8} [A-Z0-9+-]+, eller før den sidste besked er besvaret", danish
        )
        assert "late" not in danish


def test_every_reason_has_a_text() -> None:
    assert all(key in catalogue(language) for _, key in _KNOWN for language in ("da", "en"))


def test_the_inbox_says_it_so() -> None:
    item = {"alert": None, "text": "", "missing": 0, "unreadable": "nothing is written in it", "more": 0}
    assert [line.plain for line in said_in(item, catalogue("da"))] == [
        "Kan ikke læses: der er ikke skrevet noget"
    ]
