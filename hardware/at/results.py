"""How a command ends, and which lines come unasked.

Source: ITU-T V.250 5.7.1 (result codes), 3GPP TS 27.007 9.2 (CME) and 27.005 3.2.5 (CMS), with their texts.
"""

import re
from dataclasses import dataclass
from enum import Enum

from hardware.at.grammar import Info


class Outcome(Enum):
    OK = "OK"
    ERROR = "ERROR"
    CME = "+CME ERROR"  # the equipment's own trouble
    CMS = "+CMS ERROR"  # the message service's
    NO_CARRIER = "NO CARRIER"  # this one and those below end a call command only
    BUSY = "BUSY"
    NO_ANSWER = "NO ANSWER"
    NO_DIALTONE = "NO DIALTONE"
    CONNECT = "CONNECT"


CALL_OUTCOMES = frozenset(
    {Outcome.NO_CARRIER, Outcome.BUSY, Outcome.NO_ANSWER, Outcome.NO_DIALTONE, Outcome.CONNECT}
)


@dataclass(frozen=True, slots=True)
class Final:
    """The last line of an answer. `code` is None for a plain ERROR or a text that is not in the tables."""

    outcome: Outcome
    code: int | None = None
    text: str = ""

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.OK


_CODED = re.compile(r"\+(CM[ES]) ERROR: ?(.+)")
_PLAIN = {
    outcome.value: outcome
    for outcome in Outcome
    if outcome not in {Outcome.CME, Outcome.CMS, Outcome.CONNECT}
}

CME_TEXTS = {
    "phone failure": 0, "no connection to phone": 1, "operation not allowed": 3, "operation not supported": 4,
    "sim not inserted": 10, "sim pin required": 11, "sim puk required": 12, "sim failure": 13, "sim busy": 14,
    "sim wrong": 15,
    "incorrect password": 16, "memory full": 20, "invalid index": 21, "not found": 22,
    "no network service": 30, "network timeout": 31,
    "network not allowed - emergency calls only": 32, "unknown": 100,
}  # fmt: skip
CMS_TEXTS = {
    "unassigned (unallocated) number": 1, "operator determined barring": 8, "call barred": 10,
    "short message transfer rejected": 21, "destination out of service": 27, "unidentified subscriber": 28,
    "facility rejected": 29, "unknown subscriber": 30, "network out of order": 38, "temporary failure": 41,
    "congestion": 42, "resources unavailable, unspecified": 47,
    "me failure": 300, "sms service of me reserved": 301,
    "operation not allowed": 302, "operation not supported": 303, "invalid pdu mode parameter": 304,
    "invalid text mode parameter": 305, "sim not inserted": 310, "sim pin required": 311, "sim failure": 313,
    "sim busy": 314, "sim wrong": 315, "sim puk required": 316,
    "memory failure": 320, "invalid memory index": 321,
    "memory full": 322, "smsc address unknown": 330, "no network service": 331, "network timeout": 332,
    "no +cnma acknowledgement expected": 340, "unknown error": 500,
}  # fmt: skip

# Lines that modems send unasked. With a prefix they are events; the bare ones are exact.
URC_PREFIXES = frozenset(
    {"+CMTI", "+CMT", "+CDS", "+CDSI", "+CBM", "+CUSD", "+CRING", "+CLIP", "+CIEV", "+CTSDSR"}
)
BOOT_LINES = frozenset({"RDY", "START", "SYSSTART", "^SYSSTART"})
READY_LINES = frozenset({"SMS DONE", "PB DONE", "SMS READY", "CALL READY", "SMS Ready", "Call Ready"})
BARE_URCS = BOOT_LINES | READY_LINES | {"RING", "SBDRING"}
BOOT_LINES = frozenset({"RDY", "START", "SYSSTART", "^SYSSTART"})
READY_LINES = frozenset({"SMS DONE", "PB DONE", "SMS READY", "CALL READY", "SMS Ready", "Call Ready"})
TWO_LINE_URCS = frozenset({"+CMT", "+CDS", "+CBM", "+CTSDSR"})
TWO_LINE_ANSWERS = frozenset({"+CMGL", "+CMGR"})
REGISTRATIONS = frozenset({"+CREG", "+CGREG", "+CEREG"})


def final_of(text: str) -> Final | None:
    """The final code that this whole line is, or None."""
    if plain := _PLAIN.get(text):
        return Final(plain, None, text)
    if text == "CONNECT" or text.startswith("CONNECT "):
        return Final(Outcome.CONNECT, None, text)
    if match := _CODED.fullmatch(text):
        outcome = Outcome.CME if match[1] == "CME" else Outcome.CMS
        return Final(outcome, _code(outcome, match[2].strip()), text)
    return None


def _code(outcome: Outcome, text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) <= 5:
        return int(text)
    return (CME_TEXTS if outcome is Outcome.CME else CMS_TEXTS).get(text.lower())


def is_solicited_registration(info: Info) -> bool:
    """Tells `+CREG: <n>,<stat>[,...]` (asked for) from `+CREG: <stat>[,<lac>,<ci>...]` (27.007 7.2).

    A status has one or two digits and no quotes; an area code has four hexadecimal digits or quotes.
    """
    return len(info.fields) >= 2 and re.fullmatch(r"[0-9]{1,2}", info.fields[1]) is not None


def is_boot(info: Info) -> bool:
    """Whether this line proves that the modem has just started, and forgot what it was told."""
    return info.text in BOOT_LINES


def may_be_boot(info: Info) -> bool:
    """Whether this line makes a start likely: some come late, and some modems repeat ^BOOT all the time."""
    return info.text in READY_LINES or info.prefix == "^BOOT"
