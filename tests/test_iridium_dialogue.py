r"""The SBD commands against recorded dialogues, cut in every way a serial port may cut them, and with lines that nobody
asked for at every place where a modem may put one.

A file has `call FUNCTION [ARGUMENT]`, `> OCTETS` (what we are to write), `< OCTETS` (what the modem then writes; `<<` a
counted block, inside which no line can come) and `gives RESULT`; octets are written with Python's escapes.
"""

import asyncio
import gc
import random
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hardware import iridium_session
from hardware.chat import Chat
from hardware.errors import HardwareError, PortLost
from hardware.iridium import IridiumModem
from hardware.iridium_timing import IridiumTiming
from hardware.memory import memory_pair
from hardware.port import Port
from tests.iridium import Heard
from tests.memory_bench import virtually
from tests.test_at_dialogue import octets

DIALOGUES = sorted((Path(__file__).parent / "dialogue" / "iridium").glob("*.txt"))
UNASKED = b"\r\nSBDRING\r\n\r\n+CIEV:0,3\r\n"
TIMING = IridiumTiming()
CALLS: dict[str, Callable[[Chat, str], Awaitable[Any]]] = {
    "load": lambda chat, text: iridium_session.load(chat, bytes.fromhex(text), write_s=65),
    "session": lambda chat, _: iridium_session.session(chat, answering=False, limit_s=180, before=int),
    "answer": lambda chat, _: iridium_session.session(chat, answering=True, limit_s=180, before=int),
    "read": lambda chat, _: iridium_session.read(chat),
    "clear": lambda chat, text: iridium_session.clear(chat, int(text)),
    "buffers": lambda chat, _: iridium_session.buffers(chat),
    "bars": lambda chat, _: iridium_session.bars(chat, TIMING, measure=True),
}


class ScriptedPort:
    """Answers as the file says, `size` octets at a time, with something unasked at the place `unasked` of its lines."""

    def __init__(self, script: list[str], *, size: int, unasked: int) -> None:
        self._script, self._size, self._unasked = script, size, unasked
        self._places = 0
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()

    async def read(self) -> bytes:
        return await self._chunks.get()

    def write(self, written: bytes) -> None:
        expected = self._script.pop(0)
        assert (expected[:2], octets(expected[2:])) == ("> ", written)
        answer = b""
        while self._script and self._script[0].startswith("<"):
            answer += self._said(self._script.pop(0))
        for start in range(0, len(answer), self._size):
            self._chunks.put_nowait(answer[start : start + self._size])

    def _said(self, line: str) -> bytes:
        arrow, _, text = line.partition(" ")
        said = octets(text)
        if arrow == "<<":
            return self._perhaps() + said
        lines = said.split(b"\r\n\r\n")
        return b"".join(
            (part if not index else b"\r\n" + part)
            + (b"\r\n" + self._perhaps() if index < len(lines) - 1 else b"")
            for index, part in enumerate(lines)
        )

    def _perhaps(self) -> bytes:
        self._places += 1
        return UNASKED if self._places == self._unasked else b""

    async def close(self) -> None:
        """Nothing to free."""


async def play(lines: list[str], *, size: int, unasked: int) -> None:
    port = ScriptedPort([line for line in lines if line[0] in "<>"], size=size, unasked=unasked)
    steps = [line for line in lines if line[0] not in "<>"]
    async with Chat(port, timing=TIMING) as chat:
        for call, gives in zip(steps[::2], steps[1::2], strict=True):
            _, name, *argument = call.split(" ")
            try:
                result = repr(await CALLS[name](chat, "".join(argument)))
            except HardwareError as error:
                result = type(error).__name__
            assert result == gives.removeprefix("gives "), f"{call}, cut {size}, unasked at {unasked}"
    assert port._script == []


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
@virtually
async def test_a_dialogue_gives_the_same_results_however_it_is_cut(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    for size in [*range(1, 17), 31, 64, 256, 1024, 4096]:
        for unasked in range(12):
            await play(lines, size=size, unasked=unasked)


# A modem that says anything at all.

ANSWERS = [
    *(b"\r\nOK\r\n", b"\r\nERROR\r\n", b"\r\nREADY\r\n", b"\r\n0\r\n\r\nOK\r\n", b"\r\n1\r\n\r\nOK\r\n"),
    *(b"\r\n+SBDSX: 0, 1, 0, -1, 0, 0\r\n\r\nOK\r\n", b"\r\n+SBDSX: 1, 1, 1, 7, 1, 3\r\n\r\nOK\r\n"),
    *(
        b"\r\n+SBDIX: 0, 1, 1, 7, 4, 9\r\n\r\nOK\r\n",
        b"\x00\x02hi\x00\xd1\r\nOK\r\n",
        b"\r\n+CSQ:5\r\n\r\nOK\r\n",
    ),
    *(b"\r\n300234010753370\r\n\r\nOK\r\n", b"\r\nSBDRING\r\n", b"\r\n+CIEV:0,9\r\n", b"\r\nRDY\r\n", b""),
]


class Babbler:
    """Answers each write with something; now and then mutated, or random, or endless; and it hangs up at times."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._said: asyncio.Queue[bytes] = asyncio.Queue(maxsize=100)
        self._open = True

    async def read(self) -> bytes:
        octets = await self._said.get()
        if not self._open:
            raise PortLost("hung up")
        return octets

    def write(self, written: bytes) -> None:
        said = self._random.choice(ANSWERS)
        dice = self._random.random()
        if dice < 0.3 and said:
            place = self._random.randrange(len(said))
            said = said[:place] + self._random.randbytes(self._random.randint(0, 3)) + said[place + 1 :]
        elif dice < 0.4:
            said = self._random.randbytes(self._random.randint(1, 400))
        elif dice < 0.42:
            said = b"x" * 20_000
        elif dice < 0.43:
            self._open = False
        self._said.put_nowait(said)

    async def close(self) -> None:
        self._open = False


async def babble(seed: int, *, hours: int) -> list[int]:
    """Lives with it, and returns how many octets were allocated at the end of each hour (0 while nobody traces)."""
    opened, held = 0, list[int]()

    async def opener() -> Port:
        nonlocal opened
        opened += 1
        return Babbler(seed * 1_000_003 + opened)

    async def sender(modem: IridiumModem) -> None:
        while True:
            try:
                await modem.send(b"x" * 40, before=lambda: None)
            except HardwareError:
                await asyncio.sleep(5)

    async with IridiumModem(opener, timing=TIMING) as modem, Heard(modem, keeps=False):
        sending = asyncio.create_task(sender(modem))
        for _ in range(hours):
            await asyncio.sleep(3600)
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
        assert not sending.done(), sending.exception()
        assert modem._task is not None
        assert not modem._task.done()
        sending.cancel()
    return held


@pytest.mark.parametrize("seed", range(10))
@virtually
async def test_a_modem_that_babbles_raises_nothing_but_the_drivers_own_errors(seed: int) -> None:
    await babble(seed, hours=2)


@virtually
async def test_a_modem_that_babbles_for_hours_takes_no_memory() -> None:
    tracemalloc.start()
    try:
        held = await babble(99, hours=4)
    finally:
        tracemalloc.stop()
    assert held[3] - held[0] < 50_000


@virtually
async def test_a_line_that_never_ends_is_bounded() -> None:
    ours, theirs = memory_pair()
    async with Chat(ours, timing=TIMING) as chat:
        for _ in range(2000):
            theirs.write(b"y" * 1000)
            await asyncio.sleep(0)
        assert len(chat._dte._lexer._buffer) <= 4096
