"""Radios that say nothing of their restarts, nor whether a registration is new: what was said is said again in time."""

import asyncio

import pytest

from hardware.errors import PortLost
from hardware.memory import MemoryPort, memory_pair
from hardware.port import Port
from hardware.tetra import TetraRadio
from hardware.tetra_init import REGISTRATIONS
from hardware.tetra_state import State
from tests.memory_bench import virtually
from tests.tetra import Heard, in_state

_WHOLE = {"2,0,0", *REGISTRATIONS}
_TOLD = {"AT+CREG?": "+CREG: 1,1234,2380001", "AT+CTOM?": "+CTOM: 0", "AT+CSQ?": "+CSQ: 20,99"}


class Foreign:
    """A radio of another make: OK to each registration, however often. `echoes`: as it is switched on."""

    def __init__(self, *, echoes: bool, obeys: bool = True, refuses: str = "") -> None:
        self.echoes, self.obeys, self.refuses = echoes, obeys, refuses
        self.said: list[str] = []
        self.opened = 0
        self._port: MemoryPort | None = None
        self._serving: asyncio.Task[None] | None = None
        self.restart()

    def restart(self) -> None:
        self.echo, self.registered = self.echoes, set[str]()

    async def opener(self) -> Port:
        self.opened += 1
        ours, self._port = memory_pair()
        self._serving = asyncio.create_task(self._serve(self._port))
        return ours

    async def _serve(self, port: MemoryPort) -> None:
        waiting = b""
        while octets := await self._heard(port):
            waiting += octets
            while b"\r" in waiting:
                line, waiting = waiting.split(b"\r", 1)
                command = line.strip(b"\n\x1b").decode()
                if self.echo:
                    port.write(line + b"\r")
                port.write(self._answer(command))

    async def _heard(self, port: MemoryPort) -> bytes:
        try:
            return await port.read()
        except PortLost:
            return b""

    def _answer(self, command: str) -> bytes:
        self.said.append(command)
        if command == "ATE0" and self.obeys:
            self.echo = False
        service = command.partition("+CTSP=")[2]
        if service and service == self.refuses:
            return b"\r\n+CME ERROR: 34\r\n"
        if service:
            self.registered.add(service)
        told = _TOLD.get(command, "")
        return f"\r\n{told}\r\n\r\nOK\r\n".encode() if told else b"\r\nOK\r\n"


@pytest.mark.parametrize("refuses", ["", REGISTRATIONS[0], REGISTRATIONS[1]])
@virtually
async def test_a_radio_that_never_says_that_a_registration_is_ours_is_told_all_of_them_again(
    refuses: str,
) -> None:
    foreign = Foreign(echoes=False, refuses=refuses)
    async with TetraRadio(foreign.opener) as radio:
        await in_state(radio, State.READY)
        await asyncio.sleep(30)
        foreign.restart()
        await asyncio.sleep(radio.timing.poll_s + 1)
        assert (foreign.registered, radio.state, foreign.opened) == (_WHOLE - {refuses}, State.READY, 1)


@virtually
async def test_an_echo_is_the_sign_of_a_restart_and_the_whole_set_up_is_said_again() -> None:
    foreign = Foreign(echoes=True)
    async with TetraRadio(foreign.opener) as radio, Heard(radio) as heard:
        await in_state(radio, State.READY)
        await asyncio.sleep(30)
        foreign.restart()
        await asyncio.sleep(radio.timing.poll_s + 5)
        assert (foreign.registered, foreign.echo, radio.state) == (_WHOLE, False, State.READY)
        assert [foreign.said.count(each) for each in ("ATE0", "AT+CREG=2")] == [2, 2]
        assert any("it has restarted" in event.reason for event in heard.events if hasattr(event, "reason"))


@virtually
async def test_a_radio_that_always_echoes_has_not_restarted() -> None:
    foreign = Foreign(echoes=True, obeys=False)
    async with TetraRadio(foreign.opener) as radio, Heard(radio) as heard:
        await in_state(radio, State.READY)
        seen = len(heard.events)
        await asyncio.sleep(300)
        assert (foreign.said.count("ATE0"), len(heard.events), radio.state) == (1, seen, State.READY)


@virtually
async def test_what_is_said_again_goes_in_a_row_and_costs_an_idle_radio_next_to_nothing() -> None:
    foreign = Foreign(echoes=False)
    async with TetraRadio(foreign.opener) as radio:
        await in_state(radio, State.READY)
        since = len(foreign.said)
        await asyncio.sleep(600)
        assert len(foreign.said) - since <= 12 * 600 / radio.timing.poll_s
