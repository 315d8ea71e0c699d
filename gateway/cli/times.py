"""Times and ages as people at the desk read them. Pure, but for `wall_now`."""

from datetime import UTC, datetime, timedelta

from gateway.catalogue import Catalogue
from gateway.durations import in_words
from messages.danish_time import danish_time


def clock(time: str | None, words: Catalogue, *, now: datetime) -> str:
    """A time of the API as the clock on the wall in Denmark; with its date when that is another day."""
    if not time:
        return ""
    date, _, hour = danish_time(datetime.fromisoformat(time)).partition(" kl. ")
    shown = hour if words.language == "da" else hour.replace(".", ":")
    if date == danish_time(now).partition(" kl. ")[0]:
        return words("show.clock", clock=shown)
    return words("show.clock_date", date=date[:5], clock=shown)


def old(time: str | None, *, now: datetime) -> str:
    """How old something is, in the two largest units, at least a second; '' for what never was."""
    return in_words(max(now - datetime.fromisoformat(time), timedelta(seconds=1))) if time else ""


def wall_now() -> datetime:
    return datetime.now(UTC)
