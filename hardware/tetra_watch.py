"""Listens to a TETRA radio that is set up, and asks what it would not say: the network, the mode, a silent restart."""

import asyncio
import logging

from hardware import tetra_init, tetra_receive
from hardware.at.grammar import Info
from hardware.at.results import is_boot
from hardware.chat import Chat
from hardware.errors import CodecError, Refused, Restarted
from hardware.tetra_address import Groups
from hardware.tetra_events import Received
from hardware.tetra_receive import Heard
from hardware.tetra_replies import Replies
from hardware.tetra_sending import Sending
from hardware.tetra_standing import Standing
from hardware.tetra_timing import TetraTiming

log = logging.getLogger(__name__)


class Watch:
    """One per open port. `run` ends only with the error that ends the calm."""

    def __init__(
        self,
        chat: Chat,
        standing: Standing,
        *,
        timing: TetraTiming,
        sending: Sending,
        replies: Replies,
        groups: Groups,
    ) -> None:
        self._chat, self._standing, self._timing = chat, standing, timing
        self._sending, self._replies, self._groups = sending, replies, groups
        self._polled = self._heard_at = float("-inf")

    async def begin(self) -> None:
        """Learns the state of a radio that has just been set up, before anything is sent through it."""
        await self._poll()
        while (info := await self._chat.unasked(timeout_s=0)) is not None:
            self.heard(info)

    async def run(self) -> None:
        """Raises NoAnswer, Restarted, PortLost, and the trouble that a sender has found."""
        loop = asyncio.get_running_loop()
        while True:
            standing = self._standing
            if standing.trouble is not None:
                raise standing.trouble
            try:
                if standing.doubtful or loop.time() - self._polled >= self._timing.poll_s:
                    await self._poll()
                elif loop.time() - self._heard_at >= self._timing.idle_s:
                    await self._chat.command("AT")
                    self._heard_at = loop.time()
            except Refused as refused:  # an answer: the radio is there, and did not understand
                log.info("radio: %s", refused.reason)
                await self._chat.synchronise()
                self._heard_at = loop.time()
            standing.reckon(loop.time())
            info = await self._chat.unasked(timeout_s=self._rest(loop.time()))
            if info is not None:
                self._heard_at = loop.time()
                self.heard(info)

    def _rest(self, now: float) -> float:
        due = min(self._polled + self._timing.poll_s, self._heard_at + self._timing.idle_s)
        return max(min(due - now, self._standing.speech.rest(now)), 0.001)

    async def _poll(self) -> None:
        """What can change without a word."""
        loop = asyncio.get_running_loop()
        self._standing.doubtful = False
        await self._chat.command("AT")  # a dead radio is not given the time that a registration may take
        if not await tetra_init.still_registered(self._chat, self._standing.setup):
            raise Restarted("the radio has forgotten what it was told: it has restarted")
        status = await tetra_init.registration(self._chat)
        if status is not None:
            self._standing.registered = status in tetra_init.IN_NETWORK
        self._mode(await tetra_init.mode_of(self._chat))
        if self._standing.direct and self._standing.setup.force_trunked:
            await tetra_init.trunk(self._chat)
            self._mode(await tetra_init.mode_of(self._chat))
        self._standing.signal_dbm = await tetra_init.signal_dbm(self._chat)
        self._polled = self._heard_at = loop.time()

    def _mode(self, mode: int | None) -> None:
        if mode is not None:
            self._standing.direct = mode not in tetra_init.TRUNKED

    def heard(self, info: Info) -> None:
        """A line that came by itself. Raises Restarted."""
        now = asyncio.get_running_loop().time()
        if is_boot(info):
            raise Restarted(f"the radio restarted ({info.text})")
        if info.prefix == "+CTSDSR":
            self._short_data(info)
        elif info.prefix == "+CMGS":
            self._sending.heard(info)
        elif info.prefix == "+CTOM":
            self._mode(info.number(0))
        elif (status := tetra_init.registration_in(info)) is not None:
            self._standing.registered = status in tetra_init.IN_NETWORK
        elif not self._standing.speech.take(info, now):
            log.debug("radio: %s", info.prefix or "a line without a prefix")
        self._standing.reckon(now)

    def _short_data(self, info: Info) -> None:
        heard = tetra_receive.heard_of(info)
        if heard is None:
            log.warning(
                "radio: short data that cannot be read (%s, %d fields)", info.prefix, len(info.fields)
            )
            return
        try:
            report = tetra_receive.report_in(heard)
        except CodecError as error:
            log.info("radio: short data that says nothing (%s): passed on as it is", error.reason)
            report = None
        if report is None:
            self._message(heard)
            return
        self._standing.events.offer(report)
        if heard.called not in self._groups:
            self._replies.put(tetra_receive.acknowledgement_for(heard))

    def _message(self, heard: Heard) -> None:
        async def settle() -> None:
            try:
                self._replies.put(tetra_receive.receipt_for(heard, self._groups))
            except CodecError:
                log.debug("radio: no report on what cannot be read")

        event = Received(
            heard.service, heard.sender, heard.called, heard.user_data, heard.called in self._groups, settle
        )
        self._standing.events.offer(event)

    def take_rest(self) -> None:
        """Takes what had come before the port was lost and nobody has read."""
        for info in self._chat.rest():
            try:
                self.heard(info)
            except Restarted as error:
                log.info("radio: %s", error.reason)
