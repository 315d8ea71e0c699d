"""The line of an emulator: a port that belongs to one program, and a link that belongs to one emulator."""

import asyncio
from pathlib import Path

import pytest

from hardware.emulators.line import Link, PtyPort
from hardware.errors import PortLost
from hardware.port import open_port


async def test_a_port_can_be_a_serial_device_server() -> None:
    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"<" + await reader.read(100) + b">")
        writer.close()

    async with await asyncio.start_server(server, "127.0.0.1", 0) as listening:
        port = await open_port(f"socket://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        port.write(b"AT\r")
        assert await port.read() == b"<AT\r>"
        with pytest.raises(PortLost):
            await port.read()
        await port.close()


async def test_a_port_belongs_to_one_program(tmp_path: Path) -> None:
    pty = PtyPort()
    port = await open_port(pty.device)
    with pytest.raises(PortLost, match="cannot be opened"):
        await open_port(pty.device)
    await port.close()
    again = await open_port(pty.device)
    pty.unplug()
    with pytest.raises(PortLost):
        await again.read()
    with pytest.raises(PortLost):
        again.write(b"AT\r")
    await again.close()


@pytest.mark.parametrize(
    "path", ["/dev/no-such-device", "socket://nowhere", "rfc2217://127.0.0.1:1", "socket://127.0.0.1:1"]
)
async def test_a_port_that_is_not_there_says_so(path: str) -> None:
    with pytest.raises(PortLost):
        await open_port(path)


async def test_the_line_carries_more_than_the_kernel_holds() -> None:
    pty = PtyPort()
    port = await open_port(pty.device)
    pty.write(b"x" * 30_000)
    seen = b""
    while len(seen) < 30_000:
        seen += await port.read()
    await port.close()
    await pty.close()


def test_a_link_never_replaces_a_file(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="no link"):
        Link(path).point_to("/dev/null")
    Link(path).remove()
    assert path.read_text() == "mine"


def test_a_link_belongs_to_one_emulator_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "same").symlink_to(tmp_path)
    first, second = Link(tmp_path / "modem"), Link(tmp_path / "same" / "modem")
    first.claim()
    with pytest.raises(FileExistsError, match="an emulator that runs: choose another path"):
        second.claim()
    first.release()
    second.claim()
    second.release()
