"""What a session's answer means: the table of MO statuses, and what the serial numbers prove.

The table is the modem's (ISU); the gateway's own numbering of DirectIP is another one.
Source: public ISU AT command references, +SBDIX, +SBDSX; holds from field reports (32 and 36: three minutes).
"""

from dataclasses import dataclass
from enum import Enum

from hardware.at.grammar import Info
from hardware.errors import HardwareError, MaybeSent, ModemDown, NeverToThis, NotNow
from hardware.iridium_timing import IridiumTiming

_WRAP = 65_536


class Meaning(Enum):
    SENT = "the gateway has it"
    NOT_NOW = "nothing left; try again, after the hold"
    NEVER = "nothing left, and this message will never do"
    DOWN = "nothing left, and nothing will before a person has seen to it"
    UNKNOWN = "the session broke off: the gateway may have it"


_N, _U = Meaning.NOT_NOW, Meaning.UNKNOWN
STATUSES: dict[int, tuple[Meaning, str]] = {
    0: (Meaning.SENT, "sent"),
    1: (Meaning.SENT, "sent; the message waiting for us is too big"),
    2: (Meaning.SENT, "sent; the location was not accepted"),
    3: (Meaning.SENT, "sent (reserved)"),
    4: (Meaning.SENT, "sent (reserved)"),
    10: (_U, "the call did not end in time"),
    11: (_N, "the gateway's queue is full"),
    12: (Meaning.NEVER, "too many segments"),
    13: (_U, "the session was not completed"),
    14: (Meaning.NEVER, "wrong segment size"),
    15: (Meaning.NEVER, "the gateway denies access"),
    16: (Meaning.DOWN, "the modem is locked"),
    17: (_U, "the gateway did not answer in time"),
    18: (_U, "the radio link dropped"),
    19: (_U, "the link failed"),
    32: (_N, "no network"),
    33: (Meaning.DOWN, "antenna fault"),
    34: (Meaning.DOWN, "the radio is off"),
    35: (_N, "busy registering"),
    36: (_N, "three minutes have to pass between registrations"),
    37: (Meaning.DOWN, "SBD is disabled"),
    38: (_N, "a period of traffic management"),
    64: (Meaning.DOWN, "band violation"),
    65: (Meaning.DOWN, "hardware fault (PLL)"),
}
_RESERVED = (Meaning.UNKNOWN, "reserved, or not in the table")
NO_NETWORK, HOLD, TRAFFIC = 32, 36, 38
RADIO_OFF = 34


class Held(NotNow):
    """Nothing left; it is no use before `retry_s` seconds have passed."""

    def __init__(self, reason: str, *, retry_s: float, code: int | None = None, raw: str = "") -> None:
        super().__init__(reason, code=code, raw=raw)
        self.retry_s = retry_s


class Uncertain(MaybeSent):
    """It may have gone, under this serial number; a `Resolved` event may tell later."""

    def __init__(self, reason: str, *, momsn: int, code: int | None = None, raw: str = "") -> None:
        super().__init__(reason, code=code, raw=raw)
        self.momsn = momsn


@dataclass(frozen=True, slots=True)
class Result:
    """The six fields of +SBDIX."""

    mo: int
    momsn: int
    mt: int  # 0 none, 1 received, 2 the mailbox could not be looked into
    mtmsn: int
    mt_octets: int
    queued: int

    @property
    def meaning(self) -> Meaning:
        return STATUSES.get(self.mo, _RESERVED)[0]

    @property
    def text(self) -> str:
        return f"status {self.mo}: {STATUSES.get(self.mo, _RESERVED)[1]}"


@dataclass(frozen=True, slots=True)
class Buffers:
    """The six fields of +SBDSX. `momsn`: the number that the next message will have."""

    mo: bool
    momsn: int
    mt: bool
    mtmsn: int
    ringing: bool
    waiting: int


def result_of(info: Info) -> Result | None:
    """None when it is not six numbers in their ranges: octets were lost."""
    numbers = [info.number(index) for index in range(6)]
    known = [number for number in numbers if number is not None]
    if len(info.fields) != 6 or len(known) != 6 or not 0 <= known[0] < 256 or known[2] not in {0, 1, 2}:
        return None
    return Result(*known)


def buffers_of(info: Info) -> Buffers | None:
    """None as above."""
    numbers = [info.number(index) for index in range(6)]
    mo, momsn, mt, mtmsn, ringing, waiting = numbers
    if len(info.fields) != 6 or mo not in {0, 1} or mt not in {0, 1} or ringing not in {0, 1}:
        return None
    if momsn is None or not 0 <= momsn < _WRAP or mtmsn is None or waiting is None:
        return None
    return Buffers(mo == 1, momsn, mt == 1, mtmsn, ringing == 1, waiting)


class Verdict(Enum):
    """What is known of a message whose session nobody heard the end of."""

    SENT = "the serial number has moved on by one"
    NOT_SENT = "the modem says that nothing left"
    OPEN = "nobody knows"


def verdict(momsn: int, now: Buffers, *, refused: bool = False) -> Verdict:
    """`momsn` was noted before the session; no other session has run since.

    A number that stayed proves nothing of a session that began: it stays too where the gateway has the message and
    its word was lost on the way back (10, 13, 17, 18 and 19), and the modem holds the message in either case. Only one
    that was `refused` outright, as no command at all, has not begun.
    """
    if now.momsn == (momsn + 1) % _WRAP:
        return Verdict.SENT
    return Verdict.NOT_SENT if refused and now.momsn == momsn and now.mo else Verdict.OPEN


def hold_s(result: Result, timing: IridiumTiming) -> float:
    """For how long no session is worth trying."""
    if result.mo in {NO_NETWORK, HOLD}:
        return timing.no_network_hold_s
    if result.mo == TRAFFIC:
        return timing.traffic_hold_s
    return timing.busy_hold_s if result.meaning is Meaning.NOT_NOW else 0.0


def failure(result: Result, *, momsn: int, retry_s: float) -> HardwareError:
    """The error for a session that did not say that it sent the message."""
    code, raw = result.mo, result.text
    if result.meaning is Meaning.NEVER:
        return NeverToThis(f"the gateway refuses the message ({raw})", code=code, raw=raw)
    if result.meaning is Meaning.DOWN:
        return ModemDown(f"the modem cannot send ({raw})", code=code, raw=raw)
    if result.meaning is Meaning.NOT_NOW:
        return Held(f"not now ({raw})", retry_s=retry_s, code=code, raw=raw)
    return Uncertain(f"the session broke off ({raw})", momsn=momsn, code=code, raw=raw)
