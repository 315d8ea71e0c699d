"""An emulated modem in memory and the socket its cable goes into: what the benches of the three modems share."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, Generic, ParamSpec, Self, TypeVar

from hardware.emulators.modem import EmulatedModem
from hardware.errors import PortLost
from hardware.memory import MemoryPort, memory_pair
from hardware.port import Port
from tests.virtual_time import run_virtually

M = TypeVar("M", bound=EmulatedModem)
P = ParamSpec("P")


def virtually(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test whose hours take milliseconds."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_virtually(test(*args, **kwargs))

    return run


class MemoryBench(Generic[M]):
    """`opener` is what a driver opens its port with."""

    def __init__(self, modem: M) -> None:
        self.modem = modem
        self.modem.cable = lambda back_s: self.pull(back_s)
        self.plugged = True
        self.opened = 0
        self.port: MemoryPort | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
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
        ours, self.port = memory_pair()
        self.modem.dce.reset()
        self._keep(self.modem.serve(self.port))
        return ours

    def pull(self, back_s: float = -1) -> None:
        self.plugged = False
        if self.port is not None:
            self.port.unplug()
        if back_s >= 0:
            self.modem.later(back_s, self.plug)

    def plug(self) -> None:
        self.plugged = True

    def commands(self, name: str) -> list[str]:
        return [line["line"] for line in self.modem.journal.of("command") if line["name"] == name]

    def _keep(self, work: Any) -> None:
        self._tasks.add(asyncio.create_task(work))
