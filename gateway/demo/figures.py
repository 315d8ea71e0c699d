"""The figures at the end: judged by phones, mailboxes and an outside ledger, never by what the hub says of itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from gateway.anchor import read_anchors
from gateway.audit import Record, verify
from gateway.demo.cast import ROLES, by_address
from gateway.demo.installation import ALONE
from gateway.demo.networks import Copy
from gateway.demo.people import Kind, Said, kind_of
from gateway.demo.scene import NEVER_LEFT, SWITCHES, Seen
from gateway.store.showing import audit_records
from gateway.store.sqlite import open_engine

REPEATED_MARKS = ("(gentaget)", "(repeated)")


@dataclass(frozen=True, slots=True)
class Judged:
    """What the far ends say of the story. Seconds are from the acceptance of the call-in."""

    roles: int
    reached: int
    acknowledged: int
    fallbacks: int
    unknown: int
    duplicates: int
    lost: int
    fastest_s: float | None
    median_s: float | None
    slowest_s: float | None
    without_bavn: int  # who got the call-in over mail or network A
    without_bavn_correction: int  # of those, who got the correction over these too
    seed: int
    with_bavn: int  # who could be reached after the same failures
    duplicates_marked: int
    relieved: int
    answers: int
    not_reached: tuple[str, ...]
    correction_to: int
    correction_has: int
    correction_s: float | None
    audit_records: int
    audit_flaws: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FarEnds:
    """The outside ledger: what was accepted (alert of the story -> recipients), received and answered."""

    accepted: Mapping[str, frozenset[str]]
    received: Sequence[Copy]
    said: Sequence[Said]
    sent: Sequence[tuple[str, str, str]]  # (channel, address, text) that a network took, delivered or not
    accepted_t: float  # seconds since the epoch
    corrected_t: float | None


def judge(ends: FarEnds, seen: Seen, *, with_bavn: int, seed: int, audit: tuple[int, int]) -> Judged:
    """`with_bavn` is from the router: who has a way that needs nothing of what failed."""
    answered = _first_answers(ends)
    relieved = {
        role.id: answered[role.deputy]
        for role in ROLES
        if role.deputy in answered and role.id not in answered
    }
    covered = answered | relieved
    times = sorted(t - ends.accepted_t for t in covered.values())
    again = {key: count for key, count in _by_message(ends.received).items() if count > 1}
    told, told_correction = _over_mail_and_a(ends)
    concerned = [copy for copy in ends.received if kind_of(copy.text) is Kind.CORRECTION]
    return Judged(
        roles=len(ROLES),
        reached=len(covered),
        acknowledged=len(answered),
        fallbacks=sum(
            a["why"] in SWITCHES and a["evidence"] not in NEVER_LEFT for _, _, a in seen.attempts()
        ),
        unknown=sum(a["evidence"] == "unknown" for _, _, a in seen.attempts()),
        duplicates=sum(again.values()) - len(again),
        lost=_lost(ends, seen),
        fastest_s=_rounded(times[0]) if times else None,
        median_s=_rounded(median(times)) if times else None,
        slowest_s=_rounded(times[-1]) if times else None,
        without_bavn=len(told),
        without_bavn_correction=len(told_correction),
        seed=seed,
        with_bavn=with_bavn,
        duplicates_marked=sum(
            copy.text != _bare(copy.text) and _key(copy) in again for copy in ends.received
        ),
        relieved=len(relieved),
        answers=len([s for s in ends.said if s.counts]),
        not_reached=tuple(role.id for role in ROLES if role.id not in covered),
        correction_to=len(ends.accepted.get("correction", ())),
        correction_has=len(_owners(concerned)),
        correction_s=_last_first(concerned, ends.corrected_t),
        audit_records=audit[0],
        audit_flaws=audit[1],
    )


def _first_answers(ends: FarEnds) -> dict[str, float]:
    """When each role's first answer left its phone, for roles whose phone has the call-in."""
    has = _owners(copy for copy in ends.received if kind_of(copy.text) is Kind.CALL_IN)
    first: dict[str, float] = {}
    for said in ends.said:
        if said.counts and said.kind is Kind.CALL_IN and said.role in has:
            first.setdefault(said.role, said.t)
    return first


def _over_mail_and_a(ends: FarEnds) -> tuple[set[str], set[str]]:
    """Who has the call-in over mail or network A, and who of them the correction: so far a gateway with these
    two, without other networks and without a stand-in, can be seen to come. Also what came over network A
    because Bavn had given up the mail is counted for it.
    """
    copies = [copy for copy in ends.received if copy.channel in ALONE]
    told = _owners(copy for copy in copies if kind_of(copy.text) is Kind.CALL_IN)
    told &= ends.accepted.get("call-in", frozenset())  # not the stand-in, whom somebody had to think of
    return told, told & _owners(copy for copy in copies if kind_of(copy.text) is Kind.CORRECTION)


def _owners(copies: Any) -> set[str]:
    owners = by_address()
    return {owners[copy.address].id for copy in copies if copy.address in owners}


def _by_message(copies: Sequence[Copy]) -> Counter[tuple[str, str, str]]:
    """How often each message came to the same address over the same way, marked or not."""
    return Counter(_key(copy) for copy in copies)


def _key(copy: Copy) -> tuple[str, str, str]:
    return copy.channel, copy.address, _bare(copy.text)


def _bare(text: str) -> str:
    for mark in REPEATED_MARKS:
        text = text.replace(f" {mark}", "")
    return text


def _lost(ends: FarEnds, seen: Seen) -> int:
    """Accepted and not in the store; or said to have been handed over, and no network ever took it."""
    taken = {(channel, address) for channel, address, _ in ends.sent}
    lost = 0
    for name, recipients in ends.accepted.items():
        deliveries = {d["recipient"]: d for d in seen.alerts[name]["deliveries"]}
        lost += len(recipients - deliveries.keys())
        for delivery in deliveries.values():
            claimed = [a for a in delivery["attempts"] if a["evidence"] in {"submitted", "delivered", "read"}]
            lost += any((a["channel"], a["address"].partition(":")[2]) not in taken for a in claimed)
    return lost


def _last_first(copies: Sequence[Copy], since: float | None) -> float | None:
    """Seconds until the last role had its first copy."""
    first: dict[str, float] = {}
    for copy in sorted(copies, key=lambda c: c.t):
        for role in _owners([copy]):
            first.setdefault(role, copy.t)
    return _rounded(max(first.values()) - since) if first and since is not None else None


def _rounded(seconds: float) -> float:
    return round(seconds, 1)


def audit_check(database: Path, anchor: Path) -> tuple[int, int]:
    """Records and flaws of the audit chain, read from the disk and not through the hub."""
    records: list[Record] = []
    with open_engine(database, read_only=True).connect() as connection:
        while more := audit_records(connection, len(records)):
            records += more
    return len(records), len(list(verify(records, read_anchors(anchor))))
