"""The places of a session's window: who holds one may publish, and gives it back with the broker's answer."""

import asyncio
from collections import deque


class Places:
    """From two places on the last is kept for FLASH; with one there is none to keep, and FLASH is next."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._kept = 1 if number >= 2 else 0
        self._flash: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    def take(self, *, flash: bool) -> bool:
        """False if there is none; who waits has been offered what is free."""
        if self._free <= (0 if flash else self._kept):
            return False
        self._free -= 1
        return True

    async def wait(self, *, flash: bool) -> None:
        """Takes a place once there is one: FLASH before the others, each kind in the order of its coming."""
        if self.take(flash=flash):
            return
        waiting = self._flash if flash else self._others
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # it was given a place in the same turn
                self.release()
            raise

    def release(self) -> None:
        self._free += 1
        for waiting, kept in ((self._flash, 0), (self._others, self._kept)):
            while waiting and self._free > kept:
                waiter = waiting.popleft()
                if not waiter.cancelled():
                    self._free -= 1
                    waiter.set_result(None)
