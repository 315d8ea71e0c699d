"""An emulated Iridium modem for tests, in memory, and a driver of it. Run them under virtual time: `run_virtually`."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.journal import Journal
from hardware.errors import PortLost
from hardware.iridium import IridiumModem
from hardware.iridium_events import Event
from hardware.iridium_state import State
from hardware.iridium_timing import IridiumTiming
from hardware.memory import MemoryPort, memory_pair
from hardware.port import Port
from tests.virtual_time import run_virtually


class Bench:
    """An emulator and the socket its cable goes into. `opener` is what a driver opens its port with."""

    def __init__(self, *, seed: int = 0) -> None:
        self.modem = IridiumEmulator(journal=Journal(kept=1_000_000), seed=seed)
        self.modem.cable = self.pull
        self.plugged = True
        self.opened = 0
        self._port: MemoryPort | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Bench":
        self._keep(self.modem.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def opener(self) -> Port:
        if not self.plugged:
            raise PortLost("no such device")
        self.opened += 1
        ours, self._port = memory_pair()
        self.modem.dce.reset()
        self._keep(self.modem.serve(self._port))
        return ours

    def pull(self, back_s: float = -1) -> None:
        self.plugged = False
        if self._port is not None:
            self._port.unplug()
        if back_s >= 0:
            self.modem.later(back_s, self.plug)

    def plug(self) -> None:
        self.plugged = True

    def sent(self) -> list[bytes]:
        """What the gateway has, as often as it came."""
        return [bytes.fromhex(line["raw"]) for line in self.modem.journal.of("sent")]

    def sessions(self) -> list[int]:
        """The statuses of all sessions."""
        return [line["status"] for line in self.modem.journal.of("session")]

    def commands(self, name: str) -> list[str]:
        return [line["line"] for line in self.modem.journal.of("command") if line["name"] == name]

    def faults(self, name: str) -> int:
        return sum(line["name"] == name for line in self.modem.journal.of("fault"))

    def _keep(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)


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


def virtually(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs a test under virtual time: sessions of half a minute take no time."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        run_virtually(test(*args, **kwargs))

    return run
