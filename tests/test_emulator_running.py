"""`bavn emulate` as it is typed: what belongs to another stays another's, and what cannot be is said in a line."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from bavn_pytest import EmulatedModem, emulate

from hardware.emulators import running
from hardware.emulators.control import answer
from hardware.emulators.faults import NAMES, Faults
from hardware.emulators.gsm import emulate as gsm_emulate
from hardware.emulators.gsm_control import verbs as gsm_verbs
from hardware.emulators.gsm_modem import KNOWN_FAULTS as OF_GSM
from hardware.emulators.gsm_modem import GsmEmulator
from hardware.emulators.iridium_modem import KNOWN_FAULTS as OF_IRIDIUM
from hardware.emulators.line import Link
from hardware.emulators.running import Cable, Options
from hardware.emulators.tetra_radio import KNOWN_FAULTS as OF_TETRA
from hardware.port import open_port

BAVN = str(Path(sys.executable).with_name("bavn"))


@pytest.fixture
def modem(tmp_path: Path) -> Iterator[EmulatedModem]:
    (tmp_path / "first").mkdir()
    with emulate("gsm", tmp_path / "first") as running:
        yield running


def typed(folder: Path, *words: str, kind: str = "gsm") -> tuple[int, str]:
    done = subprocess.run(
        [BAVN, "emulate", kind, *words], cwd=folder, capture_output=True, text=True, timeout=20
    )
    return done.returncode, done.stderr


def refused(folder: Path, *words: str) -> str:
    """What it says on one line, without a traceback, with status 1."""
    code, said = typed(folder, *words)
    assert (code, len(said.strip().splitlines()), "Traceback" in said) == (1, 1, False), said
    return said


@pytest.mark.parametrize("what", ["link", "control", "journal"])
def test_what_another_emulator_uses_is_refused_and_stays_its(modem: EmulatedModem, what: str) -> None:
    words = {"link": "modem", "control": "control", "journal": "journal"}
    other = [
        word for name, path in words.items() for word in (f"--{name}", path if name == what else f"{path}2")
    ]
    assert "that runs: choose another path" in refused(modem.folder, *other)
    assert modem.do("coverage", value=True) == {}
    assert Path(modem.port).is_symlink()


def test_a_socket_of_any_program_is_left_alone_and_one_of_the_dead_is_replaced(tmp_path: Path) -> None:
    place = tmp_path / "hub"
    with socket.socket(socket.AF_UNIX) as hub:
        hub.bind(str(place))
        hub.listen()
        assert "hub belongs to a program that runs" in refused(tmp_path, "--link", "m", "--control", "hub")
        assert place.is_socket()
    (tmp_path / "control").hardlink_to(place)
    with emulate("gsm", tmp_path) as modem:
        assert modem.do("hang") == {}


def test_the_end_of_an_emulator_removes_no_socket_but_its_own(modem: EmulatedModem) -> None:
    (modem.folder / "control").unlink()
    with socket.socket(socket.AF_UNIX) as another:
        another.bind(str(modem.folder / "control"))
        modem._end()
        assert (modem.folder / "control").is_socket()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--link", "m", "--control", "x" * 120),
            f"{'x' * 120}: a socket's path has 107 octets at most, and this one 120",
        ),
        (("--link", "m", "--control", "notes"), "notes exists and is no socket: choose another path"),
        (("--link", "m", "--control", "none/c"), "none/c"),
        (("--link", "m", "--journal", "none/j"), "none/j"),
        (("--link", ""), "the link has no name"),
        (("--link", "notes"), "notes exists and is no link"),
    ],
)
def test_a_path_that_will_not_do_is_refused_by_its_name(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    (tmp_path / "notes").write_text("mine")
    assert says in refused(tmp_path, *words)
    assert (tmp_path / "notes").read_text() == "mine"


async def test_a_journal_that_is_full_ends_the_modem_and_names_itself(tmp_path: Path) -> None:
    journal = tmp_path / "full"
    journal.symlink_to("/dev/full")
    options = Options(tmp_path / "modem", journal=journal, control=tmp_path / "control")
    running = asyncio.create_task(gsm_emulate(options))
    async with asyncio.timeout(5):
        while not (tmp_path / "modem").exists():
            await asyncio.sleep(0.01)
        port = await open_port(str(tmp_path / "modem"))
        port.write(b"AT\r")
        with pytest.raises(OSError, match=r"/full: No space left on device: the journal ends here"):
            await running
        await port.close()
    assert not (tmp_path / "modem").is_symlink()
    assert not (tmp_path / "control").exists()


@pytest.mark.parametrize("name", ["gsm", "iridium", "tetra"])
async def test_a_modem_is_as_fast_as_it_is_told_from_its_start(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = []

    async def run(modem: GsmEmulator, *_: object, **__: object) -> None:
        speeds.append(modem.speed)

    monkeypatch.setattr(running, "run_modem", run)
    emulate = import_module(f"hardware.emulators.{name}").emulate
    await emulate(Options(tmp_path / "modem", speed=20))
    await emulate(Options(tmp_path / "modem"))
    assert speeds == [20, 1]


async def test_an_order_that_finds_no_place_for_the_link_is_answered(tmp_path: Path) -> None:
    modem, link = GsmEmulator(), Link(tmp_path / "modem")
    cable = Cable(modem, link)
    orders = gsm_verbs(modem, plug=cable.plug, unplug=cable.unplug)
    (tmp_path / "modem").write_text("mine")
    said = answer(b'{"do": "plug"}', orders)
    assert said == {"ok": False, "error": f"{tmp_path}/modem exists and is no link: choose another path"}
    (tmp_path / "modem").unlink()
    assert answer(b'{"do": "plug"}', orders) == {"ok": True}
    assert (tmp_path / "modem").is_symlink()
    cable.unplug()


@pytest.mark.parametrize("known", [OF_GSM, OF_IRIDIUM, OF_TETRA])
def test_the_faults_of_a_modem_are_told_in_the_order_of_all(known: frozenset[str]) -> None:
    assert (len(NAMES), len(set(NAMES)), known - set(NAMES)) == (20, 20, frozenset())
    assert Faults(known, seed=0).names == tuple(name for name in NAMES if name in known)


def test_whoever_closes_its_output_has_a_modem_all_the_same(tmp_path: Path) -> None:
    for shut in (">&-", ">/dev/full"):
        command = ["sh", "-c", f"exec {BAVN} emulate gsm --link m --control c {shut}"]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
            try:
                until_there(tmp_path / "m")
            finally:
                process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=20)
        assert (process.returncode, "Traceback" in said) == (0, False), said


def until_there(path: Path) -> None:
    for _ in range(1000):
        if path.is_symlink():
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} does not appear")
