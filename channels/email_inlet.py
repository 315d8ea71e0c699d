"""From a mail to the hub's queue: what both kinds of inbox share. Bounds what strangers can make us do."""

import hashlib
import logging
import time
from datetime import UTC, datetime
from typing import Protocol

from channels.base import Inbound, Report
from channels.email_inbound import MOST_RAW, Arrived, Settle, event_of, of_ours
from channels.email_names import Names
from channels.feed import Feed

log = logging.getLogger(__name__)


class InboxAway(Exception):
    """The inbox cannot be read now; the message says why, in words for people."""


class Reader(Protocol):
    """An inbox at work. `run` never returns by itself; what it cannot mend it tells and tries again."""

    async def run(self) -> None: ...


class Inlet:
    """Mails in, events out, in the order they came. `strangers_per_minute`: of mails that name no attempt of ours."""

    def __init__(self, names: Names, feed: Feed, *, strangers_per_minute: int) -> None:
        self._names, self._feed = names, feed
        self._pause_s = 60.0 / strangers_per_minute
        self._burst_s = 60.0 - self._pause_s
        self._next = 0.0  # when the bucket would be full again (GCRA, as ATM shapes traffic)

    def event(self, arrived: Arrived, settle: Settle) -> Report | Inbound:
        """The event of a mail. One that our own code fails on is passed on unread, so that it cannot stop the rest."""
        try:
            return event_of(arrived, self._names, settle=settle)
        except Exception:
            log.exception("a mail could not be read")
            digest = hashlib.sha256(arrived.raw).hexdigest()[:32]
            return Inbound(
                bearer_id=digest,
                sender="",
                text="",
                at=arrived.at,
                unreadable="our own code failed on it: the log says where",
                raw=arrived.raw[:MOST_RAW].decode("utf-8", "backslashreplace").replace("\0", "\ufffd"),
                settle=settle,
            )

    def wait_s(self, event: Report | Inbound, *, reserve: bool) -> float:
        """How long it has to wait, 0.0 for not at all; with `reserve` its turn is kept for it."""
        if of_ours(event):
            return 0.0
        now = time.monotonic()
        full = max(self._next, now)
        wait = max(0.0, full - self._burst_s - now)
        if reserve or not wait:
            self._next = full + self._pause_s
        return wait

    async def put(self, event: Report | Inbound) -> None:
        """Waits while the hub has too much to read."""
        await self._feed.put(event)


def now() -> datetime:
    return datetime.now(UTC)
