"""A session with the broker: opened, resumed, asked for a sign of life, closed. `mqtt_client` does the rest."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from channels.mqtt_client import Client, Incoming, NotOpen
from channels.mqtt_config import MqttConfig
from channels.mqtt_outcome import REFUSED, parting
from channels.mqtt_places import Places

_GOODBYE_S = 1.0


class Session(Client):
    """`await open()`, use it until `gone`, `await close()`. `window`: messages that may wait for their PUBACK."""

    def __init__(
        self,
        config: MqttConfig,
        tls: ssl.SSLContext | None,
        *,
        client_id: str,
        incoming: Callable[[Incoming], None],
    ) -> None:
        super().__init__(config, tls, client_id=client_id, incoming=incoming)
        self._config = config
        self.window = Places(config.window)

    @property
    def places(self) -> int:
        """In the window, once it is open: never more than the broker allows (3.2.2.3.3)."""
        return min(self._config.window, self.offer.receive_maximum)

    async def open(self) -> None:
        """Connects, resumes the session and reads the topics of answers and reports. NotOpen leaves nothing behind."""
        try:
            async with asyncio.timeout(self._config.connect_s):
                await self._connect()
                await self._subscribe()
        except BaseException as error:
            self.abort("given up")
            if isinstance(error, TimeoutError):
                raise NotOpen(f"the broker was silent for {self._config.connect_s:g} s") from error
            if isinstance(error, aiomqtt.MqttError | OSError):
                raise NotOpen(_why(error), _code(error)) from error
            raise
        self.window = Places(self.places)
        self._tell("online")

    async def _connect(self) -> None:
        """TCP without a thread, so that it can be given up; then paho's own steps in one, TLS among them."""
        with await _tcp(self._config.host, self._config.port) as sock:
            self.use(sock)
            entering = asyncio.ensure_future(self.__aenter__())
            try:
                await asyncio.shield(entering)
            except asyncio.CancelledError:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)  # ends a handshake in the thread
                await asyncio.wait({entering}, timeout=_GOODBYE_S)
                entering.cancel()
                if entering.done() and not entering.cancelled():
                    entering.exception()
                raise
        self.watch()
        if self.offer.qos < 1:
            raise NotOpen("the broker takes no QoS 1")

    async def _subscribe(self) -> None:
        """Once more changes nothing. What somebody left retained is not sent: it is an old answer (3.8.3.1)."""
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        topics = [(self._config.topic(kind), options) for kind in ("answer", "report")]
        for code in await self.subscribe(topics, timeout=self._config.answer_s):
            value = code.value if isinstance(code, ReasonCode) else code
            if value >= REFUSED:
                raise NotOpen(f"the broker does not let us read answers and reports: {parting(value)}")

    async def check(self) -> bool:
        """Whether the broker still answers; a session whose broker does not is ended."""
        try:
            await self._subscribe()
        except (aiomqtt.MqttError, NotOpen) as error:
            self.abort(f"the broker does not answer: {error}")
        return not self.gone.done()

    async def close(self) -> None:
        """Says goodbye; the broker keeps the session for its `session_expiry_s`."""
        if not self.gone.done():
            self._tell("offline")
            self.say_goodbye()
            await asyncio.wait({self.gone}, timeout=_GOODBYE_S)
        self.abort("closed")

    def _tell(self, availability: str) -> None:
        if self._config.availability:
            self.publish_aside(self._config.topic("availability"), availability)


async def _tcp(host: str, port: int) -> socket.socket:
    """A connected socket, to the first address of the host that answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    failed: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failed = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failed


def _why(error: Exception) -> str:
    if code := _code(error):
        return f"the broker does not let us in: {parting(code)}"
    return str(error) or type(error).__name__


def _code(error: Exception) -> int:
    code = getattr(error, "rc", None)
    return code.value if isinstance(code, ReasonCode) else 0
