"""What the conformance tests ask of a bearer's far end.

`tell` comes before `channel`, since some far ends are scripted through the channel's configuration.
"""

from typing import Literal, Protocol, Self

from channels.base import Channel
from messages.address import Address

Behaviour = Literal["accept", "transient", "permanent", "unknown", "stall"]


class Harness(Protocol):
    """`async with` starts the far end. `to` is an address that it takes, `never` one for when it refuses for good."""

    to: str
    never: Address

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...

    def channel(self) -> Channel:
        """A new channel to this far end, not yet entered."""
        ...

    def tell(self, behaviour: Behaviour) -> None:
        """What the far end does with the next message; a stall lasts until the message is given up."""
        ...

    async def stalled(self) -> None:
        """Returns when a message is being stalled."""
        ...

    async def go(self) -> None:
        """The far end is away."""
        ...

    async def come_back(self) -> None: ...

    def arrived(self) -> list[str]:
        """The texts that the far end has, whole messages only."""
        ...
