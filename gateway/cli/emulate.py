"""`bavn emulate`: modems on a pty, for trying out and for other projects' tests."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.errors import CommandError


def gsm(
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
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed, the same faults")] = 0,
) -> None:
    """Emulate a GSM modem at PATH until SIGTERM. Prints `ready PATH` when it can be opened."""
    import asyncio

    from hardware.emulators.gsm import emulate_gsm

    try:
        asyncio.run(emulate_gsm(link, faults=faults, journal=journal, control=control, seed=seed))
    except FileExistsError as error:
        raise CommandError(f"{link}: a file is there already ({error}); name another place") from error
    except (OSError, ValueError) as error:
        raise CommandError(f"{error}") from error
