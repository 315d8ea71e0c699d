"""The fixtures for other projects: a stranger's project, in a folder and an environment of its own, tests with them.

It installs the wheel and talks to the modem with pyserial; nothing of ours is on its path but what it installed.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "channels", "messages", "hardware")
# Without what is ours: a stranger has other plug-ins or none, and two of these take a second to load.
OUR_OWN = ("asyncio", "cacheprovider", "hypothesispytest", "timeout", "xdist")
QUIET = ("-W", "error", *(word for name in OUR_OWN for word in ("-p", f"no:{name}")))
# No test of the stranger's asks for a fixture, and yet pytest has loaded the plugin.
IDLE = f"""
import sys
def test_nothing_of_bavn_is_loaded(request):
    assert request.config.pluginmanager.get_plugin("bavn").__file__ == {{plugin!r}}
    assert not [name for name in sys.modules if name.partition(".")[0] in {PACKAGES}]
"""
ASKS = """
def test_it_asks(gsm_modem):
    pass
"""
MARKED = """
import pytest

@pytest.mark.bavn_emulator({mark})
def test_marked(gsm_modem):
    assert gsm_modem._process.args[-2:] == ["--seed", "7"]
"""
DRIVER = '''
import contextlib
import os
import pytest
import serial
from bavn_pytest import EmulatorError, emulate

used = []

class Modem:
    """A driver of thirty lines, as people write them."""
    def __init__(self, port):
        self.line = serial.Serial(port, 115200, timeout=5)
    def ask(self, command, until=b"OK\\r\\n"):
        self.line.write(command + b"\\r")
        return self.line.read_until(until)

@pytest.fixture
def modem(gsm_modem):
    gsm_modem.do("latency", seconds=0, report=0)
    used.append(gsm_modem.port)
    driver = Modem(gsm_modem.port)
    yield driver
    driver.line.close()

def test_what_it_sends_is_what_the_network_gets(modem, gsm_modem):
    modem.ask(b"AT+CMGF=0")
    modem.ask(b"AT+CMGS=14", until=b"> ")
    modem.line.write(b"0001000A915400000010000002C834\\x1a")
    assert b"+CMGS: 0" in modem.line.read_until(b"OK\\r\\n")
    sent = gsm_modem.wait_for("sent", to="+4500000001", text="Hi")
    assert sent in gsm_modem.journal()

def test_what_the_world_sends_comes_in(modem, gsm_modem):
    modem.ask(b"AT+CNMI=2,1,0,0,0")
    assert gsm_modem.do("receive", from_="+4500000002", text="JA #K7") == {"parts": 1}
    assert b"+CMTI:" in modem.line.read_until(b"+CMTI:")
    assert gsm_modem.wait_for("received", text="JA #K7")["from"] == "+4500000002"

@pytest.mark.bavn_emulator(seed=7)
def test_a_fault_strikes(modem, gsm_modem):
    assert "mute" in gsm_modem.faults("mute", times=1)
    modem.line.timeout = 0.2
    assert b"OK" not in modem.ask(b"AT+CSQ")
    gsm_modem.wait_for("fault", name="mute")

def test_a_satellite_modem_has_its_buffers_and_its_gateway(iridium_modem):
    iridium_modem.do("latency", seconds=0)
    used.append(iridium_modem.port)
    with contextlib.closing(serial.Serial(iridium_modem.port, 19200, timeout=5)) as line:
        modem = Modem.__new__(Modem)
        modem.line = line
        modem.ask(b"AT+SBDWB=5", until=b"READY\\r\\n")
        line.write(b"hello\\x02\\x14")
        assert b"\\r\\n0\\r\\n" in line.read_until(b"OK\\r\\n")
        assert b"+SBDIX: 0, 0, 0" in modem.ask(b"AT+SBDIX")
    assert iridium_modem.wait_for("sent", momsn=0)["raw"] == b"hello".hex().upper()

def test_a_radio_tells_a_text_once_it_was_asked_to(tetra_radio):
    used.append(tetra_radio.port)
    with contextlib.closing(serial.Serial(tetra_radio.port, 38400, timeout=5)) as line:
        modem = Modem.__new__(Modem)
        modem.line = line
        modem.ask(b"AT+CTSP=1,3,130")
        tetra_radio.do("receive", from_="2345678", text="storm")
        assert b"+CTSDSR: 12,2345678" in line.read_until(b"73746F726D\\r\\n")
    assert tetra_radio.wait_for("received")["text"] == "storm"

def test_what_cannot_be_done_is_said(gsm_modem):
    with pytest.raises(EmulatorError, match="'fly' is not one of"):
        gsm_modem.do("fly")
    with pytest.raises(AssertionError, match="no {'event': 'sent'} in 0 s; the journal ends with:\\nnothing"):
        gsm_modem.wait_for("sent", timeout=0)

def test_a_second_one_is_told_from_the_first(gsm_modem):
    for text in ("en", "to", "to"):
        gsm_modem.do("receive", from_="+4500000002", text=text)
    first = gsm_modem.wait_for("received")
    second = gsm_modem.wait_for("received", after=first)
    assert (first["text"], second["text"]) == ("en", "to")
    third = gsm_modem.wait_for("received", after=second)
    assert third == gsm_modem.wait_for("received", count=3) == gsm_modem.wait_for("received", text="to", count=2)
    with pytest.raises(AssertionError, match="in 0 s but the 2 before it; the journal"):
        gsm_modem.wait_for("received", timeout=0, text="to", count=3)
    with pytest.raises(AssertionError, match="txt is no field of 'received', which has event, from"):
        gsm_modem.wait_for("received", timeout=0, txt="en")

def test_a_modem_that_has_gone_says_so(tmp_path):
    with pytest.raises(EmulatorError, match="ended with -9"):
        with emulate("gsm", tmp_path) as modem:
            modem._process.kill()
            modem.wait_for("sent")

def test_the_ports_are_gone_with_their_tests():
    assert len(used) == 5 and not any(map(os.path.lexists, used))
'''


@dataclass(frozen=True, slots=True)
class Project:
    """Somebody else's project: `pytest` runs the tests in its folder with its own interpreter."""

    folder: Path
    python: str

    def pytest(self, text: str, *options: str, path: str = os.environ["PATH"]) -> tuple[int, str]:
        (self.folder / "test_theirs.py").write_text(text)
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "BAVN"))}
        ours.pop("PYTHONPATH", None)
        command = [self.python, "-m", "pytest", "-q", *QUIET, *options]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**ours, "PATH": path},
            capture_output=True,
            text=True,
            timeout=50,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """With the wheel in a virtual environment of its own; the libraries it needs are lent by ours, without Bavn."""
    folder = tmp_path_factory.mktemp("theirs")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = folder.glob("bavn-*.whl")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True, timeout=60
    )
    python = str(folder / "venv" / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True, timeout=60)
    site = next((folder / "venv" / "lib").glob("python3*/site-packages"))
    (site / "lent.pth").write_text(str(Path(pytest.__file__).parent.parent) + "\n")
    (folder / "project").mkdir()
    return Project(folder / "project", python)


def test_a_driver_of_somebody_else_is_tested_with_the_wheel(theirs: Project) -> None:
    code, said = theirs.pytest(DRIVER)
    assert (code, "9 passed" in said) == (0, True), said


def test_it_does_nothing_until_it_is_asked(theirs: Project) -> None:
    plugin = next(Path(theirs.python).parent.parent.glob("lib/python3*/site-packages/bavn_pytest.py"))
    code, said = theirs.pytest(IDLE.format(plugin=str(plugin)))
    assert code == 0, said


@pytest.mark.parametrize("mark", ["7", "seed=7"])
def test_a_seed_is_taken_with_its_name_and_without(tmp_path: Path, mark: str) -> None:
    code, said = Project(tmp_path, sys.executable).pytest(MARKED.format(mark=mark))
    assert (code, "1 passed" in said) == (0, True), said


@pytest.mark.parametrize("mark", ["", "sed=7", "7, seed=7", "'7'", "True"])
def test_a_seed_that_is_none_is_refused_with_the_right_words(tmp_path: Path, mark: str) -> None:
    code, said = Project(tmp_path, sys.executable).pytest(MARKED.format(mark=mark))
    assert (code, f"bavn_emulator({mark}): write bavn_emulator(seed=7)" in said) == (1, True), said


def test_an_editable_installation_has_them_too_and_in_a_folder_deeper_than_a_socket_may_be(
    tmp_path: Path,
) -> None:
    deep = tmp_path / "a-folder-in-the-workspace-of-a-build-server" / "of-a-branch-with-a-name-of-many-words"
    deep.mkdir(parents=True)
    code, said = Project(tmp_path, sys.executable).pytest(DRIVER, "-k", "sends", f"--basetemp={deep}/x")
    assert (code, "2 passed" in said) == (0, True), said


def test_the_installed_module_is_the_one_that_is_edited() -> None:
    import bavn_pytest

    source = ROOT / "hardware" / "pytest_plugin.py"
    message = "install again: touch pyproject.toml, then make test"
    assert Path(bavn_pytest.__file__).read_text() == source.read_text(), message


def test_without_the_command_it_says_what_to_do(theirs: Project) -> None:
    (Path(theirs.python).parent / "bavn").rename(Path(theirs.python).parent / "hidden")
    code, said = theirs.pytest(ASKS, path="/nowhere")
    (Path(theirs.python).parent / "hidden").rename(Path(theirs.python).parent / "bavn")
    assert code == 1
    assert "the command bavn is neither" in said
    assert "install Bavn where these tests run" in said
