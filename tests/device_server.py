"""A serial device server at the antenna: an emulated modem behind a TCP port, one program at a time.

Who comes takes the modem over, as the usual servers can be told to: a connection that died in the middle of nowhere
would keep it for ever otherwise. The modem knows nothing of connections: a command that it has begun, it ends.
"""

import asyncio
from typing import Self

from hardware.emulators.running import Modem
from hardware.errors import PortLost


class _Connection:
    """A port over a stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self) -> bytes:
        try:
            octets = await self._reader.read(4096)
        except OSError:
            octets = b""
        if not octets:
            raise PortLost("the program has gone")
        return octets

    def write(self, octets: bytes) -> None:
        if self._writer.is_closing():
            raise PortLost("the program has gone")
        self._writer.write(octets)

    async def close(self) -> None:
        self._writer.transport.abort()


class DeviceServer:
    """`async with` gives the modem its power and its port."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem
        self._program: _Connection | None = None
        self._in_use = asyncio.Lock()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._modem.run(), name="emulator")
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        if self._program is not None:
            await self._program.close()
        self._running.cancel()
        await asyncio.wait([self._running])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._program is not None:
            await self._program.close()
        self._program = program = _Connection(reader, writer)
        async with self._in_use:
            await self._modem.serve(program)
            await program.close()
