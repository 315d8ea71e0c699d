"""Verifies the audit chain once after a start, beside the work: the newest records at once, the rest in idle moments.

It stops nothing: a hub whose audit was altered goes on carrying alerts. It is said in the log, by /readyz and by
`bavn doctor`; `bavn audit verify` says all of it.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

from gateway.audit import Flaw
from gateway.store.chain import UNREAD, Anchors, Page, Verified, verified
from gateway.store.database import Store
from gateway.store.showing import audit_head

log = logging.getLogger(__name__)

NEWEST = 10_000  # records that are verified first: a second or less
PAGE = 500  # records at a time: other reads wait for no more than these
HALF, SHARE = 0.5, 0.05  # of the time: for the newest, and for the rest


class AuditWatch:
    """`anchors` are those that the file held before this start, None if it could not be read.

    `flaw` is the first that was found.
    """

    def __init__(self, store: Store, anchors: Mapping[int, bytes] | None) -> None:
        self._store = store
        self._anchors = UNREAD if anchors is None else Anchors(anchors, known=anchors)
        self.flaw: Flaw | None = None
        self.records = 0  # verified so far

    @property
    def warning(self) -> str:
        """One sentence, '' as long as all is well."""
        if self.flaw is None:
            return ""
        return f"the audit does not hold at record {self.flaw.n}: run bavn audit verify"

    async def end(self) -> int:
        """The chain's last record, asked before this start anchors: what comes later is this hub's own."""
        head = await self._store.read(audit_head, None)
        return head[0] if head else 0

    async def run(self, end: int) -> None:
        self._cut(end)
        newest = max(0, end - NEWEST)
        await self._span(newest, end, share=HALF)
        await self._span(0, newest, share=SHARE)

    def _cut(self, end: int) -> None:
        if beyond := [n for n in self._anchors.numbers if n > end]:
            self._found(Flaw(beyond[0], "the anchored record is not there: the end of the chain was cut off"))

    async def _span(self, after: int, until: int, *, share: float) -> None:
        """Verifies the records after one number up to another, taking this share of the time."""
        head: bytes | None = None
        while after < until:
            began = time.monotonic()
            page = Page(after, min(PAGE, until - after), self._anchors, head)
            done: Verified = await self._store.read(verified, page)
            for flaw in done.flaws[:1]:
                self._found(flaw)
            if done.last == after:
                return
            self.records += done.last - after
            after, head = done.last, done.head
            await asyncio.sleep((time.monotonic() - began) * (1 / share - 1))

    def _found(self, flaw: Flaw) -> None:
        if self.flaw is None:
            self.flaw = flaw
            log.critical(
                "the audit does not hold at record %d: %s. Alerts are carried as before. "
                "Touch nothing, copy the store and the anchor file, and run: bavn audit verify",
                flaw.n,
                flaw.reason,
            )
