"""A message centre that takes everything and costs the machine next to nothing, in a process of its own.

usage: python -m tests.benchmarks.smsc_stub PORT COUNT
Ends when it has taken COUNT messages, and prints the seconds from the first to the last.
"""

import asyncio
import struct
import sys
import time

HEADER = struct.Struct(">IIII")
BIND_ANSWER = b"stub\0" + b"\x02\x10\x00\x01\x34"
BINDS, SUBMIT, RESPONSE = {0x01, 0x02, 0x09}, 0x04, 0x8000_0000


class Stub(asyncio.Protocol):
    taken, count, first = 0, 0, 0.0
    done: asyncio.Event

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        start, answers = 0, list[bytes]()
        while len(self._buffer) - start >= 16:
            length, command, _, sequence = HEADER.unpack_from(self._buffer, start)
            if len(self._buffer) - start < length:
                break
            start += length
            if not command & RESPONSE:
                body = self._body(command)
                answers.append(HEADER.pack(16 + len(body), command | RESPONSE, 0, sequence) + body)
        self._buffer = self._buffer[start:]
        self._transport.write(b"".join(answers))

    def _body(self, command: int) -> bytes:
        if command != SUBMIT:
            return BIND_ANSWER if command in BINDS else b""
        Stub.first = Stub.first or time.perf_counter()
        Stub.taken += 1
        if Stub.taken >= Stub.count:
            Stub.done.set()
        return b"%x\0" % Stub.taken


async def main(port: int, count: int) -> float:
    Stub.count, Stub.done = count, asyncio.Event()
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", port)
    print("ready", flush=True)
    await Stub.done.wait()
    seconds = time.perf_counter() - Stub.first
    await asyncio.sleep(0.2)  # the last answers leave
    server.close()
    return seconds


if __name__ == "__main__":
    print(asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]))), flush=True)
