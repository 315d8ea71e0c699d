"""SMS through an aggregator's API over HTTP: one POST a message; reports and answers come in as signed webhooks.

What each step becomes; "down" is ChannelDown, and means that the message has not left:

| step                                      | answered                          | cut, refused | silence   |
|-------------------------------------------|-----------------------------------|--------------|-----------|
| DNS, TCP, proxy, TLS, up to the body      | go on, or down                    | down (1)     | down      |
| 2xx that names the message                | receipt                           |              |           |
| 2xx without a name, or another's          | UNKNOWN                           | UNKNOWN      | UNKNOWN   |
| 2xx that says that it is not taken (5)    | permanent                         |              |           |
| 429, 408, 425                             | transient (2)                     | transient    | transient |
| 401, 402, 403, 404, 405, 407; 3xx (3)     | down, for a minute                | down         | down      |
| 409                                       | UNKNOWN, it may have it already   | UNKNOWN      | UNKNOWN   |
| 400, 422 and every other 4xx              | permanent                         | permanent    | permanent |
| 5xx                                       | UNKNOWN (4)                       | UNKNOWN      | UNKNOWN   |
| the body has left, no status line         |                                   | UNKNOWN      | UNKNOWN   |

The last two columns are what becomes of it when the rest of the answer does not come: a refusal is in the status line.
(1) A kept connection that turns out to have ended is replaced once. (2) With `retry_at`, from Retry-After where it is
given; until then the channel sends nothing but FLASH. (3) Not followed. (4) A proxy in between says 502 of a message
that was taken; only where a dialect documents it (generic: `"accepted": false`) is it transient. (5) As in 4.
`hand_over` is called right before the body, which leaves in one piece; what it raises means that nothing has left.

Evidence: the answer is SUBMITTED. Of the webhooks DELIVERED is DELIVERED, and so is READ of an SMS, else READ is READ;
ENROUTE, ACCEPTED and BUFFERED say no more than the answer; EXPIRED, DELETED, UNDELIVERABLE, REJECTED and SKIPPED are
kept as given up; other words are no news. A webhook is answered when the hub has settled it: sms_http_webhook.py.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self

from channels import base, sms_http_outcome
from channels.base import ChannelDown, ChannelError, Health, State
from channels.feed import Feed
from channels.numbers import writable
from channels.pace import Pace
from channels.signs import whole
from channels.sms_http_client import PROXY_LOGIN, WITHOUT_LOGIN, Answer, Client, NotSent, Silent
from channels.sms_http_config import SmsHttpConfig
from channels.sms_http_dialect import Dialect, Message
from channels.sms_http_gatewayapi import GatewayApi
from channels.sms_http_generic import Generic
from channels.sms_http_webhook import Webhooks
from channels.watch import keep_watch, stop
from hardware.codecs import tpdu
from messages.evidence import Evidence
from messages.precedence import Precedence
from messages.render import RenderError, ShortText, Size, Words, fit

_DIALECTS: dict[str, Dialect] = {"gatewayapi": GatewayApi(), "generic": Generic()}
_ILL = frozenset({500, 502, 503, 504})  # of a HEAD: nobody there who could take a message


class SmsHttpChannel:
    """One account at one aggregator. `async with SmsHttpChannel(name, config)`; see `channels.base.Channel`."""

    config_model: ClassVar[type[base.ChannelConfig]] = SmsHttpConfig

    def __init__(self, name: str, config: SmsHttpConfig) -> None:
        self.name, self.config = name, config
        self._dialect = _DIALECTS[config.dialect]
        self.capability = base.Capability(
            schemes=frozenset({"sms"}),
            max_evidence=Evidence.DELIVERED if config.listens else Evidence.SUBMITTED,
            measure=measure,
            shortened=self._shortened,
            window=config.window,
            two_way=config.can_be_answered,
            seconds_per_message=1 / config.max_per_second if config.max_per_second else 0.05,
            cost_rank=1,
        )
        self._pace = Pace(config.max_per_second, pause_s=config.throttle_s)

    async def __aenter__(self) -> Self:
        tls = await asyncio.to_thread(_tls_context, self.name, self.config)
        config = self.config
        self._feed, self._wake = Feed(), asyncio.Event()
        self._far, self._unread = Health(State.STARTING), ""
        self._account, self._account_until = "", 0.0
        self._client = Client(config, tls)
        watch = keep_watch(
            self.probe,
            self._wake,
            every_s=config.probe_every_s,
            first_s=config.reconnect_s,
            longest_s=config.reconnect_max_s,
        )
        self._tasks = {asyncio.create_task(watch, name=f"{self.name}: watch the aggregator")}
        if config.listens:
            self._unread = "the port for webhooks is not open yet"
            self.webhooks = Webhooks(self.name, config, self._dialect, self._feed, note=self._note_webhooks)
            listen = asyncio.create_task(self.webhooks.run(), name=f"{self.name}: listen for webhooks")
            self._tasks.add(listen)
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop(self._tasks, channel=self.name)
        self._feed.close()
        await self._client.close()

    def events(self) -> AsyncIterator[base.Event]:
        return self._feed.events()

    def pause_s(self) -> float:
        """What a 429 asked for."""
        return self._pace.left_s()

    async def submit(self, outgoing: base.Outgoing) -> base.Receipt:
        message = self._message(outgoing)
        if self._far.state is State.DOWN:
            raise ChannelDown(self._far.reason)
        flash = outgoing.precedence is Precedence.FLASH
        self._pace.check(urgent=flash)
        await self._pace.turn(urgent=flash)
        headers, octets = self._dialect.request(message, self.config)
        try:
            answer = await self._client.post(octets, headers, before=outgoing.hand_over)
        except NotSent as error:
            self._set(Health(State.DOWN, str(error)))
            self._wake.set()
            raise ChannelDown(str(error)) from error
        except Silent as silence:
            self._wake.set()
            raise base.Unknown(str(silence), references=(outgoing.attempt,)) from silence
        return self._judge(answer, message)

    def _judge(self, answer: Answer, message: Message) -> base.Receipt:
        now = datetime.now(UTC)
        try:
            reference = sms_http_outcome.reference(answer, message, self._dialect)
        except ChannelDown as down:
            self._account_until = asyncio.get_running_loop().time() + self.config.account_pause_s
            self._account = down.reason
            self._set(Health(State.DOWN, down.reason))
            self._wake.set()
            raise
        except base.TransientFailure as failure:
            pause_s = self._pace.throttled(sms_http_outcome.retry_after_s(answer, now=now))
            failure.retry_at = now + timedelta(seconds=pause_s)
            raise
        except base.Unknown as doubt:
            doubt.references = (message.outgoing.attempt,)
            self._wake.set()
            raise
        self._pace.taken()
        self._set(Health(State.UP))
        return base.Receipt((reference,), detail=f"{message.parts} part{'s' * (message.parts > 1)}")

    def _message(self, outgoing: base.Outgoing) -> Message:
        try:
            text = whole(self._shortened(outgoing.words).text)
        except RenderError as error:
            raise base.PermanentFailure(str(error)) from error
        return Message(
            outgoing=outgoing,
            number=writable(outgoing.address),
            text=text,
            parts=measure(text).parts,
            urgent=self.config.urgent and outgoing.precedence is Precedence.FLASH,
        )

    def _shortened(self, words: Words) -> ShortText:
        return fit(words, measure=measure, max_parts=self.config.max_parts)

    async def probe(self) -> Health:
        """A HEAD without a token: it costs nothing, and says that somebody is there."""
        if asyncio.get_running_loop().time() < self._account_until:
            return self._set(Health(State.DOWN, self._account))
        try:
            status = await self._client.look()
        except NotSent as error:
            return self._set(Health(State.DOWN, str(error)))
        if status == PROXY_LOGIN:
            return self._set(Health(State.DOWN, f"it answers {status}: {WITHOUT_LOGIN}"))
        if status in _ILL:
            return self._set(Health(State.DOWN, f"it answers {status}"))
        return self._set(Health(State.UP))

    def _set(self, far: Health) -> Health:
        self._far = far
        return self._feed.put_health(self._state())

    def _note_webhooks(self, unread: str) -> None:
        """`unread`: why nothing can come in; '': it can."""
        self._unread = unread
        self._feed.put_health(self._state())

    def _state(self) -> Health:
        if self._unread and self._far.state is State.UP:
            return Health(
                State.DEGRADED, f"messages leave, reports and answers do not come in: {self._unread}"
            )
        return self._far


def measure(text: str) -> Size:
    """Parts and octets as they go over the air, whoever splits them; a part costs one."""
    size = tpdu.measure(whole(text))
    return Size(parts=size.parts, octets=size.octets, cost=size.parts)


def _tls_context(name: str, config: SmsHttpConfig) -> ssl.SSLContext | None:
    """Certificates and names are always checked, and nothing older than TLS 1.2 is spoken."""
    if config.url.startswith("http:"):
        return None
    try:
        return ssl.create_default_context(cafile=config.ca_file)
    except OSError as error:
        raise ChannelError(f"channel {name}: ca_file {config.ca_file} is no PEM: {error}") from error
