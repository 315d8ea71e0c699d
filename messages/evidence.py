"""Evidence: what is known about an attempt and about a delivery, and how it may change.

An attempt climbs one ladder and never goes down (invariant I9). REFUSED is not on the ladder: the far end said
that it did not take it. A report that names the attempt proves more than that, since the refusal may have come
from somebody in between. UNKNOWN means that bytes left and the far end fell silent: it is never shown as failed.
"""

from collections.abc import Iterable
from enum import IntEnum, StrEnum


class Evidence(IntEnum):
    REFUSED = -1  # an attempt only: nothing left, as far as is known
    QUEUED = 0  # waits for its channel
    SENDING = 1  # committed before the first byte leaves
    UNKNOWN = 2  # may have arrived
    SUBMITTED = 3  # a receipt: the bearer took it (TP-MR, SMTP 250, PUBACK, MOMSN)
    DELIVERED = 4  # a report: it is on the recipient's device or in their mailbox
    READ = 5  # opened, or reacted to
    ACKNOWLEDGED = 6  # a person answered

    @classmethod
    def parse(cls, word: str) -> "Evidence":
        """The evidence of a word, in any case; ValueError names those that can be wanted."""
        try:
            return cls[word.strip().upper()]
        except KeyError:
            known = ", ".join(e.word for e in cls if e > cls.UNKNOWN)
            raise ValueError(f"evidence {word!r} is not one of {known}") from None

    @property
    def word(self) -> str:
        return self.name.lower()


class Ended(StrEnum):
    """Why a delivery has ended. Late evidence may turn EXPIRED or FAILED into REACHED, never back."""

    REACHED = "reached"  # the evidence its policy wants is there
    EXPIRED = "expired"  # its time ran out
    CANCELLED = "cancelled"  # withdrawn before anything left, or stopped
    FAILED = "failed"  # every rung and round tried


# From each state of an attempt, the states it may go to; everything else leaves it as it was.
# A refusal after a submission is a contradicting report: it is kept beside the attempt, it lowers nothing.
# A report after a refusal contradicts it too, and counts: the text is with the bearer, or beyond.
MAY_BECOME: dict[Evidence, frozenset[Evidence]] = {
    Evidence.QUEUED: frozenset({Evidence.SENDING, Evidence.REFUSED}),
    Evidence.SENDING: frozenset(set(Evidence) - {Evidence.QUEUED, Evidence.SENDING}),
    Evidence.REFUSED: frozenset(e for e in Evidence if e > Evidence.UNKNOWN),
    **{e: frozenset(h for h in Evidence if h > e) for e in Evidence if e >= Evidence.UNKNOWN},
}


def climb(now: Evidence, seen: Evidence) -> Evidence:
    """The attempt's evidence after `seen` has been heard of it."""
    return seen if seen in MAY_BECOME[now] else now


def worst(parts: Iterable[Evidence]) -> Evidence:
    """The evidence of an attempt of several parts: the worst part counts."""
    return min(parts, key=int, default=Evidence.QUEUED)


def best(attempts: Iterable[Evidence], floor: Evidence = Evidence.QUEUED) -> Evidence:
    """The evidence a delivery shows: the best of its attempts; from UNKNOWN up never lower than `floor`."""
    top = max((e for e in attempts if e is not Evidence.REFUSED), key=int, default=Evidence.QUEUED)
    return max(top, floor, key=int) if floor >= Evidence.UNKNOWN else top
