"""Why a recipient has no way, or none that works now. Pure: judged from the world as it stands.

The router leaves out what may not be used without a word; here each of its conditions has one. A way that is down
stays on the ladder, so "all down" is no refusal: it goes as soon as one of them is up again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gateway.policy import Policy
from gateway.router import Rung, Way, plan
from gateway.world import World
from messages.directory import Contact, ContactAddress
from messages.evidence import Ended
from messages.precedence import Precedence


class Why(StrEnum):
    """The words are those of the API and of the catalogue."""

    NOT_IN_EXERCISES = "not-in-exercises"  # the contact has not opted in
    NO_ADDRESS = "no-address"  # the contact has none at all
    NO_CHANNEL = "no-channel"  # no channel takes the kinds of address the contact has
    OTHER_PLANE = "other-plane"  # the channels that do are of the other plane
    PRECEDENCE = "precedence"  # their bearers are not used at this precedence
    EXAMPLE_ADDRESS = "example-address"  # a live alert to an address that nobody can have
    ALL_DOWN = "all-down"  # there are ways, and each is down or closed
    NONE_THEN = "none-then"  # there is one now; there was none when the alert was accepted


@dataclass(frozen=True, slots=True)
class NoWay:
    """`about` names what the reason is about: kinds of address, channels, bearers, addresses or domains."""

    why: Why
    about: tuple[str, ...] = ()


_Pair = tuple[ContactAddress, Way]


def no_way(contact: Contact, precedence: Precedence, *, world: World, plane: str) -> NoWay | None:
    """Why nothing can be sent to this contact; None if something can, now or as soon as a way is up again."""
    if plane == "exercise" and not contact.exercise:
        return NoWay(Why.NOT_IN_EXERCISES)
    if not contact.addresses:
        return NoWay(Why.NO_ADDRESS)
    pairs = [
        (entry, way)
        for entry in contact.addresses
        for way in world.surroundings.ways
        if entry.address.scheme in way.schemes
    ]
    if not pairs:
        return NoWay(Why.NO_CHANNEL, _each_once([entry.address.scheme for entry in contact.addresses]))
    for why, fits, named in _conditions(world.policies[precedence], plane):
        left = [pair for pair in pairs if fits(pair)]
        if not left:
            return NoWay(why, _each_once([named(pair) for pair in pairs]))
        pairs = left
    return None


def _conditions(
    policy: Policy, plane: str
) -> tuple[tuple[Why, Callable[[_Pair], bool], Callable[[_Pair], str]], ...]:
    """The router's conditions in its order: the reason, what fits, and what to name where nothing does."""
    return (
        (Why.OTHER_PLANE, lambda pair: plane in pair[1].planes, lambda pair: pair[1].name),
        (Why.PRECEDENCE, lambda pair: pair[1].bearer not in policy.never, lambda pair: pair[1].bearer),
        (
            Why.EXAMPLE_ADDRESS,
            lambda pair: plane != "live" or not pair[0].address.is_example,
            lambda pair: str(pair[0].address),
        ),
    )


def all_down(ladder: tuple[Rung, ...]) -> NoWay | None:
    """ALL_DOWN with the domains that all ways share, or else the channels; None where a way may work."""
    if not ladder or any(rung.why != "last-down" for rung in ladder):
        return None
    shared = frozenset.intersection(*(frozenset(rung.domains) for rung in ladder))
    return NoWay(Why.ALL_DOWN, tuple(sorted(shared)) or _each_once([rung.channel for rung in ladder]))


def _each_once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def explained(shown: dict[str, Any], world: World) -> dict[str, Any]:
    """An alert as it is shown. Each delivery gets `no_way`, where nothing can leave for it now, and `can_answer`."""
    precedence, plane = Precedence.parse(shown["precedence"]), shown["plane"]
    deliveries = [
        {
            **each,
            "no_way": _of_delivery(each, precedence, world=world, plane=plane),
            "can_answer": _can_answer(each["recipient"], world, plane=plane),
        }
        for each in shown["deliveries"]
    ]
    return {**shown, "deliveries": deliveries}


def _can_answer(recipient: str, world: World, *, plane: str) -> bool:
    """Whether the text asks this recipient for an answer: over the way it goes, or over another of theirs."""
    contact = world.directory.contact(recipient)
    return contact is not None and world.can_answer(contact, plane=plane)


def _of_delivery(
    delivery: dict[str, Any], precedence: Precedence, *, world: World, plane: str
) -> dict[str, Any] | None:
    contact = world.directory.contact(delivery["recipient"])
    if contact is None or delivery["ended"] in {Ended.REACHED, Ended.CANCELLED}:
        return None
    if not delivery["plan"]:
        found: NoWay | None = no_way(contact, precedence, world=world, plane=plane) or NoWay(Why.NONE_THEN)
    elif delivery["ended"] is None:
        found = all_down(plan(contact, world.surroundings, policy=world.policies[precedence], plane=plane))
    else:
        return None
    return {"why": found.why.value, "about": list(found.about)} if found else None
