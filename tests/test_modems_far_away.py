"""A modem at the antenna and the hub elsewhere: what the network between them does at each step of a hand-over.

The tables are those of docs/hardware.md. Which side spoke last, and whether that still passed, decides.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from channels.base import Channel, ChannelDown, ChannelError, Receipt, State, TransientFailure, Unknown
from channels.registry import channel_class, new_channel
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.tetra_radio import TetraEmulator
from tests.device_server import DeviceServer
from tests.fault_proxy import CLIENT, SERVER, FaultProxy, Kind
from tests.outgoing import outgoing, words

BEFORE, AFTER = True, False  # the fault strikes before the octets pass, or when they have passed
NOT_SENT = (ChannelDown, TransientFailure)
KNOWN_LATER = (Receipt, Unknown)  # a receipt where the modem can be asked in time what became of it

Step = tuple[str, bytes, bool, tuple[type, ...], int]  # side, octets, when, outcome, copies at the far end

GSM: dict[str, Step] = {
    "the command, lost": (CLIENT, rb"AT\+CMGS=\d+\r", BEFORE, NOT_SENT, 0),
    "the prompt, lost": (SERVER, rb"\r\n> ", BEFORE, NOT_SENT, 0),
    "the message, lost": (CLIENT, rb"\x1a", BEFORE, (Unknown,), 0),
    "the message, taken": (CLIENT, rb"\x1a", AFTER, (Unknown,), 1),
    "the reference, lost": (SERVER, rb"\+CMGS: \d+", BEFORE, (Unknown,), 1),
    "the reference, come": (SERVER, rb"\+CMGS: \d+\r\n\r\nOK\r\n", AFTER, (Receipt,), 1),
}
TETRA: dict[str, Step] = {
    "the service, lost": (CLIENT, rb"AT\+CTSDS=", BEFORE, NOT_SENT, 0),
    "the message, lost": (CLIENT, rb"AT\+CMGS=\d+,\d+\r", BEFORE, (Unknown,), 0),
    "the message, taken": (CLIENT, rb"AT\+CMGS=.*\x1a", AFTER, (Unknown,), 1),
    "the answer, lost": (SERVER, rb"\+CMGS: \d+", BEFORE, (Unknown,), 1),
    "the answer, come": (SERVER, rb"\+CMGS: \d+,[34].*?\r\n", AFTER, KNOWN_LATER, 1),
}
IRIDIUM: dict[str, Step] = {
    "the command, lost": (CLIENT, rb"AT\+SBDWB=\d+\r", BEFORE, NOT_SENT, 0),
    "READY, lost": (SERVER, rb"READY\r\n", BEFORE, NOT_SENT, 0),
    "the buffer, filled": (SERVER, rb"READY\r\n.*\r\n0\r\n", AFTER, NOT_SENT, 0),
    "the session, not begun": (CLIENT, rb"AT\+SBDIXA?\r", BEFORE, (Unknown,), 0),
    "the session, begun": (CLIENT, rb"AT\+SBDIXA?\r", AFTER, KNOWN_LATER, 1),
    "its end, lost": (SERVER, rb"\+SBDIX: \d+", BEFORE, KNOWN_LATER, 1),
    "its end, come": (SERVER, rb"\+SBDIX: [^\r]+\r\n\r\nOK\r\n", AFTER, KNOWN_LATER, 1),
}


@dataclass(frozen=True)
class Kit:
    bearer: str
    to: str
    emulator: Callable[..., Any]
    steps: dict[str, Step]


KITS = {
    "gsm": Kit("sms-modem", "sms:+4500000001", GsmEmulator, GSM),
    "tetra": Kit("tetra", "sds:3990001", TetraEmulator, TETRA),
    "iridium": Kit("iridium", "sbd:provisioned", IridiumEmulator, IRIDIUM),
}


@dataclass
class Far:
    """A modem behind a device server and a network with faults, and the channel to it."""

    channel: Channel
    proxy: FaultProxy
    modem: Any
    to: str

    def copies(self, text: str) -> int:
        return sum(text in line["text"] for line in self.modem.journal.of("sent"))

    async def is_up(self) -> None:
        async with asyncio.timeout(20):
            while (await self.channel.probe()).state is not State.UP:
                await asyncio.sleep(0.01)

    async def outcome(self, text: str) -> Receipt | ChannelError:
        try:
            return await self.channel.submit(outgoing(self.to, words(text=text)))
        except ChannelError as failure:
            return failure


@asynccontextmanager
async def far(kit: Kit) -> AsyncIterator[Far]:
    modem = kit.emulator(speed=50)
    if kit.bearer == "iridium":
        modem.network.latency_s, modem.network.hold_s = 5, 0
    async with DeviceServer(modem) as server, FaultProxy(port=server.port) as proxy:
        table = {"bearer": kit.bearer, "port": f"socket://127.0.0.1:{proxy.port}", "time_factor": 0.02}
        channel = new_channel("far", channel_class(kit.bearer).config_model.model_validate(table))
        async with channel:
            found = Far(channel, proxy, modem, kit.to)
            await found.is_up()
            yield found


async def struck(kit: Kit, step: str, kind: Kind) -> tuple[Receipt | ChannelError, int]:
    """What is said of a message at whose step the fault strikes, and how many copies there are of it."""
    side, when, before, *_ = kit.steps[step]
    async with far(kit) as there:
        there.proxy.strike(kind, side=side, when=when, before=before)
        said = await there.outcome("Den første.")
        await there.is_up()
        assert isinstance(await there.outcome("Den anden."), Receipt), f"{step}, {kind}: it did not come back"
        assert (there.proxy.struck, there.copies("Den anden.")) == (1, 1), f"{step}, {kind}"
        return said, there.copies("Den første.")


@pytest.mark.parametrize("modem", KITS)
async def test_a_fault_at_a_step_is_told_by_the_table_and_overcome(modem: str) -> None:
    """All at a time, since they mostly wait."""
    kit = KITS[modem]
    cases = list(product(kit.steps, ("cut", "black-hole")))
    found = await asyncio.gather(*(struck(kit, step, kind) for step, kind in cases))  # type: ignore[arg-type]
    for (step, kind), (said, copies) in zip(cases, found, strict=True):
        *_, outcomes, wanted = kit.steps[step]
        assert isinstance(said, outcomes), f"{step}, {kind}: {said!r}"
        assert copies == wanted, f"{step}, {kind}"


@pytest.mark.parametrize("modem", KITS)
async def test_when_one_direction_ends_what_still_comes_is_believed_and_no_more(modem: str) -> None:
    kit = KITS[modem]
    found = await asyncio.gather(*(struck(kit, step, "half-close") for step in kit.steps))
    for step, (said, copies) in zip(kit.steps, found, strict=True):
        true = {Receipt: {1}, Unknown: {0, 1}}.get(type(said), {0})
        assert copies in true, f"{step}: {said!r}"


@pytest.mark.parametrize("modem", KITS)
async def test_a_slow_network_is_waited_for(modem: str) -> None:
    async with far(KITS[modem]) as there:
        there.proxy.strike("delay", side=CLIENT, when=rb"AT", seconds=0.01)
        assert isinstance(await there.outcome("Den første."), Receipt)
        assert there.copies("Den første.") == 1


async def test_a_connection_that_died_is_made_anew_before_any_switch_is_touched() -> None:
    """A network that lost it tells nobody, and the modem at the other end is well."""
    async with far(KITS["gsm"]) as there:
        there.proxy.strike("black-hole", side=CLIENT, when=rb"AT\+CMGS=\d+\r", before=True)
        await there.outcome("Den første.")
        await there.is_up()
        told = b"".join(there.proxy.passed(CLIENT))
    assert (there.proxy.connections, b"+CFUN=" in told) == (2, False)
