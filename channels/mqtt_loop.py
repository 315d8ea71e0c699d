"""How paho's socket hangs on the event loop, and how TLS begins on it.

aiomqtt 2.5 notes a socket's number and gives it to the loop a step later: by then the socket may be closed and its
number another's, whose reader or writer is then taken from it. Here the number is asked for when it is used, and the
connection is looked after less often than every second, which a gateway that is idle for months would feel.
"""

# ruff: noqa: SLF001

import asyncio
import socket
import ssl
from typing import Any

import aiomqtt
from paho.mqtt.enums import MQTTErrorCode

_LOOKS = 4  # in the time of one keep-alive; MQTT 5.0 3.1.2.10 gives half of one more


class LoopClient(aiomqtt.Client):
    def _on_socket_open(self, client: Any, userdata: Any, sock: Any) -> None:
        """Called in the thread that connects."""
        self._loop.call_soon_threadsafe(self._opened, sock)

    def _opened(self, sock: Any) -> None:
        if self._is_open(sock):
            self._loop.add_reader(sock.fileno(), self._read, sock)
            self._misc_task = self._loop.create_task(self._misc_loop(), name="MQTT keep-alive")

    def protected(self, tcp: socket.socket) -> ssl.SSLSocket:
        """As paho does, in its thread, but what fails is closed. The certificate and its name are always checked."""
        context = self._client._ssl_context
        assert context is not None  # else nobody asks for TLS
        wrapped = context.wrap_socket(tcp, server_hostname=self._hostname, do_handshake_on_connect=False)
        try:
            wrapped.settimeout(self._client.connect_timeout)
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped

    def _is_open(self, sock: object) -> bool:
        return self._client.socket() is sock

    def _on_socket_register_write(self, client: Any, userdata: Any, sock: Any) -> None:
        if _runs_here(self._loop):
            self._register_write(sock)
        else:
            self._loop.call_soon_threadsafe(self._register_write, sock)

    def _register_write(self, sock: Any) -> None:
        if self._is_open(sock):
            self._loop.add_writer(sock.fileno(), self._write)

    def _on_socket_unregister_write(self, client: Any, userdata: Any, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.remove_writer(sock.fileno())

    def _read(self, sock: Any) -> None:
        """One turn; what TLS has decoded already raises no further event (paho issue 131)."""
        try:
            self._client.loop_read()
            while self._is_open(sock) and getattr(sock, "pending", int)() > 0:
                self._client.loop_read()
        except Exception as error:  # noqa: BLE001 (whatever paho raises, the connection cannot go on)
            self._fail(error)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except Exception as error:  # noqa: BLE001 (as above)
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if not self._disconnected.done():
            self._disconnected.set_exception(error)

    async def _misc_loop(self) -> None:
        """Asks for a sign of life when it is time. `keepalive` is the broker's where it named one."""
        while self._client.loop_misc() == MQTTErrorCode.MQTT_ERR_SUCCESS:  # noqa: ASYNC110 (a clock)
            await asyncio.sleep(max(self._client.keepalive, 1) / _LOOKS)


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
