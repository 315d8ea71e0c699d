"""Emulated modems as pytest fixtures, for the tests of any project: `gsm_modem`, `iridium_modem`, `tetra_radio`.

    def test_my_driver_sends(gsm_modem):
        my_driver.send(gsm_modem.port, "+4500000001", "Mød kl. 14")
        assert gsm_modem.wait_for("sent", to="+4500000001")["text"] == "Mød kl. 14"

Installed as the module `bavn_pytest` (entry point pytest11), which pytest loads wherever Bavn is installed. So it is
this one file, imports nothing but the standard library and pytest, and starts nothing until a fixture is asked for.
Each fixture is a process of its own: `bavn emulate`. Not here: what a modem can do (the emulators).
"""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_START_S = 30.0  # a first start compiles what it imports
_STOP_S = 10.0
_ORDER_S = 10.0
_LOOK_S = 0.01  # how often the journal is read while something is waited for


class EmulatorError(Exception):
    """The emulator cannot be started, has ended, or does not follow an order; the message says what it said."""


class Line(dict[str, Any]):
    """One line of a journal; `number` tells it from others that say the same."""

    number = 0


class EmulatedModem:
    """A modem on a pty, and the world around it.

    `port` is the path of its serial port: any serial library can open it. The path stays, the device behind it
    changes when the cable is pulled.
    """

    def __init__(self, kind: str, folder: Path, *, seed: int = 0) -> None:
        self.kind, self.folder = kind, folder
        self.port = str(folder / "modem")
        # Relative names and a short way in: a socket's path has 107 octets at most, a test's folder may have more.
        files = ("--link", "modem", "--journal", "journal", "--control", "control")
        with (folder / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603  # every word is ours
                [_bavn(), "emulate", kind, *files, "--seed", str(seed)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        self._folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def journal(self) -> list[Line]:
        """What the modem and its network have seen so far, oldest first: `event`, `t` (Unix time) and its fields."""
        path = self.folder / "journal"
        whole, _, _unfinished = path.read_text("utf-8").rpartition("\n") if path.exists() else ("", "", "")
        lines = [Line(json.loads(line)) for line in whole.split("\n") if line]
        for number, line in enumerate(lines, 1):
            line.number = number
        return lines

    def wait_for(
        self,
        event: str,
        *,
        timeout: float = 5.0,
        after: Line | None = None,
        count: int = 1,
        **fields: Any,
    ) -> Line:
        """A line of the journal with this event and these fields, as soon as it is there: the first such line.

        `count`: the second (2), the third. `after`: of those behind this line of the journal, as `wait_for` gave it.
        AssertionError with what there was instead when it is not there in `timeout` seconds, and at its end too for a
        field that no line of this event has. It blocks: in a coroutine use
        `await asyncio.to_thread(modem.wait_for, "sent")`.
        """
        until = time.monotonic() + timeout
        wanted = {"event": event, **_plain(fields)}
        while True:
            lines = self.journal()
            behind = lines[after.number :] if after is not None else lines
            found = [line for line in behind if wanted.items() <= line.items()]
            if len(found) >= count >= 1:
                return found[count - 1]
            if time.monotonic() >= until:
                raise AssertionError(_missed(wanted, lines, found=len(found), timeout=timeout))
            self._still_running()
            time.sleep(_LOOK_S)

    def do(self, verb: str, **fields: Any) -> dict[str, Any]:
        """An order to the world, as `do("coverage", value=False)`; EmulatorError when it cannot be followed.

        A field that is a word of Python takes a line after it: `do("receive", from_="+4500000001", text="1")`.
        """
        order = {"do": verb, **_plain(fields)}
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_ORDER_S)
            try:
                line.connect(f"/proc/self/fd/{self._folder_fd}/control")
                line.sendall(json.dumps(order).encode() + b"\n")
                with line.makefile("rb") as answers:
                    answer: dict[str, Any] = json.loads(answers.readline())
            except (OSError, ValueError) as error:
                self._still_running()
                raise EmulatorError(f"{order}: no answer from the {self.kind} emulator ({error})") from error
        if not answer.pop("ok", False):
            raise EmulatorError(f"{order}: {answer.get('error')}")
        return answer

    def faults(self, *names: str, **options: Any) -> list[str]:
        """Arms these faults, as `faults("late-cmgs", times=2)` or `faults("mute", "damaged", rate=0.1)`.

        Returns the names of all faults that this modem can play; without names nothing is armed.
        """
        for name in names:
            self.do("fault", name=name, **options)
        return list(self.do("faults")["faults"])

    def _still_running(self) -> None:
        if (code := self._process.poll()) is not None:
            raise EmulatorError(f"the {self.kind} emulator has ended with {code}: {self._said()}")

    def _said(self) -> str:
        return (self.folder / "stderr").read_text("utf-8", "replace")[-2000:].strip() or "it said nothing"

    def _wait_until_ready(self) -> None:
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], _START_S)
        line = self._process.stdout.readline() if readable else b""
        if not line.startswith(b"ready "):
            raise EmulatorError(f"`bavn emulate {self.kind}` did not get ready: {self._said()}")

    def _stop(self) -> None:
        """Ends the process and raises EmulatorError unless it leaves in order: status 0, and its port gone."""
        code = self._end()
        if code != 0:
            raise EmulatorError(f"the {self.kind} emulator ended with {code}: {self._said()}")
        if os.path.lexists(self.port):
            raise EmulatorError(f"the {self.kind} emulator has ended and left {self.port} behind")

    def _end(self) -> int:
        """Its exit status, negative for the signal that killed it."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _let_go(self) -> None:
        self._end()
        if self._process.stdout is not None:
            self._process.stdout.close()
        os.close(self._folder_fd)


@contextmanager
def emulate(kind: str, folder: Path, *, seed: int = 0) -> Iterator[EmulatedModem]:
    """A running emulator of `kind` (gsm, iridium, tetra) in an empty folder, for tests that need two of a kind."""
    modem = EmulatedModem(kind, folder, seed=seed)
    try:
        modem._wait_until_ready()  # noqa: SLF001
        yield modem
        modem._stop()  # noqa: SLF001
    finally:
        modem._let_go()  # noqa: SLF001


def _bavn() -> str:
    """The command: beside the interpreter that runs the tests, or else on PATH."""
    beside = Path(sys.executable).with_name("bavn")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("bavn")
    if found is None:
        raise EmulatorError(
            f"the command bavn is neither {beside} nor on PATH: install Bavn where these tests run, "
            "or put the folder of its command on PATH"
        )
    return found


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("_"): value for name, value in fields.items()}


def _missed(wanted: dict[str, Any], lines: list[Line], *, found: int, timeout: float) -> str:
    """What came instead; a field that such a line never has is named, since nothing can ever match it."""
    said = f"no {wanted} in {timeout:g} s" + (f" but the {found} before it" if found else "")
    known = {name for line in lines if line["event"] == wanted["event"] for name in line}
    strange = [name for name in wanted if known and name not in known]
    if strange:
        said += (
            f"; {', '.join(strange)} is no field of {wanted['event']!r}, which has {', '.join(sorted(known))}"
        )
    seen = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines[-20:]) or "nothing"
    return f"{said}; the journal ends with:\n{seen}"


def _seed(request: pytest.FixtureRequest) -> int:
    """Of the mark `bavn_emulator(7)` or `bavn_emulator(seed=7)`; UsageError for anything else in it."""
    mark = request.node.get_closest_marker("bavn_emulator")
    if mark is None:
        return 0
    given = (*mark.args, *(value for name, value in mark.kwargs.items() if name == "seed"))
    if len(given) != 1 or set(mark.kwargs) - {"seed"} or type(given[0]) is not int:
        words = ", ".join(
            [*map(repr, mark.args), *(f"{name}={value!r}" for name, value in mark.kwargs.items())]
        )
        raise pytest.UsageError(f"bavn_emulator({words}): write bavn_emulator(seed=7), with a whole number")
    return given[0]


def _fixture(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmulatedModem]:
    seed = _seed(request)
    folder = tmp_path / f"bavn-{kind}"
    folder.mkdir()
    with emulate(kind, folder, seed=seed) as modem:
        yield modem


@pytest.fixture
def gsm_modem(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmulatedModem]:
    """An emulated GSM/LTE modem, registered in its network."""
    yield from _fixture("gsm", request, tmp_path)


@pytest.fixture
def iridium_modem(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmulatedModem]:
    """An emulated Iridium 9602/9603 short burst data modem, with open sky."""
    yield from _fixture("iridium", request, tmp_path)


@pytest.fixture
def tetra_radio(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmulatedModem]:
    """An emulated TETRA radio with its peripheral equipment interface (PEI), in trunked mode."""
    yield from _fixture("tetra", request, tmp_path)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "bavn_emulator(seed): the seed of this test's emulated modem")
