"""Runs any of the emulated modems on a pty: its cable, its diary, its orders and its end.

A modem's own module has `async def emulate(options)`, which `bavn emulate` and `python -m` both call.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hardware.at.dce import Dce
from hardware.emulators.control import Verb, control_socket
from hardware.emulators.faults import Faults
from hardware.emulators.journal import Journal
from hardware.emulators.line import Claim, Link, PtyPort
from hardware.port import Port

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What every emulated modem is told. `link`: where its port appears."""

    link: Path
    faults: Path | None = None
    journal: Path | None = None
    control: Path | None = None
    seed: int = 0
    speed: float = 1.0  # how many times faster than life the modem and its network are

    def __post_init__(self) -> None:
        if not 0.01 <= self.speed <= 1000:
            raise ValueError(f"a speed of {self.speed:g}: choose from 0.01 to 1000, 1 is as in life")


class Modem(Protocol):
    """What a cable and this module need of a modem."""

    dce: Dce
    faults: Faults
    journal: Journal
    cable: Callable[[float], None]

    async def run(self) -> None:
        """Runs commands until cancelled: the modem has power."""
        ...

    async def serve(self, port: Port) -> None:
        """Speaks on a port until it is lost."""
        ...

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Does something in emulated time."""
        ...


class Cable:
    """Plugs the modem into a fresh pty each time, and points the link at it."""

    def __init__(self, modem: Modem, link: Link) -> None:
        self._modem, self._link = modem, link
        self._port: PtyPort | None = None
        self._serving: asyncio.Task[None] | None = None

    def plug(self) -> None:
        """OSError when there is no place for the link: it stays unplugged."""
        if self._port is not None:
            return
        port = PtyPort()
        try:
            self._link.point_to(port.device)
        except OSError:
            port.unplug()
            raise
        self._port = port
        self._modem.dce.reset()
        self._serving = asyncio.create_task(self._modem.serve(port), name="modem-line")

    def unplug(self) -> None:
        if self._port is not None:
            self._link.remove()
            self._port.unplug()
            self._port = None

    def pull(self, back_s: float) -> None:
        """Unplugs, and plugs in again after so many seconds; never when negative."""
        self.unplug()
        if back_s >= 0:
            self._modem.later(back_s, self._plug_again)

    def _plug_again(self) -> None:
        try:
            self.plug()
        except OSError as error:
            log.error("the modem stays unplugged: %s", error)


async def run_modem(modem: Modem, options: Options, *, verbs: Callable[[Cable], Mapping[str, Verb]]) -> None:
    """Runs a modem until SIGTERM or SIGINT, or until cancelled; prints `ready PATH` when it can be opened.

    Raises FileExistsError when the link, the control socket or the journal is another's, OSError when one of them
    cannot be used (any more), OSError and ValueError for a fault file that cannot be used.
    """
    if options.faults is not None:
        modem.faults.load(options.faults)
    link, journal = Link(options.link), Claim(options.journal) if options.journal is not None else None
    link.claim()
    try:
        if journal is not None:
            journal.take()
        await _run(modem, options, Cable(modem, link), verbs=verbs)
    finally:
        link.release()
        if journal is not None:
            journal.release()
    if modem.journal.lost:
        raise OSError(modem.journal.lost)


async def _run(
    modem: Modem, options: Options, cable: Cable, *, verbs: Callable[[Cable], Mapping[str, Verb]]
) -> None:
    modem.cable = cable.pull
    running = asyncio.create_task(modem.run(), name="emulator")
    try:
        async with _asked_to_stop() as stop, control_socket(options.control, verbs(cable)):
            modem.journal.when_lost = stop.set
            cable.plug()
            _say(f"ready {options.link}\n")
            waiting = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait([waiting, running], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if running.done():
                running.result()  # a fault of the program: to be seen
    finally:
        cable.unplug()
        running.cancel()
        await asyncio.wait([running])
        modem.journal.close()


def _say(text: str) -> None:
    """To whoever waits for it; nobody does where the output is closed, and the modem is there all the same."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        log.warning("%r cannot be written: %s", text, error.strerror)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the end of Python tries again


@asynccontextmanager
async def _asked_to_stop() -> AsyncIterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set while the context is open."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def main(
    emulate: Callable[[Options], Awaitable[None]], arguments: Sequence[str] | None, *, description: str
) -> None:
    """`python -m hardware.emulators.NAME`: the same options as `bavn emulate NAME`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--link", type=Path, required=True, help="where the port appears")
    parser.add_argument("--faults", type=Path, help="TOML: which faults strike, and how often")
    parser.add_argument("--journal", type=Path, help="JSON lines: what the network has seen")
    parser.add_argument("--control", type=Path, help="Unix socket for orders")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--speed", type=float, default=1.0, help="times faster than life")

    async def run() -> None:
        await emulate(Options(**vars(parser.parse_args(arguments))))

    asyncio.run(run())
