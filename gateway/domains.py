"""Failure domains: what takes several ways down together, at our end and at the recipient's.

A channel names the domains it needs, and so does an address (the phone's own network, the recipient's own mail
system). A route is a channel and an address, and needs both's domains. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from messages.address import Address
from messages.directory import ContactAddress


def of_address(entry: ContactAddress, by_pattern: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The domains an address needs: its own if it names them, else those of the longest pattern that fits it."""
    if entry.domains is not None:
        return frozenset(entry.domains)
    fitting = [pattern for pattern in by_pattern if _fits(entry.address, pattern)]
    return frozenset(by_pattern[max(fitting, key=len)]) if fitting else frozenset()


def _fits(address: Address, pattern: str) -> bool:
    """`sms:` fits every address of the scheme; otherwise * stands for anything."""
    text = str(address)
    return text.startswith(pattern) if pattern.endswith(":") else fnmatchcase(text, pattern)


@dataclass(frozen=True, slots=True)
class Route:
    """A channel and an address, with the domains that both need."""

    channel: str
    address: str  # the URI
    domains: frozenset[str]
