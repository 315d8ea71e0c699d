"""Runs an emulated GSM modem on a pty: `python -m hardware.emulators.gsm --link PATH`."""

from collections.abc import Sequence

from hardware.emulators import running
from hardware.emulators.gsm_control import verbs
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.journal import Journal
from hardware.emulators.running import Options


async def emulate(options: Options) -> None:
    """Runs a modem until SIGTERM; see `running.run_modem` for what it raises."""
    modem = GsmEmulator(journal=Journal(options.journal), seed=options.seed, speed=options.speed)
    await running.run_modem(
        modem, options, verbs=lambda cable: verbs(modem, plug=cable.plug, unplug=cable.unplug)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    running.main(emulate, arguments, description="A GSM modem that is not there, on a pty.")


if __name__ == "__main__":
    main()
