"""The one place where the time of day is read, so that everything else can be told what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import time_ns

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Now, as an aware UTC datetime with whole milliseconds (what the store keeps)."""
    return from_ms(time_ns() // 1_000_000)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00:00Z: how the store keeps times."""
    return int(at.timestamp() * 1000 + 0.5)


def from_ms(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def rfc3339(ms: int | None) -> str | None:
    """A stored time as scripts read it: RFC 3339 in UTC, milliseconds."""
    return None if ms is None else from_ms(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def opt_ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def opt_from_ms(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)
