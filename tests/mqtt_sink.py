"""A broker with a script: at each step of a session it can refuse, hang up, fall silent or talk nonsense.

Only what the channel uses of MQTT 5.0: CONNECT, SUBSCRIBE, PUBLISH with QoS 1 and PINGREQ, written from clause 3
without a library, so that the channel's octets meet another reading of the standard than its own.
"""

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from typing import Self

STEPS = {1: "CONNECT", 3: "PUBLISH", 4: "PUBACK", 8: "SUBSCRIBE", 12: "PINGREQ", 14: "DISCONNECT"}


class Does(Enum):
    HANG_UP = auto()
    MUTE = auto()


Told = int | bytes | Does  # a reason code, octets as they are, or a deed


class Hangup(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Published:
    topic: str
    payload: bytes
    properties: bytes


def packet(kind: int, body: bytes) -> bytes:
    """A control packet; `kind` is its first octet (MQTT 5.0 2.1)."""
    length, left = bytearray(), len(body)
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([kind]) + bytes(length) + body


def text(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


class ScriptedBroker:
    """`script` says by step what happens the next time; then the step is as usual again. `async with` listens."""

    def __init__(self, script: dict[str, Told] | None = None, *, connack: bytes = b"") -> None:
        self.script = script or {}
        self.connack = connack  # properties
        self.heard: list[str] = []
        self.taken: list[Published] = []  # acknowledged, or meant to be
        self.settled: list[int] = []  # packet identifiers of the PUBACKs that came
        self.muted = asyncio.Event()
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(self, octets: bytes) -> None:
        """To every client that is there."""
        for writer in self._writers:
            writer.write(octets)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self.told("connect")
            while True:
                kind, body = await _read(reader)
                step = STEPS[kind >> 4]
                self.heard.append(step)
                if answer := await self._answer(step, kind, body):
                    writer.write(answer)
        except (Hangup, asyncio.IncompleteReadError, ConnectionError):
            pass  # a fault of the script, or the client went
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def told(self, step: str) -> int | bytes:
        """What the script says of this step: a reason code, 0 unless told, or octets."""
        told = self.script.pop(step, 0)
        if told is Does.HANG_UP:
            raise Hangup
        if told is Does.MUTE:
            self.muted.set()
            await asyncio.Event().wait()
        assert not isinstance(told, Does)
        return told

    async def _answer(self, step: str, kind: int, body: bytes) -> bytes:
        if step == "DISCONNECT":
            raise Hangup
        if step == "PUBACK":
            self.settled.append(int.from_bytes(body[:2], "big"))
            return b""
        if step == "PINGREQ":
            return packet(0xD0, b"")
        taken = _published(body) if step == "PUBLISH" else None
        if taken is not None and kind & 0x06 == 0:
            return b""  # QoS 0
        told = await self.told(step)
        if isinstance(told, bytes):
            return told
        if step == "CONNECT":
            return packet(0x20, bytes([0, told, len(self.connack)]) + self.connack)
        if step == "SUBSCRIBE":
            return packet(0x90, body[:2] + b"\0" + bytes([told or 1, told or 1]))
        assert taken is not None
        if told == 0:
            self.taken.append(taken)
        end = 2 + int.from_bytes(body[:2], "big")
        return packet(0x40, body[end : end + 2] + (bytes([told, 0]) if told else b""))


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 0x7F) << shift
        shift += 7
        if not digit & 0x80:
            return kind, await reader.readexactly(length)


def _published(body: bytes) -> Published:
    """Of a QoS 1 PUBLISH whose properties are shorter than 16,384 octets (3.3.2)."""
    end = 2 + int.from_bytes(body[:2], "big")
    start, length = end + 3, body[end + 2]
    if length & 0x80:
        start, length = start + 1, (length & 0x7F) | body[end + 3] << 7
    return Published(body[2:end].decode(), body[start + length :], body[start : start + length])
