"""How an alert stands, for a tired reader: four groups, who is missing, and one row a recipient. Pure.

Works on the JSON of `GET /alerts/{id}`. Deputies have rows of their own and are not counted among the missing; a
deputy's answer counts for the one they stand in for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.catalogue import Catalogue
from gateway.cli import cries
from gateway.cli.times import clock
from gateway.cli.warned import reason
from gateway.reasons import in_language
from messages.answer_meaning import words_beside
from messages.answer_number import NUMBER_KEY
from messages.evidence import Ended, Evidence
from messages.neutral import neutral_line

Json = Mapping[str, Any]

GROUPS = ("answered", "has_it", "not_known", "no_contact")
# What was withdrawn waits for nobody: what counts is who may have it, as `bavn stop` says.
_WITHDRAWN = {**dict.fromkeys(GROUPS, "may_have_it"), "answered": "answered", "no_contact": "not_sent"}
_BESIDE_MOST = 80  # characters; `bavn show --attempts` has all
MISSING = ("no_contact", "no_answer", "no_proof", "unknown")


def evidence_of(delivery: Json) -> Evidence:
    return Evidence.parse(delivery["evidence"])


def group(delivery: Json) -> str:
    """Which of the four words holds for a recipient. A receipt proves a bearer, not a person: not known."""
    evidence = evidence_of(delivery)
    if evidence >= Evidence.ACKNOWLEDGED:
        return "answered"
    if evidence >= Evidence.DELIVERED:
        return "has_it"
    return "not_known" if evidence >= Evidence.SENDING else "no_contact"


def grouped(alert: Json) -> dict[str, list[str]]:
    """The recipients under each of the four words, in their order; of what was withdrawn under three."""
    named = _WITHDRAWN if alert["withdrawn"] else {name: name for name in GROUPS}
    found: dict[str, list[str]] = {name: [] for name in named.values()}
    for delivery in alert["deliveries"]:
        found[named[group(delivery)]].append(delivery["recipient"])
    return found


def covered(alert: Json) -> dict[str, str]:
    """Who is answered for, and by which deputy."""
    return {
        d["deputy_for"]: d["recipient"]
        for d in alert["deliveries"]
        if d["deputy_for"] and evidence_of(d) >= Evidence.ACKNOWLEDGED
    }


def originals(alert: Json) -> list[Json]:
    """The deliveries that were asked for: not those of deputies, who came in later."""
    return [d for d in alert["deliveries"] if not d["deputy_for"]]


def asked(alert: Json) -> bool:
    """Whether anybody was asked for an answer: the text asks only where one can come back."""
    return not alert["deliveries"] or any(d.get("can_answer", True) for d in alert["deliveries"])


def missing(alert: Json) -> dict[str, str]:
    """Who is missing, and how: accepted, not reached, and no deputy has answered. Of what was withdrawn nobody."""
    if alert["withdrawn"]:
        return {}
    stood_in = covered(alert)
    return {
        d["recipient"]: _how_missing(d)
        for d in originals(alert)
        if d["ended"] not in {Ended.REACHED, Ended.CANCELLED} and d["recipient"] not in stood_in
    }


def _how_missing(delivery: Json) -> str:
    """`unknown` is said only of what may have arrived; a receipt without a report is no proof, and no doubt either."""
    evidence = evidence_of(delivery)
    if evidence >= Evidence.DELIVERED:
        return "no_answer"
    return {Evidence.SUBMITTED: "no_proof", Evidence.UNKNOWN: "unknown"}.get(evidence, "no_contact")


@dataclass(frozen=True, slots=True)
class Row:
    """One recipient in words, each a cell of the table."""

    recipient: str
    how_far: str
    way: str
    since: str
    next: str
    is_deputy: bool
    is_missing: bool
    is_to_withdrawn: bool = False  # they act on a text that does not hold any more
    is_urgent: bool = False  # somebody must act at once on what they answered
    is_untaken: bool = False  # ... and nobody does


def rows(alert: Json, words: Catalogue, *, now: datetime) -> list[Row]:
    """The recipients: those who cry and whom nobody has heard first, then those who are missing."""
    lacking, stood_in = missing(alert), covered(alert)
    found = [_row(d, alert, words, now=now, lacking=lacking, stood_in=stood_in) for d in alert["deliveries"]]
    return sorted(found, key=lambda row: (not row.is_untaken, not row.is_missing))


def _row(
    delivery: Json,
    alert: Json,
    words: Catalogue,
    *,
    now: datetime,
    lacking: Iterable[str],
    stood_in: Mapping[str, str],
) -> Row:
    who, principal = delivery["recipient"], delivery["deputy_for"]
    notes = _notes(delivery, alert, words, now=now, lacking=lacking, stood_in=stood_in)
    best, urgent = best_attempt(delivery), cries.of_delivery(delivery)
    return Row(
        recipient=f"{who}\n{words('show.deputy_for', who=principal)}" if principal else who,
        how_far="\n".join((standing(delivery, alert, words), *notes)),
        way=_way(delivery, best, words),
        since=clock(_since(delivery, best), words, now=now),
        next=_next(delivery, words, now=now),
        is_deputy=bool(principal),
        is_missing=who in lacking,
        is_to_withdrawn=to_withdrawn(delivery["answered_at"], alert),
        is_urgent=bool(urgent),
        is_untaken=any(cries.nobody_has(item) for item in urgent),
    )


def _notes(
    delivery: Json,
    alert: Json,
    words: Catalogue,
    *,
    now: datetime,
    lacking: Iterable[str],
    stood_in: Mapping[str, str],
) -> Iterator[str]:
    """What is to be known beside how far it is, a line each; what somebody must act on first."""
    who, evidence = delivery["recipient"], evidence_of(delivery)
    yield from (cries.line(item, words, now=now) for item in delivery.get("items", ()))
    if beside := _beside(delivery, alert):
        yield f'"{beside}"'
    if who in stood_in and evidence < Evidence.ACKNOWLEDGED:
        yield words("show.covered", who=stood_in[who])
    if delivery.get("shared"):
        yield words("show.shared", who=", ".join(delivery["shared"]))
    if delivery.get("no_way"):
        yield reason(delivery["no_way"], words)
    if evidence == Evidence.QUEUED and (why := _refused(delivery)):
        yield words("show.refused", why=neutral_line(in_language(why, words)))
    if alert["answers"] and who in lacking and not delivery.get("can_answer", True):
        yield words("show.cannot_answer")
    if to_withdrawn(delivery["answered_at"], alert):
        yield words("show.to_withdrawn", how=words.known("withdrawn", alert["withdrawn"]))


def _refused(delivery: Json) -> str:
    """What the last attempt was refused with, where there was one; nothing has left then."""
    refused = [a for a in delivery["attempts"] if a["evidence"] == "refused"]
    return str(refused[-1]["detail"]) if refused else ""


def to_withdrawn(said_at: str | None, alert: Json) -> bool:
    """Whether it was said when the alert did not hold any more: before that it answered what held."""
    if not (alert["withdrawn"] and alert["withdrawn_at"] and said_at):
        return False
    return datetime.fromisoformat(said_at) > datetime.fromisoformat(alert["withdrawn_at"])


def _way(delivery: Json, best: Json | None, words: Catalogue) -> str:
    """The way that the answer came, which need not be the one that the question went."""
    if evidence_of(delivery) >= Evidence.ACKNOWLEDGED and delivery["answers"]:
        shown = [each for each in delivery["answers"] if each["at"] == delivery["answered_at"]]
        return words.known("via", (shown or delivery["answers"])[-1]["via"])
    return best["channel"] if best else ""


def _beside(delivery: Json, alert: Json) -> str:
    """What they wrote beside the option that is shown: `1, broen er styrtet sammen`."""
    key = delivery["answer"]
    said = [each["text"] for each in delivery["answers"] if each["option"] and each["option"] == key]
    if not said or said[-1].strip() == key:
        return ""
    text = words_beside(said[-1], tuple(alert["answers"].items()), code=alert["code"])
    return text if len(text) <= _BESIDE_MOST else f"{text[:_BESIDE_MOST].rstrip()}…"


def standing(delivery: Json, alert: Json, words: Catalogue) -> str:
    """How far it is, in the words of the contract; an answer is shown with its meaning."""
    evidence, ended = evidence_of(delivery), delivery["ended"]
    if evidence >= Evidence.ACKNOWLEDGED and delivery["answer"]:
        answer = alert["answers"].get(delivery["answer"], delivery["answer"])
        key = "show.contradicted" if contradicting(delivery, alert) else "show.answered"
        return words(key, word=words("evidence.acknowledged"), answer=neutral_line(answer))
    if ended in {Ended.EXPIRED, Ended.CANCELLED, Ended.FAILED} and evidence <= Evidence.QUEUED:
        return words(f"ended.{ended}")
    if evidence == Evidence.SUBMITTED and given_up(delivery):
        return words("show.given_up")
    best = best_attempt(delivery)
    return proof(delivery["evidence"], best["address"] if best else "", words)


def proof(evidence: str, address: str, words: Catalogue) -> str:
    """The word for evidence; what is delivered is on a phone, or where this kind of address has it."""
    key = f"delivered.{address.partition(':')[0]}"
    if evidence == Evidence.DELIVERED.word and key in words:
        return words(key)
    return words.known("evidence", evidence)


def given_up(delivery: Json) -> bool:
    """Whatever was handed over came to nothing, as a bounce or a failed report says; what is known is not lowered."""
    handed = [
        a for a in delivery["attempts"] if a["evidence"] in {Evidence.UNKNOWN.word, Evidence.SUBMITTED.word}
    ]
    return bool(handed) and all(a.get("given_up") for a in handed)


def contradicting(delivery: Json, alert: Json) -> bool:
    """Several options were named: the latest is shown, and none of them may be forgotten (invariant I9).

    A number that was asked for may change.
    """
    options = {answer["option"] for answer in delivery["answers"] if answer["option"]}
    return NUMBER_KEY not in alert["answers"] and len(options) > 1


def differing(delivery: Json) -> bool:
    """More was said than the latest answer: what names no option may still take back the one before."""
    return len({a["option"] or a["text"].strip().casefold() for a in delivery["answers"]}) > 1


@dataclass(frozen=True, slots=True)
class Said:
    """One answer in words: when it came, how, and what it says."""

    at: str
    via: str
    what: str


def answers(delivery: Json, alert: Json, words: Catalogue, *, now: datetime) -> list[Said]:
    """All answers of a recipient, oldest first."""
    return [
        Said(clock(each["at"], words, now=now), words.known("via", each["via"]), _said(each, alert))
        for each in delivery["answers"]
    ]


def _said(answer: Json, alert: Json) -> str:
    """`1 = kommer`, and the words themselves where they are more than the key."""
    key, text = answer["option"], neutral_line(answer["text"])
    if not key:
        return f'"{text}"'
    meaning = neutral_line(alert["answers"].get(key, ""))
    option = f"{key} = {meaning}" if meaning else key
    return option if text == key else f'{option} "{text}"'


def best_attempt(delivery: Json) -> Json | None:
    """The attempt that the evidence rests on: the best, of equals the latest."""
    started = [a for a in delivery["attempts"] if a["evidence"] != "dropped"]
    return max(started, key=lambda a: (Evidence.parse(a["evidence"]), a["id"]), default=None)


def _since(delivery: Json, best: Json | None) -> str | None:
    since: str | None = delivery["answered_at"]
    if since is None and best is not None:
        since = best["ended_at"] or best["started_at"] or best["queued_at"]
    return since


def _next(delivery: Json, words: Catalogue, *, now: datetime) -> str:
    """What happens next and when; a person to phone comes before everything else."""
    step, lines = delivery["next"], []
    if delivery["call"]:
        lines.append(words("show.next_call"))
    if step is not None:
        at = clock(step["at"], words, now=now)
        what = "round" if step["what"] == "look" and not step["channel"] else step["what"]
        if what == "round" and evidence_of(delivery) <= Evidence.SUBMITTED and given_up(delivery):
            lines.append(words("show.next_none"))
        elif at or what == "waiting":
            lines.append(words(f"show.next_{what}", channel=step["channel"], at=at))
    return "\n".join(lines)
