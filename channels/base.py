"""The channel protocol: what the hub asks of a bearer, and what a bearer may answer.

A channel turns meaning into bytes for one bearer and tells honestly what became of them. It knows nothing of
ladders, policies or the store, and it never decides to send again.

`submit` ends in exactly one of four ways, which the conformance tests hold every channel to:
Receipt          the far end took it
TransientFailure nothing left; worth trying again, perhaps not before `retry_at`
PermanentFailure nothing left; this address or this content will never do
Unknown          it may have gone: the first byte of the content left, and the far end fell silent
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Protocol, Self, runtime_checkable

from pydantic import BaseModel, ConfigDict

from messages.address import Address
from messages.evidence import Evidence
from messages.precedence import Precedence
from messages.render import ShortText, Size, Words


class ChannelError(Exception):
    """The root of what a channel raises. `code` is the far end's own, `raw` its answer as it came."""

    def __init__(self, reason: str, *, code: str = "", raw: str = "") -> None:
        super().__init__(reason)
        self.reason, self.code, self.raw = reason, code, raw


class TransientFailure(ChannelError):
    """Nothing left; worth trying again, not before `retry_at` when it is given (aware UTC)."""

    def __init__(
        self, reason: str, *, code: str = "", raw: str = "", retry_at: datetime | None = None
    ) -> None:
        super().__init__(reason, code=code, raw=raw)
        self.retry_at = retry_at


class ChannelDown(TransientFailure):
    """Nothing left, and nothing else would leave either: the whole channel is out (port gone, relay refused)."""


class PermanentFailure(ChannelError):
    """Nothing left; this address or this content will never do over this channel."""


class Unknown(ChannelError):
    """It may have gone. `references` are the receipts of the parts that did, in order; `parts` how many it has."""

    def __init__(
        self, reason: str, *, code: str = "", raw: str = "", references: tuple[str, ...] = ()
    ) -> None:
        super().__init__(reason, code=code, raw=raw)
        self.references = references
        self.parts = 1


class Withdrawn(ChannelError):
    """Raised by `Outgoing.hand_over`: expired, cancelled or of the wrong plane. Nothing left, nothing is to leave."""


class State(StrEnum):
    """Health of a channel. Each value carries its reason in the Health event."""

    UP = "up"  # its last probe or hand-over worked
    DEGRADED = "degraded"  # works, with doubts: accepts but nothing is reported delivered
    DOWN = "down"  # nothing can leave
    STARTING = "starting"  # not probed yet


@dataclass(frozen=True, slots=True)
class Health:
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tested:
    """What a channel found when it was told to test itself. `proved`: each thing that worked just now, in words."""

    health: Health
    proved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the bearer gave at hand-over, one reference a part, in order: TP-MR, queue id, PUBACK id."""

    references: tuple[str, ...]
    evidence: Evidence = Evidence.SUBMITTED
    detail: str = ""


async def _nothing() -> None:
    """Settling an event that the bearer does not keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Later evidence of something handed over. Matched by (channel, reference, address, window).

    Where the bearer carries our own identifier back, `attempt` names it and the reference may be empty: then even a
    hand-over whose receipt was lost is found again.
    """

    reference: str
    evidence: Evidence  # UNKNOWN: still trying, no news; REFUSED: gave up (kept beside, lowers nothing)
    at: datetime
    address: Address | None = None
    detail: str = ""
    raw: str = ""
    attempt: str = ""  # Outgoing.attempt, as ENVID, correlation data or a user reference brought it back
    settle: Callable[[], Awaitable[None]] = field(default=_nothing, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnamed:
    """Of a message to which neither its sender nor its bearer gave a name that lasts.

    The same content from the same sender is the same message while it is that sender's latest, and no old one; else
    only if the bearer says that it brings this packet again. None of them holds a full stop.
    """

    content: str  # a digest of what it says
    packet: str  # what the bearer calls it until it is settled
    redelivered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A message from outside, whole or one part of it. `bearer_id` is the bearer's own identifier, for idempotency.

    `also`: other identifiers that it may have come with before, where the bearer's own do not last for ever.
    `unnamed`: it has none; then `bearer_id` says who writes about what, and not which message it is.

    `automatic` says why no person wrote it (an out-of-office, a list); "" for what a person may have written. Such a
    message never answers anything; it is kept, and shown beside what it was sent about.
    """

    bearer_id: str
    sender: str  # as the bearer shows it: an address URI where it is one, else the alphanumeric sender
    text: str
    at: datetime
    also: tuple[str, ...] = ()
    unnamed: Unnamed | None = None
    in_reply_to: str = ""  # Outgoing.attempt of what it answers, where the bearer says so
    automatic: str = ""
    claimed: bool = False  # `sender` is only what the message says of itself: alone it answers nothing
    part: tuple[int, int, int] | None = None  # (reference, total, number from 1); joined in the store
    raw: str = ""  # what came; kept up to 16 KiB, and shown where the text says nothing
    # Why nobody can read it, '' for what can be read. It answers nothing and stands open in the inbox with its `raw`;
    # `text` may hold what could be made out of it, in which a cry for help is heard.
    unreadable: str = ""
    more: int = 0  # unreadable ones like it that came before it, and that the channel only counted
    # Why a program may have written it, by signs that people's messages bear too: it answers only where it is clear.
    doubtful: str = ""
    # Programs write over its bearer as people do, and not all say so: only what reads as an answer is one.
    programs_write: bool = False
    undelivered: bool = False  # automatic, about something that did not arrive, and nobody can tell what
    reaction: bool = False  # a sign of having seen it, such as a thumb: never an answer, whatever `text` says
    settle: Callable[[], Awaitable[None]] = field(default=_nothing, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthChanged:
    health: Health
    settle: Callable[[], Awaitable[None]] = field(default=_nothing, compare=False, repr=False)


Event = Report | Inbound | HealthChanged


def _may_go() -> None:
    """No check: for tests and tools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One attempt: what to hand over, to whom. Shown whole to the channel; it renders within its own limits."""

    attempt: str  # unique for ever; goes into the bearer's own identifiers (Message-ID, ENVID)
    alert: str  # the alert's identifier
    address: Address
    words: Words  # what the alert says, for `messages.render`
    precedence: Precedence
    expires_at: datetime
    validity: timedelta  # how long the network may keep trying; never outlives expires_at
    # Called by the channel right before the first byte of the content leaves; raises Withdrawn (I5, I6, I7).
    hand_over: Callable[[], None] = field(default=_may_go, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What the bearer can do. `measure(text)` is the only place where parts and octets are counted."""

    schemes: frozenset[str]
    max_evidence: Evidence  # what the bearer alone can prove
    measure: Callable[[str], Size]
    shortened: Callable[[Words], ShortText] | None = (
        None  # the text as it leaves; RenderError. None: all of it
    )
    window: int = 1  # hand-overs at a time; one slot is kept for FLASH where there are two or more
    two_way: bool = False  # answers can come back over it
    seconds_per_message: float = 0.1  # for forecasts only
    cost_rank: int = 0  # 0 costs nothing to speak of; satellite is dearest


class ChannelConfig(BaseModel):
    """What every channel's table in bavn.toml may hold. A bearer's own model adds to it; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bearer: str
    domains: tuple[str, ...] = ()
    planes: tuple[str, ...] | None = None  # None: the gateway's own plane


class Channel(Protocol):
    """One configured use of a bearer. `async with Channel(name, config)` opens and closes it.

    Entering does not wait for the far end: a channel whose far end is away enters, reports DOWN and comes back by
    itself. `submit` may be called from several tasks at a time, up to `capability.window`, which may change with what
    the far end allows: the hub looks each time.
    """

    config_model: ClassVar[type[ChannelConfig]]
    name: str
    capability: Capability

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def submit(self, outgoing: Outgoing) -> Receipt:
        """Hands over once. Raises TransientFailure, ChannelDown, PermanentFailure, Unknown or Withdrawn."""
        ...

    def events(self) -> AsyncIterator[Event]:
        """Reports, inbound messages and changes of health, until the channel closes. Each is settled after COMMIT."""
        ...

    async def probe(self) -> Health:
        """Harmless and cheap: is the far end there?"""
        ...


@runtime_checkable
class Testing(Protocol):
    """A channel that can prove more than its probe: a loopback in the modem, what the network says of it."""

    async def test(self) -> Tested:
        """Reaches nobody, costs nothing and leaves everything as it was. May take as long as a hand-over."""
        ...


@runtime_checkable
class Logged(Protocol):
    """A channel that knows what went over its port lately."""

    def port_log(self) -> list[str]:
        """The last lines, oldest first, for a technician: no secret, no text, no whole number in them."""
        ...


@runtime_checkable
class Keeping(Protocol):
    """A channel that has to remember something over restarts of the hub."""

    def keep_in(self, folder: Path, *, key: bytes) -> None:
        """Told once, before it is entered. The folder may not be there yet; `key` is this channel's alone."""
        ...


@runtime_checkable
class Paced(Protocol):
    """A channel with a pace of its own. What waits for it stays in the queue: nobody has refused it."""

    def pause_s(self) -> float:
        """Seconds until anything but FLASH may leave; 0: now."""
        ...


async def examine(channel: Channel) -> Tested:
    """The channel's own test, or its probe where it has none."""
    return await channel.test() if isinstance(channel, Testing) else Tested(await channel.probe())
