"""`--hil` rehearsed: what a technician types, on the ports of emulators that other processes run."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bavn_pytest import EmulatedModem, emulate
from serial import Serial

from tests.benches import Real
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
SHORTLY = ("-k", "says_what_it_is", "--hil-wait")
# PORT stands for the port of an emulator, which `_surround` prepares.
RUNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "gsm asks": ("gsm", ("--hil", "gsm=PORT")),
    "gsm sends": ("gsm", ("--hil", "gsm=PORT", "--hil-to", "gsm=+4500000077", "-k", "leaves_once")),
    "iridium asks": ("iridium", ("--hil", "iridium=PORT")),
    "iridium sends": ("iridium", ("--hil", "iridium=PORT", "--hil-to", "iridium=provisioned", "-k", "once")),
    "iridium holds": ("iridium", ("--hil", "iridium=PORT", "-k", "loopback", "-rs")),
    "tetra asks": ("tetra", ("--hil", "tetra=PORT@38400")),
    "tetra sends": ("tetra", ("--hil", "tetra=PORT", "--hil-to", "tetra=7654321", "-k", "leaves_once")),
    "tetra direct": ("tetra", ("--hil", "tetra=PORT", *SHORTLY, "4")),
    "nothing there": ("gsm", ("--hil", "gsm=PORT.not", *SHORTLY, "0.2")),
    "silent": ("gsm", ("--hil", "gsm=PORT", *SHORTLY, "1")),
    "in use": ("gsm", ("--hil", "gsm=PORT", *SHORTLY, "0.2")),
    "a radio": ("tetra", ("--hil", "gsm=PORT", *SHORTLY, "4")),
    "radio off": ("gsm", ("--hil", "gsm=PORT", *SHORTLY, "4")),
}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One run: its exit status, what it said, and the journal of the modem it ran on."""

    code: int
    said: str
    journal: list[dict[str, Any]]

    def commands(self) -> list[str]:
        return [line["line"] for line in self.of("command")]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.journal if line["event"] == event]


def rehearsed(name: str, folder: Path) -> Rehearsal:
    """The run, with an emulator of its own."""
    kind, options = RUNS[name]
    with emulate(kind, folder) as modem, ExitStack() as stack:
        _surround(name, modem, stack)
        words = [option.replace("PORT", modem.port) for option in options]
        command = [sys.executable, "-m", "pytest", *QUICKLY, HARDWARE, *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50)
        return Rehearsal(done.returncode, done.stdout + done.stderr, list(modem.journal()))


def _surround(name: str, modem: EmulatedModem, stack: ExitStack) -> None:
    """Something waits in each modem's network, and what the run is about is so."""
    if modem.kind == "gsm":
        modem.do("receive", from_="+4500000002", text="en privat besked")
        modem.do("latency", seconds=0, report=0)
    elif modem.kind == "iridium":
        modem.do("queue", hex="4a41")
        modem.do("speed", factor=20)
    else:
        modem.do("mode", value=1 if name == "tetra direct" else 2)
        modem.do("receive", from_="2345678", text="en privat besked", report=True)
        modem.do("receive", from_="7654321", hex="821802C9")  # a report that asks for an acknowledgement
    if name == "silent":
        modem.do("hang")
    if name == "radio off":
        _tell(modem, b"AT+CFUN=4")
    if name == "iridium holds":
        _tell(modem, b"AT+SBDIX")
    if name == "in use":
        stack.enter_context(Serial(modem.port, exclusive=True))


def _tell(modem: EmulatedModem, command: bytes) -> None:
    with Serial(modem.port, timeout=5) as line:
        line.write(command + b"\r")
        assert b"OK" in line.read_until(b"OK\r\n")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rehearsal]:
    """All at a time, since they mostly wait for the silences of a dialogue."""
    folders = [tmp_path_factory.mktemp(kind) for kind, _ in RUNS.values()]
    with ThreadPoolExecutor(len(RUNS)) as threads:
        return dict(zip(RUNS, threads.map(rehearsed, RUNS, folders), strict=True))


def test_without_an_address_nothing_is_sent_from_a_real_modem(runs: dict[str, Rehearsal]) -> None:
    run = runs["gsm asks"]
    assert (run.code, "3 passed" in run.said, "Real modem: GSM emulator" in run.said) == (0, True, True), (
        run.said
    )
    told = run.commands()
    lasting = (
        *("AT+CMGS", "AT+CMSS", "AT+CMGW", "AT+CMGD", "AT+CPIN=", "AT+CFUN=", "AT&", "ATD", "ATZ", "ATH"),
        *("AT+COPS=?", "AT+CSCA="),
    )
    assert [line for line in told if line.startswith(lasting)] == []
    assert "AT+CMGF=0" in told


def test_from_a_satellite_modem_nothing_is_sent_and_nothing_is_paid(runs: dict[str, Rehearsal]) -> None:
    run = runs["iridium asks"]
    assert (run.code, "4 passed" in run.said, "Real modem: firmware TA" in run.said) == (0, True, True), (
        run.said
    )
    told = {command.partition("=")[0] for command in run.commands()}
    over_the_air = {"AT+SBDI", "AT+SBDIX", "AT+SBDIXA", "AT+SBDREG", "AT+SBDAREG"}
    assert ("AT+SBDTC" in told, told & {*over_the_air, "AT*F", "AT*R0"}) == (True, set())


def test_from_a_radio_nothing_is_sent_and_its_mode_is_its_users(runs: dict[str, Rehearsal]) -> None:
    run = runs["tetra asks"]
    assert (run.code, "3 passed" in run.said, "Real modem: " in run.said) == (0, True, True), run.said
    told = run.commands()
    assert [line for line in told if line.startswith(("AT+CMGS", "AT+CTOM=", "ATZ", "AT+CTGS=", "ATD"))] == []
    assert "AT+CTSP=1,3,130" in told


def test_with_an_address_one_message_is_sent_to_it_alone(runs: dict[str, Rehearsal]) -> None:
    for name, to in {"gsm sends": "+4500000077", "tetra sends": "7654321"}.items():
        run = runs[name]
        assert (run.code, "1 passed" in run.said) == (0, True), run.said
        assert [line["to"] for line in run.of("sent") if line.get("kind") != "acknowledgement"] == [to]
        assert {line["to"] for line in run.of("sent")} == {to}


def test_from_a_satellite_modem_one_message_leaves_and_one_that_it_brings_is_told_of(
    runs: dict[str, Rehearsal],
) -> None:
    run = runs["iridium sends"]
    assert (run.code, "1 passed" in run.said) == (0, True), run.said
    sessions = run.of("session")
    assert (len(sessions), "Real modem: the session brought a message" in run.said) == (1, True), run.said


def test_a_message_that_waits_in_the_modem_is_not_overwritten_by_the_loopback(
    runs: dict[str, Rehearsal],
) -> None:
    run = runs["iridium holds"]
    assert (run.code, "1 skipped" in run.said, "no loopback: a message waits" in run.said) == (0, True, True)
    assert "Traceback" not in run.said
    assert {"AT+SBDTC", "AT+SBDD0", "AT+SBDD1", "AT+SBDD2"} & set(run.commands()) <= {"AT+SBDD0"}


def test_a_radio_in_direct_mode_stays_in_it(runs: dict[str, Rehearsal]) -> None:
    run = runs["tetra direct"]
    assert (run.code, "in direct mode" in run.said, "CTOM=0" in run.said) == (1, True, False), run.said
    assert [line for line in run.commands() if line.startswith("AT+CTOM=")] == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nothing there", r"no port: .*\.not cannot be opened: there is no such device"),
        ("silent", r"no answer at 115200 baud: is this the port that speaks AT\? .*--hil gsm=.*@9600"),
        ("in use", "another program has it"),
        ("a radio", r"does not know AT\+CPIN\?: is it a modem of the kind gsm\?"),
        ("radio off", r"its radio is off: switch it on with AT\+CFUN=1 .*kept from it here: .*AT\+CFUN=1"),
    ],
)
def test_a_modem_that_does_not_work_fails_and_says_why(
    runs: dict[str, Rehearsal], name: str, reason: str
) -> None:
    run = runs[name]
    assert (run.code, re.search(reason, run.said) is not None) == (1, True), run.said
    assert [word for word in ("During handling", "Traceback", "assert ") if word in run.said] == []
    assert [line for line in run.commands() if line.startswith(("AT+CFUN=1", "AT+CPIN="))] == []


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


def test_an_option_names_the_port_its_speed_and_the_address(tmp_path: Path) -> None:
    (tmp_path / "usb-a@b").touch()
    assert real_modems([f"gsm={tmp_path}/usb-a@b"], []) == {"gsm": Real(f"{tmp_path}/usb-a@b")}
    assert real_modems([f"gsm={tmp_path}/usb-a@b@9600"], []) == {"gsm": Real(f"{tmp_path}/usb-a@b", 9600)}
    assert real_modems(["gsm=socket://roof.invalid:4001"], []) == {"gsm": Real("socket://roof.invalid:4001")}
    found = real_modems(["gsm=/dev/x@9600"], ["gsm=+4500000001"])
    assert found == {"gsm": Real("/dev/x", 9600, "+4500000001")}
