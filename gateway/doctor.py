"""`bavn doctor`: what is wrong or doubtful with an installation, each finding with what to do about it.

It changes nothing that stays: a scratch file in data_dir is made and removed. Channels are asked by a running hub;
without one none is opened. The checks are in doctor_machine.py and doctor_setup.py.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.config import Config


class Level(StrEnum):
    GOOD = "good"
    WARNING = "warning"  # works, and is probably not meant
    WRONG = "wrong"  # will fail, or promises less than it should


@dataclass(frozen=True, slots=True)
class Finding:
    """`key` names the texts in the catalogues: doctor.KEY says what, remedy.KEY what to do (not for GOOD)."""

    level: Level
    key: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def good(key: str, **fields: Any) -> Finding:
    return Finding(Level.GOOD, key, fields)


def warning(key: str, **fields: Any) -> Finding:
    return Finding(Level.WARNING, key, fields)


def wrong(key: str, **fields: Any) -> Finding:
    return Finding(Level.WRONG, key, fields)


Check = Callable[["Config", datetime], Iterable[Finding]]


def examine(
    config: "Config", *, now: datetime, channels: Iterable[Mapping[str, Any]] | None
) -> Iterator[Finding]:
    """Every finding, in the order of the checks.

    `channels` is what a running hub says of each after probing it; None: no hub runs.
    """
    from gateway import doctor_machine, doctor_setup

    for check in (*doctor_machine.CHECKS, *doctor_setup.CHECKS):
        yield from check(config, now)
    yield from doctor_setup.channels(config, channels)
