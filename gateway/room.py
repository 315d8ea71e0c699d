"""Room on the disk: below a reserve only FLASH, withdrawals and the audit are written (invariant I11).

A full disk would stop everything at once, the words "danger over" too. Nothing is written meanwhile that can wait:
senders get a temporary error that names the remedy.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from gateway.errors import Busy
from messages.precedence import Precedence

MB = 1024 * 1024
SHARE, LEAST, MOST = 0.05, 200 * MB, 2048 * MB  # of the disk; octets
LOOK_EVERY_S = 1.0


class NoRoom(Busy):
    """Free space on the disk, then try again with the same idempotency key."""

    title = "The disk is nearly full"


@dataclass(frozen=True, slots=True)
class Room:
    """What a disk has left, and what is kept in reserve, in octets."""

    free: int
    reserve: int

    @property
    def gone(self) -> bool:
        return self.free < self.reserve

    @property
    def short(self) -> bool:
        return self.free < 2 * self.reserve


def room_on(folder: Path, reserve_mb: int | None = None) -> Room:
    """The room of the disk that holds `folder`. The reserve is a twentieth of it, at least 200 MB, at most 2 GB."""
    disk = os.statvfs(folder)
    twentieth = int(disk.f_blocks * disk.f_frsize * SHARE)
    reserve = min(max(twentieth, LEAST), MOST) if reserve_mb is None else reserve_mb * MB
    return Room(disk.f_bavail * disk.f_frsize, reserve)


class Reserve:
    """Looks at the disk at most once a second, and says who may still write."""

    def __init__(self, look: Callable[[], Room], *, clock: Callable[[], float] = monotonic) -> None:
        self._look, self._clock = look, clock
        self._room, self._until = look(), clock() + LOOK_EVERY_S

    @property
    def room(self) -> Room:
        if self._clock() >= self._until:
            self._room, self._until = self._look(), self._clock() + LOOK_EVERY_S
        return self._room

    def check(self, precedence: Precedence) -> None:
        """NoRoom where a new alert of this precedence has to wait."""
        if precedence is not Precedence.FLASH and self.room.gone:
            raise NoRoom(
                f"only {self.room.free // MB} MB are free and {self.room.reserve // MB} MB are kept for FLASH: "
                "make room on the disk of data_dir, or lower store.reserve_mb"
            )
