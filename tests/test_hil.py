"""`--hil` rehearsed: what a technician types, on the port of an emulator that another process runs."""

import subprocess
import sys
from pathlib import Path

import pytest
from bavn_pytest import EmulatedModem

from tests.benches import Real
from tests.conftest import real_modems

ROOT = Path(__file__).parent.parent
HARDWARE = "tests/test_hardware.py"


def hil(*options: str) -> tuple[int, str]:
    """What a technician types: the hardware tests on a named port."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "0", HARDWARE, *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def emulated_gsm(gsm_modem: EmulatedModem) -> EmulatedModem:
    gsm_modem.do("latency", seconds=0, report=0)
    return gsm_modem


def test_without_an_address_nothing_is_sent_from_a_real_modem(emulated_gsm: EmulatedModem) -> None:
    emulated_gsm.do("receive", from_="+4500000002", text="en privat besked")
    code, said = hil("--hil", f"gsm={emulated_gsm.port}")
    assert (code, "3 passed" in said, "Real modem: GSM emulator" in said) == (0, True, True), said
    told = [line["line"] for line in emulated_gsm.journal() if line["event"] == "command"]
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


def test_with_an_address_one_message_is_sent_to_it_alone(emulated_gsm: EmulatedModem) -> None:
    code, said = hil("--hil", f"gsm={emulated_gsm.port}", "--hil-to", "gsm=+4500000077", "-k", "leaves_once")
    assert (code, "1 passed" in said) == (0, True), said
    assert [line["to"] for line in emulated_gsm.journal() if line["event"] == "sent"] == ["+4500000077"]


def test_a_modem_that_does_not_work_fails_and_says_why(tmp_path: Path) -> None:
    code, said = hil("--hil", f"gsm={tmp_path / 'nothing'}", "-k", "says_what_it_is", "--hil-wait", "0.2")
    assert (code, "no port" in said, "cannot be opened" in said) == (1, True, True), said


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
