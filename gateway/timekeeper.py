"""Looks at deliveries when their time comes. Times are rows: a restart forgets none."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from gateway.clock import Clock, to_ms
from gateway.errors import GatewayError, StoreFailure
from gateway.store.accepting import forget_old_keys
from gateway.store.answering import Matched
from gateway.store.database import Changes, Store
from gateway.store.receiving import pass_on_incomplete
from gateway.store.reporting import let_go
from gateway.store.sending import look, next_look
from gateway.store.series import Due, due_rounds, end_withdrawn

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 30.0  # what is looked at finds that the wall clock was moved: gateway.store.clock_jumps
STORE_PAUSE_S = 0.5
HOUSEKEEPING = timedelta(hours=1)
UNTAKEN = timedelta(seconds=10)  # how often it is looked for what nobody has taken


async def _nothing() -> None:
    return


class Timekeeper:
    """Sleeps until the next deadline of any delivery, or until an earlier one is committed.

    `again` sends a round, `heard` does what a message calls for, `untaken` tells of what nobody has taken.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        again: Callable[[Due], Awaitable[object]],
        heard: Callable[[Matched], Awaitable[None]],
        untaken: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self._store, self._clock, self._again, self._heard = store, clock, again, heard
        self._next: datetime | None = None
        self._sooner = asyncio.Event()
        self._untaken = untaken
        self._cleaned = self._looked = clock()

    def heard(self, changes: Changes) -> None:
        if changes.due_ms is not None and (self._next is None or changes.due_ms < to_ms(self._next)):
            self._sooner.set()

    async def run(self) -> None:
        while True:
            try:
                while await self._store.run(look, None):
                    pass
                await self._ask_again()
                await self._pass_on()
                await self._tell_again()
                await self._clean()
                self._sooner.clear()
                self._next = None  # whatever is committed from here on may be sooner than what is read now
                self._next = await self._store.read(next_look, None)
            except StoreFailure:
                log.error("the store cannot say what is due; again")
                await asyncio.sleep(STORE_PAUSE_S)
                continue
            await self._sleep()

    async def _ask_again(self) -> None:
        """Sends the rounds that are due. One that is refused is tried again at the next look."""
        for due in await self._store.read(due_rounds, to_ms(self._clock())):
            try:
                await self._again(due)
            except StoreFailure:
                raise
            except GatewayError as error:
                log.error("round %d of a question was not accepted: %s", due.round.number, error)

    async def _pass_on(self) -> None:
        """Long texts of which a part has not come. Looked for at every turn, so at most `LONGEST_SLEEP_S` late."""
        while passed_on := await self._store.run(pass_on_incomplete, None):
            for matched in passed_on:
                await self._heard(matched)

    async def _tell_again(self) -> None:
        now = self._clock()
        if abs(now - self._looked) >= UNTAKEN:
            self._looked = now
            await self._untaken()

    async def _sleep(self) -> None:
        until = LONGEST_SLEEP_S
        if self._next is not None:
            until = min(until, max(0.0, (self._next - self._clock()).total_seconds()))
        try:
            async with asyncio.timeout(until):
                await self._sooner.wait()
        except TimeoutError:
            return

    async def _clean(self) -> None:
        if abs(self._clock() - self._cleaned) >= HOUSEKEEPING:
            self._cleaned = self._clock()
            await self._store.run(forget_old_keys, None)
            await self._store.run(let_go, None)
            await self._store.run(end_withdrawn, None)
