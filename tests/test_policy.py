"""The figures of each precedence, and what bavn.toml replaces."""

from datetime import timedelta

import pytest

from gateway.policy import DEFAULTS, Policy, policies
from messages.evidence import Evidence
from messages.precedence import Precedence

S, M, H, D = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
NEVER = None
COLUMNS = """
    want at_once next_domain_after no_answer_next_round no_answer_deputy no_answer_call_list rounds
    expires_after expires_longest network_validity mail_suffices hurry
""".split()  # noqa: SIM905 (a table of words)
TABLE = {
    "flash": (Evidence.ACKNOWLEDGED, 2, 60 * S, 3 * M, 5 * M, 10 * M, 3, 2 * H, 6 * H, 1 * H, False, True),
    "immediate": (
        Evidence.ACKNOWLEDGED,
        1,
        2 * M,
        10 * M,
        20 * M,
        30 * M,
        3,
        6 * H,
        24 * H,
        2 * H,
        False,
        True,
    ),
    "priority": (Evidence.DELIVERED, 1, 15 * M, 2 * H, NEVER, NEVER, 2, 24 * H, 72 * H, 12 * H, True, False),
    "routine": (Evidence.SUBMITTED, 1, 4 * H, NEVER, NEVER, NEVER, 1, 72 * H, 7 * D, 24 * H, True, False),
}


@pytest.mark.parametrize("word", TABLE)
def test_the_defaults_are_those_of_the_table(word: str) -> None:
    policy = DEFAULTS[Precedence.parse(word)]
    assert dict(zip(COLUMNS, TABLE[word], strict=True)) == {name: getattr(policy, name) for name in COLUMNS}


@pytest.mark.parametrize(
    ("bearer", "seconds"),
    [
        ("sms-modem", 30),
        ("sms-http", 30),
        ("smpp", 30),
        ("tetra", 15),
        ("mqtt", 10),
        ("iridium", 120),
        ("email", 60),
    ],
)
def test_flash_gives_each_bearer_its_own_time(bearer: str, seconds: int) -> None:
    assert DEFAULTS[Precedence.FLASH].deadline(bearer) == seconds * S


@pytest.mark.parametrize("policy", DEFAULTS.values(), ids=lambda p: str(p.want))
def test_no_validity_given_to_a_network_outlives_the_alert(policy: Policy) -> None:
    assert policy.network_validity <= policy.expires_after <= policy.expires_longest


def test_a_replacement_changes_one_figure_of_one_precedence() -> None:
    changed = policies({"flash": {"rounds": 7}})
    assert changed[Precedence.FLASH].rounds == 7
    assert changed[Precedence.FLASH].at_once == DEFAULTS[Precedence.FLASH].at_once
    assert changed[Precedence.ROUTINE] == DEFAULTS[Precedence.ROUTINE]


def test_the_pause_doubles_up_to_its_longest_and_does_not_overflow() -> None:
    policy = DEFAULTS[Precedence.FLASH]
    assert [policy.retry_after(n) / S for n in (1, 2, 3, 9, 500)] == [2, 4, 8, 300, 300]
