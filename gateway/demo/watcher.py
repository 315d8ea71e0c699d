"""Looks at the hub a few times a second, as any client may, and keeps the screen and the log up to date."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from gateway.demo.hub import HubProcess
from gateway.demo.scene import Scene, Seen, channel_changes, lamps, rows, switches
from gateway.demo.screen import Screen
from gateway.demo.words import Words

_LOOK_S = 0.2
_BEGINS_S = 3 * 3600 + 12 * 60  # the clock of the story: 03.12


@dataclass(slots=True)
class Watcher:
    """`run` until cancelled. `alerts` are the identifiers to look at, by what they are in the story."""

    hub: HubProcess
    screen: Screen
    words: Words
    alerts: dict[str, str] = field(default_factory=dict)
    act: str = ""
    seen: Seen = field(default_factory=lambda: Seen({}, {}, True))
    quiet: bool = True  # changes of the channels are not told
    playing: bool = False  # the scene is shown; before, a page stands
    hub_up: bool = True  # False from the moment it is killed until it accepts again
    begun: float = field(default_factory=time.monotonic)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _looked: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """Asks the hub, tells the log what is new, draws."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        before, after = self.seen, await self._asked()
        self.seen = after
        if after.hub_up:
            changes = [] if self.quiet else channel_changes(before, after, self.words)
            for line in (*changes, *switches(before, after, self.words)):
                self.screen.tell(line)
        if self.playing:
            self.screen.show(self.scene())
        async with self._looked:
            self._looked.notify_all()

    async def _asked(self) -> Seen:
        """What the hub says now; while it is away, what it said last."""
        if not self.hub_up:
            return Seen(self.seen.alerts, self.seen.channels, hub_up=False)
        try:
            alerts = {
                name: await self.hub.alert(identifier) for name, identifier in list(self.alerts.items())
            }
            channels = await self.hub.channels()
        except (aiohttp.ClientError, OSError):
            if self.hub.running and self.hub_up:
                raise
            return Seen(self.seen.alerts, self.seen.channels, hub_up=False)
        return Seen(alerts, channels, self.hub_up)

    async def until(self, condition: Callable[[Seen], bool], *, within_s: float) -> bool:
        """Waits until the hub's state is as wished; False if it is not in time."""
        try:
            async with asyncio.timeout(within_s), self._looked:
                await self._looked.wait_for(lambda: condition(self.seen))
        except TimeoutError:
            return False
        return True

    def begin(self) -> None:
        """The clock of the story starts."""
        self.begun = time.monotonic()
        self.playing, self.quiet = True, False

    def step(self, act: str) -> None:
        self.act = act
        self.screen.show(self.scene())

    def scene(self) -> Scene:
        seconds = _BEGINS_S + int(time.monotonic() - self.begun)
        at = f"{seconds // 3600:02}.{seconds // 60 % 60:02}.{seconds % 60:02}"
        seen = self.seen
        missing = len(seen.missing()) if "call-in" in seen.alerts else None
        at = self.words.say("clock", at=at)
        return Scene(
            at=at,
            missing=missing,
            waiting=seen.waiting_routine(),
            lamps=lamps(seen, self.words),
            rows=rows(seen, self.words),
            act=self.act,
        )
