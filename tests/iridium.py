"""An emulated Iridium modem for tests, in memory, and a driver of it. Run them under virtual time: `run_virtually`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.journal import Journal
from hardware.iridium import IridiumModem
from hardware.iridium_events import Event
from hardware.iridium_state import State
from hardware.iridium_timing import IridiumTiming
from tests.memory_bench import MemoryBench


class Bench(MemoryBench[IridiumEmulator]):
    """An Iridium modem and its gateway."""

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(IridiumEmulator(journal=Journal(kept=1_000_000), seed=seed))

    def sent(self) -> list[bytes]:
        """What the gateway has, as often as it came."""
        return [bytes.fromhex(line["raw"]) for line in self.modem.journal.of("sent")]

    def sessions(self) -> list[int]:
        """The statuses of all sessions."""
        return [line["status"] for line in self.modem.journal.of("session")]

    def faults(self, name: str) -> int:
        return sum(line["name"] == name for line in self.modem.journal.of("fault"))


@asynccontextmanager
async def driver(bench: Bench, *, credits_per_day: int = 100, **limits: float) -> AsyncIterator[IridiumModem]:
    """A driver with the limits of real life, but for `limits`."""
    timing = IridiumTiming(**limits)
    async with IridiumModem(bench.opener, timing=timing, credits_per_day=credits_per_day) as modem:
        yield modem


async def until(condition: Callable[[], object], *, limit_s: float = 3600) -> None:
    """Returns as soon as `condition` holds; TimeoutError when it never does."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.1)


async def in_state(modem: IridiumModem, state: State) -> None:
    await until(lambda: modem.state is state)


async def sent(modem: IridiumModem, payload: bytes = b"Kom nu") -> int:
    """Sends it, whatever it costs; returns its serial number."""
    return await modem.send(payload, before=lambda: None)


class Heard:
    """Everything a driver tells, as it comes; `settles`: and takes what came in off the modem."""

    def __init__(self, modem: IridiumModem, *, settles: bool = True, keeps: bool = True) -> None:
        self._modem, self._settles, self._keeps = modem, settles, keeps
        self.events: list[Event] = []

    async def __aenter__(self) -> "Heard":
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _listen(self) -> None:
        async for event in self._modem.events():
            if self._keeps:
                self.events.append(event)
            if self._settles and hasattr(event, "settle"):
                await event.settle()

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def first(self, kind: type[Event]) -> Any:
        await until(lambda: self.of(kind))
        return self.of(kind)[0]
