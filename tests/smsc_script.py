"""A message centre in a hundred lines, without any library's session: it does at each step what the test says.

Its reading is smpp34's, so that nothing of ours judges ours; its writing is octets, so that it can be as wrong as it
likes.
"""

import asyncio
import ssl
import struct
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Any, Self

import smpp34

from channels.smpp import SmppChannel
from tests.smsc import smpp_channel

BIND, SUBMIT, DELIVER, UNBIND, ENQUIRE, NACK = 0x09, 0x04, 0x05, 0x06, 0x15, 0x8000_0000
RESPONSE = 0x8000_0000


class Does(Enum):
    MUTE = "says nothing"
    HANG_UP = "resets the connection"
    CLOSE = "ends the connection"


Action = int | Does | bytes  # a command_status, a deed, or octets to send


def pdu(command: int, status: int = 0, sequence: int = 1, body: bytes = b"") -> bytes:
    return struct.pack(">IIII", 16 + len(body), command, status, sequence) + body


class ScriptedSmsc:
    """`script`: per command what is done with its next requests; afterwards they are answered well."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, **script: list[Action]) -> None:
        self._tls = tls
        self.script = {step: deque(actions) for step, actions in script.items()}
        self.submitted: list[Any] = []  # smpp34.SubmitSm that were accepted
        self.heard: list[tuple[int, int, int, bytes]] = []  # command, status, sequence, body
        self.connections = 0
        self.bind_options = b"\x02\x10\x00\x01\x34"  # sc_interface_version 3.4
        self.message_id: Callable[[int], bytes] = lambda number: b"%08X\0" % number
        self.answered = asyncio.Event()  # an answer of the other end has come
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            if not writer.is_closing():
                writer.transport.abort()

    def channel(self, **more: Any) -> SmppChannel:
        return smpp_channel(self.port, **more)

    def send(self, octets: bytes) -> None:
        """On the newest connection."""
        self._writers[-1].write(octets)

    def answers(self, command: int) -> list[tuple[int, int]]:
        """(status, sequence) of what the other end answered."""
        return [(s, n) for c, s, n, _ in self.heard if c == command | RESPONSE]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            if (first := self.script.get("connect")) and first[0] is Does.MUTE:
                first.popleft()
                await reader.read(-1)
                return
            if not await self._does(writer, "connect", 0, 0, b""):
                return
            while True:
                header = await reader.readexactly(16)
                length, command, status, sequence = struct.unpack(">IIII", header)
                body = await reader.readexactly(length - 16)
                self.heard.append((command, status, sequence, body))
                if command & RESPONSE:
                    self.answered.set()
                elif not await self._answer(writer, command, sequence, header + body):
                    return
        except (asyncio.IncompleteReadError, OSError):
            pass  # the channel hung up
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, command: int, sequence: int, octets: bytes) -> bool:
        if command == SUBMIT:
            return await self._does(writer, "submit", command, sequence, octets)
        step = {BIND: "bind", ENQUIRE: "enquire", UNBIND: "unbind"}[command]
        return await self._does(writer, step, command, sequence, octets)

    async def _does(
        self, writer: asyncio.StreamWriter, step: str, command: int, sequence: int, octets: bytes
    ) -> bool:
        """Does what the script says; False when the connection is over."""
        actions = self.script.get(step)
        action: Action = actions.popleft() if actions else 0
        if isinstance(action, bytes):
            writer.write(action.replace(b"SEQ!", sequence.to_bytes(4, "big")))
        elif action is Does.HANG_UP:
            writer.transport.abort()
        elif isinstance(action, int) and command:
            writer.write(self._good_answer(command, action, sequence, octets))
        return action not in {Does.HANG_UP, Does.CLOSE}

    def _good_answer(self, command: int, status: int, sequence: int, octets: bytes) -> bytes:
        body = b""
        if command == BIND and not status:
            body = b"smsc\0" + self.bind_options
        if command == SUBMIT and not status:
            self.submitted.append(smpp34.decode(octets))
            body = self.message_id(len(self.submitted))
        return pdu(command | RESPONSE, status, sequence, body)
