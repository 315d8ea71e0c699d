"""The world as it stands at a moment: who there is, which ways there are, how hard to try. One frozen value.

The hub makes a new one whenever something changes and hands it to the store, so that a decision inside a
transaction sees one consistent picture.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gateway.opening import Opening, opening
from gateway.policy import Policy
from gateway.router import Surroundings, plan
from messages.directory import Contact, Directory
from messages.evidence import Evidence
from messages.precedence import Precedence

R = TypeVar("R")

FINDINGS_MOST = 20_000  # what is kept of a world that stands for long; found out again after that


@dataclass(frozen=True, slots=True)
class WayBack:
    """Whether an answer can come over the same channel; else the schemes over which it can."""

    two_way: bool
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    gateway_id: str
    gateway_name: str
    plane: str  # "exercise" or "live": an upper bound
    directory: Directory
    persons: Mapping[str, str]  # contact id -> the random id the audit knows them by
    surroundings: Surroundings
    policies: Mapping[Precedence, Policy]
    duty: str = ""  # the contact or group that is told of what is urgent; "": nobody
    _findings: dict[Hashable, Any] = field(init=False, default_factory=dict, compare=False)

    def once(self, key: Hashable, find: Callable[[], R]) -> R:
        """What `find` finds, found once: it rests on the key and on this world, and on nothing else."""
        try:
            found: R = self._findings[key]
        except KeyError:
            if len(self._findings) >= FINDINGS_MOST:
                self._findings.clear()
            found = self._findings[key] = find()
        return found

    def opening(self, contact: Contact, precedence: Precedence, *, plane: str, want: Evidence) -> Opening:
        """How a first message to this contact begins."""

        def find() -> Opening:
            ladder = plan(contact, self.surroundings, policy=self.policies[precedence], plane=plane)
            return opening(ladder, precedence, want=want, policy=self.policies[precedence])

        return self.once(("opening", contact.id, precedence, plane, want), find)

    def way_back(self, channel: str, recipient: str, *, plane: str) -> WayBack:
        """How an answer to a text over this channel can come back: over it, or else over which of the recipient's."""
        ways = [way for way in self.surroundings.ways if way.two_way and plane in way.planes]
        contact = self.directory.contact(recipient)
        if contact is None or any(way.name == channel for way in ways):
            return WayBack(contact is not None, ())
        open_to = frozenset[str]().union(*(way.schemes for way in ways if not way.disabled))
        addresses = [entry.address for entry in contact.addresses if entry.address.scheme in open_to]
        usable = [each.scheme for each in addresses if plane != "live" or not each.is_example]
        return WayBack(False, tuple(dict.fromkeys(usable)))

    def can_answer(self, contact: Contact, *, plane: str) -> bool:
        """Whether an answer of this contact can come back over any way, also one that is down or closed just now."""
        back = [way.schemes for way in self.surroundings.ways if way.two_way and plane in way.planes]
        return any(
            entry.address.scheme in schemes and (plane != "live" or not entry.address.is_example)
            for entry in contact.addresses
            for schemes in back
        )

    def may_leave(self, *, plane: str, channel: str, recipient: str, address: str) -> str:
        """'' if an attempt of this plane may leave over this channel to this contact now, else why not (I7)."""
        way = next((w for w in self.surroundings.ways if w.name == channel), None)
        if way is None:
            return "the channel is not configured any more"
        if plane not in way.planes or (plane == "live" and self.plane != "live"):
            return f"the channel does not carry the {plane} plane"
        contact = self.directory.contact(recipient)
        if contact is None:
            return "the recipient is no longer in the directory"
        if plane == "exercise" and not contact.exercise:
            return "the recipient has not opted in to exercises"
        if all(str(entry.address) != address for entry in contact.addresses):
            return "the address is no longer the recipient's"
        return ""


def contact_data(contact: Contact) -> dict[str, Any]:
    """A contact as the store keeps it: the form of directory.toml."""
    return {
        "id": contact.id,
        "name": contact.name,
        "addresses": [
            str(a.address) if a.domains is None else {"uri": str(a.address), "domains": list(a.domains)}
            for a in contact.addresses
        ],
        "groups": list(contact.groups),
        "exercise": contact.exercise,
        "call": contact.call,
        **({"deputy": contact.deputy} if contact.deputy else {}),
    }
