"""The GSM driver's steps against dialogues made of the golden vectors, cut in every way a serial port may cut them, and
with a line that nobody asked for at every place where a modem may put one.

A file has `call STEP [ARGUMENT]`, `> OCTETS` (what we are to write), `< OCTETS` (what the modem then writes) and `gives
RESULT`; octets are written with Python's escapes.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hardware import gsm_init, gsm_radio
from hardware.chat import Chat
from hardware.codecs.tpdu import Deliver, StatusReport, decode_received
from hardware.errors import CodecError, HardwareError
from hardware.gsm import GsmModem
from hardware.gsm_events import EventQueue, Received, Reported
from hardware.gsm_init import Setup
from hardware.gsm_receive import Inbox
from hardware.gsm_state import Change
from hardware.timing import Timing
from tests.test_iridium_dialogue import ScriptedPort
from tests.virtual_time import run_virtually

DIALOGUES = sorted((Path(__file__).parent / "dialogue" / "gsm").glob("*.txt"))
UNASKED = b'\r\n^RSSI: 17\r\n\r\n+CREG: 1,"1A2B","0A"\r\n\r\nRING\r\n'
PLACES = 9


class GsmPort(ScriptedPort):
    """With the line that nobody asked for also before the first of an answer: between prompt and result, too."""

    def _said(self, line: str) -> bytes:
        return self._perhaps() + super()._said(line)

    def _perhaps(self) -> bytes:
        self._places += 1
        return UNASKED if self._places == self._unasked else b""


async def _refuse() -> Any:
    raise AssertionError("the dialogue opens no port")


class Steps:
    """What a file may call."""

    def __init__(self, chat: Chat) -> None:
        self.chat, self.setup = chat, Setup(smsc="+4540390999")
        self.events = EventQueue()
        self.inbox = Inbox(chat, self.setup, events=self.events)

    async def send(self, tpdu: str) -> int:
        modem = GsmModem(_refuse, timing=self.chat.timing)
        modem._chat = self.chat
        for change in (Change.OPENED, Change.SET_UP, Change.REGISTERED):
            modem._standing.move(change, "")
        return await modem.send(bytes.fromhex(tpdu), before=lambda: None)

    async def sweep(self, _: str) -> list[str]:
        await self.inbox.sweep()
        shown = [_shown(event) for event in self.events._waiting]
        self.events._waiting.clear()
        return shown

    async def registered(self, _: str) -> bool:
        return await gsm_radio.registered(self.chat)

    async def operator(self, _: str) -> str:
        return await gsm_radio.operator(self.chat)

    async def signal_dbm(self, _: str) -> int | None:
        return await gsm_radio.signal_dbm(self.chat)

    async def check_smsc(self, _: str) -> bool:
        return await gsm_init.check_smsc(self.chat, self.setup)

    async def read_storage(self, _: str) -> tuple[str, int | None, int | None]:
        await gsm_init.read_storage(self.chat, self.setup)
        return self.setup.storage, self.setup.used, self.setup.room


def _shown(event: Any) -> str:
    assert isinstance(event, Received | Reported)
    try:
        message = decode_received(event.tpdu)
    except CodecError:
        return "unreadable"
    if isinstance(message, StatusReport):
        return f"{message.reference} {'delivered' if not message.status else 'other'} to {message.recipient}"
    assert isinstance(message, Deliver)
    return message.content.text


async def play(lines: list[str], *, size: int, unasked: int) -> None:
    port = GsmPort([line for line in lines if line[0] in "<>"], size=size, unasked=unasked)
    told = [line for line in lines if line[0] not in "<>"]
    async with Chat(port, timing=Timing()) as chat:
        steps = Steps(chat)
        for call, gives in zip(told[::2], told[1::2], strict=True):
            _, name, *argument = call.split(" ")
            step: Callable[[str], Awaitable[Any]] = getattr(steps, name)
            try:
                result = repr(await step("".join(argument)))
            except HardwareError as error:
                result = type(error).__name__
            assert result == gives.removeprefix("gives "), f"{call}, cut {size}, unasked at {unasked}"
    assert port._script == []


@pytest.mark.parametrize("path", DIALOGUES, ids=lambda path: path.stem)
def test_a_dialogue_gives_the_same_results_however_it_is_cut(path: Path) -> None:
    lines = [line for line in path.read_text().split("\n") if line and not line.startswith("#")]

    async def all_cuts() -> None:
        for size in [*range(1, 24), 64, 256, 1024, 4096]:
            for unasked in range(PLACES + 1):
                await play(lines, size=size, unasked=unasked)

    run_virtually(all_cuts())
