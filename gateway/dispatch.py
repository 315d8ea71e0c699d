"""The way out: one supervised task a channel takes what is next and hands it over.

The death of one channel's task never stops another. A channel that fails again and again is reported down and
tried at a slower pace; it is never given up.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass

from channels.base import (
    Channel,
    ChannelDown,
    ChannelError,
    Health,
    Outgoing,
    Paced,
    PermanentFailure,
    Receipt,
    State,
    TransientFailure,
    Unknown,
    Withdrawn,
)
from gateway.delivery import Event, FellSilent, HandedOver, TurnedDown
from gateway.errors import StoreFailure
from gateway.store.database import Store
from gateway.store.sending import Claim, Claimed, Outcome, claim, conclude

log = logging.getLogger(__name__)

HAND_OVER_MOST_S = 900.0  # a channel has limits of its own; this one is for a channel with a bug
FAILURES_MOST, FAILURES_WITHIN_S = 5, 60.0
PAUSE_S, LONG_PAUSE_S = 1.0, 30.0
PROBE_FIRST_S, PROBE_LONGEST_S = 0.5, 15.0
STORE_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Services:
    """What a dispatcher needs from the hub."""

    outgoing: Callable[[str, Claimed], Outgoing]
    health: Callable[[str, Health], None]
    follow: Callable[[str, Channel], Coroutine[None, None, None]]  # the way back


class Dispatcher:
    """One channel's way out. `run` until cancelled; `wake` when there may be work; `drain` before a stop."""

    def __init__(self, name: str, make: Callable[[], Channel], store: Store, services: Services) -> None:
        self.name, self._make, self._store, self._services = name, make, store, services
        self.health = Health(State.STARTING, "not tried yet")
        self.channel: Channel | None = None
        self.in_flight = 0  # hand-overs that the bearer has not answered
        self._unconcluded = 0  # hand-overs whose outcome the store does not have
        self.enabled = True
        self._draining = False
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._down = asyncio.Event()
        self._failures: deque[float] = deque(maxlen=FAILURES_MOST)

    def wake(self) -> None:
        self._wake.set()

    def note(self, health: Health) -> None:
        """What the channel says of itself, or what a hand-over showed."""
        if health == self.health:
            return
        self.health = health
        self._services.health(self.name, health)
        if health.state is State.DOWN:
            self._down.set()
        self.wake()

    async def drain(self) -> None:
        """Takes nothing more and waits for what is in flight."""
        self._draining = True
        self.wake()
        while self._unconcluded:
            self._idle.clear()
            await self._idle.wait()

    async def run(self) -> None:
        while True:
            try:
                await self._serve()
            except ChannelError as error:  # it cannot be entered, and knows why
                if error.reason != self.health.reason:
                    log.error("%s", error.reason)
                await self._after_failure(error.reason)
            except Exception:
                log.exception("channel %s failed", self.name)
                await self._after_failure()

    async def _after_failure(self, reason: str = "") -> None:
        now = asyncio.get_running_loop().time()
        self._failures.append(now)
        often = len(self._failures) == FAILURES_MOST and now - self._failures[0] < FAILURES_WITHIN_S
        unknown = "it fails again and again: see the log" if often else "it failed: see the log"
        self.note(Health(State.DOWN, reason or unknown))
        await asyncio.sleep(LONG_PAUSE_S if often else PAUSE_S)

    async def _serve(self) -> None:
        async with self._make() as channel, asyncio.TaskGroup() as group:
            self.channel = channel
            group.create_task(self._services.follow(self.name, channel), name=f"{self.name} events")
            group.create_task(self._probe_while_down(channel), name=f"{self.name} probe")
            self.note(await channel.probe())
            await self._take_turns(channel, group)

    async def _take_turns(self, channel: Channel, group: asyncio.TaskGroup) -> None:
        while True:
            self._wake.clear()
            pause_s = channel.pause_s() if isinstance(channel, Paced) else 0.0
            window = channel.capability.window  # anew: the far end may allow fewer than it did
            if self._may_take(window):
                claimed = await self._claim(Claim(self.name, window, self.in_flight, paced=pause_s > 0))
                for each in claimed:
                    self.in_flight += 1
                    group.create_task(self._hand_over(channel, each), name=f"{self.name} {each.attempt_id}")
                if claimed:
                    continue
            await self._woken(within_s=pause_s)

    async def _woken(self, *, within_s: float) -> None:
        """Waits until there may be work; with a pace to keep, no longer than that."""
        if not within_s:
            await self._wake.wait()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._wake.wait()

    def _may_take(self, window: int) -> bool:
        return (
            self.enabled
            and not self._draining
            and self.health.state is not State.DOWN
            and self.in_flight < window
        )

    async def _claim(self, ask: Claim) -> list[Claimed]:
        try:
            return await self._store.run(claim, ask)
        except StoreFailure:
            log.error("channel %s: the store cannot say what is next", self.name)
            await asyncio.sleep(STORE_PAUSE_S)
            self.wake()
            return []

    async def _hand_over(self, channel: Channel, claimed: Claimed) -> None:
        """The slot is free as soon as the bearer is: the next claim and this outcome share a commit."""
        self._unconcluded += 1
        try:
            outcome = await self._submit(channel, claimed)
        except asyncio.CancelledError:
            event = FellSilent(claimed.attempt_id)
            outcome = self._outcome(
                claimed, "unknown", event, detail="cut off while it was being handed over"
            )
            await asyncio.shield(self._conclude(outcome))
            raise
        finally:
            self.in_flight -= 1
            self.wake()
        await self._conclude(outcome)

    async def _conclude(self, outcome: Outcome) -> None:
        """An outcome is not given up: until the store has it, the attempt stands as `sending`."""
        try:
            while not await self._stored(outcome):  # noqa: ASYNC110 - a disk that is well again sends no event
                await asyncio.sleep(STORE_PAUSE_S)
        finally:
            self._unconcluded -= 1
            self._idle.set()

    async def _stored(self, outcome: Outcome) -> bool:
        try:
            await self._store.run(conclude, outcome)
        except StoreFailure:
            log.error("channel %s: the store did not take an outcome; again", self.name)
            return False
        return True

    async def _submit(self, channel: Channel, claimed: Claimed) -> Outcome:
        """Hands over once and puts into words what became of it. Whatever is not known is `unknown`."""
        t = claimed.attempt_id
        try:
            async with asyncio.timeout(HAND_OVER_MOST_S):
                receipt = await channel.submit(self._services.outgoing(self.name, claimed))
        except Withdrawn as error:
            return self._outcome(claimed, "refused", TurnedDown(t, permanent=False), detail=error.reason)
        except ChannelDown as error:
            self.note(Health(State.DOWN, error.reason))
            return self._outcome(
                claimed, "refused", TurnedDown(t, permanent=False, channel_down=True), detail=_said(error)
            )
        except TransientFailure as error:
            event = TurnedDown(t, permanent=False, retry_at=error.retry_at)
            return self._outcome(claimed, "refused", event, detail=_said(error))
        except PermanentFailure as error:
            return self._outcome(claimed, "refused", TurnedDown(t, permanent=True), detail=_said(error))
        except Unknown as error:
            return self._outcome(
                claimed,
                "unknown",
                FellSilent(t),
                detail=_said(error),
                references=error.references,
                parts=error.parts,
            )
        except TimeoutError:
            return self._outcome(claimed, "unknown", FellSilent(t), detail="the channel never came back")
        except Exception as error:
            log.exception("channel %s failed while handing over", self.name)
            return self._outcome(claimed, "unknown", FellSilent(t), detail=f"the channel failed: {error!r}")
        return self._received(claimed, receipt)

    def _received(self, claimed: Claimed, receipt: Receipt) -> Outcome:
        event = HandedOver(claimed.attempt_id, receipt.evidence)
        return self._outcome(
            claimed,
            "submitted",
            event,
            detail=receipt.detail,
            references=receipt.references,
            parts=len(receipt.references),
        )

    def _outcome(
        self,
        claimed: Claimed,
        verb: str,
        event: Event,
        *,
        detail: str,
        references: tuple[str, ...] = (),
        parts: int = 1,
    ) -> Outcome:
        return Outcome(
            delivery_id=claimed.delivery_id,
            attempt_id=claimed.attempt_id,
            channel=self.name,
            address=claimed.address,
            verb=verb,
            event=event,
            references=references,
            parts=max(parts, 1),
            detail=detail,
        )

    async def _probe_while_down(self, channel: Channel) -> None:
        """A channel that is down is probed, slower and slower, so that it comes back by itself."""
        pause = PROBE_FIRST_S
        while True:
            if self.health.state is not State.DOWN:
                pause = PROBE_FIRST_S
                self._down.clear()
                await self._down.wait()
            await asyncio.sleep(pause)
            pause = min(pause * 2, PROBE_LONGEST_S)
            if self.health.state is State.DOWN:
                self.note(await channel.probe())


def _said(error: Exception) -> str:
    """The reason with the far end's code, as an attempt shows it."""
    code = getattr(error, "code", "")
    return f"{code} {error}".strip() if code and code not in str(error) else str(error)
