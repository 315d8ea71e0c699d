"""The anchor: the head of the audit chain, kept in a file outside the store, so that a cut end is found.

A line is `TIME NUMBER HASH MARK`; the mark is an HMAC under the installation's master key over what stands before it.
Who can write the store but has not the key can neither move an anchor nor add one. A line that is taken out is missed
by the chain, which notes each anchor, and a file without any line is a flaw. Who can write both may still take both
back to the same earlier moment, and nothing here can tell: put the file on another machine, or where lines can only be
added. What was written since the last anchor, ten minutes at most, has no witness yet.
"""

import asyncio
import hmac
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from gateway.clock import Clock
from gateway.errors import StoreFailure, StoreUnfit
from gateway.store.chain import anchored
from gateway.store.database import Changes, Store
from gateway.store.showing import audit_head

ANCHOR_EVERY_S = 600.0
_PURPOSE = b"bavn anchor 1\n"
_MARK_OCTETS = 16


class Anchor:
    """Appends the head at the start, every ten minutes in which something happened, and at the end; flushed to disk."""

    def __init__(
        self, path: Path, store: Store, clock: Clock, *, key: bytes | None, failed: Callable[[str], None]
    ) -> None:
        self._path, self._store, self._clock = path, store, clock
        self._key, self._failed = key, failed
        self._activity = asyncio.Event()
        self._last = 0

    def heard(self, _: Changes) -> None:
        self._activity.set()

    async def run(self) -> None:
        await self.write()
        while True:
            await self._activity.wait()
            await asyncio.sleep(ANCHOR_EVERY_S)
            self._activity.clear()
            await self.write()

    async def write(self) -> None:
        """Anchors now, if there is anything new. A failure is reported and tried again next time.

        The chain then says that it was anchored, so that a line which is gone from the file is missed.
        """
        try:
            head = await self._store.read(audit_head, None)
            if head is None or head[0] == self._last:
                return
            line = anchor_line(self._clock(), *head, key=self._key)
            await asyncio.get_running_loop().run_in_executor(None, _append, self._path, line)
            self._last = head[0]
            note = await self._store.run(anchored, head[0])
            self._last = note if note == head[0] + 1 else head[0]  # the note alone is nothing new
        except OSError as error:
            self._failed(f"the audit anchor {self._path} cannot be written: {error}")
        except StoreFailure as error:
            self._failed(f"the audit cannot note its anchor: {error}")


def anchor_line(at: datetime, number: int, head: bytes, *, key: bytes | None) -> str:
    """One line of the file, ended."""
    line = f"{at:%Y-%m-%dT%H:%M:%SZ} {number} {head.hex()}"
    return f"{line}\n" if key is None else f"{line} {_mark(key, line)}\n"


def _mark(key: bytes, line: str) -> str:
    return hmac.digest(key, _PURPOSE + line.encode("ascii"), "sha256")[:_MARK_OCTETS].hex()


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.stat().st_size > 0 and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="ascii") as file:
        file.write("\n" + line if torn else line)
        file.flush()
        os.fsync(file.fileno())


def looked_at(path: Path, key: bytes | None) -> tuple[dict[int, bytes], str]:
    """The anchors before a start, and '' or what is wrong with the file. StoreUnfit if nothing could be anchored there.

    A damaged line, or a key that is gone, stops no hub at night: it is said, and `bavn audit verify` says it again.
    """
    if reason := unfit(path):
        raise StoreUnfit(reason)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        with path.open("a", encoding="ascii"):
            anchors = read_anchors(path, key=key, strict=True)
        if new:
            path.unlink()  # a start that fails later leaves nothing behind
        return anchors, ""
    except ValueError as error:
        return {}, str(error)
    except OSError as error:
        raise StoreUnfit(_unwritable(path, error.strerror)) from error


def unfit(path: Path) -> str:
    """Why nothing could be anchored in this file, '' if nothing is seen. Creates nothing."""
    place = path
    while not place.exists() and place != place.parent:
        place = place.parent
    if place == path and not path.is_file():
        return _unwritable(path, "it is not a file")
    if place != path and not place.is_dir():
        return _unwritable(path, f"{place} is not a folder")
    if not os.access(place, os.W_OK):
        return _unwritable(path, f"{place} belongs to somebody else")
    return _unwritable(path, f"{place} is no disk") if os.statvfs(place).f_blocks == 0 else ""


def _unwritable(path: Path, reason: str | None) -> str:
    return f"audit.anchor: {path} cannot be written ({reason}). Name a file that the hub may write"


def read_anchors(path: Path, *, key: bytes | None = None, strict: bool = False) -> dict[int, bytes]:
    """Record number to hash, from an anchor file. ValueError names a line that is damaged or, with `key`, not ours.

    `strict` refuses marks that cannot be checked because there is no key.
    """
    anchors: dict[int, bytes] = {}
    lines = path.read_text(encoding="ascii", errors="replace").splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        signed, _, mark = line.rpartition(" ")
        fields = line.split(" ")
        if len(fields) == 4 and key is not None and not hmac.compare_digest(mark, _mark(key, signed)):
            raise ValueError(f"{path}: line {number} was not written by this installation")
        if len(fields) == 4 and key is None and strict:
            raise ValueError(f"{path}: line {number} carries a mark, and the key that made it is gone")
        if len(fields) == 3 and key is not None:
            raise ValueError(f"{path}: line {number} carries no mark of this installation")
        try:
            _, n, head, *_ = fields
            anchors.setdefault(
                int(n), bytes.fromhex(head)
            )  # the first: a later one may hide that the end was cut
        except ValueError:
            raise ValueError(f"{path}: line {number} is damaged: {line[:80]!r}") from None
    return anchors
