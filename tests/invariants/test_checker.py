"""The judges themselves: a whole run has nothing wrong, and each judge sees what is done to it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.audit import GENESIS, Entry, chain
from messages.evidence import Evidence
from tests.invariants.checker import violations
from tests.invariants.facts import Copy, Facts, StoreImage

T0 = 1_795_400_000.0
Doctor = Callable[[Facts], object]


def ms(at: float) -> int:
    return int((T0 + at) * 1000)


def delivery(n: int, alert: int, recipient: str, **more: Any) -> dict[str, Any]:
    known = {"precedence": 2, "evidence": 3, "ended": "reached", "round": 1, "began_ms": ms(0)}
    times = {"round_began_ms": ms(0), "expires_ms": ms(10)}
    return {"id": n, "alert_id": alert, "recipient": recipient, **known, **times, **more}


def attempt(n: int, of: int, to: str, **more: Any) -> dict[str, Any]:
    known = {
        "rank": 6,
        "round": 1,
        "evidence": 3,
        "not_before_ms": None,
        "started_ms": ms(0.2),
        "why": "first",
    }
    way = {"channel": "mail", "address": f"mailto:{to}"}
    return {"id": n, "delivery_id": of, "queued_ms": ms(0), **known, **way, **more}


def copy(n: int, to: str, began: float, text: str = "") -> Copy:
    return Copy("mail", n, T0 + began, T0 + began + 0.02, f"mailto:{to}", text)


AUDIT = [
    Entry("sending", {"attempt": 1, "delivery": 1}),
    Entry("unknown", {"attempt": 1, "delivery": 1}),
    Entry("sending", {"attempt": 2, "delivery": 1}),
    Entry("submitted", {"attempt": 2, "delivery": 1, "ended": "reached"}),
    Entry("stopped", {"delivery": 2, "ended": "cancelled"}),
    Entry("accepted", {"alert": 3}),
    Entry("sending", {"attempt": 4, "delivery": 3}),
    Entry("submitted", {"attempt": 4, "delivery": 3, "ended": "reached"}),
    Entry("looked", {"delivery": 4, "ended": "expired"}),
]


def run() -> Facts:
    """Alert a went to vagt twice (a crash, a second round); b to leder never; c corrects a; d expired unsent."""
    records = list(chain(AUDIT, at_ms=ms(1), after=0, head=GENESIS))
    alerts = {name: {"id": n} for n, name in enumerate("abcd", start=1)}
    deliveries = [
        delivery(1, 1, "vagt", round=2),
        delivery(2, 2, "leder", ended="cancelled", evidence=0),
        delivery(3, 3, "vagt"),
        delivery(4, 4, "leder", ended="expired", evidence=0),
    ]
    attempts = [
        attempt(1, 1, "vagt", evidence=2),
        attempt(2, 1, "vagt", round=2, queued_ms=ms(2), started_ms=ms(2)),
        attempt(3, 2, "leder", evidence=0, started_ms=None),
        attempt(4, 3, "vagt", queued_ms=ms(4), started_ms=ms(4), why="same-way"),
        attempt(5, 4, "leder", evidence=0, started_ms=None),
    ]
    keys = {f"afsender\nkey-{name}": name for name in "abcd"}
    store = StoreImage(
        T0 + 20, alerts, {d["id"]: d for d in deliveries}, {a["id"]: a for a in attempts}, keys, records
    )
    crash = StoreImage(
        T0 + 0.5,
        {"a": {"id": 1}},
        {1: delivery(1, 1, "vagt", ended=None, evidence=1)},
        {1: attempt(1, 1, "vagt", evidence=1)},
    )
    ledger = [
        {"event": "ready", "t": T0 - 1, "took_s": 0.6},
        accepted("a", 0.1, "vagt"),
        {"event": "killed", "t": T0 + 0.5},
        {"event": "ready", "t": T0 + 1.2, "took_s": 0.7},
        accepted("b", 2.5, "leder"),
        {"event": "stopped", "t": T0 + 3, "id": "b"},
        accepted("c", 4.0, replaces="a"),
        accepted("d", 5.0, "leder"),
    ]
    copies = [copy(1, "vagt", 0.2), copy(2, "vagt", 2.1, "(gentaget)"), copy(4, "vagt", 4.1)]
    return Facts(ledger, store, copies, [crash], {len(records): records[-1].hash})


def accepted(name: str, at: float, *recipients: str, **more: Any) -> dict[str, Any]:
    known = {"event": "accepted", "t": T0 + at, "key": f"key-{name}", "id": name, "expires": T0 + 10}
    return {**known, "recipients": list(recipients), "precedence": "immediate", **more}


def rechain(facts: Facts, change: Callable[[list[Entry]], object]) -> None:
    """The audit as a hub would have written it had things gone otherwise."""
    entries = list(AUDIT)
    change(entries)
    facts.store.audit = list(chain(entries, at_ms=ms(1), after=0, head=GENESIS))
    facts.anchors.clear()


def forget(facts: Facts, *, alert: str, number: int) -> None:
    del facts.store.alerts[alert]
    del facts.store.deliveries[number]


def lesser_first(facts: Facts) -> None:
    for n in range(10, 16):
        facts.store.deliveries[n] = delivery(n, 2, f"r{n}", precedence=4)
        facts.store.attempts[n] = attempt(n, n, f"r{n}", rank=8)
    facts.copies += [copy(n, f"r{n}", 0.05 + n / 1000) for n in range(10, 16)]


def test_a_whole_run_has_nothing_wrong() -> None:
    assert violations(run()) == []


def test_what_a_killed_hub_had_begun_may_arrive_after_its_repetition() -> None:
    facts = run()
    facts.copies = [facts.copies[1], replace(facts.copies[0], arrived=T0 + 2.3), facts.copies[2]]
    assert violations(facts) == []


DOCTORED: list[tuple[str, str, Doctor]] = [
    ("i1", "is lost", lambda f: forget(f, alert="d", number=4)),
    ("i1", "crash 1: alert a was accepted and is lost", lambda f: f.crashes[0].alerts.clear()),
    ("i1", "whose delivery is lost", lambda f: f.store.deliveries.pop(4)),
    ("i1", "never ended", lambda f: f.store.deliveries[3].update(ended=None)),
    ("i2", "was answered", lambda f: f.store.keys.update({"afsender\nkey-d": "b"})),
    ("i2", "was answered", lambda f: f.ledger.append(accepted("b", 6, "leder") | {"key": "key-a"})),
    ("i3", "knows nothing of it", lambda f: f.copies.append(copy(99, "x", 0.1))),
    ("i3", "arrived twice", lambda f: f.copies.append(f.copies[-1])),
    ("i3", "2 allowed", lambda f: [f.store.deliveries[1].update(round=1), f.copies.append(f.copies[1])]),
    ("i3", "before the outcome", lambda f: rechain(f, lambda e: e.insert(0, e.pop(2)))),
    ("i3", "neither was unknown", lambda f: f.store.attempts[1].update(round=2) or same_round(f)),
    ("i3", "does not say so", lambda f: f.copies.__setitem__(1, copy(2, "vagt", 2.1))),
    ("i4", "waited while", lesser_first),
    ("i5", "after its expiry", lambda f: f.copies.append(copy(5, "leder", 10.1))),
    ("i5", "the audit does not say so", lambda f: rechain(f, lambda e: e.pop())),
    ("i6", "after it had been withdrawn", lambda f: f.copies.append(copy(3, "leder", 3.1))),
    ("i6", "is not told", lambda f: f.store.deliveries[3].update(recipient="leder")),
    ("i6", "does not go there", lambda f: f.store.attempts[4].update(channel="sms")),
    ("i6", "never got", lambda f: rechain(f, lambda e: e.insert(0, e.pop(5)))),
    ("i8", "was changed", lambda f: flip(f, 2)),
    ("i8", "is missing", lambda f: f.store.audit.pop(3)),
    ("i8", "cut off", lambda f: f.store.audit.pop()),
    ("i8", "0 sending", lambda f: rechain(f, lambda e: e.pop(0))),
    ("i8", "2 outcomes", lambda f: rechain(f, lambda e: e.append(e[1]))),
    ("i9", "attempt 1 fell", lambda f: f.crashes[0].attempts[1].update(evidence=Evidence.DELIVERED)),
    ("i9", "delivery 1 fell", lambda f: f.crashes[0].deliveries[1].update(evidence=Evidence.READ)),
    ("i9", "had ended cancelled", lambda f: f.crashes[0].deliveries[1].update(ended="cancelled")),
    ("i10", "on no list", lambda f: f.ledger.append(accepted("d", 5, "chef"))),
    ("i10", "the audit has", lambda f: f.store.deliveries[2].update(ended="failed")),
    ("i10", "ended 2 times", lambda f: rechain(f, lambda e: e.append(e[4]))),
    ("i10", "after its expiry", lambda f: f.store.deliveries[4].update(expires_ms=ms(-70))),
    ("i13", "took 6.00 s", lambda f: f.ledger[3].update(took_s=6.0)),
    ("i13", "expires_ms moved", lambda f: f.store.deliveries[1].update(expires_ms=ms(12))),
    ("i13", "round_began_ms moved", lambda f: f.crashes[0].deliveries[1].update(round=2, round_began_ms=1)),
]


def same_round(facts: Facts) -> None:
    rechain(facts, lambda e: e.__setitem__(1, Entry("submitted", {"attempt": 1, "delivery": 1})))


def flip(facts: Facts, n: int) -> None:
    record = facts.store.audit[n]
    facts.store.audit[n] = replace(record, record=record.record.replace("a", "b", 1))


@pytest.mark.parametrize(("judge", "words", "doctor"), DOCTORED, ids=[f"{d[0]}: {d[1]}" for d in DOCTORED])
def test_each_judge_sees_what_was_done(judge: str, words: str, doctor: Doctor) -> None:
    facts = run()
    doctor(facts)
    assert any(each.startswith(f"{judge}_") and words in each for each in violations(facts)), violations(
        facts
    )
