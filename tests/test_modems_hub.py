"""Round trips of a whole hub over each modem: alert out, report in, answer in; and what a kill in between leaves."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.iridium_modem import IridiumEmulator
from hardware.emulators.tetra_radio import TetraEmulator
from tests.device_server import DeviceServer
from tests.fault_proxy import CLIENT, SERVER, FaultProxy
from tests.hubs import hub_in, install, until
from tests.running import HubProcess

PHONE, RADIO = "+4500000001", "3990001"
ASK: dict[str, Any] = {
    "precedence": "flash",
    "want": "acknowledged",
    "answers": {"1": "kommer", "2": "kommer ikke"},
}
SPEED = 20


@dataclass(frozen=True)
class Kit:
    """`comes` is what shows the hub an answer; `settled` is what the hub says once it has it on disk."""

    bearer: str
    to: str
    emulator: Callable[..., Any]
    proves: str  # what the bearer proves by itself of a message that arrived
    bring: Callable[[Any, str], object]
    comes: bytes
    settled: bytes


KITS = {
    "gsm": Kit(
        "sms-modem", f"sms:{PHONE}", GsmEmulator, "delivered",
        lambda modem, text: modem.network.receive(PHONE, text),
        rb"\+CMG[RL]: [^\r]+\r\n", rb"AT\+CMGD=",
    ),
    "tetra": Kit(
        "tetra", f"sds:{RADIO}", TetraEmulator, "delivered",
        lambda radio, text: radio.network.receive(RADIO, text, report=True),
        rb"\+CTSDSR: 12,[^\r]+\r\n[0-9A-F]+\r\n", rb"AT\+CMGS=",
    ),
    "iridium": Kit(
        "iridium", "sbd:provisioned", IridiumEmulator, "submitted",
        lambda modem, text: modem.queue(text.encode()),
        rb"\+SBDIX: 0, \d+, 1, ", rb"AT\+SBDD1",
    ),
}  # fmt: skip


@asynccontextmanager
async def modem_of(kit: Kit) -> AsyncIterator[tuple[Any, FaultProxy]]:
    modem = kit.emulator(speed=SPEED)
    if kit.bearer == "iridium":
        modem.network.latency_s, modem.network.hold_s = 5, 0
    async with DeviceServer(modem) as server, FaultProxy(port=server.port) as proxy:
        yield modem, proxy


def installation(kit: Kit, proxy: FaultProxy) -> dict[str, Any]:
    lines = [
        "[channels.modem]",
        f'bearer = "{kit.bearer}"',
        f'port = "socket://127.0.0.1:{proxy.port}"',
        f"time_factor = {1 / SPEED}",
        "",
    ]
    return {"channels": "\n".join(lines), "people": [{"id": "vagt", "addresses": [kit.to]}]}


@pytest.mark.parametrize("name", KITS)
async def test_an_alert_leaves_what_is_proved_raises_it_and_an_answer_ends_it(
    name: str, tmp_path: Path
) -> None:
    kit = KITS[name]
    async with modem_of(kit) as (modem, proxy), hub_in(tmp_path, **installation(kit, proxy)) as desk:
        sent = await desk.send("vagt", **ASK)

        async def proved() -> bool:
            attempts = (await desk.deliveries(sent["id"]))["vagt"]["attempts"]
            return bool(attempts) and attempts[0]["evidence"] == kit.proves

        await until(proved)
        kit.bring(modem, f"1 #{sent['code']}")
        ended = (await desk.ended(sent["id"]))["vagt"]
    assert (ended["ended"], ended["evidence"], ended["answer"]) == ("reached", "acknowledged", "1")
    sent_on_air = modem.journal.of("sent")
    (left,) = (each for each in sent_on_air if each.get("kind") != "report")
    assert left["text"].startswith("ØVELSE")


@pytest.mark.parametrize("moment", ["when it comes", "when it is settled"])
@pytest.mark.parametrize("name", KITS)
async def test_a_hub_that_is_killed_loses_no_answer_and_counts_none_twice(
    name: str, moment: str, tmp_path: Path
) -> None:
    kit = KITS[name]
    async with modem_of(kit) as (modem, proxy):
        install(tmp_path, **installation(kit, proxy))
        hub = HubProcess(tmp_path)
        await asyncio.to_thread(hub.start)
        if moment == "when it comes":
            proxy.strike("cut", side=SERVER, when=kit.comes)
        else:
            proxy.strike("cut", side=CLIENT, when=kit.settled, before=True)
        proxy.on_strike = lambda: hub.process.kill()  # type: ignore[union-attr]
        await until(lambda: is_up(tmp_path))
        kit.bring(modem, "en hilsen")
        await asyncio.to_thread(hub.process.communicate)  # type: ignore[union-attr]
        await asyncio.to_thread(hub.start)
        await until(lambda: bool(stored(tmp_path)))
        await asyncio.to_thread(hub.stop)
    assert stored(tmp_path) == [("en hilsen",)]


def stored(folder: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(folder / "var" / "bavn.db")) as store:
        return store.execute("select text from inbound").fetchall()


def is_up(folder: Path) -> bool:
    return "channel modem is up" in (folder / "hub.log").read_text()
