"""What a sender hears at once: who has no way and why, what a bearer leaves out, and where an answer can come back."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from channels.base import State
from channels.sms_modem import measure
from gateway.accept import Submission, judge
from gateway.catalogue import LANGUAGES, catalogue
from gateway.cli.warned import lines, reason
from gateway.no_way import Why, explained
from gateway.router import Way
from gateway.store.accepting import Accepted
from gateway.warnings import warnings
from gateway.world import WayBack, World
from messages.alert import Alert, MsgType, Reference, Status
from messages.evidence import Evidence
from messages.precedence import Precedence
from messages.render import fit
from tests.stores import NOW, a_way, a_world
from tests.ways import BOTH, MAIL, PHONE, mail, people, sms


def told(world: World, **more: Any) -> list[dict[str, Any]]:
    """The warnings of an alert to everybody; those of the directory that have no ladder have no route."""
    usual = {"status": Status.EXERCISE, "precedence": Precedence.FLASH, "headline": "Prøve", "to": ("vagt",)}
    rest = {"identifier": "A1", "sender": "krisestab.invalid", "sent": NOW, "msg_type": MsgType.ALERT}
    alert = Alert(**usual | rest | more)
    kept = judge(alert, Submission(submitter="a"), world=replace(world, plane="live"), now=NOW, body=b"")
    ladders = {
        c.id: world.opening(c, alert.precedence, plane=kept.plane, want=kept.want).ladder
        for c in kept.recipients
    }
    no_route = tuple(who for who, ladder in ladders.items() if not ladder)
    return [dict(each) for each in warnings(kept, Accepted("A1", "K7", no_route, len(ladders)), world)]


@pytest.mark.parametrize(
    ("addresses", "ways", "fields", "why", "about"),
    [
        ([PHONE], [sms()], {"exercise": False}, "not-in-exercises", []),
        (["tel:+4500000001"], [sms()], {}, "no-channel", ["tel"]),
        ([], [sms()], {}, "no-address", []),
        ([PHONE], [sms(planes=frozenset({"live"}))], {}, "other-plane", ["sms-a"]),
        (["sds:3990001"], [a_way("sine", bearer="tetra", schemes=frozenset({"sds"}))], {}, "precedence", ["tetra"]),
        ([PHONE], [sms(planes=BOTH)], {"status": Status.ACTUAL}, "example-address", [PHONE]),
    ],
)  # fmt: skip
def test_who_has_no_way_is_told_why(
    addresses: list[str], ways: list[Way], fields: dict[str, Any], why: str, about: list[str]
) -> None:
    directory = people(*addresses, exercise=fields.pop("exercise", True))
    rank = Precedence.ROUTINE if why == "precedence" else Precedence.FLASH
    (found,) = told(a_world(*ways, directory=directory), precedence=rank, **fields)
    assert (found["kind"], found["recipients"], found["why"], found["about"]) == (
        "no_route",
        ["vagt"],
        why,
        about,
    )


@pytest.mark.parametrize(
    ("ways", "about"),
    [
        ([sms(state=State.DOWN), sms("sms-b", disabled=True)], ["sms-a", "sms-b"]),
        (
            [
                sms(state=State.DOWN, domains=frozenset({"net-a"})),
                sms("sms-b", state=State.DOWN, domains=frozenset({"net-a", "x"})),
            ],
            ["net-a"],
        ),
        ([sms(state=State.DOWN), sms("sms-b")], None),
    ],
)  # fmt: skip
def test_who_has_only_ways_that_are_down_is_named_with_what_they_share(
    ways: list[Way], about: list[str] | None
) -> None:
    found = told(a_world(*ways, directory=people(PHONE)))
    assert [each["about"] for each in found] == ([] if about is None else [about])
    assert all(each["kind"] == "all_down" for each in found)


def test_a_world_that_has_changed_is_judged_anew() -> None:
    down = a_world(sms(state=State.DOWN), directory=people(PHONE))
    assert [each["kind"] for each in told(down)] == [each["kind"] for each in told(down)] == ["all_down"]
    up = replace(down, surroundings=a_world(sms(), directory=people(PHONE)).surroundings)
    assert told(up) == []


@pytest.mark.parametrize(
    ("texts", "warned"),
    [
        ({"headline": "Mød kl. 03.45", "text": "Rådhuset, lokale 1"}, []),
        ({"headline": "H", "text": "x" * 1000}, [(["headline"], ["text"], False, 573)]),
        ({"headline": "ord " * 124}, [([], ["headline"], True, 65)]),
    ],
)
def test_what_the_short_bearers_leave_out_is_told_once_for_all_that_do(
    texts: dict[str, str], warned: list[Any]
) -> None:
    world = a_world(sms(), sms("sms-b"), mail(), directory=people(PHONE, "mailto:vagt@eksempel.invalid"))
    found = told(world, **texts)
    assert [(w["carries"], w["left_out"], w["cut"], w["over"]) for w in found] == warned
    assert all(w["channels"] == ["sms-a", "sms-b"] for w in found)


def test_a_bearer_that_nobody_is_reached_over_warns_of_nothing() -> None:
    world = a_world(sms(), mail(), directory=people("mailto:vagt@eksempel.invalid"))
    assert told(world, text="x" * 1000, precedence=Precedence.ROUTINE) == []


@pytest.mark.parametrize(("address", "kinds"), [(PHONE, ["shortened"]), (MAIL, [])])
def test_a_correction_warns_of_what_those_who_were_asked_can_be_reached_over(
    address: str, kinds: list[str]
) -> None:
    world = a_world(sms(state=State.DOWN), mail(state=State.DOWN), directory=people(address))
    earlier = Reference("krisestab.invalid", "A0", NOW)
    found = told(world, msg_type=MsgType.UPDATE, references=(earlier,), text="x" * 1000)
    assert [each["kind"] for each in found] == kinds


@pytest.mark.parametrize(
    ("ways", "precedence", "want", "warned"),
    [
        ([mail()], Precedence.FLASH, None, ["vagt"]),
        ([mail(state=State.DOWN, max_evidence=Evidence.READ)], Precedence.IMMEDIATE, Evidence.ACKNOWLEDGED, ["vagt"]),
        ([mail(max_evidence=Evidence.SUBMITTED)], Precedence.IMMEDIATE, Evidence.DELIVERED, ["vagt"]),
        ([mail(max_evidence=Evidence.SUBMITTED)], Precedence.IMMEDIATE, Evidence.SUBMITTED, None),
        ([mail(max_evidence=Evidence.SUBMITTED)], Precedence.FLASH, Evidence.SUBMITTED, None),
        ([mail(max_evidence=Evidence.SUBMITTED)], Precedence.PRIORITY, None, ["vagt"]),
        ([mail(two_way=True)], Precedence.FLASH, None, None),  # a mailbox that is read brings answers
        ([mail(), sms()], Precedence.FLASH, None, None),
        ([mail(max_evidence=Evidence.DELIVERED)], Precedence.PRIORITY, None, None),
        ([mail()], Precedence.ROUTINE, None, None),
    ],
)  # fmt: skip
def test_who_can_never_prove_what_is_wanted_is_named(
    ways: list[Way], precedence: Precedence, want: Evidence | None, warned: list[str] | None
) -> None:
    found = told(a_world(*ways, directory=people(MAIL, PHONE)), precedence=precedence, want=want)
    unproven = [each for each in found if each["kind"] == "cannot_prove"]
    assert [each["recipients"] for each in unproven] == ([] if warned is None else [warned])
    for language in LANGUAGES if unproven else ():
        (line,) = lines(unproven, catalogue(language))
        assert "vagt: mail " in line
        assert len(line) <= 80


def test_a_bearer_too_narrow_for_the_marks_is_named() -> None:
    narrow = sms(shortened=partial(fit, measure=lambda text: measure(text * 9), max_parts=1))
    (found,) = told(a_world(narrow, directory=people(PHONE)), text="x" * 1000)
    assert (found["kind"], found["channels"]) == ("not_carried", ["sms-a"])


@pytest.mark.parametrize(
    ("ways", "addresses", "plane", "back"),
    [
        ([mail(two_way=True)], [PHONE], "exercise", WayBack(True, ())),
        ([mail(), sms()], [PHONE], "exercise", WayBack(False, ("sms",))),
        ([mail(), sms(disabled=True)], [PHONE], "exercise", WayBack(False, ())),
        ([mail(), sms(state=State.DOWN)], [PHONE], "exercise", WayBack(False, ("sms",))),
        ([mail(), sms(planes=frozenset({"live"}))], [PHONE], "exercise", WayBack(False, ())),
        ([mail(planes=BOTH), sms(planes=BOTH)], [PHONE], "live", WayBack(False, ())),
        ([mail(), sms()], ["tel:+4500000001"], "exercise", WayBack(False, ())),
    ],
)
def test_an_answer_comes_back_over_the_same_way_or_another_of_the_recipient_s(
    ways: list[Way], addresses: list[str], plane: str, back: WayBack
) -> None:
    directory = people("mailto:vagt@eksempel.invalid", *addresses)
    assert a_world(*ways, directory=directory).way_back("mail", "vagt", plane=plane) == back


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_warning_has_its_line_in_80_columns(language: str) -> None:
    world = a_world(sms(state=State.DOWN), sms("sms-b", state=State.DOWN), directory=people(PHONE))
    down, long = told(world, text="x" * 1000)
    said = lines([down, long], catalogue(language))
    assert "sms-a, sms-b" in said[0]
    assert "577" in said[1]
    assert max(map(len, said)) <= 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(language: str) -> None:
    words = catalogue(language)
    assert [why for why in Why if reason({"why": why.value, "about": ["x"]}, words) == why.value] == []


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ({"carries": ["headline"], "left_out": ["text"]}, "kun overskriften, ikke teksten"),
        (
            {"carries": ["radio_text"], "left_out": ["headline", "text"]},
            "kun radioteksten, ikke overskriften og teksten",
        ),
        (
            {"carries": [], "left_out": ["headline", "answers"], "cut": True},
            "kun begyndelsen, mærket (...), uden svarenes betydning",
        ),
        ({"carries": ["headline", "text"], "left_out": ["sender_name"]}, "uden afsenders navn"),
    ],
)
def test_what_is_left_out_is_said_in_words(told: dict[str, Any], line: str) -> None:
    warning = {"kind": "shortened", "channels": ["sms-a"], "cut": False, "over": 7} | told
    assert lines([warning], catalogue("da")) == [f"OBS sms-a: {line} (7 tegn for langt)"]


def test_a_kind_of_warning_that_is_newer_than_the_command_stands_in_its_own_sentence() -> None:
    assert lines([{"kind": "new", "detail": "the moon is full"}], catalogue("en"))[0].endswith(
        "the moon is full"
    )


@pytest.mark.parametrize(
    ("ended", "route", "no_way"),
    [
        (None, True, {"why": "all-down", "about": ["sms-a"]}),
        ("failed", False, {"why": "none-then", "about": []}),
        ("failed", True, None),
        ("reached", True, None),
    ],
)
def test_a_delivery_that_nothing_can_leave_for_is_shown_with_the_reason(
    ended: str | None, route: bool, no_way: dict[str, Any] | None
) -> None:
    delivery = {"recipient": "vagt", "ended": ended, "plan": [{}] if route else []}
    shown = {"precedence": "flash", "plane": "exercise", "deliveries": [delivery]}
    world = a_world(sms(state=State.DOWN), directory=people(PHONE))
    assert explained(shown, world)["deliveries"][0]["no_way"] == no_way
    assert explained(shown, world)["deliveries"][0]["can_answer"]
