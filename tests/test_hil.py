"""`--hil` rehearsed: what a technician types, on the ports of emulators that other processes run."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from bavn_pytest import EmulatedModem, emulate

from hardware.errors import PortLost
from hardware.memory import memory_pair
from tests.benches import GuardedPort, Real
from tests.conftest import real_modems

ROOT = Path(__file__).parent.parent
HARDWARE = "tests/test_hardware.py"
QUICKLY = (
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:hypothesispytest",
)  # these take a second to load
# Without an address, with one, and on a port that is not there; PORT stands for that of the emulator.
RUNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "gsm asks": ("gsm", ("--hil", "gsm=PORT")),
    "gsm sends": ("gsm", ("--hil", "gsm=PORT", "--hil-to", "gsm=+4500000077", "-k", "leaves_once")),
    "iridium asks": ("iridium", ("--hil", "iridium=PORT")),
    "tetra asks": ("tetra", ("--hil", "tetra=PORT@38400")),
    "nothing there": ("gsm", ("--hil", "gsm=PORT.not", "--hil-wait", "0.2", "-k", "says_what_it_is")),
}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One run: its exit status, what it said, and the modem it ran on, with its journal."""

    code: int
    said: str
    modem: EmulatedModem

    def commands(self) -> list[str]:
        return [line["line"] for line in self.modem.journal() if line["event"] == "command"]


def rehearsed(modem: EmulatedModem, options: tuple[str, ...]) -> Rehearsal:
    words = [option.replace("PORT", modem.port) for option in options]
    command = [sys.executable, "-m", "pytest", *QUICKLY, HARDWARE, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50)
    return Rehearsal(done.returncode, done.stdout + done.stderr, modem)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Rehearsal]]:
    """All at a time, since they mostly wait for the silences of a dialogue. Something waits in each modem's network."""
    with ExitStack() as stack, ThreadPoolExecutor(len(RUNS)) as threads:
        modems = {
            name: stack.enter_context(emulate(kind, tmp_path_factory.mktemp(kind)))
            for name, (kind, _) in RUNS.items()
        }
        for name, (kind, _) in RUNS.items():
            if kind == "gsm":
                modems[name].do("receive", from_="+4500000002", text="en privat besked")
                modems[name].do("latency", seconds=0, report=0)
            elif kind == "iridium":
                modems[name].do("queue", hex="4a41")
                modems[name].do("speed", factor=20)
            else:
                modems[name].do("mode", value=2)
                modems[name].do("receive", from_="2345678", text="en privat besked", report=True)
        done = threads.map(lambda name: rehearsed(modems[name], RUNS[name][1]), RUNS)
        yield dict(zip(RUNS, done, strict=True))


def test_without_an_address_nothing_is_sent_from_a_real_modem(runs: dict[str, Rehearsal]) -> None:
    run = runs["gsm asks"]
    assert (run.code, "3 passed" in run.said, "Real modem: GSM emulator" in run.said) == (0, True, True), (
        run.said
    )
    told = run.commands()
    lasting = (
        "AT+CMGS",
        "AT+CMSS",
        "AT+CMGW",
        "AT+CMGD",
        "AT+CPIN=",
        "AT+CFUN=",
        "AT&",
        "ATD",
        "ATZ",
        "AT+COPS=?",
    )
    assert [line for line in told if line.startswith(lasting)] == []
    assert "AT+CMGF=0" in told


def test_from_a_satellite_modem_nothing_is_sent_and_nothing_is_paid(runs: dict[str, Rehearsal]) -> None:
    run = runs["iridium asks"]
    assert (run.code, "4 passed" in run.said, "Real modem: firmware TA" in run.said) == (0, True, True), (
        run.said
    )
    told = {command.partition("=")[0] for command in run.commands()}
    assert ("AT+SBDTC" in told, told & {"AT+SBDI", "AT+SBDIX", "AT+SBDIXA", "AT+SBDREG"}) == (True, set())


def test_from_a_radio_nothing_is_sent_and_its_mode_is_its_users(runs: dict[str, Rehearsal]) -> None:
    run = runs["tetra asks"]
    assert (run.code, "3 passed" in run.said, "Real modem: " in run.said) == (0, True, True), run.said
    told = run.commands()
    assert [line for line in told if line.startswith(("AT+CMGS", "AT+CTOM=", "ATZ", "AT+CTGS=", "ATD"))] == []
    assert "AT+CTSP=1,3,130" in told


def test_with_an_address_one_message_is_sent_to_it_alone(runs: dict[str, Rehearsal]) -> None:
    run = runs["gsm sends"]
    assert (run.code, "1 passed" in run.said) == (0, True), run.said
    assert [line["to"] for line in run.modem.journal() if line["event"] == "sent"] == ["+4500000077"]


def test_a_modem_that_does_not_work_fails_and_says_why(runs: dict[str, Rehearsal]) -> None:
    run = runs["nothing there"]
    assert (run.code, "no port" in run.said, "cannot be opened" in run.said) == (1, True, True), run.said


@pytest.mark.parametrize(
    "octets",
    [
        b"AT+CMGS=35\r",
        b"at+cmgs=2345678,16\r\n8002\x1a",
        b"AT+SBDIX\r",
        b"AT+SBDIXA\r",
        b"ATD+4500000001;\r",
        b"ATZ\r",
        b"AT+CMGD=1\r",
    ],
)
def test_nothing_that_sends_gets_through_a_port_that_is_only_asked(octets: bytes) -> None:
    ours, theirs = memory_pair()
    guarded = GuardedPort(ours, [])
    with pytest.raises(PortLost, match="--hil-to"):
        guarded.write(octets)
    guarded.write(b"AT+CSQ\r")
    guarded.write(b"AT+SBDTC\r")
    assert (guarded.stopped, theirs._waiting) == ([octets], b"AT+CSQ\rAT+SBDTC\r")


@pytest.mark.parametrize(
    ("hil_words", "to_words", "reason"),
    [
        (["fax=/dev/ttyUSB0"], [], "MODEM is one of"),
        (["gsm"], [], "write MODEM=..."),
        (["gsm=/dev/ttyUSB0", "gsm=/dev/ttyUSB1"], [], "is named twice"),
        (["gsm="], [], "write MODEM=..."),
        (["gsm=/dev/ttyUSB0@fast"], [], "is no baud rate"),
        ([], ["gsm=+4500000001"], "name the modem too"),
        (["gsm=/dev/ttyUSB0"], ["gsm=112"], "is no address"),
        (["gsm=/dev/ttyUSB0"], ["gsm=4500000001"], "is no address"),
        (["iridium=/dev/ttyUSB0"], ["iridium=+4500000001"], "is no address"),
    ],
)
def test_an_option_that_is_not_wholly_clear_is_refused(
    hil_words: list[str], to_words: list[str], reason: str
) -> None:
    with pytest.raises(pytest.UsageError, match=reason):
        real_modems(hil_words, to_words)


def test_an_option_names_the_port_its_speed_and_the_address() -> None:
    assert real_modems(["gsm=socket://roof.invalid:4001"], []) == {"gsm": Real("socket://roof.invalid:4001")}
    found = real_modems(["gsm=/dev/x@9600"], ["gsm=+4500000001"])
    assert found == {"gsm": Real("/dev/x", 9600, "+4500000001")}
