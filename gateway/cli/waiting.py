"""Waiting for evidence: who has it, who has not yet, and who will not get it any more. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.cli.standing import covered, evidence_of, originals
from messages.evidence import Ended, Evidence

_GIVEN_UP = frozenset({Ended.EXPIRED, Ended.CANCELLED, Ended.FAILED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ended_without` are those for whom nothing more is tried, neither with them nor with their deputy."""

    have: tuple[str, ...]
    lacking: tuple[str, ...]
    ended_without: tuple[str, ...]

    @property
    def met(self) -> bool:
        return not self.lacking

    @property
    def hopeless(self) -> bool:
        return bool(self.ended_without)


def verdict(alert: Mapping[str, Any], wanted: Evidence) -> Verdict:
    """How far the wait has come. A deputy's answer counts for the one they stand in for."""
    stood_in = covered(alert)
    open_for = {
        d["deputy_for"] for d in alert["deliveries"] if d["deputy_for"] and d["ended"] not in _GIVEN_UP
    }
    have, lacking, ended = [], [], []
    for delivery in originals(alert):
        who = delivery["recipient"]
        if evidence_of(delivery) >= wanted or who in stood_in:
            have.append(who)
            continue
        lacking.append(who)
        if delivery["ended"] in _GIVEN_UP and who not in open_for:
            ended.append(who)
    return Verdict(tuple(have), tuple(lacking), tuple(ended))
