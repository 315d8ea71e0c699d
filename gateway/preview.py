"""An alert before it is sent: who would get it over what, and each text as it would leave. Nothing is kept or sent."""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from gateway.accept import Submission, composed, judge, read_request
from gateway.delivery import Start
from gateway.opening import Opening
from gateway.outgoing import words_of
from gateway.router import Way
from gateway.store.accepting import Acceptance, Accepted
from gateway.strict_json import read_object
from gateway.warnings import as_carried, warnings, ways_used
from gateway.world import World
from messages.precedence import Precedence
from messages.render import ShortText, Words, body, subject

Json = dict[str, Any]
NO_CODE = "??"  # an alert gets its code when it is accepted; this is as long


def preview(octets: bytes, world: World, *, now: datetime) -> Json:
    """The JSON to send, judged and rendered. Without `to` for everybody, without `precedence` as routine; Refused."""
    fields = read_object(octets)
    fields.setdefault("to", [contact.id for contact in world.directory.contacts])
    fields.setdefault("precedence", Precedence.ROUTINE.word)
    alert = composed(read_request(json.dumps(fields).encode(), world), world, now)
    return foreseen(judge(alert, Submission(submitter="preview"), world=world, now=now, body=b""), world)


def foreseen(kept: Acceptance, world: World) -> Json:
    """What would become of an alert that has passed every check."""
    openings = _openings(kept, world)
    no_route = tuple(who for who, opened in openings.items() if not opened.ladder)
    texts = [_text(way, kept, world, openings=openings) for way in ways_used(kept, world)]
    closed = {way.name for way in world.surroundings.ways if way.disabled}
    accepted = Accepted(kept.alert.identifier, NO_CODE, no_route, len(openings))
    return {
        "status": kept.alert.status.value,
        "plane": kept.plane,
        "precedence": kept.alert.precedence.word,
        "want": kept.want.word,
        "recipients": len(openings),
        "no_route": list(no_route),
        "texts": [text for text in texts if text["recipients"]],
        "plan": [{"recipient": who, "ways": list(_ways(opened, closed))} for who, opened in openings.items()],
        "warnings": list(warnings(kept, accepted, world)),
    }


def _openings(kept: Acceptance, world: World) -> dict[str, Opening]:
    contacts = kept.recipients if kept.alert.status.actionable else ()
    rank = kept.alert.precedence
    return {c.id: world.opening(c, rank, plane=kept.plane, want=kept.want) for c in contacts}


def _ways(opened: Opening, closed: Collection[str]) -> Iterator[Json]:
    at_once = {each.rung for each in opened.effects if isinstance(each, Start)}
    for number, rung in enumerate(opened.ladder):
        yield {
            "channel": rung.channel,
            "address": rung.address,
            "why": rung.why,
            "at_once": number in at_once,
            "disabled": rung.channel in closed,
        }


def _text(way: Way, kept: Acceptance, world: World, *, openings: dict[str, Opening]) -> Json:
    """The text of one channel, as the first of its recipients would get it."""
    who = [who for who, opened in openings.items() if _goes(way.name, opened)]
    words = words_of(
        kept.alert,
        world.way_back(way.name, next(iter(who), ""), plane=kept.plane),
        plane=kept.plane,
        code=NO_CODE,
        expires_at=kept.alert.expires_at or kept.alert.sent,
    )
    found = {
        "channel": way.name,
        "bearer": way.bearer,
        "recipients": len(who),
        "subject": None,
        "problem": None,
    }
    return found | _rendered(as_carried(way, words), words)


def _goes(channel: str, opened: Opening) -> bool:
    return any(rung.channel == channel for rung in opened.ladder)


def _rendered(said: ShortText | str | None, words: Words) -> Json:
    if isinstance(said, str):
        return {"problem": said} | _counts("", carries=(), parts=0)
    if said is None:
        everything = [name for name in ("headline", "text", "long_text") if getattr(words, name)]
        shown = everything if not words.long_text else [name for name in everything if name != "text"]
        return {"subject": subject(words)} | _counts(body(words), carries=shown, parts=1)
    found = _counts(said.text, carries=said.carries, parts=said.size.parts if said.size else 1)
    counted = {"octets": said.size.octets, "cost": said.size.cost} if said.size else {}
    return found | counted | {"left_out": list(said.left_out), "cut": said.cut, "over": said.over}


def _counts(text: str, *, carries: Iterable[str], parts: int) -> Json:
    return {
        "text": text,
        "parts": parts,
        "octets": len(text.encode("utf-8", "replace")),
        "cost": 0,
        "carries": list(carries),
        "left_out": [],
        "cut": False,
        "over": 0,
    }
