"""The alert as a value: a CAP 1.2 message plus what CAP lacks. Import it from `messages.alert`.

Not here: how it is written for the store (alert.py), read from a submitter's JSON (alert_request.py), or
carried as CAP (alert_cap.py). Names follow CAP 1.2 clause 3.2.1 (urn:oasis:names:tc:emergency:cap:1.2).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from messages.evidence import Evidence
from messages.precedence import Precedence

RADIO_CHARACTERS = 65  # what an SDS at a safe 668 bits holds beside the two ØVELSE marks
SMS_CHARACTERS = 146  # one SMS beside the marks; advice to the author, never a cut


class AlertError(ValueError):
    """The alert cannot be accepted: correct `element` and submit again."""

    def __init__(self, element: str, reason: str) -> None:
        super().__init__(f"{element}: {reason}")
        self.element, self.reason = element, reason


class Status(StrEnum):
    ACTUAL = "Actual"  # for people to act on
    EXERCISE = "Exercise"  # a drill, for those who take part
    SYSTEM = "System"  # housekeeping between gateways
    TEST = "Test"  # technical; judged and stored, never sent
    DRAFT = "Draft"  # a template; judged and stored, never sent

    @property
    def actionable(self) -> bool:
        """True when an alert of this status may leave at all."""
        return self not in {Status.TEST, Status.DRAFT}


class MsgType(StrEnum):
    ALERT = "Alert"  # the first of its thread
    UPDATE = "Update"  # replaces what it references
    CANCEL = "Cancel"  # withdraws what it references
    ACK = "Ack"  # received and accepted
    ERROR = "Error"  # refused


class Withdrawal(StrEnum):
    """What an Update or Cancel is to its readers: a wrong alert is not the same as a danger that is over."""

    NONE = "none"  # a first alert, or housekeeping
    CORRECTION = "correction"  # RETTELSE: the earlier text was wrong
    ALL_CLEAR = "all-clear"  # AFVARSLING: the danger is over
    UPDATE = "update"  # OPDATERING: the earlier text was right, there is more


@dataclass(frozen=True, slots=True)
class Reference:
    """The global name of a CAP message. `sent` is aware, to the second."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Frozen for ever once made: a change is an Update that references it. Texts are kept as they were written."""

    identifier: str
    sender: str
    sent: datetime  # aware UTC, whole seconds
    status: Status
    msg_type: MsgType
    precedence: Precedence
    headline: str
    references: tuple[Reference, ...] = ()
    to: tuple[str, ...] = ()  # ids of contacts and groups
    want: Evidence | None = None  # None: what the policy of the precedence wants
    answers: tuple[tuple[str, str], ...] = ()  # (key, meaning)
    urgent: tuple[str, ...] = ()  # keys of the answers on which somebody must act at once
    text: str = ""  # SMS; '': the headline
    radio_text: str = ""  # '' or at most RADIO_CHARACTERS
    long_text: str = ""
    expires_at: datetime | None = None  # aware UTC; None: the longest default of its precedence
    repeat: timedelta | None = None  # asked again so often, as a round of its own
    repeat_until: datetime | None = None  # aware UTC; no round begins after it
    event: str = ""
    language: str = "da-DK"
    sender_name: str = ""  # {afs} in texts
    withdrawal: Withdrawal = Withdrawal.NONE

    def __post_init__(self) -> None:
        if self.sent.tzinfo is not UTC or self.sent.microsecond:
            raise AlertError("sent", "must be an aware UTC time in whole seconds")
        if self.expires_at is not None and (self.expires_at.tzinfo is not UTC or self.expires_at.microsecond):
            raise AlertError("expires", "must be an aware UTC time in whole seconds")
        if len(self.radio_text) > RADIO_CHARACTERS:
            raise AlertError(
                "radio_text", f"has {len(self.radio_text)} characters: write it in at most {RADIO_CHARACTERS}"
            )

    @property
    def exercise(self) -> bool:
        """Everything that is not Actual belongs to the exercise plane (I7)."""
        return self.status is not Status.ACTUAL

    @property
    def adds(self) -> bool:
        """Whether it adds to a text that was right: to whoever has a wrong one it is the correction of that."""
        return self.msg_type is MsgType.UPDATE and self.withdrawal in {Withdrawal.UPDATE, Withdrawal.NONE}

    @property
    def reference(self) -> Reference:
        """How a later message names this one."""
        return Reference(self.sender, self.identifier, self.sent)
