"""`bavn inbox` and `bavn answer` against a running hub: what is left out is counted, and errors speak one language."""

import os
import pwd
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.catalogue import catalogue
from gateway.cli.cries import waiting
from gateway.cli.inbox import next_step
from gateway.cli.login import person
from tests.running import HubProcess, hub_in

QUESTION = (
    "send",
    "--to",
    "krisestab",
    "--precedence",
    "priority",
    "--want",
    "submitted",
    "--headline",
    "Prøve",
)
ANSWERS = ("--answer", "1=kommer", "--answer", "4=liv i fare", "--urgent", "4")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with hub_in(tmp_path_factory.mktemp("hub")) as running:
        for text in ("4", "BRUG FOR HJÆLP", "4, ilt mangler"):
            sent = running.json(*QUESTION, *ANSWERS)
            running.bavn("answer", sent["code"], "souschef", text, "--via", "voice")
        yield running


def test_what_is_left_out_is_counted_with_the_command_that_shows_it(hub: HubProcess) -> None:
    total = hub.json("inbox")["total"]
    shown, english = (
        hub.bavn("inbox", "--limit", "2"),
        hub.bavn("inbox", "--all", "--limit", "2", "--lang", "en"),
    )
    assert len(shown.stdout.splitlines()) == 2
    assert f"I alt {total}, HASTEMELDINGER {total}" in shown.stderr
    assert f"{total - 2} flere end dem her: bavn inbox --limit {total}" in shown.stderr
    assert f"{total - 2} more than these: bavn inbox --all --limit {total}" in english.stderr
    assert max(map(len, shown.stderr.splitlines())) <= 80


def test_all_pages_are_fetched(hub: HubProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.inbox.PAGE", 1)
    found = hub.json("inbox", "--limit", "1000")
    assert [item["number"] for item in found["items"]][:3] == [1, 2, 3]
    assert (found["total"], found["urgent"]) == (len(found["items"]),) * 2


def test_a_list_of_alerts_says_first_how_many_cries_nobody_has_taken(hub: HubProcess) -> None:
    untaken = hub.json("list")["untaken"]
    assert untaken > 0
    assert hub.bavn("list").stderr.splitlines()[0] == waiting(untaken, catalogue("da"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("da", "HASTEMELDING: nr. {number} i indbakken. Ingen vagt er sat op: handl selv, eller ring."),
        ("en", "URGENT: number {number} in the inbox. No duty officer is configured: act, or ring somebody."),
    ],
)
def test_an_urgent_answer_by_voice_says_that_it_is_one(hub: HubProcess, language: str, said: str) -> None:
    code = hub.json(*QUESTION, *ANSWERS)["code"]
    kept = hub.bavn("answer", code, "souschef", "4", "--via", "voice", "--lang", language)
    newest = hub.json("inbox", "--all", "--limit", "1")["items"][0]["number"]
    assert said.format(number=newest) in kept.stderr
    assert "HASTE" not in hub.bavn("answer", code, "souschef", "1", "--via", "voice").stderr


@pytest.mark.parametrize(("said", "read"), [("højst 40", False), ("40", True)])
def test_who_writes_in_an_answer_hears_that_no_number_was_read(
    hub: HubProcess, said: str, read: bool
) -> None:
    code = hub.json(*QUESTION, "--number", "antal isolerede")["code"]
    kept = hub.bavn("answer", code, "souschef", said, "--via", "voice").stderr
    assert (f"INTET TAL blev læst i »{said}«" in kept) is not read
    assert (f"bavn answer {code} souschef 40 --via voice" in " ".join(kept.split())) is not read


def test_one_recipient_is_shown_with_every_attempt_and_nobody_is_counted(hub: HubProcess) -> None:
    code = hub.json(*QUESTION, *ANSWERS)["code"]
    hub.bavn("answer", code, "souschef", "1", "--via", "runner")
    shown, only = hub.bavn("show", code, "souschef"), hub.json("show", code, "souschef")
    assert "vagthavende" not in shown.stderr
    assert "MANGLER" not in shown.stderr
    assert "souschef · svar" in shown.stderr
    assert "souschef · runde 1" in shown.stderr
    assert [each["recipient"] for each in only["deliveries"]] == ["souschef"]


@pytest.mark.parametrize(
    ("command", "danish", "english"),
    [
        (("inbox", "99"), "Der er intet nr. 99 i indbakken.", "There is no 99 in the inbox."),
        (
            ("inbox", "99", "take", "--by", "x"),
            "Der er intet nr. 99 i indbakken.",
            "There is no 99 in the inbox.",
        ),
        (
            ("inbox", "1", "is", "souschef", "--by", "x"),
            "1 tæller allerede som svar.",
            "1 counts as an answer already.",
        ),
        (
            ("inbox", "1", "take", "--by", "x"),
            "souschef har taget 1: tal med dem.",
            "souschef has taken 1: speak to",
        ),
        (
            ("answer", "{code}", "fjernlager", "1", "--via", "voice"),
            "fjernlager er ikke blandt varslets modtagere.",
            "fjernlager is not among the alert's recipients.",
        ),
        (
            ("answer", "{code}", "souschef", "7", "--via", "voice"),
            "7 er ikke et af svarene 1, 4",
            "7 is none of the",
        ),
        (
            ("answer", "{code}", "souschef", "x" * 3000, "--via", "voice"),
            "text har 3000 tegn, og højst 1000 kan gemmes",
            "text has 3000 characters, and at most 1000",
        ),
        (
            ("answer", "Z9", "souschef", "1", "--via", "voice"),
            "Der er intet varsel Z9 her.",
            "There is no alert Z9",
        ),
        (
            ("channel", "nope", "test"),
            "Der er ingen vej 'nope': her er practice",
            "There is no channel 'nope': this gateway has practice",
        ),
        (
            ("send", "--to", "krisestap,nogen", "--precedence", "flash", "--headline", "x"),
            "'krisestap', 'nogen' er hverken kontakt eller gruppe. Se directory.toml",
            "'krisestap', 'nogen' is neither a contact nor a group. See directory.toml",
        ),
        (
            ("send", "--to", "krisestap", "--precedence", "flash", "--headline", "x"),
            "'krisestap' er hverken kontakt eller gruppe: mente du krisestab?",
            "'krisestap' is neither a contact nor a group: did you mean krisestab?",
        ),
        (
            ("inbox", "9" * 21),
            f"Der er intet nr. {'9' * 21} i indbakken.",
            f"There is no {'9' * 21} in the inbox.",
        ),
        (
            ("show", "{code}", "nogen"),
            "nogen er ikke blandt varslets modtagere.",
            "nogen is not among the alert's recipients.",
        ),
        (
            (*QUESTION, "--repeat", "1m", "--until", "1d", "--urgent", "4"),
            "urgent: 4 er ikke et af svarene: tilbyd det også, --answer 4=...; repeat: 1m er ikke fra 10m til 7d",
            "urgent: 4 is none of the answers: offer it too, --answer 4=...; repeat: 1m is not from 10m to 7d",
        ),
        (
            (*QUESTION, "--until", "1d"),
            "until hører til repeat: skriv, hvor tit der skal spørges",
            "until goes with repeat: say how often",
        ),
        (
            (*QUESTION, "--expires", "2000d"),
            "priority må højst gælde i ",
            "priority may be valid for ",
        ),
        (
            (*QUESTION, "--status", "Actual"),
            "Denne gateway er på øvelsesplanen",
            "This gateway is on the exercise plane",
        ),
    ],
)
def test_a_refusal_is_in_the_language_of_the_command(
    hub: HubProcess, command: tuple[str, ...], danish: str, english: str
) -> None:
    hub.bavn("inbox", "1", "take", "--by", "souschef")
    code = hub.json(*QUESTION, *ANSWERS)["code"]
    for language, frame, said in (("da", "Afvist: ", danish), ("en", "Refused: ", english)):
        refused = hub.bavn(*(word.format(code=code) for word in command), "--lang", language)
        assert refused.returncode == 1
        assert f"{frame}{said}" in " ".join(refused.stderr.split())


ACCOUNTS = {"root": 0, "bavn": 110, "anna": 1000, "bo": 200_001, "nobody": 65_534}


@pytest.mark.parametrize(
    ("became", "logged_in", "account", "name"),
    [
        ("", "anna", "anna", "anna"),
        ("anna", "", "bavn", "anna"),  # sudo -u bavn bavn inbox 12 take
        ("", "bo", "root", "bo"),  # su
        ("root", "root", "bavn", ""),
        ("", "", "bavn", ""),
        ("", "", "nobody", ""),
        ("none-such", "", "bo", "bo"),
    ],
)
def test_who_takes_it_is_a_person_with_a_login_and_no_program(
    monkeypatch: pytest.MonkeyPatch, became: str, logged_in: str, account: str, name: str
) -> None:
    def getlogin() -> str:
        if not logged_in:
            raise OSError
        return logged_in

    def named(who: str) -> SimpleNamespace:
        return SimpleNamespace(pw_name=who, pw_uid=ACCOUNTS[who])

    monkeypatch.setenv("SUDO_USER", became)
    monkeypatch.setattr(os, "getlogin", getlogin)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: named(account))
    monkeypatch.setattr(pwd, "getpwnam", named)
    assert person() == name


def test_nobody_of_no_name_takes_it(hub: HubProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.inbox.person", lambda: "")
    refused = hub.bavn("inbox", "2", "take")
    said = " ".join(refused.stderr.split())
    assert (refused.returncode, "bavn inbox 2 take --config " in said, "--by NAVN" in said) == (1, True, True)
    typed = ("inbox", "2", "is", "anna", "--alert", "K7 x")
    assert "bavn inbox 2 is anna --alert 'K7 x'" in " ".join(hub.bavn(*typed).stderr.split())
    assert "Der er intet nr. 99 i indbakken." in hub.bavn("inbox", "99", "take").stderr
    assert hub.json("inbox", "2")["owner"] is None
    monkeypatch.setattr("gateway.cli.inbox.person", lambda: "anna")
    assert hub.json("inbox", "2", "take")["owner"] == "anna"


@pytest.mark.parametrize(("precedence", "raised"), [("routine", True), ("priority", True), ("flash", False)])
def test_who_waits_for_an_answer_asks_for_one(hub: HubProcess, precedence: str, raised: bool) -> None:
    said = ("--to", "souschef", "--precedence", precedence, "--headline", "Prøve")
    sent = hub.bavn("send", *said, "--wait", "acknowledged", "--timeout", "1s")
    assert ("--want acknowledged" in " ".join(sent.stderr.split())) is raised


TWO = [{"who": "vagt", "code": "J2"}, {"who": "vagt", "code": "F2"}]


@pytest.mark.parametrize(
    ("changes", "danish", "english"),
    [
        (
            {"asked": TWO, "contacts": ["vagt"]},
            "Svar på #J2, #F2? bavn inbox 5 is vagt --alert J2",
            "An answer to #J2, #F2? bavn inbox 5 is vagt --alert J2",
        ),
        (
            {"asked": [{**TWO[0], "closed": "stopped"}, TWO[1]]},
            "Svar på #J2 (stoppet), #F2? bavn inbox 5 is vagt --alert J2",
            "An answer to #J2 (stopped), #F2? bavn inbox 5 is vagt --alert J2",
        ),
        (
            {"contacts": ["vagt"]},
            "Svar på et varsel? bavn inbox 5 is vagt --alert KODE. Ellers: bavn inbox 5 done",
            "An answer to an alert? bavn inbox 5 is vagt --alert CODE. Else: bavn inbox 5 done",
        ),
        (
            {},
            "Svar på et varsel? bavn inbox 5 is HVEM --alert KODE. Ellers: bavn inbox 5 done",
            "An answer to an alert? bavn inbox 5 is WHO --alert CODE. Else: bavn inbox 5 done",
        ),
        (
            {"urgent": True, "asked": TWO},
            "Ingen har taget den: bavn inbox 5 take",
            "Nobody has taken it: bavn inbox 5 take",
        ),
    ],
)
def test_what_matches_no_question_says_what_to_type(
    changes: dict[str, Any], danish: str, english: str
) -> None:
    known = {"number": 5, "kind": "unmatched", "urgent": False, "open": True, "contacts": [], "asked": []}
    item = {**known, "taken_at": None, "handled_at": None, "owner": None, **changes}
    assert [next_step(item, catalogue(language)) for language in ("da", "en")] == [danish, english]
