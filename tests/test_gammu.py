"""gammu, a tool that Debian ships, meets the emulated modem: what it sends is what the network gets."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gsm import emulator, journal
from tests.peers import require

pytestmark = pytest.mark.gammu
EMOJI = "Rød grød æøå, 10 € 🚨"
LONG = "Evakuér Ærøskøbing nu. Mød på torvet kl. 10, tag 100 € og varmt tøj med. " * 5
SAVED = "Gemt, så sendt"
SEND = ("sendsms", "TEXT", "+4500000001")
RUNS: dict[str, tuple[str, ...]] = {
    "identify": ("identify",),
    "network": ("networkinfo",),
    "emoji": (*SEND, "-unicode", "-text", EMOJI),
    "saved": (*SEND, "-save", "-folder", "2", "-text", SAVED),
    "long": (*SEND, "-len", "400", "-text", LONG),
}


async def gammu(folder: Path, *arguments: str) -> str:
    """Runs gammu on a modem of its own; fails with what it said."""
    config = folder / "gammurc"
    config.write_text(f"[gammu]\ndevice = {folder / 'modem'}\nconnection = at115200\n")
    async with emulator(folder) as control:
        await control.do("latency", seconds=0, report=0)
        process = await asyncio.create_subprocess_exec(
            *(require("gammu"), "-c", config, *arguments),
            env={"LANG": "C.UTF-8", "HOME": str(folder)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(40):
            said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.fixture(scope="module")
def runs() -> Iterator[tuple[Path, dict[str, str]]]:
    """All runs at a time, since each takes gammu four seconds of its own; the folder and what each said."""
    require("gammu")

    async def all_at_a_time(folder: Path) -> dict[str, str]:
        for name in RUNS:
            (folder / name).mkdir()
        said = await asyncio.gather(*(gammu(folder / name, *words) for name, words in RUNS.items()))
        return dict(zip(RUNS, said, strict=True))

    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder), asyncio.run(all_at_a_time(Path(folder)))


def test_gammu_identifies_the_modem(runs: tuple[Path, dict[str, str]]) -> None:
    _, said = runs
    assert "490154203237518" in said["identify"]
    assert "GSM emulator" in said["identify"]


def test_gammu_reads_the_network(runs: tuple[Path, dict[str, str]]) -> None:
    said = dict(line.split(":", 1) for line in runs[1]["network"].splitlines() if ":" in line)
    shown = {name.strip(): value.strip() for name, value in said.items()}
    assert (shown["Network state"], shown["Packet network state"]) == ("home network", "home network")
    assert (shown["GPRS"], shown["Name in phone"]) == ("attached", '"Bavn net"')


@pytest.mark.parametrize(
    ("name", "text", "parts"), [("emoji", EMOJI, 1), ("saved", SAVED, 1), ("long", LONG, 3)]
)
def test_what_gammu_sends_is_what_the_network_gets(
    runs: tuple[Path, dict[str, str]], name: str, text: str, parts: int
) -> None:
    sent = journal(runs[0] / name, "sent")
    assert "".join(line["text"] for line in sent) == text
    assert [line["to"] for line in sent] == ["+4500000001"] * parts


def test_gammu_writes_a_message_into_the_modem_and_sends_it_from_there(
    runs: tuple[Path, dict[str, str]],
) -> None:
    commands = [line["name"] for line in journal(runs[0] / "saved", "command")]
    assert [name for name in commands if name in {"+CMGW", "+CMSS", "+CMGS"}] == ["+CMGW", "+CMSS"]
