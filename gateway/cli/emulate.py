"""`bavn emulate`: modems on a pty, for trying out and for other projects' tests.

Each modem is a module of `hardware.emulators` with `async def emulate(options)`.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.errors import CommandError
from gateway.cli.reading import factor, whole_number

_WORDS = {
    "gsm": "a GSM modem with its network",
    "iridium": "an Iridium 9602/9603 (SBD) with its satellites and gateway",
    "tetra": "a TETRA radio (PEI) with its network",
}
MODEMS = tuple(_WORDS)


def command(name: str) -> Callable[..., None]:
    """The command of one modem: the same options for all of them."""

    def emulate(
        link: Annotated[Path, typer.Option(metavar="PATH", help="Where the serial port appears")],
        faults: Annotated[
            Path | None, typer.Option(metavar="FILE", help="TOML: which faults strike, how often")
        ] = None,
        journal: Annotated[
            Path | None, typer.Option(metavar="FILE", help="JSON lines: what the network saw")
        ] = None,
        control: Annotated[
            Path | None, typer.Option(metavar="SOCKET", help="Unix socket that takes orders")
        ] = None,
        seed: Annotated[
            int, typer.Option(parser=whole_number(0), metavar="N", help="The same seed, the same faults")
        ] = 0,
        speed: Annotated[
            float,
            typer.Option(
                parser=factor, metavar="FACTOR", help="Times faster than life: sessions, reports, boots"
            ),
        ] = 1.0,
    ) -> None:
        _run(name, link=link, faults=faults, journal=journal, control=control, seed=seed, speed=speed)

    emulate.__doc__ = (
        f"Emulate {_WORDS[name]} at PATH until SIGTERM. Prints `ready PATH` when it can be opened."
    )
    return emulate


def _run(
    name: str,
    *,
    link: Path,
    faults: Path | None,
    journal: Path | None,
    control: Path | None,
    seed: int,
    speed: float,
) -> None:
    import asyncio

    from hardware.emulators.running import Options

    try:
        options = Options(link, faults, journal, control, seed, speed)
        asyncio.run(import_module(f"hardware.emulators.{name}").emulate(options))
    except OSError as error:
        raise CommandError(_because(error)) from error
    except ValueError as error:  # a fault file
        raise CommandError(f"{error}") from error


def _because(error: OSError) -> str:
    """What an emulator says itself has its remedy; the system's own words name the file alone."""
    place = error.filename2 or error.filename
    if place is None:
        return f"{error}"
    return f"{place}: {error.strerror}: name a file in a folder that is there, and that you may use"
