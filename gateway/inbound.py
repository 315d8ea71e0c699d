"""The way back: reports, answers and changes of health, kept in the store before the bearer may forget them."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from channels.base import Channel, Health, HealthChanged, Inbound, Report
from gateway.errors import StoreFailure
from gateway.store.database import Store, Transaction
from gateway.store.receiving import receive, report, report_unmatched

A = TypeVar("A")
R = TypeVar("R")

log = logging.getLogger(__name__)

EARLY_MOST = 256  # reports that came before their receipt was stored; the oldest is given up first
STORE_PAUSE_S = 0.5


class Inbox:
    """Follows the channels' events. `in_flight(channel)` tells whether a receipt may still be on its way."""

    def __init__(
        self, store: Store, *, note: Callable[[str, Health], None], in_flight: Callable[[str], bool]
    ) -> None:
        self._store, self._note, self._in_flight = store, note, in_flight
        self._early: dict[str, deque[Report]] = {}

    async def follow(self, name: str, channel: Channel) -> None:
        async for event in channel.events():
            match event:
                case HealthChanged(health=health):
                    self._note(name, health)
                    await event.settle()
                case Report():
                    await self._report(name, event)
                case Inbound():
                    await self._persist(receive, (name, event))
                    await event.settle()

    async def _report(self, name: str, event: Report) -> None:
        """A report may overtake its own receipt: then it waits for it, unsettled."""
        if await self._persist(report, (name, event)):
            await event.settle()
        elif self._in_flight(name):
            waiting = self._early.setdefault(name, deque())
            waiting.append(event)
            if len(waiting) > EARLY_MOST:
                await self._give_up(name, waiting.popleft())
        else:
            await self._give_up(name, event)

    def has_early(self, name: str) -> bool:
        return bool(self._early.get(name))

    async def concluded(self, name: str) -> None:
        """A receipt was stored: reports that came before it are tried again."""
        waiting = self._early.pop(name, None)
        for event in waiting or ():
            await self._report(name, event)

    async def _give_up(self, name: str, event: Report) -> None:
        await self._persist(report_unmatched, (name, event))
        await event.settle()

    async def _persist(self, op: Callable[[Transaction, A], R], args: A) -> R:
        """What arrived is not lost to a store that fails for a while: the bearer keeps it until it is settled."""
        while True:
            try:
                return await self._store.run(op, args)
            except StoreFailure:
                log.error("the store did not take what arrived; again")
                await asyncio.sleep(STORE_PAUSE_S)
