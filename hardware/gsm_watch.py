"""Watching over a modem that is set up: listening, asking now and then, and noticing what goes wrong without a word."""

import asyncio
import logging

from hardware.at.grammar import Info
from hardware.at.results import CALL_OUTCOMES, final_of, is_boot, may_be_boot
from hardware.chat import Chat
from hardware.errors import HardwareError, PortLost, Refused, Restarted
from hardware.gsm_init import check_smsc, read_storage, still_set_up
from hardware.gsm_radio import operator, registered, registration_of, signal_dbm
from hardware.gsm_receive import Inbox
from hardware.gsm_standing import Standing
from hardware.gsm_state import State

log = logging.getLogger(__name__)

DEAF_AFTER = 3  # refusals in a row that mean "no network", or polls without a signal


class Deaf(HardwareError):
    """The modem answers and hears no network."""


class Watch:
    """One per set-up."""

    def __init__(self, chat: Chat, standing: Standing, inbox: Inbox) -> None:
        self._chat, self._standing, self._inbox = chat, standing, inbox
        self._swept = False  # every storage has been read since the set-up
        self._mute_polls = 0  # in a row, without a signal
        self._searching_since: float | None = None
        self._polled = self._asked = float("-inf")

    async def until_trouble(self) -> HardwareError:
        """Returns what is wrong; raises PortLost."""
        while True:
            try:
                await self._turn()
            except PortLost:
                raise
            except Refused as error:  # an answer: the modem is there
                log.info("modem: %s", error.reason)
            except HardwareError as error:
                return error

    async def _turn(self) -> None:
        """Asks what is due, then listens until something comes or the next question is due."""
        if self._standing.trouble is not None:
            raise self._standing.trouble
        now, timing = asyncio.get_running_loop().time, self._chat.timing
        if self._chat.astray:
            await self._chat.synchronise()
        if now() - self._polled >= timing.poll_s:
            self._polled = self._asked = now()
            await self._poll()
        elif now() - self._asked >= timing.ping_s:
            self._asked = now()
            await self._chat.command("AT")
        self._search(now())
        owed_until = self._standing.owed_until
        if owed_until is not None and now() >= owed_until:
            await self._settled("no answer came")
        due = min(self._polled + timing.poll_s, self._asked + timing.ping_s, owed_until or float("inf"))
        rest = due - now()
        info = await self._chat.unasked(timeout_s=max(rest, 0.001))
        if info is not None:
            await self._heard(info)

    def _search(self, now: float) -> None:
        """Deaf when there has been no network for too long."""
        if self._standing.state is not State.SEARCHING:
            self._searching_since = None
            return
        self._searching_since = now if self._searching_since is None else self._searching_since
        if now - self._searching_since > self._chat.timing.searching_s:
            raise Deaf(f"no network for {self._chat.timing.searching_s:g} s")

    async def _heard(self, info: Info) -> None:
        if is_boot(info):
            raise Restarted(f"the modem restarted ({info.text})")
        if may_be_boot(info) and not await still_set_up(self._chat, self._standing.setup):
            raise Restarted(f"the modem restarted ({info.text})")
        if self._standing.ringing is not None and self._standing.ringing.heard(info):
            log.info("modem: %s", info.text)
        elif info.prefix == "+CMGS" or (self._standing.owed_until is not None and _ends_a_message(info)):
            await self._answered(info)
        elif (is_in := registration_of(info)) is not None:
            self._standing.register(is_in)
        else:
            await self._inbox.unasked(info)

    async def _answered(self, info: Info) -> None:
        """A +CMGS that nobody waits for, or the end of a command that was given up: it was the last that is owed.

        ESC ends a message whose Ctrl-Z was lost, and its OK is such an end. Where an answer came in between, what the
        modem was asked then may have got the end of it: the next command finds its ear again.
        """
        self._chat.astray = True
        if info.prefix == "+CMGS":
            self._standing.late(info)
        await self._settled(f"the answer came late ({info.text})")

    async def _settled(self, reason: str) -> None:
        self._standing.settle(reason, is_in=await registered(self._chat))

    async def _poll(self) -> None:
        """What can go wrong without a word: the registration, the service centre, the routing, the storage."""
        chat, standing, setup = self._chat, self._standing, self._standing.setup
        standing.register(await registered(chat))
        standing.signal_dbm = await signal_dbm(chat)
        standing.operator = await operator(chat)
        self._mute_polls = self._mute_polls + 1 if standing.signal_dbm is None else 0
        if standing.state is State.READY and self._mute_polls >= DEAF_AFTER:
            raise Deaf(f"registered, and no signal in {DEAF_AFTER} polls")
        if not await check_smsc(chat, setup):
            log.warning("modem: it has no service centre (CSCA), and none was known before")
        if not await still_set_up(chat, setup):
            raise Restarted("the modem has forgotten what it was told")
        if self._swept:
            await self._inbox.sweep()
        else:
            await self._inbox.sweep_everywhere()
            self._swept = True
        await read_storage(chat, setup)


def _ends_a_message(info: Info) -> bool:
    """Whether the line is a result that a +CMGS may have. A caller who gives up is told by NO CARRIER: that is none."""
    final = final_of(info.text)
    return final is not None and final.outcome not in CALL_OUTCOMES
