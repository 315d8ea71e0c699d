"""Runs an emulated Iridium 9602/9603 on a pty: `python -m hardware.emulators.iridium --link PATH`.

With a journal, the serial numbers and what waits at the gateway are kept beside it (`.sbd`) for the next start.
"""

from collections.abc import Sequence

from hardware.emulators import running
from hardware.emulators.iridium_control import verbs
from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.journal import Journal
from hardware.emulators.running import Options


async def emulate(options: Options) -> None:
    """Runs a modem until SIGTERM; see `running.run_modem` for what it raises."""
    kept = options.journal.with_name(options.journal.name + ".sbd") if options.journal else None
    modem = IridiumEmulator(
        journal=Journal(options.journal), seed=options.seed, speed=options.speed, kept=kept
    )
    await running.run_modem(
        modem, options, verbs=lambda cable: verbs(modem, plug=cable.plug, unplug=cable.unplug)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    running.main(emulate, arguments, description="An Iridium SBD modem that is not there, on a pty.")


if __name__ == "__main__":
    main()
