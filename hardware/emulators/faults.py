"""Which fault strikes next: named misbehaviours of real modems, by rate or by count, from one seed.

A file is TOML: `[late-cmgs]` with `rate = 0.1` (of the occasions) or `times = 1` (the next ones), and whatever else
the fault reads, as `seconds = 70`.
"""

import random
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class UnknownFault(ValueError):
    """This emulator cannot play it; the message names those it can."""


@dataclass(slots=True)
class Fault:
    """One misbehaviour that is armed. `times` None: for ever."""

    rate: float = 1.0
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def number(self, name: str, default: float) -> float:
        value = self.options.get(name, default)
        return float(value) if isinstance(value, int | float) else default


class Faults:
    """The faults that are armed. `known`: those that this emulator plays."""

    def __init__(self, known: frozenset[str], *, seed: int) -> None:
        self.known = known
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
        """`rate` (0 to 1) alone strikes for ever; `times` (default 1) strikes the next occasions; 0 disarms."""
        if name not in self.known:
            raise UnknownFault(f"fault {name!r} is not one of {', '.join(sorted(self.known))}")
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

    def strikes(self, name: str) -> Fault | None:
        """The fault when it strikes on this occasion, which then counts as one of its times."""
        fault = self._armed.get(name)
        if fault is None or fault.times == 0 or self._random.random() >= fault.rate:
            return None
        if fault.times is not None:
            fault.times -= 1
        return fault
