"""Runs an AT dialogue over a port: the only asyncio under it, and the only clock.

One command at a time. A command that was given up (its time ran out, or its caller was cancelled) leaves the
dialogue astray: the next one first finds the modem's ear again with ESC and AT. What comes unasked waits in a
bounded queue; when it is full the oldest goes and `dropped` counts it: the driver then sweeps the storage.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Self

from hardware.at.dte import Answered, Ask, Dte, Noise, Prompted, Request, State, Unasked
from hardware.at.grammar import CR, ESC, Info
from hardware.at.results import is_boot, may_be_boot
from hardware.errors import HardwareError, NoAnswer, PortLost, Refused, Restarted
from hardware.port import Port
from hardware.portlog import PortLog
from hardware.timing import Timing

log = logging.getLogger(__name__)

_SYNC_TRIES = 3
_MOST_TURNS = 16  # that wait for the command that runs: it needs one or two


def _at_will() -> None:
    """No check before the payload."""


class Chat:
    """`async with Chat(port, timing=...)`: reads the port until it is left. Does not close the port."""

    def __init__(
        self, port: Port, *, timing: Timing, unasked_bound: int = 256, port_log: PortLog | None = None
    ) -> None:
        self.timing = timing
        self.port_log = port_log or PortLog()
        self.astray = False  # a command was given up: what the modem does is not known
        self.dropped = 0  # lines that came unasked and found the queue full
        self._port = port
        self._dte = Dte()
        self._turns: asyncio.Queue[Answered | Prompted | HardwareError] = asyncio.Queue()
        self._unasked: deque[Info] = deque()
        self._bound = unasked_bound
        self._news = asyncio.Event()
        self._heard = asyncio.Event()
        self._lost: PortLost | None = None
        self._lock = asyncio.Lock()
        self._last = asyncio.Lock()
        self._others = 0  # commands that wait or run, without those that are last
        self._calm = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reader = asyncio.create_task(self._read(), name="at-reader")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lose(PortLost("the dialogue was closed"))
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    async def command(
        self,
        request: Request | str,
        *,
        timeout_s: float | None = None,
        sent_s: float | None = None,
        before: Callable[[], None] = _at_will,
        last: bool = False,
    ) -> Answered:
        """Asks and waits for the end of the answer.

        Commands take turns. One that is `last` lets all others go first, and what came unasked be read, for
        `timing.arrivals_s` at most: sending takes seconds a message, and reports would pile up behind it.
        `timeout_s` is for the answer, or for the prompt when there is a payload; `sent_s` for what follows the
        payload. `before` is called immediately before the payload's first octet leaves (the command's, where there
        is no payload); if it raises, the payload is taken back and nothing of it has left. Raises Refused, NoAnswer
        and PortLost.
        """
        request = Request(request) if isinstance(request, str) else request
        async with self._in_turn(last=last):
            if self.astray:
                await self._synchronise()
            answered = await self._exchange(
                request,
                timeout_s=self.timing.answer_s if timeout_s is None else timeout_s,
                sent_s=self.timing.sent_s if sent_s is None else sent_s,
                before=before,
            )
        if not answered.final.ok:
            name = request.text.partition("=")[0]
            raise Refused(f"{name}: {answered.final.text}", code=answered.final.code, raw=answered.final.text)
        return answered

    @asynccontextmanager
    async def _in_turn(self, *, last: bool) -> AsyncIterator[None]:
        """The line is ours. Those that are `last` queue among themselves, and only the first of them looks around."""
        if last:
            async with self._last:
                await self._let_others_first()
                async with self._lock:
                    yield
            return
        self._others += 1
        try:
            async with self._lock:
                yield
        finally:
            self._others -= 1
            self._calm.set()

    async def _let_others_first(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timing.arrivals_s):
                while self._others or self._unasked:
                    self._calm.clear()
                    await self._calm.wait()

    @property
    def echoed(self) -> bool:
        """Whether the latest command came back: the echo is on, perhaps again since a restart."""
        return self._dte.echoed

    async def synchronise(self) -> None:
        """Finds the modem's ear again: ESC, silence, then AT until a clean OK. NoAnswer after three tries."""
        async with self._lock:
            await self._synchronise()

    async def unasked(self, *, timeout_s: float) -> Info | None:
        """The next line that came by itself, or None when none came in time or `wake` was called."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._unasked and self._lost is None and not self._news.is_set():
                    await self._news.wait()
        except TimeoutError:
            return None
        self._news.clear()
        if self._unasked:
            self._calm.set()
            return self._unasked.popleft()
        if self._lost is not None:
            raise self._lost
        return None

    def forget_boot(self) -> None:
        """Drops what a start of the modem has said so far: what follows is a set-up anyway."""
        self._unasked = deque(info for info in self._unasked if not (is_boot(info) or may_be_boot(info)))

    def rest(self) -> list[Info]:
        """What came unasked and was not read: for whoever closes the dialogue."""
        return list(self._unasked)

    def wake(self) -> None:
        """Ends a wait in `unasked`: something else wants its reader's attention."""
        self._news.set()

    async def _exchange(
        self, request: Request, *, timeout_s: float, sent_s: float, before: Callable[[], None]
    ) -> Answered:
        ended = False
        while not self._turns.empty():  # what was meant for a command that has ended
            self._turns.get_nowait()
        try:
            if request.ask in {Ask.AT_ONCE, Ask.NEVER}:  # nothing is asked for before it leaves
                before()
            self._ask(request)
            turn = await self._turn(timeout_s, request)
            prompted = isinstance(turn, Prompted) and self._dte.state is State.ASKED
            if prompted:
                await self._checked(before, request)
                self._write(self._dte.payload())
                turn = await self._turn(sent_s, request)
            if not isinstance(turn, Answered):
                raise NoAnswer(f"{request.text}: asked for the payload and did not wait for it")
            if request.ask is Ask.ANGLE and turn.final.ok and not prompted:  # the OK of something else
                raise NoAnswer(f"{request.text}: OK without asking for the payload")
            ended = True
            return turn
        finally:
            if not ended:
                self._dte.abandon()
                self.astray = True

    async def _checked(self, before: Callable[[], None], request: Request) -> None:
        """Calls `before`; when it raises, the modem is told that there will be no payload."""
        try:
            before()
        except BaseException:
            self._write(self._dte.cancel())
            try:
                await self._turn(self.timing.answer_s, request)
            except HardwareError as error:
                log.info("the modem did not take ESC: %s", error.reason)
            raise

    async def _turn(self, timeout_s: float, request: Request) -> Answered | Prompted:
        try:
            async with asyncio.timeout(timeout_s):
                turn = await self._turns.get()
        except TimeoutError:
            raise NoAnswer(f"{request.text.partition('=')[0]}: no answer in {timeout_s:g} s") from None
        if isinstance(turn, HardwareError):
            raise turn
        return turn

    async def _synchronise(self) -> None:
        self._write(ESC + CR)
        await self._silence()
        for attempt in range(1, _SYNC_TRIES + 1):
            try:
                answered = await self._exchange(
                    Request("AT"), timeout_s=self.timing.answer_s, sent_s=0, before=_at_will
                )
            except NoAnswer:
                if attempt == _SYNC_TRIES:
                    raise
                self._write(ESC + CR)
                continue
            await self._silence()  # the end of an earlier command may still come: it is then nobody's
            if answered.final.ok:
                self.astray = False
                return
        raise NoAnswer("AT: no clean OK")

    async def _silence(self) -> None:
        """Returns when no octet has come for `quiet_s`, or after ten times that: some modems never stop."""
        for _ in range(10):
            self._heard.clear()
            try:
                async with asyncio.timeout(self.timing.quiet_s):
                    await self._heard.wait()
            except TimeoutError:
                return

    def _ask(self, request: Request) -> None:
        octets = self._dte.request(request)
        self.port_log.asked(request.text, bare=request.bare, block=request.block > 0)
        if request.ask is Ask.AT_ONCE:
            self.port_log.handed(request.payload)
        self._hand(octets)

    def _write(self, octets: bytes) -> None:
        """What is no command: a payload, or ESC."""
        self.port_log.handed(octets)
        self._hand(octets)

    def _hand(self, octets: bytes) -> None:
        if self._lost is not None:
            raise self._lost
        self._port.write(octets)

    async def _read(self) -> None:
        try:
            while True:
                octets = await self._port.read()
                self.port_log.heard(octets)
                self._heard.set()
                for event in self._dte.receive(octets):
                    self._take(event)
        except OSError as error:
            self._lose(error if isinstance(error, PortLost) else PortLost(str(error)))

    def _take(self, event: Answered | Prompted | Unasked | Noise) -> None:
        if isinstance(event, Noise):
            log.debug("%d octets of noise from the modem", len(event.octets))
        elif isinstance(event, Unasked):
            self._keep(event.info)
        else:
            self._turned(event)

    def _turned(self, turn: Answered | Prompted | HardwareError) -> None:
        if self._turns.qsize() < _MOST_TURNS:
            self._turns.put_nowait(turn)

    def _keep(self, info: Info) -> None:
        if is_boot(info) and self._lock.locked():  # the command that runs will never end
            self._turned(Restarted(f"the modem restarted ({info.text})"))
        if len(self._unasked) >= self._bound:
            self._unasked.popleft()
            self.dropped += 1
        self._unasked.append(info)
        self._news.set()

    def _lose(self, error: PortLost) -> None:
        if self._lost is None:
            self._lost = error
            self.port_log.noted(f"the port is lost: {error.reason}")
            self._turns.put_nowait(error)
            self._news.set()
