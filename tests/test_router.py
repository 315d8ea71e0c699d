"""The ladder over failure domains: which ways, in which order, and why."""

from dataclasses import replace

import pytest

from channels.base import State
from gateway.domains import of_address
from gateway.policy import DEFAULTS
from gateway.router import Rung, Surroundings, Way, plan
from messages.address import parse_address
from messages.directory import Contact, ContactAddress
from messages.evidence import Evidence
from messages.precedence import Precedence

FLASH, IMMEDIATE, PRIORITY, ROUTINE = Precedence
BOTH = frozenset({"live", "exercise"})


def way(name: str, bearer: str, scheme: str, *domains: str, **more: object) -> Way:
    known: dict[str, object] = {
        "name": name,
        "bearer": bearer,
        "schemes": frozenset({scheme}),
        "domains": frozenset(domains),
        "max_evidence": Evidence.DELIVERED,
        "two_way": True,
        "planes": BOTH,
    }
    return Way(**(known | more))  # type: ignore[arg-type]


MAIL = way("mail", "email", "mailto", "internet", max_evidence=Evidence.SUBMITTED, two_way=False)
SMS_A = way("sms-a", "sms-modem", "sms", "net-a")
SMS_B = way("sms-b", "sms-modem", "sms", "net-b")
SINE = way("sine", "tetra", "sds", "sine")
SAT = way("sat", "iridium", "sbd", "iridium", cost_rank=9)
ALL = (MAIL, SMS_A, SMS_B, SINE, SAT)

CHIEF = Contact(
    id="chef",
    name="Krisestabens chef",
    addresses=tuple(
        ContactAddress(parse_address(uri), domains)
        for uri, domains in [
            ("sms:+4500000001", ("net-a",)),
            ("mailto:chef@eksempelkommune.invalid", ()),
            ("sds:3990001", None),
            ("sbd:provisioned", None),
        ]
    ),
    exercise=True,
)


def ladder(
    *ways: Way,
    precedence: Precedence = FLASH,
    plane: str = "exercise",
    contact: Contact = CHIEF,
    **more: object,
) -> tuple[Rung, ...]:
    down = frozenset(more.pop("down", ()))  # type: ignore[call-overload]
    around = Surroundings(ways=ways, domains_by_address={}, domains_down=down)
    return plan(contact, around, policy=DEFAULTS[precedence], plane=plane, **more)  # type: ignore[arg-type]


def channels(rungs: tuple[Rung, ...]) -> list[str]:
    return [rung.channel for rung in rungs]


def test_each_rung_shares_as_few_domains_as_can_be_with_those_before_it() -> None:
    assert channels(ladder(SMS_A, SMS_B, SINE)) == ["sms-a", "sine", "sms-b"]


def test_two_channels_to_a_phone_on_one_network_share_that_network() -> None:
    rungs = ladder(SMS_A, SMS_B)
    assert [(r.channel, r.domains, r.why) for r in rungs] == [
        ("sms-a", ("net-a",), "first-choice"),
        ("sms-b", ("net-a", "net-b"), "shares-domain"),
    ]


def test_the_first_two_of_a_flash_are_in_different_domains() -> None:
    first, second, *_ = ladder(*ALL)
    assert not set(first.domains) & set(second.domains)


@pytest.mark.parametrize("precedence", [FLASH, IMMEDIATE])
def test_mail_comes_after_the_ways_that_can_satisfy_the_two_highest(precedence: Precedence) -> None:
    assert channels(ladder(MAIL, SMS_A, SINE, precedence=precedence))[-1] == "mail"


def test_routine_goes_by_mail_first_and_never_over_satellite_or_radio() -> None:
    assert channels(ladder(*ALL, precedence=ROUTINE)) == ["mail", "sms-a", "sms-b"]


def test_what_costs_most_comes_last_among_equals() -> None:
    assert channels(ladder(SAT, SINE)) == ["sine", "sat"]


@pytest.mark.parametrize(
    ("state", "why"), [(State.DOWN, "last-down"), (State.DEGRADED, "doubtful"), (State.UP, "first-choice")]
)
def test_a_channel_that_does_badly_stays_on_the_ladder_behind_the_others(state: State, why: str) -> None:
    rungs = ladder(replace(SMS_A, state=state), SINE)
    assert {r.channel: r.why for r in rungs}["sms-a"] == why
    assert channels(rungs)[0] == ("sms-a" if state is State.UP else "sine")


def test_a_doubtful_way_comes_before_one_that_is_down() -> None:
    rungs = ladder(replace(SMS_A, state=State.DOWN), replace(SINE, state=State.DEGRADED))
    assert channels(rungs) == ["sine", "sms-a"]


def test_a_domain_that_an_operator_calls_down_moves_its_ways_to_the_end() -> None:
    rungs = ladder(SMS_A, SMS_B, SINE, down={"net-a"})
    assert [(r.channel, r.why) for r in rungs] == [
        ("sine", "first-choice"),
        ("sms-a", "last-down"),
        ("sms-b", "last-down"),
    ]


def test_a_disabled_channel_stands_last_since_it_may_be_enabled_again() -> None:
    assert channels(ladder(replace(SMS_A, disabled=True), SINE)) == ["sine", "sms-a"]


@pytest.mark.parametrize(("planes", "expected"), [({"live"}, []), ({"exercise"}, ["sine"])])
def test_only_channels_of_the_alerts_plane_are_used(planes: set[str], expected: list[str]) -> None:
    assert channels(ladder(replace(SINE, planes=frozenset(planes)))) == expected


def test_an_exercise_goes_to_nobody_who_has_not_opted_in() -> None:
    assert ladder(*ALL, contact=replace(CHIEF, exercise=False)) == ()


def test_a_live_alert_goes_to_those_who_have_not_opted_in_to_drills() -> None:
    assert channels(ladder(SINE, contact=replace(CHIEF, exercise=False), plane="live")) == ["sine"]


def test_a_live_alert_never_goes_to_an_example_address() -> None:
    assert channels(ladder(*ALL, plane="live")) == ["sine", "sat"]


def test_an_address_that_no_channel_takes_gives_no_rung() -> None:
    assert ladder(way("mqtt", "mqtt", "mqtt")) == ()


def test_a_correction_goes_first_over_the_very_ways_of_the_earlier_text() -> None:
    same = frozenset({("mail", "mailto:chef@eksempelkommune.invalid"), ("sms-b", "sms:+4500000001")})
    rungs = ladder(*ALL, same=same)
    assert {(r.channel, r.must, r.why) for r in rungs[:2]} == {
        ("mail", True, "same-way"),
        ("sms-b", True, "same-way"),
    }
    assert [r.must for r in rungs[2:]] == [False] * (len(rungs) - 2)


def test_a_correction_of_lower_precedence_still_goes_over_the_earlier_ways() -> None:
    """I6: a Cancel without info is routine, and routine never uses radio; the wrong text went over radio."""
    rungs = ladder(MAIL, SINE, precedence=ROUTINE, same=frozenset({("sine", "sds:3990001")}))
    assert channels(rungs) == ["sine", "mail"]


def test_a_way_that_cannot_report_is_marked_as_proving_nothing() -> None:
    assert {r.channel: r.proves for r in ladder(MAIL, SINE)} == {"sine": True, "mail": False}


PATTERNS = {"sms:": ["net-a"], "sms:+4500*": ["net-b"], "mailto:*@eksempelkommune.invalid": ["internet"]}


@pytest.mark.parametrize(
    ("uri", "own", "expected"),
    [
        ("sms:+4511111111", None, {"net-a"}),
        ("sms:+4500000001", None, {"net-b"}),  # the longest pattern that fits
        ("sms:+4500000001", (), set()),  # the address says itself that it needs none
        ("sms:+4500000001", ("sine",), {"sine"}),
        ("mailto:vagt@eksempelkommune.invalid", None, {"internet"}),
        ("mailto:vagt@andet.invalid", None, set()),
    ],
)
def test_an_addresss_domains_are_its_own_or_those_of_the_longest_pattern(
    uri: str, own: tuple[str, ...] | None, expected: set[str]
) -> None:
    assert of_address(ContactAddress(parse_address(uri), own), PATTERNS) == expected
