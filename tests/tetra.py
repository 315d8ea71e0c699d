"""An emulated TETRA radio in memory, under virtual time, and a driver with the time limits of real life."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from hardware.codecs.sds import Wanted, text_transfers
from hardware.emulators.tetra_radio import TetraEmulator
from hardware.tetra import TetraRadio
from hardware.tetra_events import Event, Sent
from hardware.tetra_state import State
from hardware.tetra_timing import TetraTiming
from tests.memory_bench import MemoryBench

PEER = "2345678"
GROUP = "3990100"


class Bench(MemoryBench[TetraEmulator]):
    """A radio and its network."""

    def __init__(self, radio: TetraEmulator | None = None) -> None:
        super().__init__(radio or TetraEmulator())

    @property
    def radio(self) -> TetraEmulator:
        return self.modem

    def sent(self, kind: str = "text") -> list[dict[str, Any]]:
        return [line for line in self.radio.journal.of("sent") if line["kind"] == kind]


@asynccontextmanager
async def driver(
    bench: Bench, *, limits: dict[str, float] | None = None, **options: Any
) -> AsyncIterator[TetraRadio]:
    """A driver on the bench's radio; `limits` are seconds of its timing."""
    timing = replace(TetraTiming(), **(limits or {}))
    async with TetraRadio(bench.opener, timing=timing, groups=[GROUP], **options) as radio:
        yield radio


@asynccontextmanager
async def ready(bench: Bench, **options: Any) -> AsyncIterator[TetraRadio]:
    """The same, once it may send."""
    async with driver(bench, **options) as radio:
        await in_state(radio, State.READY)
        yield radio


async def until(condition: Callable[[], object], *, limit_s: float = 600.0) -> None:
    """Returns as soon as `condition` holds; TimeoutError when it never does."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.05)


async def in_state(radio: TetraRadio, state: State) -> None:
    await until(lambda: radio.state is state)


async def send_text(
    radio: TetraRadio,
    text: str = "Mød nu",
    *,
    to: str = PEER,
    reference: int = 1,
    wanted: Wanted = Wanted.RECEIVED,
) -> Sent:
    (transfer,) = text_transfers(text, reference, max_bits=radio.max_bits, wanted=wanted)
    octets = transfer.encode()
    return await radio.send(to, octets, 8 * len(octets))


class Heard:
    """Everything a driver tells, as it comes; `async with Heard(driver) as heard`. Settles messages when asked to."""

    def __init__(self, radio: TetraRadio, *, settles: bool = False) -> None:
        self._radio, self._settles = radio, settles
        self.events: list[Event] = []

    async def __aenter__(self) -> "Heard":
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _listen(self) -> None:
        async for event in self._radio.events():
            self.events.append(event)
            if self._settles and hasattr(event, "settle"):
                await event.settle()

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def first(self, kind: type[Event]) -> Any:
        await until(lambda: self.of(kind))
        return self.of(kind)[0]
