"""The judges: each invariant as a function from the facts to what is wrong, [] when it holds.

They read only the outside ledger, the store's file and the far ends' journals, never the hub's opinion of itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from gateway.audit import verify
from messages.evidence import Ended, Evidence
from messages.precedence import Precedence
from tests.invariants.facts import Copy, Facts, Row, StoreImage

REACHED, EXPIRED, CANCELLED, FAILED = Ended
START_MOST_S = 5.0  # I13: from exec to accepting
END_GRACE_S = 60.0  # I10: of up-time after the expiry
CONTENT_S = 1.0  # from the last check before the first byte to the far end's note about the last
Judge = Callable[[Facts], list[str]]


def i1_no_accepted_loss(facts: Facts) -> list[str]:
    """Everything that a submitter was told is accepted is in the store at every crash since, and ends."""
    return [
        *(f"crash {n}: {wrong}" for n, at in enumerate(facts.crashes, 1) for wrong in _lost(facts, at)),
        *_lost(facts, facts.store),
        *(
            f"delivery {d['id']} to {d['recipient']} never ended"
            for d in facts.store.deliveries.values()
            if d["ended"] is None
        ),
    ]


def _lost(facts: Facts, image: StoreImage) -> Iterator[str]:
    for line in facts.lines("accepted"):
        if line["t"] > image.at:
            continue
        if line["id"] not in image.alerts:
            yield f"alert {line['id']} was accepted and is lost"
            continue
        for recipient in sorted(set(line["recipients"]) - image.of(line["id"]).keys()):
            yield f"alert {line['id']} was accepted for {recipient}, whose delivery is lost"


def i2_accept_after_durable(facts: Facts) -> list[str]:
    """A key stands for one alert, and the alert of each success stands under its key."""
    wrong = []
    for line in facts.lines("accepted"):
        kept = {name for key, name in facts.store.keys.items() if key.rpartition("\n")[2] == line["key"]}
        if kept != {line["id"]}:
            wrong.append(f"key {line['key']}: {line['id']} was answered, the store has {sorted(kept)}")
    return wrong


def i3_at_least_once_bounded(facts: Facts) -> list[str]:
    """One copy a round, one more for each unknown hand-over; what is sent twice was shown as unknown before."""
    wrong, pairs = [], defaultdict(list)
    order = {(r["event"], r["attempt"]): r["n"] for r in _records(facts, "sending", "unknown", "submitted")}
    for copy in facts.copies:
        if copy.attempt not in facts.store.attempts:
            wrong.append(
                f"attempt {copy.attempt} arrived at {copy.address} and the store knows nothing of it"
            )
            continue
        pairs[facts.delivery_of(copy)["id"], copy.channel, copy.address].append(copy)
    unknown = {r["attempt"] for r in _records(facts, "unknown")}
    for (number, channel, address), copies in pairs.items():
        mine = {n for n, a in facts.store.attempts.items() if a["delivery_id"] == number} & unknown
        allowed = facts.store.deliveries[number]["round"] + len(mine)
        if len(copies) > allowed:
            wrong.append(
                f"delivery {number}: {len(copies)} copies over {channel} to {address}, {allowed} allowed"
            )
        wrong += _judge_copies(facts, copies, order)
    return wrong


def _judge_copies(facts: Facts, copies: list[Copy], order: dict[tuple[str, int], int]) -> Iterator[str]:
    """In the order in which they left: what a killed hub had begun may arrive after what the next one sends."""
    left_in_turn = sorted(copies, key=lambda copy: order.get(("sending", copy.attempt), 0))
    for first, second in pairwise(left_in_turn):
        if first.attempt == second.attempt:
            yield f"attempt {first.attempt} arrived twice"
            continue
        rounds = [facts.store.attempts[c.attempt]["round"] for c in (first, second)]
        shown = [order.get((event, first.attempt)) for event in ("unknown", "submitted")]
        earliest = min((n for n in shown if n is not None), default=None)
        left = order.get(("sending", second.attempt))
        if left is None or earliest is None or earliest > left:
            yield f"attempt {second.attempt} left before the outcome of {first.attempt} was shown"
        elif rounds[0] == rounds[1] and shown[0] is None:
            yield f"attempts {first.attempt} and {second.attempt} went in one round, and neither was unknown"
        elif "(gentaget)" not in second.text:
            yield f"attempt {second.attempt} came a second time and its text does not say so"


def i4_precedence(facts: Facts, window: int = 4) -> list[str]:
    """While an attempt waits for a bearer, no more lesser ones begin than had been taken before: the window."""
    wrong, known = [], facts.known
    for copy in known:
        attempt = facts.store.attempts[copy.attempt]
        since = max(attempt["queued_ms"], attempt["not_before_ms"] or 0) / 1000
        overtook = [
            other
            for other in known
            if other.channel == copy.channel
            and since < other.began < copy.began
            and facts.store.attempts[other.attempt]["rank"] > attempt["rank"]
        ]
        if len(overtook) > window:
            word = Precedence(facts.delivery_of(copy)["precedence"]).word
            wrong.append(f"{word} attempt {copy.attempt} waited while {len(overtook)} lesser ones began")
    return wrong


def i5_expiry(facts: Facts) -> list[str]:
    """Nothing leaves at or after its expiry, and every expiry is in the audit."""
    wrong = []
    expires = {line["id"]: line["expires"] for line in facts.lines("accepted")}
    for copy in facts.known:
        identifier, _ = _pair(facts, copy)
        until = expires.get(identifier)
        if until is not None and (copy.began >= until or copy.arrived >= until + CONTENT_S):
            wrong.append(
                f"attempt {copy.attempt} of {identifier} began {copy.began - until:.3f} s after its expiry"
            )
    audited = {r["delivery"] for r in _records(facts) if r.get("ended") == EXPIRED}
    expired = {d["id"] for d in facts.store.deliveries.values() if d["ended"] == EXPIRED}
    return wrong + [f"delivery {n} expired and the audit does not say so" for n in sorted(expired - audited)]


def i6_cancel(facts: Facts) -> list[str]:
    """After a withdrawal nothing of the alert begins; who may have got it gets what follows, over the same ways."""
    wrong = []
    withdrawn = {line["id"]: line["t"] for line in facts.lines("stopped")}
    withdrawn |= {line["replaces"]: line["t"] for line in facts.lines("accepted") if line.get("replaces")}
    for copy in facts.known:
        identifier, recipient = _pair(facts, copy)
        if identifier in withdrawn and copy.began > withdrawn[identifier]:
            wrong.append(f"{identifier} left for {recipient} after it had been withdrawn")
    for line in facts.lines("accepted"):
        if line.get("replaces"):
            wrong += _judge_follower(facts, line["replaces"], line["id"])
    return wrong


def _judge_follower(facts: Facts, earlier: str, later: str) -> Iterator[str]:
    told = facts.store.of(later)
    for copy in facts.known:
        identifier, recipient = _pair(facts, copy)
        if identifier != earlier:
            continue
        if recipient not in told:
            yield f"{recipient} got {earlier} and is not told of {later}"
            continue
        ways = {(a["channel"], a["address"]) for a in _attempts(facts, told[recipient]["id"])}
        if (copy.channel, copy.address) not in ways:
            yield f"{recipient} got {earlier} over {copy.channel}, and {later} does not go there"
    number = facts.store.alerts[later]["id"]
    accepted = next(r["n"] for r in _records(facts, "accepted") if r["alert"] == number)
    left = {r["delivery"] for r in _records(facts, "sending") if r["n"] < accepted}
    for recipient, before in facts.store.of(earlier).items():
        if recipient in told and before["id"] not in left:
            yield f"{recipient} never got {earlier} and is told of {later}"


def i8_audit(facts: Facts) -> list[str]:
    """The chain holds, meets its anchors, and has one `sending` and one outcome for each attempt that left."""
    wrong = [f"record {flaw.n}: {flaw.reason}" for flaw in verify(facts.store.audit, facts.anchors)]
    count: dict[tuple[str, int], int] = defaultdict(int)
    for record in _records(facts, "sending", "submitted", "refused", "unknown"):
        count["sending" if record["event"] == "sending" else "outcome", record["attempt"]] += 1
    for number, attempt in facts.store.attempts.items():
        left = int(attempt["started_ms"] is not None)
        found = count["sending", number], count["outcome", number]
        if left and found != (1, 1):
            wrong.append(f"attempt {number} left once and has {found[0]} sending and {found[1]} outcomes")
    return wrong


def i9_evidence_monotone(facts: Facts) -> list[str]:
    """From one crash to the next, evidence from unknown up never falls, and an end stays what it is."""
    wrong = []
    for before, after in pairwise([*facts.crashes, facts.store]):
        for number, was in before.attempts.items():
            now = after.attempts[number]
            if was["evidence"] >= Evidence.UNKNOWN and now["evidence"] < was["evidence"]:
                wrong.append(f"attempt {number} fell from {was['evidence']} to {now['evidence']}")
        for number, was in before.deliveries.items():
            now = after.deliveries[number]
            if was["evidence"] >= Evidence.UNKNOWN and now["evidence"] < was["evidence"]:
                wrong.append(f"delivery {number} fell from {was['evidence']} to {now['evidence']}")
            late = was["ended"] in {EXPIRED, FAILED} and now["ended"] == REACHED
            if was["ended"] is not None and now["ended"] != was["ended"] and not late:
                wrong.append(f"delivery {number} had ended {was['ended']} and is now {now['ended']}")
    return wrong


def i10_nobody_forgotten(facts: Facts) -> list[str]:
    """The missing are those accepted, less those reached and cancelled; each end came in time and was audited once."""
    wrong, ends = [], defaultdict(list)
    for record in _records(facts):
        if "ended" in record:
            ends[record["delivery"]].append(record)
    for line in facts.lines("accepted"):
        found = facts.store.of(line["id"]) if line["id"] in facts.store.alerts else {}
        missing = sorted(set(line["recipients"]) - found.keys())
        wrong += [f"{recipient} of {line['id']} is on no list" for recipient in missing]
    for d in facts.store.deliveries.values():
        mine = ends[d["id"]]
        if d["ended"] is not None and (not mine or mine[-1]["ended"] != d["ended"]):
            wrong.append(f"delivery {d['id']} ended {d['ended']}, the audit has {[r['ended'] for r in mine]}")
        if len(mine) > 1 and not (
            len(mine) == 2 and mine[1]["ended"] == REACHED and mine[0]["ended"] != CANCELLED
        ):
            wrong.append(f"delivery {d['id']} ended {len(mine)} times")
        late = mine and mine[0]["at"] / 1000 - d["expires_ms"] / 1000 - _down(facts, d["expires_ms"] / 1000)
        if late and late > END_GRACE_S:
            wrong.append(f"delivery {d['id']} ended {late:.0f} s of up-time after its expiry")
    return wrong


def _down(facts: Facts, since: float) -> float:
    """Seconds after `since` in which no hub was running."""
    down, killed = 0.0, None
    for line in facts.ledger:
        if line["event"] == "killed":
            killed = line["t"]
        elif line["event"] == "ready" and killed is not None:
            down += max(0.0, line["t"] - max(killed, since))
            killed = None
    return down


def i13_recovery(facts: Facts) -> list[str]:
    """Accepting soon after a crash, nobody's hand needed, and timers that go on where they were."""
    wrong = [
        f"start {n} took {line['took_s']:.2f} s"
        for n, line in enumerate(facts.lines("ready"))
        if line["took_s"] > START_MOST_S
    ]
    for before, after in pairwise([*facts.crashes, facts.store]):
        for number, was in before.deliveries.items():
            now = after.deliveries[number]
            moved = [name for name in ("began_ms", "expires_ms") if was[name] != now[name]]
            if was["round"] == now["round"] and was["round_began_ms"] != now["round_began_ms"]:
                moved.append("round_began_ms")
            wrong += [f"delivery {number}: {name} moved over a restart" for name in moved]
    return wrong


ALL: tuple[Judge, ...] = (
    i1_no_accepted_loss,
    i2_accept_after_durable,
    i3_at_least_once_bounded,
    i4_precedence,
    i5_expiry,
    i6_cancel,
    i8_audit,
    i9_evidence_monotone,
    i10_nobody_forgotten,
    i13_recovery,
)


def violations(facts: Facts) -> list[str]:
    """All that is wrong, each with the invariant that it breaks."""
    return [f"{judge.__name__}: {wrong}" for judge in ALL for wrong in judge(facts)]


def _pair(facts: Facts, copy: Copy) -> tuple[str, str]:
    delivery = facts.delivery_of(copy)
    return facts.identifier[delivery["alert_id"]], delivery["recipient"]


def _attempts(facts: Facts, delivery: int) -> list[Row]:
    return [a for a in facts.store.attempts.values() if a["delivery_id"] == delivery]


def _records(facts: Facts, *events: str) -> Iterator[dict[str, Any]]:
    return (record for record in facts.records if not events or record["event"] in events)
