"""The fault proxy does to a connection what it says, once, and at the moment it was told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fault_proxy import CLIENT, SERVER, FaultProxy, Kind


@asynccontextmanager
async def through() -> AsyncIterator[tuple[FaultProxy, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A proxy before a server that says every line again, and a connection to it."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(b"again " + line)
        writer.write(b"end\n")
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with FaultProxy(port=server.sockets[0].getsockname()[1]) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        yield proxy, reader, writer
        writer.close()
    server.close()


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes) -> bytes | None:
    """What comes back to a line: b"" for the end, None for silence or a reset."""
    try:
        writer.write(line)
        return await asyncio.wait_for(reader.readline(), 0.2)
    except (TimeoutError, ConnectionError):
        return None


async def test_without_a_fault_everything_passes() -> None:
    async with through() as (proxy, reader, writer):
        assert await answers(reader, writer, b"one\n") == b"again one\n"
        assert (proxy.struck, proxy.connections) == (0, 1)


@pytest.mark.parametrize("kind", ["cut", "black-hole"])
@pytest.mark.parametrize(("before", "first"), [(True, None), (False, b"again two\n")])
async def test_a_fault_strikes_when_its_bytes_have_come(
    kind: Kind, before: bool, first: bytes | None
) -> None:
    async with through() as (proxy, reader, writer):
        side = CLIENT if before else SERVER
        proxy.strike(kind, side=side, when=b"two\n", before=before)
        assert await answers(reader, writer, b"one\n") == b"again one\n"
        assert await answers(reader, writer, b"two\n") in (first, b"", None)
        assert await answers(reader, writer, b"three\n") in (b"", None)
        assert proxy.struck == 1


async def test_after_a_half_close_the_far_end_may_finish() -> None:
    async with through() as (proxy, reader, writer):
        proxy.strike("half-close", side=CLIENT, when=b"one\n")
        assert await answers(reader, writer, b"one\n") == b"again one\n"
        assert await reader.readline() == b"end\n"


async def test_a_delay_holds_what_comes_after_it() -> None:
    async with through() as (proxy, reader, writer):
        proxy.strike("delay", side=CLIENT, when=b"one\n", seconds=0.3, before=True)
        assert await answers(reader, writer, b"one\n") is None
        assert await reader.readline() == b"again one\n"


async def test_the_next_connection_is_whole_again() -> None:
    async with through() as (proxy, reader, writer):
        proxy.strike("cut", side=CLIENT, when=b"one\n", before=True)
        assert await answers(reader, writer, b"one\n") in (b"", None)
        again = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await answers(*again, b"one\n") == b"again one\n"
        again[1].close()
