"""Which fault strikes next: named misbehaviours of real modems, by rate or by count, from one seed.

A file is TOML: `[late-cmgs]` with `rate = 0.1` (of the occasions) or `times = 1` (the next ones), `seconds = 70` for
those that last, and the switches that the emulator names.
"""

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MOST_S = 31_536_000  # a year
# All that any emulator plays, in the order in which we rank them.
NAMES = (
    *(
        "late-cmgs",
        "mo-kept",
        "usb-renumber",
        "urc-in-answer",
        "mute",
        "deaf",
        "slow-sbdix",
        "sent-but-failed",
    ),
    *("reboot-banner", "pdu-lost", "sim-busy", "pin-again", "busy-515", "atz-reboot", "sds-late-fail"),
    *("cnmi-refused", "smsc-empty", "port-gone", "part-fails", "damaged"),
)


class UnknownFault(ValueError):
    """This emulator cannot play it; the message names those it can."""


@dataclass(slots=True)
class Fault:
    """One misbehaviour that is armed. `times` None: for ever."""

    rate: float = 1.0
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def number(self, name: str, default: float) -> float:
        return float(self.options.get(name, default))

    def switch(self, name: str) -> bool:
        return bool(self.options.get(name, False))


class Faults:
    """The faults that are armed. `known`: those that this emulator plays; `switches`: what some may be told besides."""

    def __init__(
        self, known: frozenset[str], *, seed: int, switches: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        self.known = known
        self._switches = switches or {}
        self.names = tuple(name for name in NAMES if name in known)
        self._armed: dict[str, Fault] = {}
        self._random = random.Random(seed)  # noqa: S311  # faults must be repeatable, not secret

    def load(self, path: Path) -> None:
        """Arms those of a file. Raises OSError, and ValueError for what is no TOML or arms nothing."""
        try:
            for name, options in tomllib.loads(path.read_text(encoding="utf-8-sig")).items():
                if not isinstance(options, dict):
                    raise UnknownFault(
                        f"{name} is no table: write [{name}], and rate or times on lines below"
                    )
                self.arm(name, options)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def arm(self, name: str, options: dict[str, Any]) -> None:
        """`rate` (0 to 1) alone strikes for ever; `times` (default 1) strikes the next occasions; 0 disarms.

        UnknownFault names a fault, an option or a value that arms nothing.
        """
        if name not in self.known:
            raise UnknownFault(f"fault {name!r} is not one of {', '.join(sorted(self.known))}")
        self._check(name, options)
        rest = {key: value for key, value in options.items() if key not in {"rate", "times"}}
        times = options.get("times", None if "rate" in options else 1)
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 0):
            raise UnknownFault(f"fault {name}: times {times!r} is no count: write for example times = 2")
        rate = options.get("rate", 1.0)
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise UnknownFault(
                f"fault {name}: rate {rate!r} is not from 0 to 1: write for example rate = 0.1"
            )
        self._armed[name] = Fault(float(rate), times, rest)

    def _check(self, name: str, options: dict[str, Any]) -> None:
        """The options besides `rate` and `times`."""
        switches = self._switches.get(name, frozenset())
        known = {"rate", "times", "seconds"} | switches
        for option, value in options.items():
            if option not in known:
                raise UnknownFault(f"fault {name}: {option!r} is not one of {', '.join(sorted(known))}")
            if option in switches and not isinstance(value, bool):
                raise UnknownFault(f"fault {name}: {option} {value!r} is not true or false")
        seconds = options.get("seconds", 0)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not -1 <= seconds <= _MOST_S:
            raise UnknownFault(f"fault {name}: seconds {seconds!r} is not from -1 (for ever) to {_MOST_S}")

    def strikes(self, name: str) -> Fault | None:
        """The fault when it strikes on this occasion, which then counts as one of its times."""
        fault = self._armed.get(name)
        if fault is None or fault.times == 0 or self._random.random() >= fault.rate:
            return None
        if fault.times is not None:
            fault.times -= 1
        return fault
