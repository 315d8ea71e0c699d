"""The network an emulated TETRA radio lives in: it carries short data, reports on it, and brings others'.

Behaviour, not canned answers: what is sent is decoded, journalled and reported on by the radio it was for; what comes
in waits while the radio is out of reach, and a sender that asked for a report sends again until it has one.
Source: ETSI EN 300 392-2 29.4 (SDS-TL).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hardware.codecs import sds, sds_status
from hardware.codecs.sds import Ack, Report, SimpleText, Transfer, Wanted, text_transfers
from hardware.codecs.sds_status import ShortKind, ShortReport, Status
from hardware.emulators.journal import Journal
from hardware.errors import CodecError

SDS4, STATUS = 12, 13
# The states that a control order may name, with their delivery status.
STATUSES = {
    "delivered": 0x00,
    "consumed": 0x02,
    "group": 0x05,
    "stored": 0x21,
    "expired": 0x48,
    "failed": 0x4A,
    "not-registered": 0x4B,
    "memory-full": 0x52,
    "not-reachable": 0x5A,
}

Later = Callable[[float, Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Incoming:
    """Short data on its way to the radio."""

    service: int
    sender: str
    called: str
    user_data: bytes


@dataclass(slots=True)
class Network:
    """One network with one radio of ours. `later(seconds, action)` is the only clock it has."""

    journal: Journal
    later: Later
    issi: str = "1234567"
    groups: frozenset[str] = frozenset({"3990100"})
    network_id: str = "2380001"  # country and network
    location_area: int = 1234
    coverage: bool = True
    deaf: bool = False  # the radio says that it is registered, and nothing gets through
    delivers: bool = True
    consumes: bool = False  # users read what they get
    latency_s: float = 0.5  # from the radio's OK to the air
    report_s: float = 1.0  # from the air to the report
    read_s: float = 20.0  # from there to the report that it was read
    resend_s: float = 30.0  # a sender waits so long for the report that it asked for
    resends: int = 4  # and then sends again, so many times
    refusals: dict[str, int] = field(default_factory=dict)  # number -> delivery status: not registered, ...
    accepted: dict[int, tuple[str, Transfer]] = field(
        default_factory=dict
    )  # reference -> recipient and message
    waiting: deque[Incoming] = field(default_factory=deque)
    unreported: set[tuple[str, int]] = field(
        default_factory=set
    )  # (sender, reference) of what wants a report
    arrived: Callable[[], None] = lambda: None
    next_reference: int = 0

    def submit(self, service: int, destination: str, user_data: bytes) -> None:
        """Takes what the radio has sent over the air."""
        ssi = str(int(destination[-8:]))
        self.journal.write(
            "sent", to=ssi, service=service, raw=user_data.hex().upper(), **shown(service, user_data)
        )
        message = _read(service, user_data)
        if isinstance(message, ShortReport | Report):
            self.unreported.discard((ssi, message.reference))
        if isinstance(message, Transfer):
            self.accepted[message.reference] = ssi, message
            if message.wanted and self.delivers and ssi not in self.groups:
                self.later(self.report_s, lambda: self._deliver(ssi, message))

    def _deliver(self, ssi: str, message: Transfer) -> None:
        if not self.delivers:
            return
        refusal = self.refusals.get(ssi)
        if refusal is not None or message.wanted & Wanted.RECEIVED:
            self.report(message.reference, refusal or 0x00)
        if refusal is None and message.wanted & Wanted.CONSUMED and self.consumes:
            self.later(self.read_s, lambda: self.report(message.reference, 0x02))

    def report(self, reference: int, status: int) -> None:
        """The recipient's radio reports on a message that was sent. Raises KeyError for another reference."""
        ssi, message = self.accepted[reference]
        self.journal.write("report", ref=reference, to=ssi, status=f"{status:02X}")
        short = {0x00: ShortKind.RECEIVED, 0x02: ShortKind.CONSUMED, 0x52: ShortKind.MEMORY_FULL}.get(status)
        if message.standard_only or short is None:
            report = Report(message.pid, reference, status).encode()
            self.bring(Incoming(SDS4, ssi, self.issi, report))
        else:
            self.bring(Incoming(STATUS, ssi, self.issi, ShortReport(short, reference).encode()))

    def receive(
        self, sender: str, text: str, *, called: str = "", report: bool = False, max_bits: int = 1120
    ) -> int:
        """Brings a text to the radio, in as many parts as it needs; returns how many. Raises CodecError."""
        wanted = Wanted.RECEIVED if report else Wanted.NONE
        parts = text_transfers(text, self.next_reference, max_bits=max_bits, wanted=wanted)
        self.next_reference = (self.next_reference + len(parts)) % 256
        called = called or self.issi
        self.journal.write("received", **{"from": sender}, to=called, text=text, parts=len(parts))
        for part in parts:
            incoming = Incoming(SDS4, sender, called, part.encode())
            if report and called not in self.groups:
                self.unreported.add((sender, part.reference))
                self._expect_report(incoming, part.reference, self.resends)
            self.bring(incoming)
        return len(parts)

    def _expect_report(self, incoming: Incoming, reference: int, times: int) -> None:
        def look() -> None:
            if times and (incoming.sender, reference) in self.unreported:
                self.bring(incoming)
                self._expect_report(incoming, reference, times - 1)

        self.later(self.resend_s, look)

    def bring(self, incoming: Incoming) -> None:
        """Short data for the radio: it waits until it can be reached."""
        self.waiting.append(incoming)
        self.arrived()


def _read(service: int, user_data: bytes) -> sds.Message | ShortReport | Status | None:
    try:
        if service == STATUS:
            return sds_status.decode_status(user_data)
        return sds.decode(user_data) if service == SDS4 else None
    except CodecError:
        return None


def reference_of(service: int, user_data: bytes) -> int:
    """The message reference of SDS-TL, in a report the one that it is about; 0 for short data without one."""
    message = _read(service, user_data) if service == SDS4 else None
    return message.reference if isinstance(message, Transfer | Report | Ack) else 0


def shown(service: int, user_data: bytes) -> dict[str, Any]:
    """What short data says, for the journal."""
    message = _read(service, user_data)
    if isinstance(message, Status):
        return {"kind": "status", "status": message.value}
    if isinstance(message, ShortReport | Report):
        return {"kind": "report", "ref": message.reference}
    if isinstance(message, Ack):
        return {"kind": "acknowledgement", "ref": message.reference}
    if isinstance(message, SimpleText):
        return {"kind": "text", "text": message.text}
    if isinstance(message, Transfer):
        return {"kind": "text", "ref": message.reference, "wanted": int(message.wanted), **_text(message)}
    return {"kind": "data"}


def _text(message: Transfer) -> dict[str, Any]:
    try:
        content = message.content
    except CodecError:
        return {}
    if content is None:
        return {}
    part = {"part": [content.reference, content.total, content.number]} if content.total > 1 else {}
    return {"text": content.text, **part}
