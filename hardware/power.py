"""Cutting a modem's power and giving it back: the last thing that brings a stuck one back without a person.

What does it is the site's own: a relay, a USB hub that switches its ports, a socket in the network. So it is a
command of the configuration, or any coroutine function.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from hardware.errors import HardwareError

log = logging.getLogger(__name__)

PowerCycle = Callable[[], Awaitable[None]]
_TAIL = 500  # octets of what a failed command said


class PowerFailed(HardwareError):
    """The power could not be switched; the modem is as it was."""


def by_command(command: Sequence[str], *, limit_s: float = 60.0) -> PowerCycle:
    """Runs a program without a shell; it has to end within `limit_s` with status 0. Raises PowerFailed."""

    async def cycle() -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise PowerFailed(f"{command[0]} cannot be run: {error}") from error
        try:
            async with asyncio.timeout(limit_s):
                _, said = await process.communicate()
        except TimeoutError as error:
            raise PowerFailed(f"{command[0]} did not end in {limit_s:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            words = said[-_TAIL:].decode("utf-8", "replace").strip()
            raise PowerFailed(f"{command[0]} ended with status {process.returncode}: {words}")

    return cycle
