"""The demonstration's figures are judged by the far ends: what the hub claims is not enough."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.demo.cast import CALLED, HEAD, ROLES, STAND_IN
from gateway.demo.figures import FarEnds, Judged, judge
from gateway.demo.networks import Copy
from gateway.demo.people import Kind, Said
from gateway.demo.scene import Seen, failed_before
from gateway.demo.words import LANGUAGES, read_words

TEXT = "ØVELSE Krisestaben mødes kl. 03.45 #K7 ØVELSE"
AGAIN = TEXT.replace("#K7", "#K7 (gentaget)")
CORRECTED = "ØVELSE RETTELSE Krisestaben mødes i lokale 2 #K8 ØVELSE"
PHONE = {role.id: role.phones[-1][0] for role in ROLES}
NOBODY = FarEnds(accepted={}, received=(), said=(), sent=(), accepted_t=100.0, corrected_t=None)


def copy(role: str, text: str = TEXT, channel: str = "sms-b") -> Copy:
    return Copy(101.0, channel, PHONE[role], text)


def said(role: str, *, at: float = 103.0, counts: bool = True) -> Said:
    return Said(at, role, Kind.CALL_IN, "1", counts=counts)


def seen(deliveries: list[dict[str, Any]] | None = None) -> Seen:
    return Seen({"call-in": {"deliveries": deliveries or []}}, {}, hub_up=True)


def in_store() -> Seen:
    return seen([{"recipient": role, "attempts": []} for role in CALLED])


def figures(ends: FarEnds, hub: Seen | None = None) -> Judged:
    return judge(ends, hub or seen(), with_bavn=12, seed=1, audit=(1, 0))


def test_an_answer_counts_only_from_a_phone_that_has_the_message() -> None:
    ends = replace(NOBODY, received=(copy("logfoerer"),), said=(said("logfoerer"), said("teknikvagt")))
    judged = figures(ends)
    assert (judged.reached, judged.acknowledged, judged.fastest_s) == (1, 1, 3.0)
    assert "teknikvagt" in judged.not_reached


@pytest.mark.parametrize(
    ("received", "told", "corrected"),
    [
        ((), 0, 0),
        ((copy(HEAD), copy("logfoerer")), 0, 0),  # over network B
        ((copy(HEAD, channel="sms-a"), copy("logfoerer", channel="mail")), 2, 0),
        ((copy(HEAD, channel="sms-a"), copy(HEAD, AGAIN, channel="mail")), 1, 0),  # one person once
        ((copy(HEAD, channel="sms-a"), copy(HEAD, CORRECTED)), 1, 0),
        ((copy(HEAD, channel="sms-a"), copy(HEAD, CORRECTED, channel="sms-a")), 1, 1),
        ((copy(HEAD, CORRECTED, channel="sms-a"),), 0, 0),  # corrects what they were never told
        ((copy(STAND_IN, channel="sms-a"),), 0, 0),  # was not called in
    ],
)
def test_how_far_mail_and_network_a_alone_came_is_counted_where_they_end(
    received: tuple[Copy, ...], told: int, corrected: int
) -> None:
    judged = figures(replace(NOBODY, accepted={"call-in": frozenset(CALLED)}, received=received), in_store())
    assert (judged.without_bavn, judged.without_bavn_correction) == (told, corrected)


def test_a_thumb_is_no_answer() -> None:
    ends = replace(NOBODY, received=(copy("it-vagt"),), said=(said("it-vagt", counts=False),))
    assert figures(ends).reached == 0


def test_the_stand_in_covers_the_head_of_staff() -> None:
    ends = replace(NOBODY, received=(copy(HEAD), copy(STAND_IN)), said=(said(STAND_IN, at=125.0),))
    judged = figures(ends)
    assert (judged.reached, judged.acknowledged, judged.relieved) == (2, 1, 1)
    assert judged.slowest_s == 25.0


@pytest.mark.parametrize(
    ("texts", "count", "marked"), [((TEXT,), 0, 0), ((TEXT, AGAIN), 1, 1), ((TEXT, TEXT), 1, 0)]
)
def test_a_second_copy_over_the_same_way_is_a_duplicate(
    texts: tuple[str, ...], count: int, marked: int
) -> None:
    judged = figures(replace(NOBODY, received=tuple(copy(HEAD, text) for text in texts)))
    assert (judged.duplicates, judged.duplicates_marked) == (count, marked)


def delivery(recipient: str, evidence: str) -> dict[str, Any]:
    attempt = {
        "id": 1,
        "channel": "sms-b",
        "address": f"sms:{PHONE[recipient]}",
        "evidence": evidence,
        "why": "first",
    }
    return {"recipient": recipient, "attempts": [attempt]}


@pytest.mark.parametrize(
    ("evidence", "sent", "lost"),
    [
        ("submitted", ("sms-b", PHONE[HEAD], TEXT), 0),
        ("submitted", ("sms-a", PHONE[HEAD], TEXT), 1),  # no network took what the hub says it handed over
        ("unknown", ("sms-a", PHONE[HEAD], TEXT), 0),  # the hub claims nothing
    ],
)
def test_a_claim_without_a_trace_at_the_far_end_is_a_loss(
    evidence: str, sent: tuple[str, str, str], lost: int
) -> None:
    ends = replace(NOBODY, accepted={"call-in": frozenset({HEAD})}, sent=(sent,))
    assert figures(ends, seen([delivery(HEAD, evidence)])).lost == lost


def test_whoever_was_accepted_and_is_not_in_the_store_is_lost() -> None:
    ends = replace(NOBODY, accepted={"call-in": frozenset(CALLED)}, sent=(("sms-b", PHONE[HEAD], TEXT),))
    assert figures(ends, seen([delivery(HEAD, "delivered")])).lost == len(CALLED) - 1


def test_a_change_of_way_names_the_attempt_that_failed() -> None:
    attempts = [
        {"id": 1, "channel": "sms-a", "evidence": "submitted", "why": "first"},
        {"id": 2, "channel": "mail", "evidence": "refused", "why": "first"},
        {"id": 3, "channel": "sms-b", "evidence": "queued", "why": "no-evidence"},
    ]
    assert failed_before({"attempts": attempts}, attempts[2]) == attempts[0]


def test_both_languages_say_the_same_things() -> None:
    danish, english = (read_words(language) for language in LANGUAGES)
    assert danish.texts.keys() == english.texts.keys()
    assert danish.names.keys() == english.names.keys()
