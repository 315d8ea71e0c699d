"""MQTT 5: an attempt published with QoS 1 to one broker; answers and reports read from two topics of our own.

Alerts go to `<prefix>/alert/<topic of the address>`; answers are read from `<prefix>/answer`, reports from
`<prefix>/report` (mqtt_alert.py, mqtt_inbound.py, schemas/). What each step of a session (MQTT 5.0) becomes:

| step                                  | answered                      | hang-up       | silence       |
|---------------------------------------|-------------------------------|---------------|---------------|
| TCP, TLS, CONNECT, SUBSCRIBE          | go on, or down                | down          | down          |
| waiting for a place in the window     |                               | anew, or down | transient     |
| a next session with fewer places (4)  | transient, before it leaves   |               |               |
| PUBLISH too large for the broker      | permanent, before it leaves   |               |               |
| PUBLISH not wholly out of the process |                               | transient     | transient (1) |
| PUBACK 0x00                           | receipt                       | UNKNOWN       | UNKNOWN (2)   |
| PUBACK 0x10, nobody subscribes        | transient (3)                 |               |               |
| PUBACK 0x87, 0x90, 0x95, 0x99         | permanent                     |               |               |
| PUBACK, other codes from 0x80         | transient                     |               |               |

"down" is ChannelDown. (1) What is still here is taken back. (2) A PUBACK that comes later is reported as SUBMITTED.
(3) The broker throws away what nobody subscribes to; with `no_subscriber = "accept"` it is a receipt that says so.
(4) What was taken on while it allowed more and gets none of them at once, but for FLASH, which waits: it is next.
`hand_over` is called right before the packet is queued; what a broken connection did not carry is never sent again.

Evidence: a PUBACK is SUBMITTED and no more; Mosquitto as it comes does not even keep what it acknowledged over a power
cut. More is proved only by what subscribers send. The session is durable: what they send while we are away is kept by
the broker, and `settle`, after the commit, is what acknowledges it.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Self

from channels import base
from channels.feed import Feed
from channels.mqtt_alert import Publication, publication
from channels.mqtt_arrivals import Arrivals, Overflow
from channels.mqtt_client import NotOpen
from channels.mqtt_config import MqttConfig
from channels.mqtt_keeper import Keeper
from channels.mqtt_memory import SessionMemory
from channels.mqtt_outcome import KEPT, LOST, SILENT, detail, refusal
from channels.mqtt_session import Session
from channels.watch import stop
from messages.address import AddressError, parse_address
from messages.evidence import Evidence
from messages.precedence import Precedence
from messages.render import Size

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.1  # whether there is a session; it is open for `connect_s` or `answer_s` at most


def measure(text: str) -> Size:
    """One part, whatever its length."""
    return Size(parts=1, octets=len(text.encode("utf-8", "replace")))


class MqttChannel:
    """One broker. `async with MqttChannel(name, config)`; see `channels.base.Channel`."""

    config_model: ClassVar[type[base.ChannelConfig]] = MqttConfig

    def __init__(self, name: str, config: MqttConfig) -> None:
        self.name, self.config = name, config
        self.capability = base.Capability(
            schemes=frozenset({"mqtt"}),
            max_evidence=Evidence.SUBMITTED,
            measure=measure,
            window=config.window,
            two_way=True,
            seconds_per_message=0.01,
        )
        self._overflow, self._memory = Overflow(), SessionMemory()

    def keep_in(self, folder: Path, *, key: bytes) -> None:
        """That the broker had a session of ours: after a restart as well one that was forgotten is missed."""
        self._memory = SessionMemory(folder)

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._memory.recall)
        tls = await asyncio.to_thread(_tls_context, self.name, self.config)
        self._feed = Feed()
        self._arrivals = Arrivals(self.name, self.config, self._feed, note=self._note_overflow)
        self._keeper = Keeper(
            self.config,
            tls,
            client_id=self.config.identifier(self.name),
            memory=self._memory,
            health=self._note_broker,
            incoming=self._arrivals.arrived,
        )
        self._tasks = {
            asyncio.create_task(self._keeper.run(), name=f"{self.name}: keep the session"),
            asyncio.create_task(self._arrivals.run(), name=f"{self.name}: pass on what came in"),
        }
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop(self._tasks, channel=self.name)
        await self._keeper.close()
        self._feed.close()

    def events(self) -> AsyncIterator[base.Event]:
        return self._feed.events()

    async def probe(self) -> base.Health:
        """Subscribes once more to the same topics, which changes nothing and is answered."""
        try:
            session = await self._keeper.session()
            if not await session.check():
                await self._keeper.session()
        except base.ChannelDown:
            return self._state(self._keeper.health)
        return self._state(self._keeper.health)

    def _note_broker(self, broker: base.Health) -> None:
        """The hub claims no more than the broker takes: what waited here would be before a FLASH."""
        self.capability = replace(self.capability, window=self._keeper.window)
        self._feed.put_health(self._state(broker))

    def _note_overflow(self, overflow: Overflow) -> None:
        self._overflow = overflow
        self._feed.put_health(self._state(self._keeper.health))

    def _state(self, broker: base.Health) -> base.Health:
        """Nonsense takes nothing from anybody, so that the channel is as good as before: it only says so."""
        if broker.state is not base.State.UP or not self._overflow.why:
            return broker
        state = base.State.DEGRADED if self._overflow.lost else base.State.UP
        return base.Health(state, "; ".join(filter(None, (broker.reason, self._overflow.why))))

    def pause_s(self) -> float:
        """Nobody knows how many the next session takes: until then only FLASH waits here, the rest in the queue."""
        return _LOOK_AGAIN_S if self._keeper.undecided else 0.0

    async def submit(self, outgoing: base.Outgoing) -> base.Receipt:
        _check_address(outgoing)
        packet = publication(outgoing, self.config)
        session = await self._place(flash=outgoing.precedence is Precedence.FLASH)
        code = await self._hand_over(session, packet, outgoing)
        if code == LOST:
            raise base.Unknown(f"no PUBACK: {session.end.why}", references=(outgoing.attempt,))
        if code == KEPT:
            raise base.TransientFailure(
                "it did not leave: the broker took nothing more, or the connection broke"
            )
        if code == SILENT:
            reason = f"no PUBACK for {self.config.answer_s:g} s"
            raise base.Unknown(reason, references=(outgoing.attempt,))
        if failure := refusal(code, packet.topic, no_subscriber=self.config.no_subscriber):
            raise failure
        return base.Receipt((outgoing.attempt,), detail=detail(code))

    async def _place(self, *, flash: bool) -> Session:
        """An open session, and a place in its window, which is the caller's until the broker has answered.

        What waits here keeps the hub from handing over a FLASH: where the broker has come to allow fewer than it did,
        everything else that gets no place is given back.
        """
        allowed = self.capability.window
        while True:
            session = await self._keeper.session()
            if not session.window.take(flash=flash):
                if session.places < allowed and not flash:
                    raise base.TransientFailure("the broker takes fewer at a time than it did")
                await self._wait_for_place(session, flash=flash)
            if not session.gone.done():
                return session
            session.window.release()

    async def _wait_for_place(self, session: Session, *, flash: bool) -> None:
        """TransientFailure if there is none in time; a broker that acknowledged nothing in that time is left."""
        try:
            async with asyncio.timeout(self.config.answer_s):
                await session.window.wait(flash=flash)
        except TimeoutError:
            silent_s = asyncio.get_running_loop().time() - session.acknowledged_at
            if silent_s >= self.config.answer_s:
                session.abort("the broker acknowledges nothing")
            raise base.TransientFailure("the broker does not acknowledge what went before") from None

    async def _hand_over(self, session: Session, packet: Publication, outgoing: base.Outgoing) -> int:
        """The reason code, or what became of the packet without one. Uses up the place in the window."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[int] = loop.create_future()

        def done(code: int) -> None:
            session.window.release()
            if waiter.done():
                self._late(outgoing, code)
            else:
                waiter.set_result(code)

        mid = self._publish(session, packet, outgoing, done=done)
        timer = loop.call_later(self.config.answer_s, _expire, waiter)
        try:
            code = await waiter
        except asyncio.CancelledError:
            self._keeper.doubt(session)
            session.recall(mid)
            raise
        finally:
            timer.cancel()
        if code == SILENT:
            self._keeper.doubt(session)
            return KEPT if session.recall(mid) else SILENT
        return code

    def _publish(
        self, session: Session, packet: Publication, outgoing: base.Outgoing, *, done: Callable[[int], None]
    ) -> int:
        """Gives the place in the window back unless the packet is on its way: then `done` does."""
        most = session.offer.packet_octets
        try:
            if packet.octets > most:
                reason = f"the alert has up to {packet.octets} octets, the broker takes {most}"
                raise base.PermanentFailure(reason, code="0x95")
            outgoing.hand_over()
            return session.publish_now(packet, done)
        except BaseException as error:
            session.window.release()
            if isinstance(error, NotOpen):
                raise base.TransientFailure(str(error)) from error
            raise

    def _late(self, outgoing: base.Outgoing, code: int) -> None:
        """A PUBACK for a message that was given up: what was unknown is known now."""
        if code < 0:
            return
        failure = refusal(code, str(outgoing.address), no_subscriber=self.config.no_subscriber)
        self._arrivals.put(
            base.Report(
                reference=outgoing.attempt,
                attempt=outgoing.attempt,
                address=outgoing.address,
                evidence=Evidence.REFUSED if failure else Evidence.SUBMITTED,
                at=datetime.now(UTC),
                detail=f"late: {failure or detail(code)}",
            )
        )


def _expire(waiter: "asyncio.Future[int]") -> None:
    if not waiter.done():
        waiter.set_result(SILENT)


def _tls_context(name: str, config: MqttConfig) -> ssl.SSLContext | None:
    """Certificates and names are always checked."""
    if config.tls == "none":
        return None
    try:
        return ssl.create_default_context(cafile=config.ca_file)
    except OSError as error:
        raise base.ChannelError(f"channel {name}: ca_file {config.ca_file} is no PEM: {error}") from error


def _check_address(outgoing: base.Outgoing) -> None:
    """An address that was not parsed goes nowhere: it could hold a wildcard, or be a topic of the broker's own."""
    address = outgoing.address
    try:
        if address.scheme == "mqtt" and parse_address(str(address)) == address:
            return
    except AddressError as error:
        raise base.PermanentFailure(str(error)) from error
    raise base.PermanentFailure(f"MQTT cannot reach {str(address)!r}")
