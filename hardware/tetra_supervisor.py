"""Keeps a TETRA radio open, set up and watched, and brings it back when it falls silent.

The ladder: ESC and AT with the whole set-up, the port closed and opened again, the power cut where somebody has
wired that. Never ATZ: radios have been seen to restart at it, and to answer nothing any more.
"""

import asyncio
import logging

from hardware.chat import Chat
from hardware.errors import HardwareError, PortLost, Restarted
from hardware.port import Opener, Port
from hardware.portlog import PortLog
from hardware.power import PowerCycle
from hardware.tetra_address import Groups
from hardware.tetra_init import set_up
from hardware.tetra_replies import Replies
from hardware.tetra_sending import Sending
from hardware.tetra_standing import Standing
from hardware.tetra_state import Change
from hardware.tetra_timing import TetraTiming
from hardware.tetra_watch import Watch

log = logging.getLogger(__name__)

_REOPEN_AFTER = 3  # set-ups in vain
_POWER_AFTER = 3  # ports opened in vain


class Supervisor:
    """`run` until it is cancelled. `chat`: the dialogue of a radio that is set up, None at any other time."""

    def __init__(
        self,
        opener: Opener,
        standing: Standing,
        *,
        timing: TetraTiming,
        sending: Sending,
        replies: Replies,
        groups: Groups,
        power_cycle: PowerCycle | None,
    ) -> None:
        self.chat: Chat | None = None
        self.port_log = PortLog()
        self._opener, self._standing, self._timing = opener, standing, timing
        self._sending, self._replies, self._groups = sending, replies, groups
        self._power_cycle = power_cycle

    async def run(self) -> None:
        """Opens the port, again and again."""
        failures = 0
        try:
            while True:
                well = await self._open_once()
                failures = 1 if well else failures + 1
                if failures % _POWER_AFTER == 0 and self._power_cycle is not None:
                    await self._cut_power(self._power_cycle)
                await self._cool(failures)
        finally:
            self.chat = None
            self._standing.stopped()

    async def _open_once(self) -> bool:
        """From one opening of the port to its end. Whether the radio had been well in between."""
        try:
            port = await self._opener()
        except OSError as error:
            self._standing.move(Change.LOST, str(error))
            return False
        self._standing.move(Change.OPENED, "the port is open")
        well = False
        reason = "set-ups in vain: the port is closed and opened again"
        try:
            await self._use(port)
        except PortLost as error:
            reason, well = error.reason, self.chat is not None
        finally:
            self.chat = None
            await port.close()
        self._sending.lose(PortLost(reason))
        self._standing.move(Change.LOST, reason)
        return well

    async def _use(self, port: Port) -> None:
        async with Chat(port, timing=self._timing, port_log=self.port_log) as chat:
            watch = Watch(
                chat,
                self._standing,
                timing=self._timing,
                sending=self._sending,
                replies=self._replies,
                groups=self._groups,
            )
            try:
                await self._bring_up(chat, watch)
            finally:
                watch.take_rest()

    async def _bring_up(self, chat: Chat, watch: Watch) -> None:
        """Sets up and watches, until setting up has been in vain some times."""
        loop, failures = asyncio.get_running_loop(), 0
        while failures < _REOPEN_AFTER:
            since = loop.time()
            try:
                await self._serve(chat, watch)
            except PortLost:
                raise
            except HardwareError as error:
                calm = loop.time() - since > 2 * self._timing.poll_s
                failures = 1 if calm else failures + (not isinstance(error, Restarted))
                self.chat = None
                if isinstance(error, Restarted):
                    self._sending.forget(error)
                self._standing.move(Change.TROUBLE, error.reason)
                await self._cool(max(failures, 1))
                self._standing.move(Change.RESUMED, f"{error.reason}; now it is set up again")

    async def _serve(self, chat: Chat, watch: Watch) -> None:
        """One set-up and the calm after it; ends only with an error."""
        chat.forget_boot()
        self._standing.restarted()
        await set_up(chat, self._standing.setup)
        chat.forget_boot()
        await watch.begin()
        self.chat, self._standing.wake = chat, chat.wake
        self._standing.move(Change.SET_UP, "not registered in a network")
        self._standing.reckon(asyncio.get_running_loop().time())
        await watch.run()

    async def _cut_power(self, cycle: PowerCycle) -> None:
        log.warning("radio: its power is cut and given back")
        try:
            await cycle()
        except HardwareError as error:
            log.warning("radio: %s", error.reason)

    async def _cool(self, failures: int) -> None:
        seconds = self._timing.cooling_s * 2 ** min(failures - 1, 10)
        await asyncio.sleep(min(seconds, self._timing.cooling_most_s))
