"""Which ways, in which order, and why: the ladder of one recipient over failure domains. Pure.

The first rung is the best route; each next one is the route that shares the fewest domains with those before it.
A way that is down now stays on the ladder, last: it may be up when its turn comes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from channels.base import State
from gateway.domains import Route, of_address
from gateway.policy import Policy
from messages.directory import Contact, ContactAddress
from messages.evidence import Evidence
from messages.render import ShortText, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What the router knows of a channel: its promise, its domains and how it does just now."""

    name: str
    bearer: str
    schemes: frozenset[str]
    domains: frozenset[str]
    max_evidence: Evidence
    two_way: bool
    planes: frozenset[str]
    cost_rank: int = 0
    state: State = State.UP
    disabled: bool = False
    # What leaves over a short bearer; raises RenderError. None: it carries everything.
    shortened: Callable[[Words], ShortText] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an operator and the channels say of the world at this moment."""

    ways: tuple[Way, ...]
    domains_by_address: Mapping[str, Sequence[str]]
    domains_down: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of a ladder. `why` is a word of the catalogue; `must` rungs start at once and are never dropped."""

    channel: str
    bearer: str
    address: str
    domains: tuple[str, ...]
    why: str
    must: bool = False
    proves: bool = (
        True  # the bearer can report `delivered`; without it, silence after the hand-over says nothing
    )


_STANDING = {State.UP: 0, State.STARTING: 0, State.DEGRADED: 1, State.DOWN: 2}


def plan(
    contact: Contact,
    surroundings: Surroundings,
    *,
    policy: Policy,
    plane: str,
    same: frozenset[tuple[str, str]] = frozenset(),
) -> tuple[Rung, ...]:
    """The ladder for one recipient; empty when there is no route.

    `same` holds the (channel, address) pairs that an earlier alert went over: a correction goes over all of them
    at least (invariant I6), so they come first, as `must`.
    """
    candidates = _candidates(contact, surroundings, policy=policy, plane=plane, same=same)
    chosen: list[Rung] = []
    spent: frozenset[str] = frozenset()
    for route, way, _ in [c for c in candidates if (c[0].channel, c[0].address) in same]:
        chosen.append(_rung(route, way, why="same-way", must=True))
        spent |= route.domains
    left = [c for c in candidates if (c[0].channel, c[0].address) not in same]
    while left:
        best = min(left, key=lambda c: _merit(c, surroundings, spent=spent, policy=policy))
        left.remove(best)
        route, way, _ = best
        chosen.append(_rung(route, way, why=_why(route, way, spent=spent, down=surroundings.domains_down)))
        spent |= route.domains
    return tuple(chosen)


_Candidate = tuple[Route, Way, int]


def _candidates(
    contact: Contact,
    surroundings: Surroundings,
    *,
    policy: Policy,
    plane: str,
    same: frozenset[tuple[str, str]],
) -> list[_Candidate]:
    """Every route that may be used; what a precedence never uses is used all the same where the earlier text went."""
    if plane == "exercise" and not contact.exercise:
        return []
    return [
        (_route(way, entry, surroundings), way, order)
        for order, entry in enumerate(contact.addresses)
        for way in surroundings.ways
        if entry.address.scheme in way.schemes
        and plane in way.planes
        and (way.bearer not in policy.never or (way.name, str(entry.address)) in same)
        and not (plane == "live" and entry.address.is_example)
    ]


def _route(way: Way, entry: ContactAddress, surroundings: Surroundings) -> Route:
    return Route(
        way.name, str(entry.address), way.domains | of_address(entry, surroundings.domains_by_address)
    )


def _merit(
    candidate: _Candidate, surroundings: Surroundings, *, spent: frozenset[str], policy: Policy
) -> tuple[int, ...]:
    """Smaller is better: first what stands, then what shares least, then what suits the precedence."""
    route, way, order = candidate
    standing = 2 if way.disabled or route.domains & surroundings.domains_down else _STANDING[way.state]
    enough = 0 if policy.mail_suffices or way.bearer != "email" else 1
    wanted = policy.want is Evidence.ACKNOWLEDGED
    proof = 0 if way.two_way or not wanted else 1
    proof += 0 if way.max_evidence >= min(policy.want, Evidence.DELIVERED) else 1
    cheap = 0 if policy.want is Evidence.SUBMITTED and way.bearer == "email" else 1
    return (
        standing,
        len(route.domains & spent),
        enough,
        proof,
        cheap,
        way.cost_rank,
        order,
        len(route.domains),
    )


def _rung(route: Route, way: Way, *, why: str, must: bool = False) -> Rung:
    return Rung(
        channel=route.channel,
        bearer=way.bearer,
        address=route.address,
        domains=tuple(sorted(route.domains)),
        why=why,
        must=must,
        proves=way.max_evidence >= Evidence.DELIVERED,
    )


def _why(route: Route, way: Way, *, spent: frozenset[str], down: frozenset[str]) -> str:
    if way.disabled or route.domains & down or way.state is State.DOWN:
        return "last-down"
    if way.state is State.DEGRADED:
        return "doubtful"
    if not spent:
        return "first-choice"
    return "shares-domain" if route.domains & spent else "other-domain"
