"""adafruit-circuitpython-rockblock, a client that others wrote, takes the emulated modem for a RockBLOCK."""

import asyncio
from pathlib import Path
from typing import Any

import adafruit_rockblock
import serial

from tests.gsm import emulator, journal

PAYLOAD = "Rød grød med fløde".encode() + bytes(range(256)) + b"\r\nOK\r\n"


def rockblock(folder: Path) -> Any:
    return adafruit_rockblock.RockBlock(serial.Serial(str(folder / "modem"), timeout=5))


async def test_a_client_of_others_sends_receives_and_reads_the_state(tmp_path: Path) -> None:
    async with emulator(tmp_path, modem="iridium") as control:
        await control.do("latency", seconds=0.1)
        await control.do("queue", hex=b"Hej fra rummet".hex())
        seen = await asyncio.to_thread(send_and_receive, tmp_path)
    assert seen == {
        "transfer": (0, 0, 1, 1, 14, 0),
        "in": b"Hej fra rummet",
        "status": (0, 1, 1, 1, 0, 0),
        "cleared": (0, 1, 0, -1, 0, 0),
    }
    assert [line["raw"] for line in journal(tmp_path, "sent")] == [PAYLOAD.hex().upper()]
    assert [line["status"] for line in journal(tmp_path, "session")] == [0]


def send_and_receive(folder: Path) -> dict[str, Any]:
    client = rockblock(folder)
    client.data_out = PAYLOAD
    seen = {"transfer": client.satellite_transfer(), "status": client.status, "in": client.data_in}
    client.data_in = None
    return seen | {"cleared": client.status}


async def test_a_client_of_others_reads_what_the_modem_is(tmp_path: Path) -> None:
    async with emulator(tmp_path, modem="iridium") as control:
        await control.do("speed", factor=50)
        said = await asyncio.to_thread(identity, tmp_path)
    assert said["model"] == "IRIDIUM 9600 Family SBD Transceiver"
    assert said["serial_number"] == "300234010753370"
    assert (said["signal_quality"], said["ring_alert"]) == (4, True)
    assert said["revision"][0] == "Call Processor Version: TA13001"
    assert said["geolocation"][:3] == (3512, 600, 5288)
    assert said["system_time"] is not None
    assert said["text_in"] == "kopi"


def identity(folder: Path) -> dict[str, Any]:
    client = rockblock(folder)
    names = (
        "model",
        "serial_number",
        "signal_quality",
        "ring_alert",
        "revision",
        "geolocation",
        "system_time",
    )
    said = {name: getattr(client, name) for name in names}
    client.text_out = "kopi"
    client._transfer_buffer()
    return said | {"text_in": client.text_in}


async def test_numbers_and_waiting_messages_are_there_in_the_next_run(tmp_path: Path) -> None:
    async with emulator(tmp_path, modem="iridium") as control:
        await control.do("latency", seconds=0.1)
        await asyncio.to_thread(send_and_receive, tmp_path)
        await control.do("queue", hex="4A41")
    async with emulator(tmp_path, modem="iridium") as control:
        await control.do("latency", seconds=0.1)
        assert (await asyncio.to_thread(lambda: rockblock(tmp_path).status))[1] == 1
        assert (await asyncio.to_thread(send_and_receive, tmp_path))["in"] == b"JA"
