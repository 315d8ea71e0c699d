"""Looks at deliveries when their time comes, and anchors the audit. Times are rows: a restart forgets none."""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from gateway.clock import Clock, to_ms
from gateway.errors import StoreFailure
from gateway.store import Changes, Store
from gateway.store.accepting import forget_old_keys
from gateway.store.sending import look, next_look
from gateway.store.showing import audit_head

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 30.0  # so that a jump of the wall clock is noticed
STORE_PAUSE_S = 0.5
HOUSEKEEPING = timedelta(hours=1)
ANCHOR_EVERY_S = 600.0


class Timekeeper:
    """Sleeps until the next deadline of any delivery, or until an earlier one is committed."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._next: datetime | None = None
        self._sooner = asyncio.Event()
        self._cleaned = clock()

    def heard(self, changes: Changes) -> None:
        if changes.due_ms is not None and (self._next is None or changes.due_ms < to_ms(self._next)):
            self._sooner.set()

    async def run(self) -> None:
        while True:
            try:
                while await self._store.run(look, None):
                    pass
                await self._clean()
                self._sooner.clear()
                self._next = None  # whatever is committed from here on may be sooner than what is read now
                self._next = await self._store.read(next_look, None)
            except StoreFailure:
                log.error("the store cannot say what is due; again")
                await asyncio.sleep(STORE_PAUSE_S)
                continue
            await self._sleep()

    async def _sleep(self) -> None:
        until = LONGEST_SLEEP_S
        if self._next is not None:
            until = min(until, max(0.0, (self._next - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(until):
                await self._sooner.wait()
        except TimeoutError:
            return

    async def _clean(self) -> None:
        if self._clock() - self._cleaned >= HOUSEKEEPING:
            self._cleaned = self._clock()
            await self._store.run(forget_old_keys, None)


class Anchor:
    """Appends the head of the audit chain to a file outside the store, every ten minutes in which something happened.

    A line is `TIME NUMBER HASH`, flushed to disk. Put the file where who can write the store cannot write.
    """

    def __init__(self, path: Path, store: Store, clock: Clock, *, failed: Callable[[str], None]) -> None:
        self._path, self._store, self._clock, self._failed = path, store, clock, failed
        self._activity = asyncio.Event()
        self._last = 0

    def heard(self, _: Changes) -> None:
        self._activity.set()

    async def run(self) -> None:
        while True:
            await self._activity.wait()
            await asyncio.sleep(ANCHOR_EVERY_S)
            self._activity.clear()
            await self.write()

    async def write(self) -> None:
        """Anchors now, if there is anything new. A failure is reported and tried again next time."""
        try:
            head = await self._store.read(audit_head, None)
            if head is None or head[0] == self._last:
                return
            line = f"{self._clock():%Y-%m-%dT%H:%M:%SZ} {head[0]} {head[1].hex()}\n"
            await asyncio.get_running_loop().run_in_executor(None, _append, self._path, line)
            self._last = head[0]
        except OSError as error:
            self._failed(f"the audit anchor {self._path} cannot be written: {error}")


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read_anchors(path: Path) -> dict[int, bytes]:
    """Record number to hash, from an anchor file. ValueError names a line that is damaged."""
    anchors = {}
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        try:
            _, n, head = line.split()
            anchors[int(n)] = bytes.fromhex(head)
        except ValueError:
            raise ValueError(f"{path}: line {number} is damaged: {line[:80]!r}") from None
    return anchors
