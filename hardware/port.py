"""A serial port as octets: the only file that knows the serial library.

Any path works, a pty too, and `socket://host:port` for a serial device server. A port that is gone raises
PortLost at every call; to come back is a new `open_port`.
"""

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast, runtime_checkable

import serial
from serial_asyncio_fast import SerialTransport

from hardware.errors import PortLost

log = logging.getLogger(__name__)

_HIGH_WATER = 256 * 1024  # octets read from the line and not yet from us: beyond it the line waits


class Port(Protocol):
    """Octets both ways."""

    async def read(self) -> bytes:
        """Some octets, at least one. Raises PortLost when the far end is gone."""
        ...

    def write(self, octets: bytes) -> None:
        """Hands octets to the line. Raises PortLost when it is known to be gone."""
        ...

    async def close(self) -> None:
        """Frees the device; a `read` under way raises PortLost."""
        ...


@runtime_checkable
class ControlLines(Protocol):
    """A port that has the lines beside the data, or may have."""

    def set_dtr(self, level: bool) -> None:  # the level is the argument
        """Raises OSError where there is no such line."""
        ...


async def drop_dtr(port: Port, seconds: float) -> None:
    """DTR low for so long, then high again. Harmless where there is no such line: a pty, a socket."""
    if not isinstance(port, ControlLines):
        return
    try:
        port.set_dtr(False)
        await asyncio.sleep(seconds)
        port.set_dtr(True)
    except PortLost:
        raise
    except OSError as error:  # 25, ENOTTY: a pty
        log.info("DTR cannot be switched: %s", error)


_PULLED = frozenset({errno.EIO, errno.ENODEV, errno.ENXIO})

Opener = Callable[[], Awaitable[Port]]


class _Line(asyncio.Protocol):
    """Collects what arrives. When it is lost, what came before is still read."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting = bytearray()
        self.lost: str = ""
        self.news = asyncio.Event()
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        self.news.set()
        if len(self.waiting) > _HIGH_WATER and self.transport is not None:
            self.transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = _because_lost(error)
        self.news.set()
        self.gone.set()


def _because_lost(error: Exception | None) -> str:
    """An end of file without a cause is what a pulled plug looks like; the library guesses at two programs instead."""
    if error is None:
        return "closed"
    pulled = isinstance(error, serial.SerialException) or getattr(error, "errno", None) in _PULLED
    return "unplugged?" if pulled else str(error)


class _Serial(SerialTransport):
    """The library's transport, but an unplugged cable is news for the protocol alone, and once.

    The library tells the event loop's error handler too, and ends the connection anew for each error: one from the
    writer and one from the reader, or a second abort, would call a protocol that it has let go of already.
    """

    _ended = False

    def _fatal_error(self, exc: BaseException, message: str = "") -> None:
        self._abort(exc)

    def _close(self, exc: Exception | None = None) -> None:
        """Only a failed read and `close` come here; nobody can wait for a line that is gone to drain."""
        self._abort(exc)

    def _abort(self, exc: BaseException | None) -> None:
        if not self._ended:
            self._ended = True
            super()._abort(exc)


class LinePort:
    """A port over an asyncio transport."""

    def __init__(self, line: _Line, transport: asyncio.Transport) -> None:
        self._line, self._transport = line, transport

    async def read(self) -> bytes:
        while not self._line.waiting:
            if self._line.lost or self._transport.is_closing():
                raise PortLost(f"the port is gone ({self._line.lost or 'closed'})")
            self._line.news.clear()
            await self._line.news.wait()
        octets = bytes(self._line.waiting)
        self._line.waiting.clear()
        if not self._transport.is_closing():
            self._transport.resume_reading()
        return octets

    def write(self, octets: bytes) -> None:
        if self._line.lost or self._transport.is_closing():
            raise PortLost(f"the port is gone ({self._line.lost or 'closed'})")
        self._transport.write(octets)

    async def close(self) -> None:
        self._transport.abort()
        await self._line.gone.wait()


class SerialPort(LinePort):
    """A device with control lines."""

    def __init__(self, line: _Line, transport: _Serial, device: serial.Serial) -> None:
        super().__init__(line, transport)
        self._device = device

    def set_dtr(self, level: bool) -> None:
        if not self._device.is_open:
            raise PortLost("the port is gone (closed)")
        self._device.dtr = level


class SocketPort(LinePort):
    """A serial device server. The network between can lose a connection and tell nobody; a fresh one costs nothing."""


async def open_port(path: str, baud: int = 115200) -> Port:
    """Opens a device for us alone, 8N1. Raises PortLost when it is absent, in use or no serial device."""
    if path.startswith("socket://"):
        return await _open_socket(path)
    if "://" in path:
        raise PortLost(f"{path}: only socket://host:port or a device path can be opened")
    loop = asyncio.get_running_loop()
    try:
        device = await loop.run_in_executor(None, _open_device, path, baud)
    except (serial.SerialException, OSError, ValueError) as error:
        raise PortLost(f"{path} cannot be opened: {_because(error)}") from error
    line = _Line()
    return SerialPort(line, _Serial(loop, line, device), device)


_REASONS = {
    errno.ENOENT: "there is no such device",
    errno.ENODEV: "there is no such device",
    errno.ENXIO: "there is no such device",
    errno.EACCES: "this user may not: it has to be in the group dialout",
    errno.EBUSY: "another program has it (a second hub, ModemManager): stop that one",
    errno.EAGAIN: "another program has it (a second hub, ModemManager): stop that one",  # its lock
}


def _because(error: Exception) -> str:
    """The library's own words for what has no better ones."""
    return _REASONS.get(getattr(error, "errno", None) or 0, f"{error}")


def _open_device(path: str, baud: int) -> Any:
    return serial.Serial(
        path, baud, exclusive=True
    )  # its ENOTTY for DTR and RTS of a pty is its own to ignore


async def _open_socket(path: str) -> Port:
    host, colon, port = path.removeprefix("socket://").rpartition(":")
    if not colon or not port.isdecimal():
        raise PortLost(f"{path}: write socket://host:port")
    loop = asyncio.get_running_loop()
    try:
        transport, line = await loop.create_connection(_Line, host.strip("[]"), int(port))
    except OSError as error:
        raise PortLost(f"{path} cannot be reached: {error}") from error
    return SocketPort(line, transport)
