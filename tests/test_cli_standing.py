"""How an alert stands for a tired reader, and when a wait is over: judged from the JSON alone."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from gateway.catalogue import catalogue
from gateway.cli.drawing import alert_list, alert_view
from gateway.cli.standing import group, grouped, missing, rows, standing
from gateway.cli.times import clock, old
from gateway.cli.waiting import verdict
from messages.evidence import Evidence
from tests.shown import NOW, alert, attempt, delivery, drawn


def test_a_question_who_takes_it_says_that_nobody_has_though_all_have_answered() -> None:
    item = {"number": 6, "owner": None, "taken_at": None, "handled_at": None, "note": None}
    shown = drawn(alert(delivery("v1", "acknowledged", answer="nej"), items=[item]))
    assert "HASTEMELDING 6: Ingen har taget den: bavn inbox 6 take" in shown


@pytest.mark.parametrize(
    ("evidence", "word"),
    [
        ("queued", "no_contact"),
        ("sending", "not_known"),
        ("unknown", "not_known"),
        ("submitted", "not_known"),
        ("delivered", "has_it"),
        ("read", "has_it"),
        ("acknowledged", "answered"),
    ],
)
def test_a_receipt_proves_a_bearer_and_not_a_person(evidence: str, word: str) -> None:
    assert group(delivery("vagt", evidence)) == word


def test_missing_is_who_was_asked_and_neither_reached_nor_withdrawn_nor_stood_in_for() -> None:
    found = alert(
        delivery("a", "acknowledged", ended="reached"),
        delivery("b", "delivered"),
        delivery("c", "unknown"),
        delivery("d", "queued", ended="cancelled"),
        delivery("e", "queued", ended="failed"),
        delivery("f", "submitted"),
        delivery("f-deputy", "acknowledged", ended="reached", deputy_for="f"),
        delivery("b-deputy", "queued", deputy_for="b"),
    )
    assert missing(found) == {"b": "no_answer", "c": "unknown", "e": "no_contact"}
    assert missing(alert(delivery("g", "submitted"), delivery("h", "sending"))) == {
        "g": "no_proof",
        "h": "no_contact",
    }
    assert grouped(found)["answered"] == ["a", "f-deputy"]


def test_the_picture_has_the_four_words_the_missing_and_the_next_step_in_80_columns() -> None:
    waiting = delivery(
        "vagthavende",
        "submitted",
        attempts=[attempt()],
        next={"what": "look", "channel": "sine", "at": "2026-01-12T02:31:30Z"},
    )
    text = drawn(
        alert(waiting, delivery("souschef", "acknowledged", ended="reached", answer="1")), attempts=True
    )
    assert max(map(len, text.splitlines())) <= 80
    for expected in (
        "MANGLER 1 AF 2",
        "Sendt, intet bevis 1",
        "1  Har svaret",
        "Kvitteret: kommer",
        "sine kl. 03.31",
    ):
        assert expected in text
    assert "første forsøg · 42" in text


def said(option: str, text: str, via: str) -> dict[str, Any]:
    return {"option": option, "text": text, "via": via, "at": "2026-01-12T02:30:00Z"}


YES, NO, WHO = said("1", "1 #K7", "sms-a"), said("2", "2", "voice"), said("", "hvem er det?", "sms-a")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "da",
            ("MODSIGER", "vagt · SVARENE MODSIGER HINANDEN", "tale   2 = kommer ikke", "sms-a  1 = kommer"),
        ),
        (
            "en",
            ("CONTRADICTS", "vagt · THE ANSWERS CONTRADICT", "voice  2 = kommer ikke", '1 = kommer "1 #K7"'),
        ),
    ],
)
def test_answers_that_contradict_are_all_shown_and_marked(language: str, expected: tuple[str, ...]) -> None:
    twice = delivery("vagt", "acknowledged", ended="reached", answer="2", answers=[YES, NO])
    text = drawn(alert(twice, answers={"1": "kommer", "2": "kommer ikke"}), language)
    assert [each for each in expected if each not in text] == []
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("answers", "shown"),
    [([YES], False), ([YES, YES], False), ([YES, WHO], True), ([WHO, WHO], False)],
)
def test_the_same_answer_again_contradicts_nothing_and_a_question_is_shown_beside_it(
    answers: list[dict[str, Any]], shown: bool
) -> None:
    found = alert(delivery("vagt", "acknowledged", ended="reached", answer="1", answers=answers))
    assert "MODSIGER" not in drawn(found)
    assert ("vagt · svar" in drawn(found)) == shown
    assert drawn(found, attempts=True).count("sms-a") == len(answers) + 1, "and as the way"


@pytest.mark.parametrize(
    ("attempts", "how_far", "next_"),
    [
        ([attempt(given_up=True)], "Sendt, men opgivet", "ingen vej tilbage"),
        ([attempt(given_up=True), attempt(2, "refused")], "Sendt, men opgivet", "ingen vej tilbage"),
        ([attempt(given_up=False)], "Sendt, intet bevis endnu", "ses efter kl. 03.40"),
        ([attempt(given_up=True), attempt(2)], "Sendt, intet bevis endnu", "ses efter kl. 03.40"),
    ],
)
def test_when_the_only_way_came_to_nothing_nothing_is_waited_for(
    attempts: list[dict[str, Any]], how_far: str, next_: str
) -> None:
    look = {"what": "look", "channel": None, "at": "2026-01-12T02:40:00Z"}
    [row] = rows(alert(delivery("a", "submitted", attempts=attempts, next=look)), catalogue("da"), now=NOW)
    assert (row.how_far, row.next) == (how_far, next_)


@pytest.mark.parametrize(
    ("language", "title"), [("da", "antal isolerede: svar"), ("en", "antal isolerede: answers")]
)
def test_who_has_answered_with_a_number_is_shown_with_its_age(language: str, title: str) -> None:
    said = {"ended": "reached", "answer": "37", "answered_at": "2026-01-12T02:11:00Z"}
    text = drawn(
        alert(delivery("skolen", "acknowledged", **said), answers={"tal": "antal isolerede"}), language
    )
    assert title in text
    assert ["skolen", "37", "20", "min"] in [line.split() for line in text.splitlines()]


def test_the_last_number_stays_with_its_age_when_words_without_one_follow() -> None:
    answers = [
        {"text": text, "option": option, "via": "sms-a", "at": f"2026-01-12T02:{minute}:00Z"}
        for text, option, minute in (
            ("40", "40", "11"),
            ("ved ikke", "", "25"),
            ("35", "35", "09"),
        )  # came late
    ]
    said = {
        "ended": "reached",
        "answer": "ved ikke",
        "answered_at": "2026-01-12T02:25:00Z",
        "answers": answers,
    }
    text = drawn(alert(delivery("skolen", "acknowledged", **said), answers={"tal": "antal isolerede"}), "da")
    assert ["skolen", "40", "20", "min"] in [line.split() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("unconfirmed", "bavn inbox 28 is HVEM"), ("automatic", "Automatisk svar fra sms:+4500000077")],
)
def test_an_unconfirmed_answer_is_shown_with_its_one_step(kind: str, shown: str) -> None:
    said = {
        "number": 28,
        "sender": "sms:+4500000077",
        "channel": "sms-a",
        "text": "1",
        "kind": kind,
    }
    text = drawn(
        alert(
            unconfirmed_answers=[{**said, "at": "2026-01-12T02:11:00Z"}], deliveries=[delivery("a", "read")]
        )
    )
    assert shown in text


def test_of_a_stopped_alert_is_shown_who_may_have_it_and_nobody_is_sought() -> None:
    evidence = ("submitted", "unknown", "queued", "delivered")
    deliveries = [delivery(f"m{n}", each, ended="cancelled") for n, each in enumerate(evidence)]
    text = drawn(alert(*deliveries, withdrawn="stopped", withdrawn_at="2026-01-12T02:31:00Z"))
    assert [line.split() for line in text.splitlines() if line[:2] in {"0 ", "1 ", "3 "}] == [
        ["0", "Har", "svaret"],
        ["3", "Kan", "have", "den", "m0,", "m1,", "m3"],
        ["1", "Ikke", "sendt", "m2"],
    ]
    for word in ("MANGLER", "Ikke fat i", "Vi ved det ikke"):
        assert word not in text


@pytest.mark.parametrize("channel", [None, "sms-modem"])
def test_what_happens_next_is_one_line_where_there_is_room(channel: str | None) -> None:
    step = {"what": "look", "channel": channel, "at": "2026-01-12T18:16:00Z"}
    text = drawn(alert(delivery("vagthavende", "submitted", next=step, attempts=[attempt()])))
    assert f"{channel or 'ses efter'} kl. 19.16" in text


def test_nobody_missing_is_said_too() -> None:
    assert "NOBODY MISSING: 1 OF 1" in drawn(alert(delivery("a", "acknowledged", ended="reached")), "en")


def test_markup_and_control_characters_from_outside_are_shown_and_not_obeyed() -> None:
    text = drawn(alert(delivery("a", "queued"), headline="[bold]nu[/bold]\x1b[2J[link=x]"))
    assert "[bold]nu[/bold]" in text
    assert "\x1b[2J" not in text


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028"])
def test_a_line_end_in_a_headline_or_an_answer_breaks_no_row(end: str) -> None:
    found = alert(
        delivery("a", "acknowledged", ended="reached", answer="1"),
        headline=f"Mød nu{end}#K8 03.30 falsk",
        answers={"1": f"kommer{end}straks"},
    )
    listed = {**found, "recipients": 1, "reached": 1, "missing": 0}
    out = StringIO()
    Console(file=out, width=120).print(alert_list([listed], catalogue("da"), now=NOW))
    assert len(out.getvalue().splitlines()) == 2, "the heads and one row"
    assert "Mød nu #K8 03.30 falsk" in drawn(found)
    assert standing(found["deliveries"][0], found, catalogue("da")) == "Kvitteret: kommer straks"


def test_the_missing_stand_first_and_a_deputy_says_for_whom() -> None:
    found = rows(
        alert(
            delivery("a", "acknowledged", ended="reached"),
            delivery("b", "queued", call=True),
            delivery("c", "queued", deputy_for="b"),
        ),
        catalogue("da"),
        now=NOW,
    )
    assert [row.recipient for row in found] == ["b", "a", "c\nfor b"]
    assert found[0].next == "RING OP"


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (delivery("a", "queued", ended="expired"), "Udløbet, ikke sendt"),
        (delivery("a", "queued", ended="cancelled"), "Trukket tilbage"),
        (delivery("a", "unknown", ended="failed"), "Uvist (kan være nået frem)"),
        (delivery("a", "delivered", ended="expired"), "På telefonen, ikke set"),
        (delivery("a", "acknowledged", answer="er der om 20"), "Kvitteret: er der om 20"),
    ],
)
def test_what_may_have_arrived_is_never_said_to_have_failed(found: dict[str, Any], text: str) -> None:
    assert standing(found, alert(found), catalogue("da")) == text


@pytest.mark.parametrize(
    ("time", "danish", "english"),
    [
        ("2026-01-12T02:31:00Z", "kl. 03.31", "03:31"),
        ("2026-01-13T02:31:00Z", "13-01 kl. 03.31", "13-01 03:31"),
        (None, "", ""),
    ],
)
def test_times_are_the_clock_on_the_wall_in_denmark(time: str | None, danish: str, english: str) -> None:
    assert clock(time, catalogue("da"), now=NOW) == danish
    assert clock(time, catalogue("en"), now=NOW) == english


@pytest.mark.parametrize(
    ("deliveries", "met", "hopeless"),
    [
        ([delivery("a", "delivered")], True, False),
        ([delivery("a", "submitted")], False, False),
        ([delivery("a", "submitted", ended="failed")], False, True),
        ([delivery("a", "submitted", ended="reached")], False, False),  # late evidence may still come
        ([delivery("a", "submitted"), delivery("b", "delivered", deputy_for="a")], False, False),
        ([delivery("a", "submitted"), delivery("b", "acknowledged", deputy_for="a")], True, False),
        ([delivery("a", "queued", ended="failed"), delivery("b", "queued", deputy_for="a")], False, False),
        (
            [
                delivery("a", "queued", ended="failed"),
                delivery("b", "queued", ended="failed", deputy_for="a"),
            ],
            False,
            True,
        ),
        ([], True, False),
    ],
)
def test_a_wait_is_over_when_all_have_it_or_somebody_never_will(
    deliveries: list[dict[str, Any]], met: bool, hopeless: bool
) -> None:
    found = verdict(alert(*deliveries), Evidence.DELIVERED)
    assert (found.met, found.hopeless) == (met, hopeless)


def test_what_was_sent_without_proof_as_wanted_is_said_beside_nobody_missing() -> None:
    text = drawn(alert(delivery("kunmail", "submitted", ended="reached"), precedence="routine"))
    assert "INGEN MANGLER: 1 AF 1" in text
    assert "heraf 1 sendt uden bevis, som ønsket" in text
    assert max(map(len, text.splitlines())) <= 80


def test_options_are_shown_only_where_somebody_was_asked_and_the_others_are_to_be_rung() -> None:
    mail, phone = (delivery(who, "submitted", can_answer=who == "b") for who in "ab")
    assert "Svar: 1=kommer" not in drawn(alert(mail))
    both = drawn(alert(mail, phone))
    assert "Svar: 1=kommer" in both
    assert both.count("Kan ikke svare: ring") == 1


@pytest.mark.parametrize(("withdrawn", "said"), [("corrected", "Answers what is CORRECTED"), (None, None)])
def test_an_answer_to_a_withdrawn_alert_is_red_and_says_so(withdrawn: str | None, said: str | None) -> None:
    """They act on a text that does not hold any more."""
    answered = delivery(
        "vagt", "acknowledged", answer="1", answered_at="2026-01-12T02:30:30Z", ended="reached"
    )
    found = alert(answered, withdrawn=withdrawn, withdrawn_at="2026-01-12T02:30:20Z")
    (row,) = rows(found, catalogue("en"), now=NOW)
    assert row.is_to_withdrawn is bool(withdrawn)
    assert said is None or said in row.how_far
    screen = Console(file=StringIO(), width=80, force_terminal=True, color_system="standard", no_color=False)
    screen.print(alert_view(found, catalogue("en"), now=NOW))
    assert ("\x1b[1;31mAcknowledged" in screen.file.getvalue()) is bool(withdrawn)  # type: ignore[attr-defined]


def test_an_answer_from_a_shared_address_says_that_it_may_be_either_ones() -> None:
    said = [{"text": text, "option": text, "via": "sms", "at": "2026-01-12T02:30:30Z"} for text in ("1", "2")]
    nat = delivery("nat", "acknowledged", answer="2", answered_at="2026-01-12T02:30:30Z", answers=said)
    found = alert(nat | {"shared": ["nat", "dag"]}, delivery("dag", "delivered", shared=["nat", "dag"]))
    shown = {row.recipient: row.how_far for row in rows(found, catalogue("da"), now=NOW)}
    assert all("en af nat, dag svarede" in each for each in shown.values())
    assert "MODSIGER" in shown["nat"]
    assert "dag" in missing(found)


@pytest.mark.parametrize(
    ("time", "age"),
    [("2026-01-12T02:30:59.900Z", "1 s"), ("2026-01-12T00:31:00Z", "2 h"), (None, "")],
)
def test_an_age_is_at_least_a_second(time: str | None, age: str) -> None:
    assert old(time, now=NOW) == age
