"""A host that speaks to the emulated GSM modem in octets, as a program written by others does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hardware.emulators.gsm_modem import GsmEmulator
from hardware.port import Port
from tests.gsm import Bench


class Host:
    def __init__(self, port: Port, bench: Bench) -> None:
        self.port, self.bench, self.modem = port, bench, bench.modem
        self._heard = bytearray()

    async def until(self, *ends: bytes) -> bytes:
        """What comes, up to and with the first of `ends`; TimeoutError when none does."""
        async with asyncio.timeout(2):
            while True:
                at = min((self._heard.find(end) + len(end) for end in ends if end in self._heard), default=0)
                if at:
                    heard = bytes(self._heard[:at])
                    del self._heard[:at]
                    return heard
                self._heard += await self.port.read()

    async def ask(self, line: bytes | str, *, payload: bytes | None = None) -> list[bytes]:
        """The lines of the answer, with the result code."""
        self.port.write((line.encode() if isinstance(line, str) else line) + b"\r")
        if payload is not None:
            await self.until(b"\r\n> ")
            self.port.write(payload + b"\x1a")
        lines: list[bytes] = []
        while not (lines and (lines[-1] in {b"OK", b"ERROR", b"NO CARRIER"} or b" ERROR: " in lines[-1])):
            if line_ := (await self.until(b"\r\n")).strip(b"\r\n"):
                lines.append(line_)
        return lines

    async def told(self, *, lines: int = 1) -> list[bytes]:
        """The next lines that are not empty."""
        heard: list[bytes] = []
        while len(heard) < lines:
            if line := (await self.until(b"\r\n")).strip(b"\r\n"):
                heard.append(line)
        return heard


@asynccontextmanager
async def host(modem: GsmEmulator | None = None) -> AsyncIterator[Host]:
    """Echo off and error codes on."""
    async with Bench(modem) as bench:
        there = Host(await bench.opener(), bench)
        await there.ask("ATE0+CMEE=1")
        yield there
