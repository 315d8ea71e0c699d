"""The clock on the wall in Denmark, worked out without a time zone database: a crisis kit may have none.

Directive 2000/84/EC, articles 1 to 3: summer time from the last Sunday of March to the last Sunday of
October, both turned at 01.00 UTC. When the directive is repealed this is the one place to change.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_WINTER, _SUMMER = timedelta(hours=1), timedelta(hours=2)


@lru_cache(maxsize=64)
def danish_time(at: datetime) -> str:
    """An aware time as `12-01-2026 kl. 03.45`, Danish local time."""
    at = at.astimezone(UTC)
    summer = _last_sunday(at.year, month=3) <= at < _last_sunday(at.year, month=10)
    return (at + (_SUMMER if summer else _WINTER)).strftime("%d-%m-%Y kl. %H.%M")


def _last_sunday(year: int, *, month: int) -> datetime:
    """01.00 UTC on the last Sunday of a month of 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)
