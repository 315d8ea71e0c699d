"""Where a file is judged: a small one at once, a large one in a thread, so that the event loop goes on meanwhile.

Large ones are judged one after another. Beyond MOST_WAITING the sender is told to try again, since each holds its
2 MB and what was read from them.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from gateway.errors import Busy

R = TypeVar("R")

LARGE_OCTETS = 64_000  # the costliest of this size takes some 20 ms; nearly every real alert is smaller
MOST_WAITING = 8


class Judging:
    """One large file at a time, in the event loop's own threads."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def of(self, size_octets: int, work: Callable[[], R]) -> R:
        """What `work` finds, or its error. Busy when too many large files wait already."""
        if size_octets <= LARGE_OCTETS:
            return work()
        if self._waiting >= MOST_WAITING:
            raise Busy(f"{MOST_WAITING} large files are being judged: send it again in a few seconds")
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
