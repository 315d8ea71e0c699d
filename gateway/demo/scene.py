"""What is seen at a moment: the hub's own answers as rows, lamps and lines of a log. No network, no screen. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.demo.cast import ROLES, STAND_IN
from gateway.demo.words import Words

Json = Mapping[str, Any]
SWITCHES = (
    "refused",
    "unknown",
    "given-up",
    "no-evidence",
    "not-handed-over",
)  # why an attempt follows another one's failure
NEVER_LEFT = frozenset({"dropped", "queued"})
_STYLES = {
    "acknowledged": "green",
    "read": "cyan",
    "delivered": "cyan",
    "submitted": "yellow",
    "unknown": "bold magenta",
}
_LAMPS = {"up": "green", "degraded": "bold black on yellow", "down": "bold white on red", "starting": "dim"}
NAMED_MOST = 3


@dataclass(frozen=True, slots=True)
class Row:
    who: str
    evidence: str
    style: str
    way: str
    why: str


@dataclass(frozen=True, slots=True)
class Lamp:
    name: str
    word: str
    style: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that the screen shows but the log."""

    at: str
    missing: int | None
    waiting: int  # ROUTINE messages in the queue
    lamps: tuple[Lamp, ...]
    rows: tuple[Row, ...]
    act: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the hub last said: its alerts by what they are in the story (call-in, status, correction), its channels."""

    alerts: Mapping[str, Json]
    channels: Mapping[str, Json]
    hub_up: bool

    def delivery(self, role: str, alert: str = "call-in") -> Json | None:
        deliveries = self.alerts.get(alert, {}).get("deliveries", ())
        return next((d for d in deliveries if d["recipient"] == role), None)

    def covered(self, role: str) -> bool:
        """A person of the role has answered, or the stand-in asked on the role's behalf has."""
        return self.answered(role) or self.relieved(role)

    def answered(self, role: str) -> bool:
        found = self.delivery(role)
        return found is not None and found["evidence"] == "acknowledged"

    def relieved(self, role: str) -> bool:
        deputy = self.delivery(STAND_IN)
        return deputy is not None and deputy["deputy_for"] == role and deputy["evidence"] == "acknowledged"

    def missing(self) -> list[str]:
        """The roles that the call-in was sent to and that nobody covers yet."""
        asked = [role.id for role in ROLES if self.delivery(role.id) is not None]
        return [role for role in asked if not self.covered(role)]

    def attempts(self) -> Iterable[tuple[str, str, Json]]:
        """(alert of the story, recipient, attempt)."""
        for name, alert in self.alerts.items():
            for delivery in alert["deliveries"]:
                for attempt in delivery["attempts"]:
                    yield name, delivery["recipient"], attempt

    def waiting_routine(self) -> int:
        return sum(channel["waiting_by_precedence"]["routine"] for channel in self.channels.values())


def rows(seen: Seen, words: Words) -> tuple[Row, ...]:
    return tuple(_row(seen, role.id, words) for role in ROLES)


def _row(seen: Seen, role: str, words: Words) -> Row:
    name, delivery = words.name(role), seen.delivery(role)
    if delivery is None:
        rests = words["stand-in-rests"] if role == STAND_IN else words["evidence-queued"]
        return Row(name, rests, "dim", "", "")
    evidence = delivery["evidence"]
    said = words.say(f"evidence-{evidence}", answer=_meaning(seen, delivery))
    if seen.relieved(role) and not seen.answered(role):
        said = words["relieved"]
    why = words.say("note-deputy", who=words.name(delivery["deputy_for"])) if delivery["deputy_for"] else ""
    return Row(
        name, said, _STYLES.get(evidence, ""), _ways(delivery, words), why or _trouble(delivery, words)
    )


def _meaning(seen: Seen, delivery: Json) -> str:
    """What the option that was chosen stands for."""
    answer = delivery["answer"] or ""
    return str(seen.alerts["call-in"]["answers"].get(answer, answer))


def _ways(delivery: Json, words: Words) -> str:
    """The ways that something left over, or is to leave over."""
    shown = [a["channel"] for a in delivery["attempts"] if a["evidence"] not in {"dropped", "refused"}]
    return " + ".join(words[f"way-{name}"] for name in dict.fromkeys(shown))


def _trouble(delivery: Json, words: Words) -> str:
    """Why this row is not only on its first ways."""
    notes = [
        words.say("note-switch", way=words[f"net-{failed['channel']}"], why=words[f"why-{attempt['why']}"])
        for attempt in delivery["attempts"]
        if attempt["why"] in SWITCHES and (failed := failed_before(delivery, attempt)) is not None
    ]
    turned_down = {a["channel"] for a in delivery["attempts"] if a["evidence"] == "refused"}
    notes += [
        words.say("note-switch", way=words[f"net-{name}"], why=words["why-refused"])
        for name in sorted(turned_down)
    ]
    uncertain = [a for a in delivery["attempts"] if a["evidence"] == "unknown"]
    notes += [words.say("way-unknown", way=words[f"net-{a['channel']}"]) for a in uncertain]
    return ", ".join(dict.fromkeys(notes))


def failed_before(delivery: Json, attempt: Json) -> Json | None:
    """The attempt whose failure made the router start this one."""
    fitting = {
        "refused": {"refused"},
        "unknown": {"unknown"},
        "given-up": {"submitted", "unknown"},
        "no-evidence": {"submitted"},
        "not-handed-over": {"queued", "sending", "dropped", "refused"},
    }[attempt["why"]]
    others: list[Json] = [
        a for a in delivery["attempts"] if a["id"] < attempt["id"] and a["channel"] != attempt["channel"]
    ]
    exact = [a for a in others if a["evidence"] in fitting] or others
    return exact[-1] if exact else None


def lamps(seen: Seen, words: Words) -> tuple[Lamp, ...]:
    hub = Lamp(
        words["hub"], words["hub-up" if seen.hub_up else "hub-down"], _LAMPS["up" if seen.hub_up else "down"]
    )
    found = [hub]
    for name, channel in seen.channels.items():
        state = channel["state"]
        style = _LAMPS[state] if seen.hub_up else "dim"  # what was known before the hub went away
        found.append(Lamp(words[f"net-{name}"], words[f"lamp-{state}"], style))
    return tuple(found)


def switches(before: Seen, after: Seen, words: Words) -> list[str]:
    """Lines for the log: who changed to which way, and why. Equal changes are one line."""
    known = {attempt["id"] for _, _, attempt in before.attempts()}
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for name, recipient, attempt in after.attempts():
        if name == "correction" or attempt["id"] in known or attempt["why"] not in SWITCHES:
            continue
        delivery = after.delivery(recipient, name)
        failed = failed_before(delivery, attempt) if delivery else None
        if failed is not None:
            key = (failed["channel"], attempt["why"], attempt["channel"])
            grouped.setdefault(key, []).append(words.name(recipient))
    return [_switch_line(key, who, words) for key, who in grouped.items()]


def _switch_line(key: tuple[str, str, str], who: Sequence[str], words: Words) -> str:
    failed, why, channel = key
    facts = {"from_way": words[f"net-{failed}"], "why": words[f"why-{why}"], "way": words[f"net-{channel}"]}
    if len(who) == 1:
        return words.say("log-switch", who=who[0], **facts)
    named = ", ".join(who[:NAMED_MOST]) + (" ..." if len(who) > NAMED_MOST else "")
    return words.say("log-switch-many", n=len(who), who=named, **facts)


def channel_changes(before: Seen, after: Seen, words: Words) -> list[str]:
    lines = []
    for name, channel in after.channels.items():
        earlier = before.channels.get(name, {}).get("state")
        if earlier not in {None, channel["state"]} and channel["state"] != "starting" and after.hub_up:
            lines.append(
                words.say("log-channel", way=words[f"net-{name}"], state=words[f"lamp-{channel['state']}"])
            )
    return lines
