"""How hard each precedence tries: evidence wanted, ways at once, deadlines, rounds, expiry.

The figures are starting values for a first exercise, not truths; `[policy.flash]` and so on in bavn.toml replace
them one by one. Pure data and one function that applies the replacements.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from messages.evidence import Evidence
from messages.precedence import Precedence

S, M, H, D = (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One precedence's rules. A None deadline never comes."""

    want: Evidence
    at_once: int  # ways started together, in different failure domains
    hand_over_within: timedelta  # queued longer than this: another domain (invariant I12)
    next_domain_after: timedelta  # no `delivered` by then: another domain
    next_domain_by_bearer: Mapping[str, timedelta] = field(default_factory=dict)
    hurry: bool = False  # an error or `unknown` starts the next domain at once, not at the deadline
    no_answer_next_round: timedelta | None = None
    no_answer_deputy: timedelta | None = None
    no_answer_call_list: timedelta | None = None
    rounds: int = 1
    expires_after: timedelta
    expires_longest: timedelta
    network_validity: timedelta
    never: frozenset[str] = frozenset()  # bearers that this precedence does not use
    mail_suffices: bool = (
        True  # 250 OK proves a server, not a person: never enough for the two highest, unasked
    )
    retry_first: timedelta = 2 * S  # a transient refusal is tried again, doubling
    retry_longest: timedelta = 5 * M

    def mail_proves(self, want: Evidence) -> bool:
        """Whether mail alone may prove `want`: whoever wants another evidence than the precedence does means it."""
        return self.mail_suffices or want is not self.want

    def deadline(self, bearer: str) -> timedelta:
        """How long a hand-over over this bearer may stay without `delivered` before the next domain is tried."""
        return self.next_domain_by_bearer.get(bearer, self.next_domain_after)

    def retry_after(self, failures: int) -> timedelta:
        """The pause after the n-th transient refusal in a row on one way (n from 1)."""
        doubled: timedelta = self.retry_first * 2 ** min(failures - 1, 16)
        return min(doubled, self.retry_longest)


_SMS = ("sms-modem", "sms-http", "smpp")

DEFAULTS: dict[Precedence, Policy] = {
    Precedence.FLASH: Policy(
        want=Evidence.ACKNOWLEDGED,
        at_once=2,
        hand_over_within=10 * S,
        next_domain_after=60 * S,
        next_domain_by_bearer={
            **dict.fromkeys(_SMS, 30 * S),
            "tetra": 15 * S,
            "mqtt": 10 * S,
            "iridium": 120 * S,
        },
        hurry=True,
        no_answer_next_round=3 * M,
        no_answer_deputy=5 * M,
        no_answer_call_list=10 * M,
        rounds=3,
        expires_after=2 * H,
        expires_longest=6 * H,
        network_validity=1 * H,
        mail_suffices=False,
    ),
    Precedence.IMMEDIATE: Policy(
        want=Evidence.ACKNOWLEDGED,
        at_once=1,
        hand_over_within=60 * S,
        next_domain_after=2 * M,
        next_domain_by_bearer={"iridium": 5 * M},
        hurry=True,
        no_answer_next_round=10 * M,
        no_answer_deputy=20 * M,
        no_answer_call_list=30 * M,
        rounds=3,
        expires_after=6 * H,
        expires_longest=24 * H,
        network_validity=2 * H,
        mail_suffices=False,
    ),
    Precedence.PRIORITY: Policy(
        want=Evidence.DELIVERED,
        at_once=1,
        hand_over_within=10 * M,
        next_domain_after=15 * M,
        no_answer_next_round=2 * H,
        rounds=2,
        expires_after=24 * H,
        expires_longest=72 * H,
        network_validity=12 * H,
        retry_longest=10 * M,
    ),
    Precedence.ROUTINE: Policy(
        want=Evidence.SUBMITTED,
        at_once=1,
        hand_over_within=60 * M,
        next_domain_after=4 * H,
        rounds=1,
        expires_after=72 * H,
        expires_longest=7 * D,
        network_validity=24 * H,
        never=frozenset({"iridium", "tetra"}),
        retry_longest=30 * M,
    ),
}


def policies(overrides: Mapping[str, Mapping[str, Any]]) -> dict[Precedence, Policy]:
    """The defaults with what bavn.toml replaces, by the precedence's word. Values are already of the right type."""
    return {
        precedence: replace(default, **overrides.get(precedence.word, {}))
        for precedence, default in DEFAULTS.items()
    }
