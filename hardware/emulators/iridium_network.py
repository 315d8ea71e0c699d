"""The satellites and the gateway that an emulated Iridium modem talks to: one session takes what is sent and brings
what waits.

Behaviour, not canned answers: a session needs coverage, a registration (at most one in three minutes) and its time;
the modem keeps what it has sent, and sends it again with the next session, which the journal then shows.
Source: public ISU AT command references of the 9602, +SBDIX; field reports of its users (times, status 32 and 36).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hardware.emulators.faults import Fault
from hardware.emulators.iridium_device import Device
from hardware.emulators.journal import Journal

HOLD_S = 180.0
_NO_NETWORK, _BROKEN_OFF, _DISABLED, _BUSY, _HOLD, _LOCKED = 32, 18, 34, 35, 36, 16


@dataclass(slots=True)
class Network:
    """One modem's view of the sky. `clock()`: seconds of emulated time."""

    device: Device
    journal: Journal
    clock: Callable[[], float]
    random: Random = field(default_factory=Random)
    coverage: bool = True
    signal: int = 4  # bars while there is coverage
    deaf: bool = False  # the modem shows bars and a registration, and no session comes through
    latency_s: float | None = None  # of a session; None: as life has it
    status: int | None = None  # what the next sessions end with instead of success
    hold_s: float = HOLD_S  # between two registrations
    registered: bool = False
    _registered_at: float = -HOLD_S

    @property
    def bars(self) -> int:
        return self.signal if self.coverage and self.device.settings.radio else 0

    def session_s(self) -> float:
        """How long a session takes: 5 to 60 s, mostly 10 to 20."""
        return self.random.triangular(5, 60, 12) if self.latency_s is None else self.latency_s

    def lose(self) -> None:
        """The registration is gone: out of coverage, or without power."""
        self.registered = False

    def register(self) -> int:
        """0, or the status that refuses it."""
        if not self.device.settings.radio:
            return _DISABLED
        if not self.bars or self.deaf:
            return _NO_NETWORK
        if self.clock() - self._registered_at < self.hold_s:
            return _HOLD
        self.registered, self._registered_at = True, self.clock()
        return 0

    def obstacle(self, *, registers: bool) -> int:
        """The status that ends a session before anything leaves; 0 when there is none. +SBDI never registers."""
        if self.device.locked:
            return _LOCKED
        if not self.device.settings.radio:
            return _DISABLED
        if not self.bars or self.deaf:
            return _NO_NETWORK
        if self.status is not None:
            return self.status
        return self.register() if registers and not self.registered else 0

    def session(self, *, strike: Callable[[str], Fault | None], registers: bool = True) -> str:
        """The six fields of +SBDIX, at the end of its time; empty where the modem says ERROR instead."""
        device = self.device
        momsn = device.numbers.momsn
        lost = device.numbers.mtmsn if device.mt is not None and not device.mt_read else None
        device.mt = None  # emptied whenever a session starts
        status = self.obstacle(registers=registers) or (_BUSY if strike("busy-515") else 0)
        if status:
            self._note(status, momsn, mt_lost=lost)
            return f"{status}, {momsn}, {2 if status == _NO_NETWORK else 0}, 0, 0, 0"
        if device.mo is not None:
            self._sent(device.mo, momsn)
            if failed := strike("sent-but-failed"):
                self._note(_BROKEN_OFF, momsn, mt_lost=lost)
                return "" if failed.switch("error") else f"{_BROKEN_OFF}, {momsn}, 2, 0, 0, 0"
            device.sent()
        device.ringing = False
        fetched = device.take()
        device.waiting = len(device.queue)
        self._note(0, momsn, mt_lost=lost, mtmsn=device.numbers.mtmsn if fetched is not None else None)
        if fetched is None:
            return f"0, {momsn}, 0, 0, 0, 0"
        return f"0, {momsn}, 1, {device.numbers.mtmsn}, {len(fetched)}, {len(device.queue)}"

    def _sent(self, payload: bytes, momsn: int) -> None:
        said = {"raw": payload.hex().upper(), "to": "provisioned", "momsn": momsn, "octets": len(payload)}
        self.journal.write("sent", **said, text=payload.decode("utf-8", "backslashreplace"))

    def _note(self, status: int, momsn: int, **more: Any) -> None:
        told = {key: value for key, value in more.items() if value is not None}
        self.journal.write("session", status=status, momsn=momsn, **told)
