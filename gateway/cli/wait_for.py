"""Waits at the hub until all recipients of an alert have the evidence wanted, and tells on the way who has it."""

import time
from dataclasses import dataclass
from typing import Any

from gateway.cli.changes import changes
from gateway.cli.desk import Desk
from gateway.cli.errors import NoHub, NotInTime
from gateway.cli.hub_client import Lost, exactly
from gateway.cli.standing import standing
from gateway.cli.waiting import Verdict, verdict
from messages.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Waited:
    """How a wait ended."""

    evidence: str
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        return {
            "waited_for": self.evidence,
            "met": self.verdict.met,
            "have": list(self.verdict.have),
            "missing": list(self.verdict.lacking),
        }

    def end(self, desk: Desk) -> None:
        """Says how it ended. NotInTime unless everybody has it."""
        word = desk.words(f"evidence.{self.evidence}")
        if self.verdict.met:
            return desk.screen.progress(desk.words("send.all_have_it", evidence=word))
        if self.verdict.hopeless:
            raise NotInTime(desk.words("send.ended_without", who=", ".join(self.verdict.ended_without)))
        raise NotInTime(desk.words("send.not_in_time", who=", ".join(self.verdict.lacking)))


def wait_for(desk: Desk, accepted: dict[str, Any], *, evidence: str, timeout_s: float) -> Waited:
    """Until all have it, somebody ended without it, or the time is out. The hub may restart meanwhile."""
    wanted = Evidence.parse(evidence)
    shown: dict[str, str] = {}
    found = Verdict((), tuple(accepted["no_route"]), ())
    lost = lambda: desk.screen.progress(desk.words("watch.lost"))  # noqa: E731 - a word, said in one place
    for _ in changes(desk.hub, until=time.monotonic() + timeout_s, lost=lost):
        try:
            alert = desk.hub.alert(exactly(accepted["id"]))
        except (NoHub, Lost):
            continue
        _tell(desk, alert, shown)
        found = verdict(alert, wanted)
        if found.met or found.hopeless:
            break
    return Waited(evidence, found)


def _tell(desk: Desk, alert: dict[str, Any], shown: dict[str, str]) -> None:
    """One line for each recipient whose standing is another than before."""
    for delivery in alert["deliveries"]:
        who, now = delivery["recipient"], standing(delivery, alert, desk.words)
        if shown.get(who) != now:
            shown[who] = now
            desk.screen.progress(desk.words("send.progress", recipient=who, standing=now))
