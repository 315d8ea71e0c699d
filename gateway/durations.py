"""Durations as people write them: `30s`, `2h`, `1h30m`, `7 days`; a bare number is refused, not guessed."""

import re
from datetime import timedelta

_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds", "sek", "sekunder"), timedelta(seconds=1)),
    **dict.fromkeys(("m", "min", "minute", "minutes", "minut", "minutter"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hour", "hours", "t", "time", "timer"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days", "dag", "dage", "døgn"), timedelta(days=1)),
}
_STEP = re.compile(r"([0-9]{1,6})\s*([a-zø]+)\s*")
LONGEST = timedelta(days=366)


def duration(text: str) -> timedelta:
    """The timedelta of `30s`, `15 min`, `1h30m`; ValueError for anything else, 0 and over 366 days."""
    rest, total = text.strip().lower(), timedelta()
    if not rest:
        raise ValueError(_advice(text))
    while rest:
        step = _STEP.match(rest)
        if step is None or step[2] not in _UNITS:
            raise ValueError(_advice(text))
        total, rest = total + int(step[1]) * _UNITS[step[2]], rest[step.end() :]
    if not timedelta() < total <= LONGEST:
        raise ValueError(
            f"{text!r} is not a usable duration (1 second to 366 days). Write for example 30s, 15m or 2h"
        )
    return total


def _advice(text: str) -> str:
    return f"{text!r} is not a duration. Write a number and a unit, for example 30s, 15m, 2h or 1d"


def in_words(span: timedelta) -> str:
    """The two largest units, for people: `2 h`, `1 h 30 min`, `45 s`, `7 d`; below a second `120 ms`."""
    if span < timedelta():
        return f"-{in_words(-span)}"
    if span < timedelta(seconds=1):
        return f"{span // timedelta(milliseconds=1)} ms"
    seconds = span // timedelta(seconds=1)
    parts = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])
