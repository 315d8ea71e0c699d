"""An emulated GSM modem for tests: in memory or on a pty, with a driver whose time limits are short."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hardware.emulators.gsm_modem import GsmEmulator
from hardware.gsm import GsmModem
from hardware.gsm_events import Event, Received, Reported
from hardware.gsm_state import State
from hardware.timing import Timing
from tests.memory_bench import MemoryBench

FACTOR = 0.02  # of the driver's limits: 100 ms for an answer, 1.2 s for a reference
SPEED = 50.0  # of the emulator


class Bench(MemoryBench[GsmEmulator]):
    """A GSM modem whose network answers at once."""

    def __init__(self, modem: GsmEmulator | None = None) -> None:
        super().__init__(modem or GsmEmulator(speed=SPEED))
        self.modem.network.latency_s, self.modem.network.report_s = 0, 0

    def sent(self) -> list[dict[str, Any]]:
        return self.modem.journal.of("sent")


@asynccontextmanager
async def driver(bench: Bench, *, pin: str | None = None, **limits: float) -> AsyncIterator[GsmModem]:
    """A driver on the bench's modem; `limits` are seconds as they are, not scaled."""
    timing = Timing().scaled(FACTOR)
    if limits:
        timing = Timing(**{name: getattr(timing, name) for name in Timing.__dataclass_fields__} | limits)
    async with GsmModem(bench.opener, pin=pin, timing=timing) as modem:
        yield modem


async def until(condition: Callable[[], object], *, limit_s: float = 10.0, every_s: float = 0.005) -> None:
    """Returns as soon as `condition` holds; TimeoutError when it never does."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(every_s)


async def in_state(modem: GsmModem, state: State) -> None:
    await until(lambda: modem.state is state)


async def at_rest(bench: Bench, modem: GsmModem) -> None:
    """READY, and its first round of questions is over: what is armed now meets what comes next."""
    await in_state(modem, State.READY)
    await until(lambda: _storage_read(bench))


def _storage_read(bench: Bench) -> bool:
    """A round ends with the storage, after the messages; the routing asks for it too, before them."""
    told = [line["line"] for line in bench.modem.journal.of("command")]
    return told[-1] == "AT+CPMS?" and "AT+CMGL=4" in told[-2:-4:-1]


class Heard:
    """Everything a driver tells, as it comes; `async with Heard(driver) as heard`."""

    def __init__(self, modem: GsmModem) -> None:
        self._modem = modem
        self.events: list[Event] = []

    async def __aenter__(self) -> "Heard":
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _listen(self) -> None:
        async for event in self._modem.events():
            self.events.append(event)

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def first(self, kind: type[Event]) -> Any:
        await until(lambda: self.of(kind))
        return self.of(kind)[0]


class Settling(Heard):
    """As a hub: what it has heard is safe, and taken from the modem."""

    async def _listen(self) -> None:
        async for event in self._modem.events():
            self.events.append(event)
            if isinstance(event, Received | Reported):
                await event.settle()


class Control:
    """A client of an emulator's control socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def do(self, do: str, **fields: Any) -> dict[str, Any]:
        self._writer.write(json.dumps({"do": do, **fields}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await self._reader.readline())
        return answer

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def emulator(folder: Path, *options: str, modem: str = "gsm") -> AsyncIterator[Control]:
    """`python -m hardware.emulators.MODEM`, ready, with its control socket."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"hardware.emulators.{modem}", "--link", str(folder / "modem")),
        *("--journal", str(folder / "journal"), "--control", str(folder / "control"), *options),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == f"ready {folder / 'modem'}\n".encode()
        control = Control(*await asyncio.open_unix_connection(folder / "control"))
        yield control
        control.close()
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


def journal(folder: Path, event: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in (folder / "journal").read_text("utf-8").splitlines())
    return [line for line in lines if line["event"] == event]
