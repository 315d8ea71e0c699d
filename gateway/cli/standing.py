"""How an alert stands, for a tired reader: four groups, who is missing, and one row a recipient. Pure.

Works on the JSON of `GET /alerts/{id}`. Deputies have rows of their own and are not counted among the missing; a
deputy's answer counts for the one they stand in for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.catalogue import Catalogue
from gateway.cli.warned import reason
from gateway.durations import in_words
from messages.danish_time import danish_time
from messages.evidence import Ended, Evidence
from messages.neutral import neutral_line

Json = Mapping[str, Any]

GROUPS = ("answered", "has_it", "not_known", "no_contact")
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
    """The recipients under each of the four words, in the order of the words."""
    found: dict[str, list[str]] = {name: [] for name in GROUPS}
    for delivery in alert["deliveries"]:
        found[group(delivery)].append(delivery["recipient"])
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
    """Who is missing, and how: accepted, neither reached nor withdrawn, and no deputy has answered."""
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


def rows(alert: Json, words: Catalogue, *, now: datetime) -> list[Row]:
    """The recipients, those who are missing first."""
    lacking, stood_in = missing(alert), covered(alert)
    found = [_row(d, alert, words, now=now, lacking=lacking, stood_in=stood_in) for d in alert["deliveries"]]
    return sorted(found, key=lambda row: not row.is_missing)


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
    how_far = standing(delivery, alert, words)
    if who in stood_in and evidence_of(delivery) < Evidence.ACKNOWLEDGED:
        how_far = f"{how_far}\n{words('show.covered', who=stood_in[who])}"
    if delivery.get("shared"):
        how_far = f"{how_far}\n{words('show.shared', who=', '.join(delivery['shared']))}"
    if delivery.get("no_way"):
        how_far = f"{how_far}\n{reason(delivery['no_way'], words)}"
    if alert["answers"] and who in lacking and not delivery.get("can_answer", True):
        how_far = f"{how_far}\n{words('show.cannot_answer')}"
    to_withdrawn = bool(alert["withdrawn"]) and evidence_of(delivery) >= Evidence.ACKNOWLEDGED
    if to_withdrawn:
        how = words.known("withdrawn", alert["withdrawn"])
        how_far = f"{how_far}\n{words('show.to_withdrawn', how=how)}"
    best = best_attempt(delivery)
    return Row(
        recipient=f"{who}\n{words('show.deputy_for', who=principal)}" if principal else who,
        how_far=how_far,
        way=best["channel"] if best else "",
        since=clock(_since(delivery, best), words, now=now),
        next=_next(delivery, words, now=now),
        is_deputy=bool(principal),
        is_missing=who in lacking,
        is_to_withdrawn=to_withdrawn,
    )


def standing(delivery: Json, alert: Json, words: Catalogue) -> str:
    """How far it is, in the words of the contract; an answer is shown with its meaning."""
    evidence, ended = evidence_of(delivery), delivery["ended"]
    if evidence >= Evidence.ACKNOWLEDGED and delivery["answer"]:
        answer = alert["answers"].get(delivery["answer"], delivery["answer"])
        key = "show.contradicted" if contradicting(delivery) else "show.answered"
        return words(key, word=words("evidence.acknowledged"), answer=neutral_line(answer))
    if ended in {Ended.EXPIRED, Ended.CANCELLED, Ended.FAILED} and evidence <= Evidence.QUEUED:
        return words(f"ended.{ended}")
    if evidence == Evidence.SUBMITTED and given_up(delivery):
        return words("show.given_up")
    return words.known("evidence", delivery["evidence"])


def given_up(delivery: Json) -> bool:
    """Whatever was handed over came to nothing, as a bounce or a failed report says; what is known is not lowered."""
    handed = [
        a for a in delivery["attempts"] if a["evidence"] in {Evidence.UNKNOWN.word, Evidence.SUBMITTED.word}
    ]
    return bool(handed) and all(a.get("given_up") for a in handed)


def contradicting(delivery: Json) -> bool:
    """Several options were named: the latest is shown, and none of them may be forgotten (invariant I9)."""
    return len({answer["option"] for answer in delivery["answers"] if answer["option"]}) > 1


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


def clock(time: str | None, words: Catalogue, *, now: datetime) -> str:
    """A time of the API as the clock on the wall in Denmark; with its date when that is another day."""
    if not time:
        return ""
    date, _, hour = danish_time(datetime.fromisoformat(time)).partition(" kl. ")
    shown = hour if words.language == "da" else hour.replace(".", ":")
    if date == danish_time(now).partition(" kl. ")[0]:
        return words("show.clock", clock=shown)
    return words("show.clock_date", date=date[:5], clock=shown)


def owned(item: Json, words: Catalogue, *, now: datetime) -> str:
    """Who has an item of the inbox, or has handled it; or that nobody has it."""
    if item["handled_at"]:
        at = clock(item["handled_at"], words, now=now)
        note = f": {item['note']}" if item["note"] else ""
        return words("inbox.handled", owner=item["owner"] or "", at=at, note=note)
    if item["taken_at"]:
        return words("inbox.taken", owner=item["owner"] or "", at=clock(item["taken_at"], words, now=now))
    return words("inbox.untaken", number=item["number"])


def old(time: str | None, *, now: datetime) -> str:
    """How old something is, in the two largest units; '' for what never was."""
    return in_words(now - datetime.fromisoformat(time)) if time else ""


def wall_now() -> datetime:
    return datetime.now(UTC)
