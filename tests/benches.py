"""Benches: the three kinds of line that the hardware tests run on.

memory   an emulated modem in the same process, under virtual time, with the time limits of real life
pty      an emulated modem on a pty in real time, at a twentieth of the time limits
hil      a real modem (hardware in the loop), named by `--hil gsm=/dev/...`, with the time limits of real life

A test is written once. What only the world can do (coverage, reports, a pulled cable) it asks of `bench.world`, which
a real modem does not have; what may be sent to a real modem is decided in `Hil`, not in the test.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from hardware.emulators.control import Verb, answer
from hardware.emulators.line import Link
from hardware.emulators.modem import EmulatedModem
from hardware.emulators.running import Cable
from hardware.errors import PortLost
from hardware.memory import MemoryPort, memory_pair
from hardware.port import Opener, Port, open_port
from hardware.timing import Timing
from tests.guard import GuardedPort, Kept, Rules
from tests.virtual_time import run_virtually

TWENTIETH = 20
READY_S = 90.0  # a modem that starts, with its network


class Kind(Enum):
    MEMORY = "memory"
    PTY = "pty"
    HIL = "hil"


class Hil(Enum):
    """What a test may do with a real modem. The default of a test is NEVER."""

    NEVER = "it needs a world that obeys"
    ASKS = "it asks the modem and sets what a restart forgets; nothing leaves"
    SENDS = "one message leaves, to the address given with --hil-to"


@dataclass(frozen=True, slots=True)
class Real:
    """A modem of `--hil MODEM=PORT[@BAUD]` and, of `--hil-to`, the only address that anything may be sent to."""

    port: str
    baud: int | None = None
    to: str | None = None
    ready_s: float = READY_S


class World:
    """What surrounds an emulated modem: the orders of its control socket, and its journal."""

    def __init__(self, modem: EmulatedModem, verbs: Mapping[str, Verb]) -> None:
        self._modem, self._verbs = modem, verbs

    def do(self, do: str, **fields: Any) -> dict[str, Any]:
        order = {"do": do, **{name.removesuffix("_"): value for name, value in fields.items()}}
        answered = answer(json.dumps(order).encode(), self._verbs)
        assert answered["ok"], answered
        return answered

    def seen(self, event: str) -> list[dict[str, Any]]:
        return self._modem.journal.of(event)


@dataclass(slots=True)
class Bench:
    """A line with a modem at its far end. `factor`: of the time limits that a driver on it is to have."""

    opener: Opener
    factor: float = 1.0
    to: str | None = None  # whom a real modem may send to; None: the modem is emulated, or nobody
    ready_s: float = READY_S
    real: Real | None = None
    kept: Kept = field(default_factory=Kept)  # from a real modem
    _world: World | None = None

    @property
    def world(self) -> World:
        assert self._world is not None, "a real modem has no world that obeys: mark the test Hil.NEVER"
        return self._world

    @property
    def is_real(self) -> bool:
        return self._world is None

    async def until(self, condition: Callable[[], object], *, limit_s: float) -> None:
        """Returns as soon as `condition` holds; TimeoutError after `limit_s`, scaled as the driver's limits are."""
        async with asyncio.timeout(limit_s * self.factor + (0 if self.factor == 1 else 1)):
            while not condition():
                await asyncio.sleep(max(0.05 * self.factor, 0.01))


class Kit(ABC):
    """One modem as the tests know it: how it is emulated, driven, and asked. Stateless."""

    name: str
    baud: int
    address: str  # a pattern: to whom a real one may be told to send
    rules: Rules  # what a real one may hear
    known_by: str  # a command that only this kind of modem knows
    received: type  # the event of a message that came in
    reported: type | None  # the event of a report; None: the bearer has none
    read_back: Mapping[
        str, str
    ]  # command -> what its answer has to look like once the driver has set the modem up

    @abstractmethod
    def emulated(self, *, speed: float) -> EmulatedModem:
        """A modem of its own, ready to be plugged in."""

    @abstractmethod
    def verbs(
        self, modem: Any, *, plug: Callable[[], None], unplug: Callable[[], None]
    ) -> Mapping[str, Verb]:
        """The orders that its world follows."""

    @abstractmethod
    def driver(self, bench: Bench) -> Any:
        """A driver on the bench's line, not yet entered."""

    @abstractmethod
    def timing(self, factor: float) -> Timing:
        """The limits of a dialogue without the driver."""

    @abstractmethod
    def ready(self, driver: Any) -> bool:
        """Whether it may send."""

    @abstractmethod
    def said(self, driver: Any) -> str:
        """What it found out about its modem, for the technician."""

    @abstractmethod
    async def send(self, driver: Any, bench: Bench) -> None:
        """One message, to `bench.to` or to nobody there is; raises what the driver raises."""

    @abstractmethod
    def arrived(self, world: World) -> int:
        """How many messages have left over the air."""

    @abstractmethod
    def bring(self, world: World) -> None:
        """One message comes in from outside."""

    @abstractmethod
    def lose(self, world: World) -> None:
        """The network is lost."""

    def regain(self, world: World) -> None:
        world.do("coverage", value=True)


@dataclass(slots=True)
class _MemoryCable:
    """As `running.Cable`, in memory."""

    modem: EmulatedModem
    plugged: bool = True
    _port: MemoryPort | None = None
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> Port:
        if not self.plugged:
            raise PortLost("no such device")
        ours, self._port = memory_pair()
        self.modem.dce.reset()
        self._serving.add(asyncio.create_task(self.modem.serve(self._port), name="memory-line"))
        return ours

    def plug(self) -> None:
        self.plugged = True

    def unplug(self) -> None:
        self.plugged = False
        if self._port is not None:
            self._port.unplug()

    def pull(self, back_s: float) -> None:
        self.unplug()
        if back_s >= 0:
            self.modem.later(back_s, self.plug)


@asynccontextmanager
async def in_memory(kit: Kit) -> AsyncIterator[Bench]:
    modem = kit.emulated(speed=1)
    cable = _MemoryCable(modem)
    modem.cable = cable.pull
    async with _powered(modem):
        world = World(modem, kit.verbs(modem, plug=cable.plug, unplug=cable.unplug))
        yield Bench(cable.open, _world=world)
        cable.unplug()


@asynccontextmanager
async def on_a_pty(kit: Kit, folder: Path) -> AsyncIterator[Bench]:
    modem = kit.emulated(speed=TWENTIETH)
    cable = Cable(modem, Link(folder / "modem"))
    modem.cable = cable.pull
    async with _powered(modem):
        cable.plug()
        world = World(modem, kit.verbs(modem, plug=cable.plug, unplug=cable.unplug))
        yield Bench(lambda: open_port(str(folder / "modem"), kit.baud), factor=1 / TWENTIETH, _world=world)
        cable.unplug()


@asynccontextmanager
async def _powered(modem: EmulatedModem) -> AsyncIterator[None]:
    running = asyncio.create_task(modem.run(), name="emulator")
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


@asynccontextmanager
async def on_a_real_modem(kit: Kit, real: Real) -> AsyncIterator[Bench]:
    """Behind a guard: what the modem is not to hear is answered in its stead, and fails the test at its end."""
    kept = Kept()

    async def opened() -> Port:
        return GuardedPort(
            await open_port(real.port, real.baud or kit.baud), kit.rules, to=real.to, kept=kept
        )

    yield Bench(opened, to=real.to, ready_s=real.ready_s, real=real, kept=kept)
    if kept.stopped:
        pytest.fail(f"the driver wanted more of the modem than it may here: {kept.stopped}", pytrace=False)


def run(
    work: Callable[[Bench], Awaitable[None]], kit: Kit, *, kind: Kind, folder: Path, real: Real | None
) -> None:
    """Runs a test's body on a fresh bench of this kind, in the time that goes with it."""

    async def whole() -> None:
        if kind is Kind.MEMORY:
            bench = in_memory(kit)
        elif kind is Kind.PTY:
            bench = on_a_pty(kit, folder)
        else:
            assert real is not None
            bench = on_a_real_modem(kit, real)
        async with bench as ready:
            await work(ready)

    if kind is Kind.MEMORY:
        run_virtually(whole())
    else:
        asyncio.run(whole())
