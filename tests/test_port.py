"""A serial port that is unplugged says so once, to its reader and its writer, and to nobody else."""

import asyncio
import os
import tty
from contextlib import suppress
from typing import Any

import pytest

from hardware.errors import PortLost
from hardware.port import Port, open_port

Complaints = list[dict[str, Any]]


@pytest.fixture
async def complaints() -> Complaints:
    """What reaches the loop's exception handler while the test runs."""
    heard: Complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    return heard


async def plugged_in() -> tuple[int, Port]:
    """A pty's far end, and the port on its near end."""
    far, near = os.openpty()
    tty.setraw(near)
    os.set_blocking(far, False)
    port = await open_port(os.ttyname(near))
    os.close(near)
    return far, port


async def until_lost(port: Port) -> None:
    async with asyncio.timeout(2):
        with suppress(PortLost):
            while True:
                await port.read()


@pytest.mark.parametrize("waiting", [0, 1, 200_000])
async def test_unplugged_while_writing_nothing_reaches_the_loop(waiting: int, complaints: Complaints) -> None:
    far, port = await plugged_in()
    if waiting:
        port.write(b"x" * waiting)  # more than a pty takes is still to be written
    os.close(far)
    with suppress(PortLost):  # known at once only where nothing waits before it
        port.write(b"AT\r")
        port.write(b"AT\r")
    await until_lost(port)
    with pytest.raises(PortLost):
        port.write(b"AT\r")
    await port.close()
    await asyncio.sleep(0)
    assert complaints == []


@pytest.mark.parametrize("waiting", [b"", b"x" * 200_000])
async def test_unplugged_while_the_line_is_full_the_reader_learns_it(
    waiting: bytes, complaints: Complaints
) -> None:
    far, port = await plugged_in()
    port.write(waiting)
    reading = asyncio.create_task(until_lost(port))
    await asyncio.sleep(0)
    os.close(far)
    await reading
    await port.close()
    assert complaints == []


async def test_a_pulled_plug_is_called_so_and_a_second_program_by_its_remedy() -> None:
    far, port = await plugged_in()
    os.close(far)
    with pytest.raises(PortLost, match=r"^the port is gone \(unplugged\?\)$"):
        await port.read()
    with pytest.raises(PortLost, match=r"^the port is gone \(unplugged\?\)$"):
        port.write(b"AT\r")
    await port.close()
    far, near = os.openpty()
    taken = await open_port(os.ttyname(near))
    with pytest.raises(
        PortLost, match=r"cannot be opened: another program has it .*ModemManager.*: stop that one"
    ):
        await open_port(os.ttyname(near))
    await taken.close()
    os.close(far)
    os.close(near)


async def test_closing_again_and_again_is_closing_once(complaints: Complaints) -> None:
    far, port = await plugged_in()
    port.write(b"x" * 200_000)
    await asyncio.gather(port.close(), port.close(), until_lost(port))
    await port.close()
    os.close(far)
    assert complaints == []
