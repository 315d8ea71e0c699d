"""The hub: composes the way in, the way out and the way back over one store. It decides nothing itself."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from channels.base import Channel, Health, State
from gateway.accept import Intake
from gateway.anchor import Anchor
from gateway.audit_watch import AuditWatch
from gateway.clock import Clock
from gateway.dispatch import Dispatcher, Services
from gateway.duty import Duty
from gateway.health import judge
from gateway.inbound import Inbox
from gateway.outgoing import OutgoingMaker
from gateway.room import Reserve, room_on
from gateway.router import Way
from gateway.store.channel_states import ChannelState, load_states
from gateway.store.clock_jumps import Jump, last_jump
from gateway.store.database import Changes, Store
from gateway.store.sending import channel_down, recover
from gateway.timekeeper import Timekeeper
from gateway.watchers import Watchers
from gateway.world import World

log = logging.getLogger(__name__)

DRAIN_S = 8.0  # of the ten that SIGTERM allows


class Hub:
    """Runs between `async with` and its end. `makers` make the channels; `ways` say what the router knows of them."""

    def __init__(
        self,
        store: Store,
        world: World,
        *,
        makers: Mapping[str, Callable[[], Channel]],
        clock: Clock,
        anchor: Anchor,
        audit_watch: AuditWatch,
        reserve_mb: int | None = None,
    ) -> None:
        self.store, self.clock, self.anchor, self.audit_watch = store, clock, anchor, audit_watch
        self.reserve = Reserve(lambda: room_on(store.path.parent, reserve_mb))
        self._world = world
        self._kept: dict[str, ChannelState] = {}
        self.stopping = False
        self.jump: Jump | None = None  # the last time that the clock was moved
        self.watchers = Watchers()
        self.outgoing = OutgoingMaker(clock, lambda: store.world)
        self.intake = Intake(store, clock, self.outgoing, self.reserve)
        self.duty = Duty(store, self.intake.json, clock)
        self.timekeeper = Timekeeper(
            store, clock, again=self.intake.again, heard=self.duty.heard, untaken=self.duty.look
        )
        self.inbox = Inbox(store, note=self._note, heard=self.duty.heard)
        services = Services(self.outgoing.make, self._health_changed, self.inbox.follow)
        self.dispatchers = {name: Dispatcher(name, make, store, services) for name, make in makers.items()}
        self._background: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._kept = await self.store.read(load_states, None)
        self.jump = await self.store.read(last_jump, None)
        self.store.attach(self._world, self._committed)
        self._look_around()
        recovered = await self.store.run(recover, None)
        if recovered:
            log.warning("%d hand-overs were cut off by the last stop: they are shown as unknown", recovered)
        for name, dispatcher in self.dispatchers.items():
            self._spawn(dispatcher.run(), f"channel {name}")
        self._spawn(self.timekeeper.run(), "timekeeper")
        self._spawn(self.duty.catch_up(), "duty")
        self._spawn(self.audit_watch.run(await self.audit_watch.end()), "audit watch")
        self._spawn(self.anchor.run(), "anchor")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes nothing new, lets what is in flight end, then stops the rest."""
        self.stopping = True
        self.watchers.tell({"type": "stopping"})
        try:
            async with asyncio.timeout(DRAIN_S):
                await asyncio.gather(*(d.drain() for d in self.dispatchers.values()))
        except TimeoutError:
            log.warning("some hand-overs did not end in time: they will be shown as unknown")
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.anchor.write()

    def health(self, name: str) -> Health:
        """How a channel stands, all things considered."""
        return judge(self.dispatchers[name].health, self._kept.get(name, ChannelState()))

    async def reload_states(self) -> None:
        """After an operator's word, or when the evidence about a channel changed."""
        before = self._kept
        self._kept = await self.store.read(load_states, None)
        for name, dispatcher in self.dispatchers.items():
            disabled = self._kept.get(name, ChannelState()).disabled
            if disabled and not before.get(name, ChannelState()).disabled:
                self._spawn(self._tell_waiting(name), f"{name} disabled")
            dispatcher.enabled = not disabled
            dispatcher.wake()
        self._look_around()
        self.watchers.tell({"type": "channels"})

    def _look_around(self) -> None:
        """A new world, with the channels as they stand now."""
        for name, dispatcher in self.dispatchers.items():
            dispatcher.enabled = not self._kept.get(name, ChannelState()).disabled
        ways = tuple(self._standing(way) for way in self._world.surroundings.ways)
        surroundings = replace(self._world.surroundings, ways=ways)
        self._world = replace(self._world, surroundings=surroundings)
        self.store.attach(self._world, self._committed)

    def _standing(self, way: Way) -> Way:
        kept = self._kept.get(way.name, ChannelState())
        return replace(way, state=self.health(way.name).state, disabled=kept.disabled)

    def _note(self, name: str, health: Health) -> None:
        self.dispatchers[name].note(health)

    def _health_changed(self, name: str, health: Health) -> None:
        log.info("channel %s is %s: %s", name, health.state.value, health.reason)
        self._look_around()
        self.watchers.tell(
            {"type": "channel", "name": name, "state": health.state.value, "reason": health.reason}
        )
        if health.state is State.DOWN:
            self._spawn(self._tell_waiting(name), f"{name} down")

    async def _tell_waiting(self, name: str) -> None:
        after: int | None = 0
        while after is not None:
            after = await self.store.run(channel_down, (name, after))

    @property
    def warning(self) -> str:
        """What is wrong though it can accept, '' as long as all is well."""
        jump = self.jump if self.jump is not None and self.jump.lately(self.clock()) else None
        return "; ".join(str(each) for each in (self.audit_watch.warning, jump) if each)

    def _jumped(self, jump: Jump) -> None:
        self.jump = jump
        log.warning("%s; %d alerts under way go on as they would have", jump, len(jump.alerts))
        if jump.lapsed:
            log.error("%d alerts lapsed by it: the time that their author wrote has passed", len(jump.lapsed))

    def _committed(self, changes: Changes) -> None:
        if changes.jump is not None:
            self._jumped(changes.jump)
        for name in changes.channels & self.dispatchers.keys():
            self.dispatchers[name].wake()
        self.timekeeper.heard(changes)
        self.anchor.heard(changes)
        self.watchers.alerts(changes.alerts)
        if changes.inbox:
            self.watchers.tell({"type": "inbox"})
        if changes.silence:
            self._spawn(self.reload_states(), "channel states")

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._background.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task %s ended: %r", task.get_name(), error, exc_info=error)
