"""Mail: an attempt handed to one relay (smarthost) over SMTP, one recipient a message, over a few kept connections.

It is no mail server: it looks up no MX, queues nothing and never sends again by itself. What each step of a session
(RFC 5321) becomes; "not" means that the message has not left:

| step                              | 2xx     | 4xx       | 5xx           | 421, 530-538 | hang-up, silence |
|-----------------------------------|---------|-----------|---------------|--------------|------------------|
| connect, greeting, EHLO, TLS, AUTH| go on   | down      | down          | down         | down             |
| RSET, MAIL on a kept connection   | go on   | transient | permanent     | anew, once   | anew, once (1)   |
| MAIL                              | go on   | transient | permanent (2) | down         | transient        |
| RCPT                              | go on   | transient | permanent (3) | down         | transient        |
| DATA                              | (354)   | transient | permanent     | down         | transient        |
| the content's answer              | receipt | transient | permanent (2) | down         | UNKNOWN          |

(1) Silence there is transient: the relay may only be slow. (2) 552 with x.2.2 or x.3.1, a full mailbox or disk, is
transient. (3) 552 at RCPT is transient (RFC 5321 4.5.3.1.10), and so is 503 everywhere: it judges the dialogue, not
the message. "down" is ChannelDown. 4xx and 5xx after the content are answers like others: the relay did not take it.
Nonsense counts as silence. `hand_over` is called between 354 and the first octet of the content; if it raises, the
connection is cut, and a relay discards what has no final dot (RFC 5321 4.1.1.4).

Evidence: 250 is SUBMITTED and no more. What comes later comes by mail, where an `inbox` is configured: `email_inbound`
has the table. The receipt's reference is the Message-ID. While the relay is away `submit` fails at once, and one task
tries until it is back; while the inbox alone is away the channel is degraded: it sends and hears nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Self

from channels.base import (
    Capability,
    ChannelConfig,
    ChannelDown,
    ChannelError,
    Event,
    Health,
    Outgoing,
    PermanentFailure,
    Receipt,
    State,
    Tested,
    TransientFailure,
    Unknown,
)
from channels.email_config import EmailConfig, ImapInbox, SmtpInbox
from channels.email_envelope import FAILURES, NOTIFY, envelope
from channels.email_imap import ImapReader
from channels.email_inlet import Inlet, Reader
from channels.email_message import compose, dot_stuffed, encoded_body, message_id
from channels.email_names import Names
from channels.email_relay import Pool, tls_context
from channels.email_smtp_in import SmtpReader
from channels.feed import Feed
from channels.watch import keep_watch, stop
from messages.address import AddressError, parse_address
from messages.evidence import Evidence
from messages.render import Size

_PROOF = {
    "": Evidence.SUBMITTED,
    "none": Evidence.SUBMITTED,
    "delivered": Evidence.DELIVERED,
    "read": Evidence.READ,
}


def measure(text: str) -> Size:
    """One part, whatever its length; the octets of the body as they go on the wire."""
    return Size(parts=1, octets=len(encoded_body(text)[0]))


class EmailChannel:
    """One relay. `async with EmailChannel(name, config)`; see `channels.base.Channel`."""

    config_model: ClassVar[type[ChannelConfig]] = EmailConfig

    def __init__(self, name: str, config: EmailConfig) -> None:
        self.name, self.config = name, config
        key = config.inbox.key.get_secret_value() if config.inbox else ""
        self._asked = config.inbox.reports if config.inbox else ""  # of the recipients' mail systems
        self._names = Names(key, domain=config.sender.rpartition("@")[2])
        self.capability = Capability(
            schemes=frozenset({"mailto"}),
            max_evidence=_PROOF[self._asked],
            measure=measure,
            window=config.connections,
            two_way=config.inbox is not None,
            seconds_per_message=0.01,
        )

    async def __aenter__(self) -> Self:
        try:
            tls = await asyncio.to_thread(tls_context, self.config)
        except OSError as error:
            raise ChannelError(
                f"channel {self.name}: ca_file {self.config.ca_file} is no PEM: {error}"
            ) from error
        self._feed, self._relay, self._wake = Feed(), Health(State.STARTING), asyncio.Event()
        self._unread = "" if self.config.inbox is None else "the inbox is not open yet"
        self._pool = Pool(self.config, tls, lost=self._wake.set)
        watch = keep_watch(
            self.probe,
            self._wake,
            every_s=self.config.probe_every_s,
            first_s=self.config.reconnect_s,
            longest_s=self.config.reconnect_max_s,
        )
        self._tasks = {asyncio.create_task(watch, name=f"{self.name}: watch the relay")}
        if self.config.inbox is not None:
            self.inbox = self._reader(self.config.inbox)
            self._tasks.add(asyncio.create_task(self.inbox.run(), name=f"{self.name}: read the inbox"))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._feed.close()  # a reader that waits for room in it goes on, and ends
        await stop(self._tasks, channel=self.name)
        await self._pool.close()

    def _reader(self, config: ImapInbox | SmtpInbox) -> Reader:
        inlet = Inlet(self._names, self._feed, strangers_per_minute=config.strangers_per_minute)
        if isinstance(config, ImapInbox):
            return ImapReader(config, inlet, note=self._note_inbox)
        return SmtpReader(config, inlet, sender=self.config.sender, note=self._note_inbox)

    def events(self) -> AsyncIterator[Event]:
        return self._feed.events()

    async def submit(self, outgoing: Outgoing) -> Receipt:
        _check_address(outgoing)
        if self._relay.state is State.DOWN:
            raise ChannelDown(self._relay.reason)
        config, now = self.config, datetime.now(UTC)
        outgoing = replace(outgoing, attempt=self._names.outside(outgoing.attempt))
        content = dot_stuffed(
            compose(
                outgoing,
                sender=config.sender,
                sender_name=config.sender_name,
                now=now,
                read_receipt=self._asked == "read",
            )
        )
        parameters = partial(
            envelope,
            outgoing,
            sender=config.sender,
            octets=len(content),
            notify=FAILURES if self._asked == "none" else NOTIFY,
        )
        try:
            reply = await self._pool.send(parameters, content=content, hand_over=outgoing.hand_over)
        except ChannelError as failure:
            self._judge(failure)
            raise
        self._set(Health(State.UP))
        reference = message_id(outgoing.attempt, domain=config.sender.rpartition("@")[2])
        return Receipt((reference,), detail=str(reply))

    async def probe(self) -> Health:
        try:
            if not await self._pool.check():
                return self._state()  # every connection is busy with a message, whose outcome tells as much
        except ChannelDown as down:
            return self._set(Health(State.DOWN, down.reason))
        return self._set(Health(State.UP))

    async def test(self) -> Tested:
        """Opens a session with the relay if none is free, and says whether the inbox is read. Nothing is sent."""
        health, proved = await self.probe(), []
        if self._relay.state is State.UP:
            proved.append(f"the relay {self.config.host}:{self.config.port} answers")
        if self.config.inbox is not None and not self._unread:
            proved.append("the inbox is read")
        return Tested(health, tuple(proved))

    def _judge(self, failure: ChannelError) -> None:
        """What a failed hand-over says about the relay: ChannelDown is certain, silence is a reason to ask."""
        if isinstance(failure, ChannelDown):
            self._set(Health(State.DOWN, failure.reason))
            self._wake.set()
        elif isinstance(failure, TransientFailure | Unknown) and not failure.code:
            self._wake.set()

    def _set(self, relay: Health) -> Health:
        self._relay = relay
        return self._feed.put_health(self._state())

    def _note_inbox(self, unread: str) -> None:
        """`unread`: why answers and reports are not read; '': they are."""
        self._unread = unread
        self._feed.put_health(self._state())

    def _state(self) -> Health:
        if self._unread and self._relay.state is State.UP:
            return Health(State.DEGRADED, f"mail leaves, answers and reports are not read: {self._unread}")
        return self._relay


def _check_address(outgoing: Outgoing) -> None:
    """An address that was not parsed goes nowhere: the envelope is the last place to stop it."""
    address = outgoing.address
    try:
        if address.scheme == "mailto" and parse_address(str(address)) == address:
            return
    except AddressError as error:
        raise PermanentFailure(str(error)) from error
    raise PermanentFailure(f"mail cannot reach {str(address)!r}")
