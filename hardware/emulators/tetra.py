"""Runs an emulated TETRA radio on a pty: `python -m hardware.emulators.tetra --link PATH`."""

from collections.abc import Sequence

from hardware.emulators import running
from hardware.emulators.journal import Journal
from hardware.emulators.running import Options
from hardware.emulators.tetra_control import verbs
from hardware.emulators.tetra_radio import TetraEmulator


async def emulate(options: Options) -> None:
    """Runs a radio until SIGTERM; see `running.run_modem` for what it raises."""
    radio = TetraEmulator(journal=Journal(options.journal), seed=options.seed, speed=options.speed)
    await running.run_modem(
        radio, options, verbs=lambda cable: verbs(radio, plug=cable.plug, unplug=cable.unplug)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    running.main(emulate, arguments, description="A TETRA radio that is not there, on a pty.")


if __name__ == "__main__":
    main()
