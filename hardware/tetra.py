"""The driver of a TETRA radio over its peripheral equipment interface: keeps it set up, sends short data, listens.

Not here: what short data says (`codecs.sds` and the caller), and whether to send again. Opaque octets in and out;
only the reports of SDS-TL are read, since they are sent and matched here.
Source: ETSI EN 300 392-5 (PEI).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self

from hardware import tetra_init
from hardware.chat import Chat
from hardware.errors import HardwareError, ModemDown, NotNow, Refused
from hardware.port import Opener
from hardware.portlog import LogLine
from hardware.power import PowerCycle
from hardware.tetra_address import SDS4, Groups, checked_content, checked_destination
from hardware.tetra_events import Event, Sent, TetraEvents
from hardware.tetra_init import Setup
from hardware.tetra_receive import Reply
from hardware.tetra_replies import Replies
from hardware.tetra_sending import Outgoing, Sending
from hardware.tetra_speech import Speech
from hardware.tetra_standing import Standing
from hardware.tetra_state import State
from hardware.tetra_supervisor import Supervisor
from hardware.tetra_timing import TetraTiming

log = logging.getLogger(__name__)


def _at_will() -> None:
    """No check before it leaves."""


class TetraRadio:
    """`async with TetraRadio(opener)`: opens the port, sets the radio up and brings it back, until it is left.

    Entering does not wait for the radio. `opener` opens the port at the radio's own speed, which its codeplug decides.
    `max_bits`: the longest short data that it sends (668 works on most). `groups`: numbers that are groups, which get
    no reports. `tells_on_air`: False for a radio that never says whether a message went over the air.
    """

    def __init__(
        self,
        opener: Opener,
        *,
        timing: TetraTiming | None = None,
        max_bits: int = 668,
        groups: Iterable[str | int] = (),
        tells_on_air: bool = True,
        force_trunked: bool = True,
        allow_emergency_status: bool = False,
        power_cycle: PowerCycle | None = None,
        event_bound: int = 500,
    ) -> None:
        self.timing, self.max_bits, self.groups = timing or TetraTiming(), max_bits, Groups.of(groups)
        self.setup = Setup(force_trunked=force_trunked)
        self._emergency = allow_emergency_status
        self._events = TetraEvents(bound=event_bound)
        self._standing = Standing(self.setup, self._events, Speech(self.timing))
        self._sending = Sending(self._standing, self.timing, tells_on_air=tells_on_air)
        self._replies = Replies()
        self._one_at_a_time = asyncio.Lock()
        self._supervisor = Supervisor(
            opener,
            self._standing,
            timing=self.timing,
            sending=self._sending,
            replies=self._replies,
            groups=self.groups,
            power_cycle=power_cycle,
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        replying = self._replies.run(self._reply, pause_s=self.timing.cooling_s)
        self._tasks = [
            asyncio.create_task(self._supervisor.run(), name="tetra-radio"),
            asyncio.create_task(replying, name="tetra-reports"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for task in self._tasks:
            if not task.cancelled():  # it ended by itself: a fault of the program, to be seen
                task.result()

    @property
    def state(self) -> State:
        return self._standing.state

    @property
    def reason(self) -> str:
        return self._standing.reason

    @property
    def signal_dbm(self) -> int | None:
        return self._standing.signal_dbm

    def log(self) -> list[LogLine]:
        """The last lines of the port, for the technician: texts and numbers are masked."""
        return self._supervisor.port_log.lines()

    def events(self) -> AsyncIterator[Event]:
        """What happens, for one reader, until the driver is left or has failed."""
        return self._events.read()

    async def probe(self) -> bool:
        """Whether the radio answers now; changes nothing."""
        chat = self._supervisor.chat
        if chat is None:
            return False
        try:
            await chat.command("AT")
        except Refused:  # an answer, if a strange one
            return True
        except HardwareError:
            return False
        return True

    async def examine(self) -> None:
        """Asks the registration and the signal anew: `state` and `signal_dbm` are of this moment then.

        Raises ModemDown while it is not set up, NoAnswer and PortLost.
        """
        chat, standing = self._supervisor.chat, self._standing
        if chat is None:
            raise ModemDown(f"{standing.state.value}: {standing.reason}")
        await chat.command("AT")
        status = await tetra_init.registration(chat)
        standing.signal_dbm = await tetra_init.signal_dbm(chat)
        if status is not None:
            standing.registered = status in tetra_init.IN_NETWORK
            standing.reckon(asyncio.get_running_loop().time())

    async def send(
        self,
        destination: str,
        user_data: bytes,
        bits: int,
        *,
        service: int = SDS4,
        before: Callable[[], None] = _at_will,
    ) -> Sent:
        """Sends short data and returns when it is on the air; one message at a time.

        `service`: 9 to 12 for SDS type 1 to 4 (12 with SDS-TL), 13 for a status. `before` is called immediately
        before the first octet leaves; what it raises passes through. Raises NotNow, NeverToThis and ModemDown
        (nothing left) or MaybeSent: what became of it then may follow as a LateStep. That it arrived is a Reported.
        """
        digits, identity = checked_destination(destination)
        checked_content(user_data, bits, service=service, max_bits=self.max_bits, emergency=self._emergency)
        outgoing = Outgoing(digits, identity, user_data, bits, service)
        async with self._one_at_a_time:
            return await self._sending.send(await self._ready(), outgoing, before=before)

    async def _reply(self, reply: Reply) -> None:
        await self.send(reply.destination, reply.user_data, 8 * len(reply.user_data), service=reply.service)

    async def _ready(self) -> Chat:
        """The dialogue of a radio that may send. Its set-up and the end of a call are waited for."""
        standing = self._standing
        await self._while(lambda: standing.starting, self.timing.start_s)
        await self._while(lambda: standing.state is State.SPEAKING, self.timing.speech_wait_s)
        if standing.state in {State.SEARCHING, State.SPEAKING}:
            raise NotNow(f"{standing.state.value}: {standing.reason}")
        if self._supervisor.chat is None or standing.state is not State.READY:
            raise ModemDown(f"{standing.state.value}: {standing.reason}")
        return self._supervisor.chat

    async def _while(self, holds: Callable[[], bool], limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                while holds():
                    self._standing.turned.clear()
                    await self._standing.turned.wait()
        except TimeoutError:
            log.info("radio: %s for more than %g s", self.state.value, limit_s)
