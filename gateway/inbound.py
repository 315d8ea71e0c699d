"""The way back: reports, answers and changes of health, kept in the store before the bearer may forget them."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TypeVar

from channels.base import Channel, Health, HealthChanged, Inbound, Report
from gateway.errors import StoreFailure
from gateway.store.answering import Matched
from gateway.store.database import Store, Transaction
from gateway.store.receiving import receive
from gateway.store.reporting import report

A = TypeVar("A")
R = TypeVar("R")

log = logging.getLogger(__name__)

STORE_PAUSE_S = 0.5


class Inbox:
    """Follows the channels' events. `heard` does what a message calls for, once it is kept and settled."""

    def __init__(
        self,
        store: Store,
        *,
        note: Callable[[str, Health], None],
        heard: Callable[[Matched], Coroutine[None, None, None]],
    ) -> None:
        self._store, self._note, self._heard = store, note, heard

    async def follow(self, name: str, channel: Channel) -> None:
        async for event in channel.events():
            match event:
                case HealthChanged(health=health):
                    self._note(name, health)
                    await event.settle()
                case Report():
                    await self._persist(report, (name, event))
                    await event.settle()
                case Inbound():
                    matched = await self._persist(receive, (name, event))
                    await event.settle()
                    await self._heard(matched)

    async def _persist(self, op: Callable[[Transaction, A], R], args: A) -> R:
        """What arrived is not lost to a store that fails for a while: the bearer keeps it until it is settled."""
        while True:
            try:
                return await self._store.run(op, args)
            except StoreFailure:
                log.error("the store did not take what arrived; again")
                await asyncio.sleep(STORE_PAUSE_S)
