"""What a sender should know at once of an alert that was accepted: who has no way, and what a bearer leaves out.

Nothing is refused for it. Each warning is an object with a `kind`, a sentence in `detail` and what it is about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.no_way import NoWay, Why, all_down, no_way
from gateway.outgoing import words_of
from gateway.router import Way
from gateway.store.accepting import Acceptance, Accepted
from gateway.world import WayBack, World
from messages.alert import Reference
from messages.directory import Contact
from messages.evidence import Evidence
from messages.render import RenderError, ShortText, Words

Json = Mapping[str, Any]

_CONTENT = {"headline": "the headline", "text": "the text", "radio_text": "the radio text"}
_AROUND = {"sender_name": "the sender's name", "answers": "the meanings of the answers"}
_REASONS = {
    Why.NOT_IN_EXERCISES: "they have not opted in to exercises (exercise = true in the directory)",
    Why.NO_ADDRESS: "the directory has no address for them",
    Why.NO_CHANNEL: "no channel takes their addresses ({about})",
    Why.OTHER_PLANE: "the channels for their addresses ({about}) do not carry this plane",
    Why.PRECEDENCE: "the bearers for their addresses ({about}) are not used at this precedence",
    Why.EXAMPLE_ADDRESS: "their addresses are examples ({about})",
    Why.ALL_DOWN: "every way is down or closed ({about}); it goes when one is up again",
}


def warnings(kept: Acceptance, accepted: Accepted, world: World) -> tuple[Json, ...]:
    """All that the submitter of this alert should hear."""
    if not kept.alert.status.actionable:
        return ()
    without = (world.directory.contact(who) for who in accepted.no_route)
    contacts = kept.recipients or tuple([contact for contact in without if contact is not None])
    asked = (kept.alert.precedence, kept.plane, kept.want, bool(kept.recipients))
    of_ways = world.once(
        ("warnings", tuple([contact.id for contact in contacts]), accepted.no_route, asked),
        lambda: (*_unreached(kept, accepted, world, contacts=contacts), *_unproven(kept, world)),
    )
    return (*of_ways, *_left_out(accepted), *_as_correction(accepted), *_shortened(kept, accepted, world))


def _left_out(accepted: Accepted) -> list[Json]:
    if not accepted.left_out:
        return []
    names = ", ".join(accepted.left_out)
    remedy = "send them a new alert"
    return [
        {
            "kind": "left_out",
            "recipients": list(accepted.left_out),
            "detail": f"{names}: never had what this replaces, which is not sent any more, nor is this: {remedy}",
        }
    ]


def _as_correction(accepted: Accepted) -> list[Json]:
    """One warning for each text that was corrected, where the correction never left and an update follows it."""
    return [
        {
            "kind": "as_correction",
            "codes": [each["code"], accepted.code],
            "count": each["recipients"],
            "detail": f"{each['recipients']} have #{each['code']}, and its correction never reached them: to them "
            f"this reads as a correction of #{each['code']}, and it is all they have. Is anything missing in it, "
            f"update #{accepted.code}",
        }
        for each in accepted.follows
        if each["as_correction"]
    ]


def not_here(references: Sequence[Reference]) -> list[Json]:
    """One warning for all the alerts that an Update or Cancel names and that never came here."""
    if not references:
        return []
    names = ", ".join(each.identifier for each in references)
    return [
        {
            "kind": "not_here",
            "references": [each.identifier for each in references],
            "detail": f"{names}: never came here, so nobody here was told of it, and nothing of it was withdrawn",
        }
    ]


def _unreached(
    kept: Acceptance, accepted: Accepted, world: World, *, contacts: Iterable[Contact]
) -> list[Json]:
    """One warning for each reason, with everybody it holds for."""
    who: dict[NoWay, list[str]] = {}
    for contact in contacts:
        if contact.id in accepted.no_route:
            found = no_way(contact, kept.alert.precedence, world=world, plane=kept.plane)
            found = found or NoWay(Why.NONE_THEN)
        else:
            opening = world.opening(contact, kept.alert.precedence, plane=kept.plane, want=kept.want)
            found = all_down(opening.ladder)
        if found is not None:
            who.setdefault(found, []).append(contact.id)
    return [_no_route(found, recipients) for found, recipients in who.items()]


def _unproven(kept: Acceptance, world: World) -> list[Json]:
    """One warning for each set of ways that can prove nothing of what is wanted, and bring no answer.

    Mail proves a server, not a person, where the precedence says so and its own evidence is wanted; an answer proves
    all of it.
    """
    mail = world.policies[kept.alert.precedence].mail_proves(kept.want)
    ways = [way for way in world.surroundings.ways if mail or way.bearer != "email"]
    proving = {way.name for way in ways if way.max_evidence >= kept.want}
    who: dict[tuple[str, ...], list[str]] = {}
    for contact in kept.recipients:
        ladder = world.opening(contact, kept.alert.precedence, plane=kept.plane, want=kept.want).ladder
        channels = tuple(dict.fromkeys(rung.channel for rung in ladder))
        if ladder and proving.isdisjoint(channels) and not world.can_answer(contact, plane=kept.plane):
            who.setdefault(channels, []).append(contact.id)
    return [_cannot_prove(recipients, channels, kept.want) for channels, recipients in who.items()]


def _cannot_prove(recipients: list[str], channels: tuple[str, ...], want: Evidence) -> Json:
    reason = f"over {', '.join(channels)} nothing can come back that proves {want.word}"
    remedy = "ring them, and enter what they say with bavn answer"
    return {
        "kind": "cannot_prove",
        "recipients": recipients,
        "channels": list(channels),
        "want": want.word,
        "detail": f"{', '.join(recipients)}: {reason}: {remedy}",
    }


def _no_route(found: NoWay, recipients: list[str]) -> Json:
    kind = "all_down" if found.why is Why.ALL_DOWN else "no_route"
    reason = _REASONS.get(found.why, "there was none a moment ago").format(about=", ".join(found.about))
    return {
        "kind": kind,
        "recipients": recipients,
        "why": found.why.value,
        "about": list(found.about),
        "detail": f"{', '.join(recipients)}: {reason}",
    }


def _shortened(kept: Acceptance, accepted: Accepted, world: World) -> list[Json]:
    """One warning for each way of leaving something out, with the channels that do."""
    ways = [way for way in ways_used(kept, world) if way.shortened is not None]
    if not ways:
        return []
    words = words_of(
        kept.alert,
        WayBack(True, ()),
        plane=kept.plane,
        code=accepted.code,
        replaces_code=accepted.code if kept.alert.references else "",  # as long as the other one
        expires_at=kept.alert.expires_at or kept.alert.sent,
    )
    channels: dict[ShortText | str, list[str]] = {}
    for way in ways:
        said = as_carried(way, words)
        if isinstance(said, str) or (said is not None and lacks(said)):
            key = said if isinstance(said, str) else replace(said, text="", size=None)
            channels.setdefault(key, []).append(way.name)
    return [shortening(said, names) for said, names in channels.items()]


def ways_used(kept: Acceptance, world: World) -> list[Way]:
    """The channels that the alert may go over: on the ladders of its recipients; of a follower, all."""
    plane = [way for way in world.surroundings.ways if kept.plane in way.planes]
    if not any(way.shortened for way in plane):
        return plane
    if not kept.recipients:
        asked_before = world.directory.expand(kept.alert.to).contacts
        schemes = {entry.address.scheme for contact in asked_before for entry in contact.addresses}
        return [way for way in plane if way.schemes & schemes or not kept.alert.to]
    asked = kept.alert.precedence, kept.want
    ladders = (world.opening(c, asked[0], plane=kept.plane, want=asked[1]).ladder for c in kept.recipients)
    used = {rung.channel for ladder in ladders for rung in ladder}
    return [way for way in plane if way.name in used]


def as_carried(way: Way, words: Words) -> ShortText | str | None:
    """What a short bearer carries, or why it carries nothing. None: the bearer carries everything."""
    if way.shortened is None:
        return None
    try:
        return way.shortened(words)
    except RenderError as error:
        return str(error)


def lacks(said: ShortText) -> bool:
    """Whether the author should hear of it. A radio text on a radio was written for just that."""
    return bool(said.left_out or said.cut)


def shortening(said: ShortText | str, channels: list[str]) -> Json:
    names = ", ".join(channels)
    if isinstance(said, str):
        return {"kind": "not_carried", "channels": channels, "detail": f"{names}: {said}"}
    return {
        "kind": "shortened",
        "channels": channels,
        "carries": list(said.carries),
        "left_out": list(said.left_out),
        "cut": said.cut,
        "over": said.over,
        "detail": f"{names}: {_sentence(said)}; it is {said.over} characters too long",
    }


def _sentence(said: ShortText) -> str:
    content = [_CONTENT[name] for name in said.left_out if name in _CONTENT]
    around = [_AROUND[name] for name in said.left_out if name in _AROUND]
    if said.cut:
        pieces = ["the beginning only, marked (...)"]
    elif content:
        carried = " and ".join(_CONTENT[name] for name in said.carries)
        pieces = [f"{carried} only, without {' and '.join(content)}"]
    else:
        pieces = ["all of it"]
    return ", ".join(pieces + [f"without {each}" for each in around])
