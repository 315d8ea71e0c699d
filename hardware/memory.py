"""Two ports joined in memory: what one writes the other reads. For tests and for emulators in the same process."""

import asyncio

from hardware.errors import PortLost


class MemoryPort:
    """One end of the line."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._news = asyncio.Event()
        self._open = True
        self.other: MemoryPort = self

    async def read(self) -> bytes:
        while not self._waiting:
            if not self._open:
                raise PortLost("the port is gone")
            self._news.clear()
            await self._news.wait()
        octets = bytes(self._waiting)
        self._waiting.clear()
        return octets

    def write(self, octets: bytes) -> None:
        if not self._open:
            raise PortLost("the port is gone")
        self.other.arrive(octets)

    def arrive(self, octets: bytes) -> None:
        self._waiting += octets
        self._news.set()

    async def close(self) -> None:
        self.unplug()

    def unplug(self) -> None:
        """The cable is pulled: both ends are lost."""
        self.lose()
        self.other.lose()

    def lose(self) -> None:
        self._open = False
        self._news.set()


def memory_pair() -> tuple[MemoryPort, MemoryPort]:
    """Two ends of one line."""
    ours, theirs = MemoryPort(), MemoryPort()
    ours.other, theirs.other = theirs, ours
    return ours, theirs
