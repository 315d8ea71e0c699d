"""One session with the message centre: bound as a transceiver, then requests and answers both ways.

It decides nothing about messages. A request that left is waited for; one that was given up is still listened for,
since a late answer is news of a message that was called unknown.
Source: SMPP v3.4 2.2 (states), 2.7 (time limits), 4.1 (bind), 4.11 (enquire_link).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from channels import smpp_pdu
from channels.base import ChannelDown
from channels.smpp_config import SmppConfig
from channels.smpp_pdu import RESPONSE, BrokenPdu, BrokenStream, Command, Deliver, Frames, Pdu, answer
from channels.smpp_status import INVALID_COMMAND, INVALID_LENGTH, OK, QUEUE_FULL, in_words

log = logging.getLogger(__name__)

_UNANSWERED_MOST = 500  # deliver_sm that wait for our commit; more are refused for now
_LISTENED_MOST = 10_000  # requests whose answer may still come; the oldest is forgotten first
_BUFFER_MOST = 1 << 20  # octets that the message centre does not read


class Silence(Exception):
    """No answer to what has left: the session ended, or its time was up. The message says which."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A deliver_sm that waits for its answer; `read` is None where it cannot be read."""

    session: "Session"
    pdu: Pdu
    read: Deliver | None


@dataclass(frozen=True, slots=True)
class _Waiter:
    future: "asyncio.Future[Pdu]"
    heard: Callable[[Pdu], None]  # hears every answer, before what came after it is read
    late: Callable[[Pdu], None]  # hears an answer that nobody waits for any more
    sent_at: float


def _nothing(*_: object) -> None:
    """Nobody wants to know."""


@dataclass(eq=False)
class Session(asyncio.Protocol):
    """`deliver` takes what came, or says False when it has no room."""

    config: SmppConfig
    deliver: Callable[[Delivered], bool]
    fate: str = ""  # why it ended; '': it has not
    silent: bool = False  # an answer is overdue, and nothing has come since its request left
    bound_at: float = 0.0
    heard_at: float = 0.0  # the last whole PDU
    answered_at: float = (
        0.0  # when the latest request left that was answered: what left before it has arrived
    )
    ended_at: float | None = None
    torn: bool = False  # it ended otherwise than in order: what was on its way then may be lost
    knows_options: bool = False
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    doubted: asyncio.Event = field(default_factory=asyncio.Event)  # `silent` has become true
    _bound: bool = False
    _unbound_at: float = 0.0  # when our unbind left
    _sequence: int = 0
    _frames: Frames = field(default_factory=Frames)
    _waiters: dict[int, _Waiter] = field(default_factory=dict)
    _unanswered: set[int] = field(default_factory=set)
    _transport: asyncio.Transport | None = None
    _rest: asyncio.TimerHandle | None = None  # its time is up when a PDU that has begun is not whole

    @property
    def usable(self) -> bool:
        return (
            self._bound and not self.fate and self._transport is not None and not self._transport.is_closing()
        )

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._loop = transport, asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        try:
            pdus = self._frames.feed(data)
        except BrokenStream as broken:
            self._write(Pdu(Command.GENERIC_NACK, INVALID_LENGTH, 0).encode())
            self.end(f"the message centre spoke nonsense: {broken}")
            return
        if pdus:
            self.heard_at, self.silent = self._loop.time(), False
        self._limit_the_rest(begun=bool(pdus))
        for pdu in pdus:
            if not self.fate:
                self._hear(pdu)

    def _limit_the_rest(self, *, begun: bool) -> None:
        """A PDU that never ends would keep all that come after it waiting. `begun`: the one before it is whole."""
        if self._rest is not None and begun:
            self._rest.cancel()
            self._rest = None
        if self._rest is None and self._frames.unfinished and not self.fate:
            limit_s = self.config.response_s
            why = f"the message centre did not end in {limit_s:g} s what it began to say"
            self._rest = self._loop.call_later(limit_s, self.cut, why)

    def connection_lost(self, exc: Exception | None) -> None:
        self.torn = self.torn or (exc is not None and not self.fate)
        if exc is None and not self.fate:  # some answer an unbind by hanging up
            self.answered_at = max(self.answered_at, self._unbound_at)
        self.end(f"the message centre hung up{f': {exc}' if exc else ''}")
        self.closed.set()

    def end(self, why: str) -> None:
        """Ends the session; what was written may still leave. Who waits for an answer hears why."""
        self.fate = self.fate or why
        if self._rest is not None:
            self._rest.cancel()
        if self.ended_at is None:
            self.ended_at = asyncio.get_running_loop().time()
            if self._transport is not None:
                self._transport.close()  # once: a TLS transport that is closed twice cannot be aborted (Python 3.11)
        for waiter in self._waiters.values():
            if not waiter.future.done():
                waiter.future.set_exception(Silence(self.fate))
        self._waiters.clear()

    def cut(self, why: str) -> None:
        """As `end`, and nothing more leaves."""
        self.torn = self.torn or not self.fate
        self.end(why)
        if self._transport is not None and not self.closed.is_set():
            self._transport.abort()

    # What comes in

    def _hear(self, pdu: Pdu) -> None:
        if pdu.is_answer:
            self._answered(pdu)
        elif pdu.command == Command.DELIVER_SM and self._bound:
            self._delivered(pdu)
        elif pdu.command == Command.ENQUIRE_LINK:
            self._write(answer(pdu))
        elif pdu.command == Command.UNBIND:
            self._write(answer(pdu))
            self.end("the message centre ended the session")
        elif pdu.command != Command.ALERT_NOTIFICATION:
            self._write(answer(pdu, INVALID_COMMAND))

    def _answered(self, pdu: Pdu) -> None:
        waiter = self._waiters.pop(pdu.sequence, None)
        if waiter is None:
            log.warning("an answer to nothing: command %#x, sequence %d", pdu.command, pdu.sequence)
            return
        self.answered_at = max(self.answered_at, waiter.sent_at)
        waiter.heard(pdu)
        if waiter.future.done():
            waiter.late(pdu)
        else:
            if pdu.command == Command.BIND_TRANSCEIVER | RESPONSE and pdu.status == OK:
                self._bound, self.knows_options = True, smpp_pdu.knows_options(pdu)
                self.bound_at = self._loop.time()
            waiter.future.set_result(pdu)

    def _delivered(self, pdu: Pdu) -> None:
        try:
            read: Deliver | None = smpp_pdu.deliver(pdu)
        except BrokenPdu as broken:
            log.warning("%s", broken)
            read = None
        if len(self._unanswered) < _UNANSWERED_MOST and self.deliver(Delivered(self, pdu, read)):
            self._unanswered.add(pdu.sequence)
        else:
            self._write(answer(pdu, QUEUE_FULL))

    def acknowledge(self, pdu: Pdu) -> bool:
        """Answers a deliver_sm: it is kept. False when the session has ended: then it comes again."""
        if not self.usable:
            return False
        self._unanswered.discard(pdu.sequence)
        self._write(answer(pdu))
        return True

    def may_have_missed(self, at: float, *, now: float, within_s: float) -> bool:
        """Whether the message centre may not have heard what left at `at`.

        It has when it answered something that left later. Else it probably has when the session stood for `within_s`
        after it, unless nothing at all came since and the session did not end in order.
        """
        if self.answered_at > at:
            return False
        until = now if self.ended_at is None else self.ended_at
        return until - at < within_s or (self.heard_at <= at and (self.torn or self.ended_at is None))

    # What goes out

    async def bind(self) -> None:
        """ChannelDown when the message centre refuses; Silence."""
        config = self.config
        password = config.password.get_secret_value() if config.password else ""
        reply = await self.request(
            lambda sequence: smpp_pdu.bind_transceiver(
                sequence,
                system_id=config.system_id,
                password=password,
                system_type=config.system_type,
                address_range=config.address_range,
            )
        )
        if not self._bound:
            unset = "" if config.password else "; no password is set: it belongs in a secret"
            reason = f"the message centre refused the bind: {in_words(reply.status)}{unset}"
            raise ChannelDown(reason, code=f"{reply.status:#04x}")

    async def enquire(self) -> None:
        """Asks for a sign of life; Silence. Any answer is one."""
        await self.request(lambda sequence: Pdu(Command.ENQUIRE_LINK, OK, sequence).encode())

    async def unbind(self) -> None:
        """Says goodbye and ends the session; Silence."""
        self._unbound_at = self._loop.time()
        await self.request(lambda sequence: Pdu(Command.UNBIND, OK, sequence).encode())
        self.end("the channel closed")

    async def request(
        self,
        encode: Callable[[int], bytes],
        *,
        before: Callable[[], None] = _nothing,
        heard: Callable[[Pdu], None] = _nothing,
        late: Callable[[Pdu], None] = _nothing,
    ) -> Pdu:
        """Sends a request and returns its answer; Silence when none comes in `response_s`, or the session ends.

        `before` is called right before the first octet; what it raises passes through, and nothing leaves. `heard` gets
        the answer in the moment in which it comes: a receipt may stand right behind it.
        """
        self._sequence = self._sequence % 0x7FFF_FFFF + 1
        octets = encode(self._sequence)
        before()
        waiter = _Waiter(self._loop.create_future(), heard, late, self._loop.time())
        self._waiters[self._sequence] = waiter
        if len(self._waiters) > _LISTENED_MOST:
            self._forget_oldest()
        self._write(octets)
        timer = self._loop.call_later(self.config.response_s, self._overdue, waiter)
        try:
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled() and not waiter.future.exception():
                late(waiter.future.result())  # it came in the moment in which it was given up
            raise
        finally:
            timer.cancel()

    def _overdue(self, waiter: _Waiter) -> None:
        if waiter.future.done():
            return
        waiter.future.set_exception(Silence(f"no answer in {self.config.response_s:g} s"))
        if self.heard_at <= waiter.sent_at:
            self.silent = True
            self.doubted.set()

    def _forget_oldest(self) -> None:
        for sequence, waiter in self._waiters.items():
            if waiter.future.done():
                del self._waiters[sequence]
                return

    def _write(self, octets: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(octets)
        if self._transport.get_write_buffer_size() > _BUFFER_MOST:
            self.cut("the message centre reads nothing")
