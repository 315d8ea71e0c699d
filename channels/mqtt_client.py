"""aiomqtt's client on paho, with what both keep to themselves brought out: the one place that knows how they work.

aiomqtt 2.5 acknowledges a message as soon as it lies in a queue of its own, does not tell the reason in a PUBACK, and
waits for a CONNACK that a broker which hung up will never send; paho ends the connection over a property that it cannot
read, so that one such message would come again for ever. Here, behind their interfaces (hence aiomqtt below 3), what
came in is acknowledged by `settle` and not before, in the order of arrival (MQTT 5.0 4.6), and who publishes hears what
became of it. A client is used for one connection. With it goes what paho would send again by itself: a copy that nobody
decided on is a copy too many.
"""

# ruff: noqa: SLF001

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import aiomqtt
from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from channels.mqtt_alert import Publication, connect_properties
from channels.mqtt_config import MqttConfig
from channels.mqtt_inbound import Arrived
from channels.mqtt_loop import LoopClient
from channels.mqtt_outcome import KEPT, LOST, parting

_PUBLISH = 0x30  # the packet's type in its first octet, MQTT 5.0 2.1.2


class NotOpen(Exception):
    """The session could not begin, or has ended; the message says why. `code`: the broker's, where it gave one."""

    def __init__(self, reason: str, code: int = 0) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Offer:
    """What the broker said of itself when it let us in (MQTT 5.0 3.2.2)."""

    resumed: bool = False  # it had kept our session
    receive_maximum: int = 65_535
    packet_octets: int = 268_435_455
    qos: int = 2
    retain: int = 1  # 0: it keeps nothing retained


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message of a topic we read. `mid` is what `settle` takes; 0 for QoS 0, already forgotten."""

    arrived: Arrived
    mid: int
    retained: bool = False


@dataclass(frozen=True, slots=True)
class End:
    why: str
    code: int = 0  # of the broker's DISCONNECT


class Client(LoopClient):
    """One connection. `gone` holds why it ended; then nothing can be sent or settled any more."""

    def __init__(
        self,
        config: MqttConfig,
        tls: ssl.SSLContext | None,
        *,
        client_id: str,
        incoming: Callable[[Incoming], None],
    ) -> None:
        will = aiomqtt.Will(config.topic("availability"), b"offline", qos=1, retain=True)
        super().__init__(
            config.host,
            config.port,
            username=config.username or None,
            password=config.password.get_secret_value() if config.password else None,
            identifier=client_id,
            protocol=aiomqtt.ProtocolVersion.V5,
            will=will if config.availability else None,
            clean_start=False,
            keepalive=config.keepalive_s,
            properties=connect_properties(config),
            tls_context=tls,
            timeout=config.connect_s,
        )
        self._incoming = incoming
        self._paho = cast("Any", self._client)  # untyped: what is used of it has no types that fit
        self._paho.disable_logger()  # the channel tells what matters
        self._paho.max_inflight_messages = 0  # no limit: paho would keep what is above it and send it later
        self._paho.connect_timeout = config.connect_s
        self._paho.manual_ack_set(True)
        self._paho._ssl_wrap_socket = self.protected
        self._read_publish = self._paho._handle_publish
        self._paho._handle_publish = self._publish_came
        self._paho._handle_pubackcomp = self._puback_came
        self._sent: dict[int, Callable[[int], None]] = {}  # who wants to know what became of a PUBLISH
        self._unsettled: dict[int, bool] = {}  # packet identifiers in the order of arrival: settled or not
        self.offer = Offer()
        self.acknowledged_at = self._loop.time()  # the last PUBACK, or the session's beginning
        self.gone: asyncio.Future[End] = self._loop.create_future()

    def use(self, sock: socket.socket) -> None:
        """paho connects over a copy of this socket, and does TLS on it in a thread."""
        self._paho._create_socket_connection = sock.dup

    def watch(self) -> None:
        """From now on, connected, an exception in paho's reading or writing ends it: aiomqtt leaves the socket open."""
        self._disconnected.add_done_callback(self._broken)

    @property
    def end(self) -> End:
        """Why it ended; only when it has."""
        return self.gone.result()

    def abort(self, why: str) -> None:
        """Ends it at once, without a word."""
        self._paho._sock_close()
        self._end(End(why))
        for future in (self._connected, self._disconnected):
            if future.done() and not future.cancelled():
                future.exception()  # seen: nobody else asks

    def _end(self, end: End) -> None:
        """What has not wholly left the process cannot have been taken by the broker."""
        if not self.gone.done():
            self.gone.set_result(end)
        kept = {packet["mid"] for packet in self._paho._out_packet if packet["command"] & 0xF0 == _PUBLISH}
        while self._sent:
            mid, done = self._sent.popitem()
            done(KEPT if mid in kept else LOST)

    # Out

    def publish_aside(self, topic: str, text: str) -> None:
        """A retained word that nobody waits for, QoS 0. Not to a broker that would send us away for it (3.2.2.3.5)."""
        if not self.offer.retain:
            return
        self._paho.publish(topic, text, qos=0, retain=True)

    def say_goodbye(self) -> None:
        """DISCONNECT, after all that waits to leave; then `gone` comes."""
        self._paho.disconnect()

    def publish_now(self, publication: Publication, done: Callable[[int], None]) -> int:
        """Hands the packet to the socket's queue; NotOpen if there is no connection any more. Returns its identifier.

        `done` hears once what became of it: the PUBACK's reason code, KEPT or LOST.
        """
        info = self._paho.publish(
            publication.topic, publication.payload, qos=1, properties=publication.properties
        )
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotOpen("the connection has just ended")
        self._sent[info.mid] = done
        return int(info.mid)

    def recall(self, mid: int) -> bool:
        """True if some of it was still here, and will not leave: a connection that has sent a part of it is ended."""
        queue = self._paho._out_packet
        for packet in queue:
            if packet["mid"] == mid and packet["command"] & 0xF0 == _PUBLISH:
                if packet is queue[0]:  # TLS may have begun with it, whatever paho counts
                    self.abort("a message was given up halfway")
                else:
                    queue.remove(packet)
                    self._paho._out_messages.pop(mid, None)
                    self._sent.pop(mid)(KEPT)
                return True
        return False

    def _puback_came(self, _kind: str) -> MQTTErrorCode:
        """Identifier and reason code, 0 where there is none (3.4.2), without the properties, which nobody asks for."""
        packet = self._paho._in_packet["packet"]
        if len(packet) < 2:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL
        mid, code = int.from_bytes(packet[:2], "big"), packet[2] if len(packet) > 2 else 0
        self._paho._out_messages.pop(mid, None)
        self.acknowledged_at = self._loop.time()
        if done := self._sent.pop(mid, None):
            done(code)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    # In

    def settle(self, mid: int) -> None:
        """The broker may forget this message. After the session's end nothing: it comes again in the next."""
        if self.gone.done() or mid not in self._unsettled:
            return
        self._unsettled[mid] = True
        while self._unsettled and self._unsettled[first := next(iter(self._unsettled))]:
            del self._unsettled[first]
            self._paho.ack(first, 1)

    def _publish_came(self) -> MQTTErrorCode:
        """As paho does, but what it cannot take apart is passed on with its flaw, to be settled like any other."""
        try:
            return self._read_publish()  # type: ignore[no-any-return]
        except Exception as error:  # noqa: BLE001 (paho raises of several families, struct's and Unicode's too)
            packet, command = bytes(self._paho._in_packet["packet"]), self._paho._in_packet["command"]
            end = 2 + int.from_bytes(packet[:2], "big")
            mid = int.from_bytes(packet[end : end + 2], "big") if command & 0x06 else 0
            flaw = f"it cannot be taken apart ({error})"
            arrived = Arrived(
                packet[2:end].decode("utf-8", "replace"),
                packet[end + 2 :],
                flaw=flaw,
                packet=mid,
                again=bool(command & 0x08),
            )
            self._take(Incoming(arrived, mid))
            return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _take(self, incoming: Incoming) -> None:
        if incoming.mid:
            self._unsettled[incoming.mid] = False
        self._incoming(incoming)

    # What paho calls

    def _on_connect(
        self, client: Any, userdata: Any, flags: ConnectFlags, reason_code: ReasonCode, properties: Any = None
    ) -> None:
        known = {
            "receive_maximum": getattr(properties, "ReceiveMaximum", None),
            "packet_octets": getattr(properties, "MaximumPacketSize", None),
            "qos": getattr(properties, "MaximumQoS", None),
            "retain": getattr(properties, "RetainAvailable", None),
        }
        self.offer = Offer(
            flags.session_present, **{name: each for name, each in known.items() if each is not None}
        )
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: Any,
        userdata: Any,
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._end(End(f"the broker sent us away: {parting(reason_code.value)}", reason_code.value))
        else:
            self._end(End("the connection broke"))
        if not self._connected.done():  # aiomqtt would wait for a CONNACK until its limit
            self._connected.set_exception(aiomqtt.MqttError("the broker hung up before it let us in"))
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _on_message(self, client: Any, userdata: Any, message: MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", b"")
        mid = message.mid if message.qos else 0
        arrived = Arrived(
            message.topic, bytes(message.payload), correlation, packet=mid, again=bool(message.dup)
        )
        self._take(Incoming(arrived, mid, retained=message.retain))

    def _broken(self, disconnected: "asyncio.Future[None]") -> None:
        if not self.gone.done():
            self.abort(f"the connection broke: {disconnected.exception()}")
