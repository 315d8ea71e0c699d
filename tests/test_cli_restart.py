"""What commands do when the hub goes away under them, and long socket paths. A hub of its own for each test."""

import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.catalogue import catalogue
from gateway.cli.desk import Desk
from gateway.cli.hub_client import HubClient
from gateway.cli.installation import Installation
from gateway.cli.posting import post
from gateway.cli.screen import Screen
from gateway.cli.send import insist
from gateway.store.sqlite import driver
from tests.running import command, environment, hub_in

SEND = ("send", "--to", "krisestab", "--precedence", "priority", "--want", "submitted", "--headline", "Prøve")


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts `bavn watch`; it is ended with the test, however that ends."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(
            subprocess.Popen(command("watch"), cwd=tmp_path, env=environment(), text=True, **pipes)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_watch_goes_on_over_a_restart_and_ends_with_ctrl_c(
    tmp_path: Path, watching: Callable[[], subprocess.Popen[str]]
) -> None:
    with hub_in(tmp_path) as hub:
        watch = watching()
        assert watch.stdout is not None
        assert watch.stderr is not None
        assert "Ctrl-C" in watch.stderr.readline()
        hub.bavn(*SEND)
        assert "Prøve" in watch.stdout.readline()
        hub.stop(signal.SIGKILL)
        assert watch.stderr.readline() == "Bavn svarer ikke; prøver igen ...\n"
        hub.start()
        assert watch.stderr.readline() == "Bavn svarer igen.\n"
        second = hub.json(*SEND)["code"]
        assert any(f"#{second} souschef: Sendt" in line for line in watch.stdout)
        watch.send_signal(signal.SIGINT)
        assert watch.wait(timeout=5) == 0


def test_a_socket_path_too_long_for_unix_is_found_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 60) / ("y" * 60)
    folder.mkdir(parents=True)
    with hub_in(folder) as hub:
        assert hub.bavn("list").returncode == 0
    assert hub.bavn("list").returncode == 4


def test_sigterm_ends_the_hub_with_status_0_and_one_changed_record_is_found(tmp_path: Path) -> None:
    with hub_in(tmp_path) as hub:
        hub.bavn(*SEND, "--wait", "submitted")
        assert hub.stop() == 0
        good = hub.bavn("audit", "verify")
        records, anchored = map(int, good.stdout.split())
        assert (good.returncode, records) == (0, anchored + 1)  # the last record notes the anchor
        with closing(driver().module.connect(tmp_path / "var" / "bavn.db")) as store:
            store.execute("UPDATE audit SET record = record || ' ' WHERE n = 2")
            store.commit()
        bad = hub.bavn("audit", "verify")
    assert bad.returncode == 1
    assert "FEJL ved post 2" in bad.stderr
    assert "Rør intet" in bad.stderr


def test_a_closed_terminal_stops_the_hub_as_sigterm_does(tmp_path: Path) -> None:
    with hub_in(tmp_path) as hub:
        assert hub.stop(signal.SIGHUP) == 0
    said = (tmp_path / "hub.log").read_text()
    assert "SIGHUP: the hub stops" in said
    assert "stopped" in said.splitlines()[-1]


def test_an_emulated_modem_is_there_until_sigterm(tmp_path: Path) -> None:
    link = tmp_path / "modem"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    modem = subprocess.Popen(
        command("emulate", "gsm", "--link", str(link)), env=environment(), text=True, **pipes
    )
    try:
        assert modem.stdout is not None
        assert modem.stdout.readline() == f"ready {link}\n"
        assert link.is_symlink()
    finally:
        modem.terminate()
        modem.communicate(timeout=10)
    assert modem.returncode == 0
    assert not link.is_symlink()


def test_a_send_whose_answer_was_lost_is_sent_again_with_the_same_key(tmp_path: Path) -> None:
    """The first time the far end takes the request and breaks off, as a hub that is killed; then it answers."""
    path, seen = tmp_path / "s.sock", list[bytes]()
    words = catalogue("da")
    place = Installation(tmp_path / "bavn.toml", path, "da")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        far = threading.Thread(target=_break_off_then_answer, args=(listener, seen))
        far.start()
        desk = Desk(place, words, Screen(), HubClient(place, words))
        answer = insist(desk, post("/alerts", {"headline": "x"}, key="k1"), key="k1")
        far.join(timeout=5)
    assert answer == {"code": "K7"}
    assert [b"Idempotency-Key: k1" in request for request in seen] == [True, True]


def _break_off_then_answer(listener: socket.socket, seen: list[bytes]) -> None:
    for answer in (b"", b'HTTP/1.1 202 Accepted\r\nContent-Length: 14\r\n\r\n{"code": "K7"}'):
        connection, _ = listener.accept()
        with connection:
            request = b""
            while b"headline" not in request:
                request += connection.recv(65536)
            seen.append(request)
            connection.sendall(answer)
