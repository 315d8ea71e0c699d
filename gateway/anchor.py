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
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.clock import Clock
from gateway.config_paths import mounted_read_only, read_only
from gateway.errors import StoreFailure, StoreUnfit
from gateway.regular import open_regular
from gateway.store.chain import anchored
from gateway.store.database import Changes, Store
from gateway.store.showing import audit_head

ANCHOR_EVERY_S = 600.0
_PURPOSE = b"bavn anchor 1\n"
_MARK_OCTETS = 16
_LINE = re.compile(r"[^ ]+ [0-9]{1,18} [0-9a-f]{64}( [0-9a-f]{32})?")
_BEGUN = re.compile(r"[0-9TZ:-]{0,20}( [0-9 a-f]*)?")  # a first line that a power cut tore
_LOOKED_AT_MOST = 1 << 20  # octets


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that vouches for nothing. A power cut while it was written may have torn it."""

    number: int  # from 1
    reason: str

    def __str__(self) -> str:
        return f"line {self.number} {self.reason}"


@dataclass(frozen=True, slots=True)
class AnchorFile:
    """`heads`: record number to hash, from the lines that hold."""

    heads: Mapping[int, bytes]
    bad: tuple[BadLine, ...] = ()


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


def looked_at(path: Path, key: bytes | None) -> AnchorFile:
    """The anchors before a start. StoreUnfit if nothing could be anchored there.

    A damaged line, or a key that is gone, stops no hub at night: it is said, and `bavn audit verify` says it again.
    """
    if reason := unfit(path):
        raise StoreUnfit(reason)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        with path.open("a", encoding="ascii"):
            found = read_lines(path, key=key, strict=True)
        if new:
            path.unlink()  # a start that fails later leaves nothing behind
        return found
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
    if mount := mounted_read_only(place):
        reason, remedy = read_only(mount)
        return f"audit.anchor: {path} cannot be written ({reason}). {remedy}"
    if not os.access(place, os.W_OK):
        return _unwritable(path, f"{place} belongs to somebody else")
    if os.statvfs(place).f_blocks == 0:
        return _unwritable(path, f"{place} is no disk")
    if place == path and _is_foreign(path):
        reason = f"{path} is there and holds no line of an anchor, so it is left as it is"
        return f"audit.anchor: {reason}. Name another file, or move this one away"
    return ""


def _is_foreign(path: Path) -> bool:
    """Whether it holds something, and nothing of it is ours. A file that cannot be read is another reason's."""
    try:
        with open_regular(path) as file:
            text = file.read(_LOOKED_AT_MOST).decode("ascii", "replace")
    except OSError:
        return False
    ours = any(_LINE.fullmatch(line) for line in text.splitlines())
    return not ours and _BEGUN.fullmatch(text.strip("\0\r\n")) is None


def _unwritable(path: Path, reason: str | None) -> str:
    return f"audit.anchor: {path} cannot be written ({reason}). Name a file that the hub may write"


def read_lines(path: Path, *, key: bytes | None = None, strict: bool = False) -> AnchorFile:
    """An anchor file. With `key`, a line that is not ours is a bad one.

    `strict` takes no marks that cannot be checked because there is no key.
    """
    heads: dict[int, bytes] = {}
    bad = []
    lines = path.read_text(encoding="ascii", errors="replace").splitlines() if path.exists() else []
    for number, line in enumerate(lines, start=1):
        if reason := _wrong(line, key=key, strict=strict):
            bad.append(BadLine(number, reason))
        else:
            _, n, head, *_ = line.split(" ")
            heads.setdefault(
                int(n), bytes.fromhex(head)
            )  # the first: a later one may hide that the end was cut
    return AnchorFile(heads, tuple(bad))


def _wrong(line: str, *, key: bytes | None, strict: bool) -> str:
    """What is wrong with a line, '' if nothing."""
    signed, _, mark = line.rpartition(" ")
    if not _LINE.fullmatch(line):
        return f"is damaged: {line[:80]!r}"
    if line.count(" ") == 2:
        return "" if key is None else "carries no mark of this installation"
    if key is None:
        return "carries a mark, and the key that made it is gone" if strict else ""
    return "" if hmac.compare_digest(mark, _mark(key, signed)) else "was not written by this installation"


def read_anchors(path: Path, *, key: bytes | None = None, strict: bool = False) -> Mapping[int, bytes]:
    """Record number to hash, as `read_lines`. ValueError names the first line that is bad."""
    found = read_lines(path, key=key, strict=strict)
    if found.bad:
        raise ValueError(f"{path}: {found.bad[0]}")
    return found.heads
