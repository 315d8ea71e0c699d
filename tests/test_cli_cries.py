"""What cannot be overlooked at the desk: cries that nobody has heard, and what was withdrawn."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from gateway.catalogue import catalogue
from gateway.cli.cries import waiting
from gateway.cli.drawing import alert_view
from gateway.cli.standing import missing, rows
from tests.shown import NOW, alert, attempt, delivery, drawn

AT, LATER = "2026-01-12T02:30:10Z", "2026-01-12T02:30:20Z"
FREE = {"number": 54, "owner": None, "taken_at": None, "handled_at": None, "note": None}
TAKEN = {**FREE, "owner": "Anna", "taken_at": AT}
HANDLED = {**TAKEN, "handled_at": LATER}
RED, GREEN = "\x1b[1;31m", "\x1b[1;37;42m"


def answered(who: str, answer: str = "4", **changes: Any) -> dict[str, Any]:
    usual = {"ended": "reached", "answer": answer, "answered_at": AT}
    return delivery(who, "acknowledged", **{**usual, **changes})


def coloured(found: dict[str, Any]) -> str:
    out = StringIO()
    screen = Console(file=out, width=80, force_terminal=True, color_system="standard", no_color=False)
    screen.print(alert_view(found, catalogue("da"), now=NOW))
    return out.getvalue()


@pytest.mark.parametrize(
    ("item", "said", "red"),
    [
        (FREE, "HASTEMELDING 54: Ingen har taget den: bavn inbox 54 take", True),
        (TAKEN, "HASTEMELDING 54: Taget af Anna kl. 03.30", True),
        (HANDLED, "HASTEMELDING 54: Håndteret af Anna kl. 03.30", False),
    ],
)
def test_an_answer_that_cannot_wait_says_who_has_it(item: dict[str, Any], said: str, red: bool) -> None:
    found = alert(answered("a", "1"), delivery("b", "queued"), answered("c", items=[item]))
    ordered = rows(found, catalogue("da"), now=NOW)
    [row] = [each for each in ordered if each.recipient == "c"]
    assert said in row.how_far
    assert row.is_urgent is red
    assert (ordered[0].recipient == "c") is (item is FREE), "who cries and was not heard stands first"
    assert (f"{RED}Kvitteret: 4" in coloured(found)) is red


@pytest.mark.parametrize(
    ("free", "line"), [(2, "2 HASTEMELDINGER, som ingen har"), (1, "1 HASTEMELDING, som"), (0, "")]
)
def test_on_top_stands_how_many_nobody_has_taken(free: int, line: str) -> None:
    assert waiting(free, catalogue("da")).startswith(line)
    found = alert(*(answered(str(n), items=[FREE if n < free else TAKEN]) for n in range(3)))
    assert ("som ingen har taget" in coloured(found).split("Har svaret")[0]) is bool(free)


@pytest.mark.parametrize(("item", "green"), [(FREE, False), (TAKEN, True)])
def test_nobody_missing_is_not_green_while_a_cry_waits(item: dict[str, Any], green: bool) -> None:
    for found in (alert(answered("a", "nej"), items=[item]), alert(answered("a", items=[item]))):
        assert (f"{GREEN} INGEN MANGLER" in coloured(found)) is green


def test_an_unconfirmed_cry_is_red_and_says_that_nobody_has_it() -> None:
    said = {"number": 28, "sender": "sms:+4500000077", "channel": "sms-a", "text": "hjælp", "at": AT}
    cry = {**FREE, **said, "kind": "unconfirmed", "urgent": True}
    shown = coloured(alert(delivery("a", "read"), unconfirmed_answers=[cry]))
    assert f"{RED}Ubekræftet svar" in shown
    assert "HASTEMELDING 28: Ingen har taget den" in shown


@pytest.mark.parametrize(("said_at", "red"), [(AT, False), ("2026-01-12T02:30:20.5Z", True)])
def test_only_what_is_said_after_it_was_withdrawn_is_red(said_at: str, red: bool) -> None:
    loose = {"number": 2, "sender": "sms:+4500000077", "channel": "sms-a", "text": "1", "at": said_at}
    found = alert(
        answered("a", "1", answered_at=said_at),
        withdrawn="ended",
        withdrawn_at=LATER,
        unconfirmed_answers=[{**loose, "kind": "unconfirmed"}],
    )
    [row] = rows(found, catalogue("da"), now=NOW)
    assert row.is_to_withdrawn is red
    assert drawn(found).count("AFVARSLET") == (3 if red else 1), (
        "in the head, at the recipient, at the stranger"
    )


@pytest.mark.parametrize("how", ["stopped", "corrected", "updated", "ended"])
def test_of_what_was_withdrawn_nobody_is_missing(how: str) -> None:
    found = alert(delivery("a", "delivered", ended="expired"), withdrawn=how, withdrawn_at=LATER)
    assert missing(found) == {}
    assert "MANGLER" not in drawn(found)


SAID = [
    {"text": "1", "option": "1", "via": via, "at": at}
    for via, at in (("sms-b", "2026-01-12T02:30:05Z"), ("runner", AT))
]


@pytest.mark.parametrize(
    ("answers", "way"), [(SAID, "bud"), (SAID[:1], "sms-b"), (SAID[::-1], "bud"), ([], "sms-a")]
)
def test_the_way_is_the_one_that_the_answer_came(answers: list[dict[str, Any]], way: str) -> None:
    found = alert(answered("a", "1", answers=answers, attempts=[attempt(evidence="acknowledged")]))
    [row] = rows(found, catalogue("da"), now=NOW)
    assert row.way == way


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("mailto:a@b.invalid", "I postkassen, ikke set"),
        ("sms:+4500000001", "På telefonen, ikke set"),
        ("sds:1234", "På radioen, ikke set"),
        ("mqtt:skilt/1", "Fremme, ikke set"),
    ],
)
def test_what_is_delivered_is_where_its_address_is(address: str, word: str) -> None:
    found = alert(delivery("a", "delivered", attempts=[attempt(evidence="delivered", address=address)]))
    [row] = rows(found, catalogue("da"), now=NOW)
    assert row.how_far == word
    assert word in drawn(found, attempts=True).split("kl. 03.30  sms-a")[-1]


def test_the_only_way_that_was_refused_says_why() -> None:
    refused = attempt(evidence="refused", detail="0x87: no such subscriber")
    [row] = rows(alert(delivery("a", "queued", attempts=[refused])), catalogue("da"), now=NOW)
    assert row.how_far == "Venter\nAfvist: 0x87: no such subscriber"


def test_a_count_that_changes_contradicts_nothing() -> None:
    said = [{"text": n, "option": n, "via": "sms-a", "at": AT} for n in ("12000", "7")]
    shown = drawn(alert(answered("a", "7", answers=said), answers={"tal": "antal isolerede"}))
    assert "MODSIGER" not in shown
    assert "12000" in shown


@pytest.mark.parametrize(
    ("field", "shown"), [("replaces", "Følger efter #Y2"), ("replaced_by", "Afløst af #Y2")]
)
def test_what_came_before_and_after_is_named_by_its_code(field: str, shown: str) -> None:
    found = alert(delivery("a", "queued"), **{field: "20260112T023000Z-ABCDEFGH01", f"{field}_code": "Y2"})
    assert shown in drawn(found)
