"""One connection to the relay: opened, secured and logged in by aiosmtplib, then used for one message at a time.

After EHLO and AUTH this protocol takes over aiosmtplib's transport. Two things need it: aiosmtplib's `data` sends the
content itself right after 354, so that there is no place for `hand_over`, and it drops an answer that comes while
another is unread, which PIPELINING (RFC 2920) makes the common case.

Only what comes after the final dot has left is an answer to the content. What comes before it, be it half a line, ends
the session: the dot never leaves, so the relay cannot have taken the message (RFC 5321 4.1.1.4).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from channels.base import ChannelDown, ChannelError, TransientFailure, Unknown
from channels.email_config import EmailConfig
from channels.email_outcome import Step, refusal
from channels.email_replies import BrokenReply, Replies, Reply

_MOST_ANSWERS = 3  # to MAIL, RCPT and DATA in one go


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL and RCPT as they go on the wire, with CRLF, and the reference that a receipt will hold."""

    mail: bytes
    rcpt: bytes
    reference: str


class StaleSession(Exception):
    """A connection that was kept open had died before this message's first answer: nothing left, take a new one."""


class _Silence(Exception):
    """No answer: the relay hung up, said nothing in time, or spoke nonsense. The message says which."""


class Session(asyncio.Protocol):
    """An open session. `offers` are the extensions of EHLO in lower case, with their parameters."""

    def __init__(
        self,
        transport: asyncio.Transport,
        config: EmailConfig,
        *,
        offers: Mapping[str, str],
        lost: Callable[["Session"], None],
    ) -> None:
        self.offers = offers
        self._transport, self._config, self._lost = transport, config, lost
        self._loop = asyncio.get_running_loop()
        self._replies, self._arrived = Replies(), deque[Reply]()
        self._waiter: asyncio.Future[None] | None = None
        self._busy = self._dirty = self._used = False
        self._content_leaves = False
        self._cut_off = ""  # why the content was stopped before its final dot had left; '': it was not
        self._fate = ""  # why nothing can be said any more; '': open
        self.closed = asyncio.Event()
        self.idle_since = self._loop.time()
        transport.set_protocol(self)

    @property
    def usable(self) -> bool:
        return not self._fate and not self._transport.is_closing()

    # What the transport calls

    def data_received(self, data: bytes) -> None:
        try:
            self._arrived.extend(self._replies.feed(data))
        except BrokenReply as broken:
            self._end(str(broken))
            return
        if (
            not self._busy or len(self._arrived) > _MOST_ANSWERS
        ):  # most often a 421, before the relay goes away
            self._end("the relay spoke unasked")
            return
        if self._waiter is not None and self._arrived and not self._waiter.done():
            self._waiter.set_result(None)
        if self._content_leaves and self._transport.get_write_buffer_size():
            self._cut_off = "the relay answered before it had the whole content"
            self._end(self._cut_off)  # at once: what is not written yet, the dot at its end too, never leaves

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"the relay hung up{f': {exc}' if exc else ''}")
        self.closed.set()
        self._lost(self)

    def _end(self, why: str) -> None:
        self._fate = self._fate or why
        self._transport.abort()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(_Silence(self._fate))

    # What the pool calls

    async def send(self, envelope: Envelope, *, content: bytes, hand_over: Callable[[], None]) -> Reply:
        """Hands over one message; `content` is dot-stuffed and ended. Returns the relay's answer to it.

        Raises ChannelDown, TransientFailure, PermanentFailure, Unknown, what `hand_over` raises, or StaleSession.
        After a refusal the session can be used again; after anything else that is raised it is gone.
        """
        self._busy, keep = True, False
        try:
            await self._reset()
            await self._offer(envelope)
            await self._check_that_it_waits()
            hand_over()
            self._content_leaves = True
            self._transport.write(content)
            reply = await self._final(envelope)
            keep = self._used = True
            return reply
        except ChannelError as failure:
            keep = self._dirty = bool(failure.code) and not isinstance(failure, ChannelDown)
            raise
        finally:
            self._rest(keep=keep)

    async def noop(self) -> None:
        """Asks for a sign of life; ChannelDown without one."""
        self._busy, keep = True, False
        try:
            self._transport.write(b"NOOP\r\n")
            reply = await self._reply(self._config.command_s)
            keep = 200 <= reply.code <= 299
            if not keep:
                raise ChannelDown(f"the relay refused NOOP: {reply}", code=str(reply.code), raw=str(reply))
        except _Silence as silence:
            raise ChannelDown(f"no answer to NOOP: {silence}") from silence
        finally:
            self._rest(keep=keep)

    def quit(self) -> None:
        """Says goodbye and closes; `closed` is set when it has."""
        if self.usable:
            self._transport.write(b"QUIT\r\n")
        self._transport.close()

    def abort(self) -> None:
        self._end("given up")

    def _rest(self, *, keep: bool) -> None:
        self._busy = self._content_leaves = False
        self.idle_since = self._loop.time()
        if not keep or self._arrived or self._replies.unfinished:
            self._end("given up")

    # The transaction

    async def _reset(self) -> None:
        """Clears what a refused message left behind (RFC 5321 4.1.1.5)."""
        if not self._dirty:
            return
        self._transport.write(b"RSET\r\n")
        reply = await self._first_reply(Step.RSET)
        if reply.code != 250:
            raise StaleSession(str(reply))
        self._dirty = False

    async def _offer(self, envelope: Envelope) -> None:
        """MAIL, RCPT and DATA, in one go where PIPELINING is offered; returns when the relay asks for the content."""
        commands = {Step.MAIL: envelope.mail, Step.RCPT: envelope.rcpt, Step.DATA: b"DATA\r\n"}
        pipelining = "pipelining" in self.offers
        if pipelining:
            self._transport.write(b"".join(commands.values()))
        refused: ChannelError | None = None
        for step, command in commands.items():
            if not pipelining:
                self._transport.write(command)
            reply = await (self._first_reply(step) if step is Step.MAIL else self._early_reply(step, refused))
            if refused is not None:
                self._check_after_refusal(reply, refused)
            elif not (300 <= reply.code <= 399 if step is Step.DATA else 200 <= reply.code <= 299):
                refused = refusal(step, reply)
            if refused is not None and (not pipelining or isinstance(refused, ChannelDown)):
                break
        if refused is not None:
            raise refused

    def _check_after_refusal(self, reply: Reply, refused: ChannelError) -> None:
        """A relay that asks for content although it took no recipient waits for text: only hanging up is safe."""
        if 300 <= reply.code <= 399:
            self._end("the relay wants content without a recipient")
            raise refused

    async def _first_reply(self, step: Step) -> Reply:
        """The first answer of a message: a kept connection that has died shows here."""
        try:
            reply = await self._reply(self._config.command_s)
        except _Silence as silence:
            if self._used and self._fate:
                raise StaleSession(str(silence)) from silence
            raise TransientFailure(f"no answer at {step}: {silence}") from silence
        if reply.code == 421 and self._used:
            raise StaleSession(str(reply))
        return reply

    async def _early_reply(self, step: Step, refused: ChannelError | None) -> Reply:
        try:
            return await self._reply(self._config.command_s)
        except _Silence as silence:
            self._end(str(silence))  # a late answer must never be read as that to the next message's command
            raise refused or TransientFailure(f"no answer at {step}: {silence}") from silence

    async def _check_that_it_waits(self) -> None:
        """Nothing may have come after 354: it would be taken for the answer to content that has not left yet."""
        for _ in range(2):  # rounds of the loop: one finds what lies in the socket, one hands it over
            await asyncio.sleep(0)
        if not self.usable:
            raise TransientFailure(f"the relay asked for the content and left: {self._fate}")
        if self._arrived or self._replies.unfinished:
            self._end("the relay answered before the content")
            raise TransientFailure(self._fate)

    async def _final(self, envelope: Envelope) -> Reply:
        """The answer to the content. From here on silence means that the message may have gone."""
        try:
            reply = await self._reply(self._config.content_s)
        except _Silence as silence:
            if self._cut_off:
                raise TransientFailure(self._cut_off) from silence
            reason = f"no answer after the content: {silence}"
            raise Unknown(reason, references=(envelope.reference,)) from silence
        if 400 <= reply.code <= 599:
            raise refusal(Step.CONTENT, reply)
        if self._cut_off:
            raise TransientFailure(f"{self._cut_off}: {reply}", raw=str(reply))
        if 200 <= reply.code <= 299:
            return reply
        raise Unknown(
            f"a senseless answer after the content: {reply}", raw=str(reply), references=(envelope.reference,)
        )

    async def _reply(self, within_s: float) -> Reply:
        if not self._arrived:
            if self._fate:
                raise _Silence(self._fate)
            self._waiter = self._loop.create_future()
            timer = self._loop.call_later(within_s, self._expire, self._waiter, within_s)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        return self._arrived.popleft()

    @staticmethod
    def _expire(waiter: asyncio.Future[None], within_s: float) -> None:
        if not waiter.done():
            waiter.set_exception(_Silence(f"nothing for {within_s:g} s"))
