"""Runs an emulated GSM modem on a pty: `python -m hardware.emulators.gsm --link PATH`."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from hardware.emulators.control import control_socket
from hardware.emulators.gsm_control import verbs
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.journal import Journal
from hardware.emulators.line import Link, PtyPort


class Cable:
    """Plugs the modem into a fresh pty each time, and points the link at it."""

    def __init__(self, modem: GsmEmulator, link: Link) -> None:
        self._modem, self._link = modem, link
        self._port: PtyPort | None = None
        self._serving: asyncio.Task[None] | None = None

    def plug(self) -> None:
        if self._port is None:
            self._port = PtyPort()
            self._modem.dce.reset()
            self._serving = asyncio.create_task(self._modem.serve(self._port), name="gsm-line")
            self._link.point_to(self._port.device)

    def unplug(self) -> None:
        if self._port is not None:
            self._link.remove()
            self._port.unplug()
            self._port = None

    def pull(self, back_s: float) -> None:
        """Unplugs, and plugs in again after so many seconds; never when negative."""
        self.unplug()
        if back_s >= 0:
            self._modem.later(back_s, self.plug)


async def emulate_gsm(
    link: Path, *, faults: Path | None, journal: Path | None, control: Path | None, seed: int
) -> None:
    """Runs a modem at `link` until SIGTERM or SIGINT, or until cancelled; prints `ready PATH` when it can be opened.

    Raises FileExistsError when `link` is a real file, OSError and ValueError for a fault file that cannot be used.
    """
    diary = Journal(journal)
    modem = GsmEmulator(journal=diary, seed=seed)
    if faults is not None:
        modem.faults.load(faults)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    cable = Cable(modem, Link(link))
    modem.cable = cable.pull
    running = asyncio.create_task(modem.run(), name="gsm-emulator")
    try:
        async with control_socket(control, verbs(modem, plug=cable.plug, unplug=cable.unplug)):
            cable.plug()
            sys.stdout.write(f"ready {link}\n")
            sys.stdout.flush()
            waiting = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait([waiting, running], return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if running.done():
                running.result()  # a fault of the program: to be seen
    finally:
        cable.unplug()
        running.cancel()
        await asyncio.wait([running])
        diary.close()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def main(arguments: Sequence[str] | None = None) -> None:
    """The same options as `bavn emulate gsm`."""
    parser = argparse.ArgumentParser(description="A GSM modem that is not there, on a pty.")
    parser.add_argument("--link", type=Path, required=True, help="where the port appears")
    parser.add_argument("--faults", type=Path, help="TOML: which faults strike, and how often")
    parser.add_argument("--journal", type=Path, help="JSON lines: what the network has seen")
    parser.add_argument("--control", type=Path, help="Unix socket for orders")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    asyncio.run(
        emulate_gsm(
            given.link, faults=given.faults, journal=given.journal, control=given.control, seed=given.seed
        )
    )


if __name__ == "__main__":
    main()
