"""The network an emulated GSM modem lives in: it takes messages, carries them, reports on them, and brings others.

Behaviour, not canned answers: what is submitted is decoded, journalled and reported on; what comes in waits while
there is no coverage. Source: 3GPP TS 23.040 9.2.2 and 9.2.3.15 (TP-ST).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

from hardware.codecs.semioctets import encode_smsc
from hardware.codecs.tpdu import Deliver, StatusReport, Submit, contents_of, decode_submit
from hardware.codecs.userdata import Alphabet, alphabet
from hardware.emulators.journal import Journal

# The states that a control order may name, with their TP-ST.
STATUSES = {
    "delivered": 0x00,
    "forwarded": 0x01,
    "trying": 0x30,
    "expired": 0x46,
    "rejected": 0x42,
    "gave-up": 0x63,
}

Later = Callable[[float, Callable[[], None]], None]
_ZONE = timezone(timedelta(hours=1))


@dataclass(slots=True)
class Network:
    """One network with one subscriber. `later(seconds, action)` is the only clock it has."""

    journal: Journal
    later: Later
    smsc: str = "+4540390999"
    coverage: bool = True
    deaf: bool = False  # the modem says that it is registered, and hears nothing
    delivers: bool = True
    latency_s: float = 1.0  # from the last octet of a message to its reference
    report_s: float = 2.0  # from the reference to the status report
    rssi: int = 20  # CSQ, while there is coverage
    now: Callable[[], datetime] = lambda: datetime.now(_ZONE)
    random: Random = field(default_factory=Random)
    refusals: dict[str, int] = field(default_factory=dict)  # number -> CMS code: unassigned, barred
    ussd: dict[str, str] = field(default_factory=dict)  # code -> what the network answers
    next_reference: int = 0
    accepted: dict[int, tuple[Submit, datetime]] = field(default_factory=dict)
    waiting: deque[tuple[bytes, bool]] = field(default_factory=deque)  # (TPDU, is a report) for the modem
    arrived: Callable[[], None] = lambda: None

    @property
    def reachable(self) -> bool:
        return self.coverage and not self.deaf

    def submit(self, tpdu: bytes) -> int:
        """Takes a message and returns its reference. Raises CodecError when it is no SUBMIT."""
        message = decode_submit(tpdu)
        reference = self.next_reference
        self.next_reference = (reference + 1) % 256
        at = self.now().replace(microsecond=0)
        self.accepted[reference] = (message, at)
        self.journal.write("sent", **_shown(message), ref=reference, raw=tpdu.hex().upper())
        if message.report_requested and self.delivers:
            self.later(self.report_s, lambda: self._reported(reference))
        return reference

    def _reported(self, reference: int) -> None:
        if self.delivers and reference in self.accepted:
            self.report(reference, STATUSES["delivered"])

    def report(self, reference: int, status: int) -> None:
        """Sends a status report for a message that was accepted. Raises KeyError for another reference."""
        message, at = self.accepted[reference]
        done = self.now().replace(microsecond=0)
        report = StatusReport(
            reference=reference, recipient=message.destination, at=at, discharged=done, status=status
        )
        self.journal.write("report", ref=reference, to=message.destination, status=f"{status:02X}")
        self._bring(report.encode(), is_report=True)

    def receive(self, sender: str, text: str) -> int:
        """Brings a message to the modem, in as many parts as it needs; returns how many. Raises CodecError."""
        at = self.now().replace(microsecond=0)
        contents = contents_of(text, reference=self.random.randrange(256))
        parts = [Deliver(sender=sender, content=content, at=at).encode() for content in contents]
        self.journal.write("received", **{"from": sender}, text=text, parts=len(parts))
        for part in parts:
            self._bring(part, is_report=False)
        return len(parts)

    def _bring(self, tpdu: bytes, *, is_report: bool) -> None:
        self.waiting.append((tpdu, is_report))
        self.arrived()

    def pdu(self, tpdu: bytes) -> bytes:
        """With the service centre in front, as a modem shows it."""
        return encode_smsc(self.smsc) + tpdu


def _shown(message: Submit) -> dict[str, Any]:
    content = message.content
    shown: dict[str, Any] = {"to": message.destination, "text": content.text}
    if alphabet(content.dcs) is Alphabet.OCTETS:
        shown["data"] = content.data.hex()
    if content.concat is not None:
        shown["part"] = [content.concat.reference, content.concat.total, content.concat.number]
    shown["report_requested"] = message.report_requested
    shown["validity_s"] = None if message.validity is None else message.validity.total_seconds()
    return shown
