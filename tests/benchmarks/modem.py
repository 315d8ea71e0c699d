"""Benchmark 9, a busy modem: 20 SMS waiting, 3.0 s of network time each, against smstools and gammu-smsd.

Every one has an emulated modem of its own on a pty. The figure is the network's own time (20 times 3.0 s) over the time
from the first AT+CMGS to the moment when the network has the last message; both are read from the emulator's
journal. Then the same with a network that takes no time, and what three idle modems cost.
"""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.hub import HubProcess
from tests.benchmarks.rounds import report, say, spread
from tests.peers import require

WAITING, NETWORK_S = 20, 3.0
INSTANT, ROUNDS = 200, 5
INSTANT_PEER = 20
IDLE_S, SETTLE_S = 30, 15  # one round of questions to each modem falls into the 30 s
TEXT = "Strømmen er væk. Mød på rådhuset kl. 3.45"
NUMBER = "+4500000001"
LIMIT_S = 300.0

_CONFIG = """\
[gateway]
id = "krisestab.eksempelkommune.invalid"
name = "Eksempelby Kommune"
plane = "exercise"

[http]
listen = "127.0.0.1:{port}"

[domains]
net-a = "Mobilnet A"

[channels.sms-a]
bearer = "sms-modem"
domains = ["net-a"]
port = "{link}"
max_per_minute = 600
"""
_DIRECTORY = """\
[[contacts]]
id = "vagthavende"
name = "Krisestabens vagt"
addresses = ["sms:+4500000001"]
exercise = true
"""
_SMSD = """\
devices = GSM1
outgoing = {folder}/outgoing
checked = {folder}/checked
incoming = {folder}/incoming
failed = {folder}/failed
sent = {folder}/sent
logfile = {folder}/smsd.log
infofile = {folder}/smsd.running
pidfile = {folder}/smsd.pid
delaytime = 1
[GSM1]
device = {link}
incoming = no
baudrate = 115200
pin = ignore
"""
_GAMMU = """\
[gammu]
device = {link}
connection = at115200
[smsd]
service = files
logfile = {folder}/gammu.log
inboxpath = {folder}/inbox/
outboxpath = {folder}/outbox/
sentsmspath = {folder}/sent/
errorsmspath = {folder}/error/
checksecurity = 0
"""
# Three drivers and nothing else, in a process of their own.
_IDLE = """\
import asyncio, sys
from hardware.gsm import GsmModem
from hardware.port import open_port
async def main():
    async with asyncio.TaskGroup() as group:
        for link in sys.argv[1:]:
            modem = GsmModem(lambda link=link: open_port(link))
            await modem.__aenter__()
            group.create_task(listen(modem))
async def listen(modem):
    async for event in modem.events():
        print(event, file=sys.stderr)
asyncio.run(main())
"""


class Modem:
    """`bavn emulate gsm` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder, self.link = folder, folder / "modem"
        self._journal, self._control = folder / "journal", folder / "control"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "hardware.emulators.gsm", "--link", str(self.link)),
                *("--journal", str(self._journal), "--control", str(self._control)),
            ],
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline().startswith(b"ready"):
            raise RuntimeError("the emulator did not start")

    def latency(self, seconds: float) -> None:
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self._control))
            control.sendall(json.dumps({"do": "latency", "seconds": seconds, "report": 1}).encode() + b"\n")
            if not json.loads(control.recv(4096))["ok"]:
                raise RuntimeError("the emulator refused")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)

    def lines(self) -> list[dict[str, Any]]:
        text = self._journal.read_text("utf-8")
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def wait_for(self, count: int) -> list[tuple[float, float]]:
        """When each message was given to the modem and taken by the network, in seconds; all `count` of them."""
        began = time.monotonic()
        while len(taken := self.sendings()) < count:
            if time.monotonic() - began > LIMIT_S:
                raise RuntimeError(f"{len(taken)} of {count} were sent in {LIMIT_S:g} s")
            time.sleep(0.25)
        return taken

    def sendings(self) -> list[tuple[float, float]]:
        taken, asked = [], 0.0
        for line in self.lines():
            if line["event"] == "command" and line["name"] == "+CMGS":
                asked = line["t"]
            elif line["event"] == "sent":
                taken.append((asked, line["t"]))
        return taken


def busy_share(taken: list[tuple[float, float]]) -> float:
    """The part of the wall time in which the network was at work."""
    return len(taken) * NETWORK_S / (taken[-1][1] - taken[0][0])


def rate(taken: list[tuple[float, float]]) -> float:
    return len(taken) / (taken[-1][1] - taken[0][0])


@contextmanager
def modem(folder: Path, *, latency_s: float) -> Iterator[Modem]:
    emulated = Modem(folder)
    try:
        emulated.latency(latency_s)
        yield emulated
    finally:
        emulated.stop()


class SmsHub(HubProcess):
    """The hub with one modem."""

    def __init__(self, folder: Path, link: Path) -> None:
        super().__init__(folder, mail_port=1)
        (folder / "bavn.toml").write_text(_CONFIG.format(port=self.port, link=link))
        (folder / "directory.toml").write_text(_DIRECTORY)

    def send(self, number: int, precedence: str) -> None:
        alert = {"to": ["vagthavende"], "status": "Exercise", "precedence": precedence}
        words = {"headline": f"Prøve {number}", "text": TEXT, "want": "submitted"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/alerts",
            data=json.dumps(alert | words).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=30).close()


def hub(folder: Path, *, count: int, latency_s: float, precedence: str) -> list[tuple[float, float]]:
    with modem(folder / "modem", latency_s=latency_s) as emulated, SmsHub(folder, emulated.link) as running:
        for number in range(count):
            running.send(number, precedence)
        return emulated.wait_for(count)


def smstools(folder: Path, *, count: int, latency_s: float) -> list[tuple[float, float]]:
    with modem(folder, latency_s=latency_s) as emulated:
        for name in ("outgoing", "checked", "incoming", "failed", "sent"):
            (folder / name).mkdir()
        for number in range(count):
            text = f"To: {NUMBER[1:]}\nAlphabet: UTF-8\n\n{TEXT} {number}"
            (folder / "outgoing" / f"sms{number:02}").write_text(text)
        config = folder / "smsd.conf"
        config.write_text(_SMSD.format(folder=folder, link=emulated.link))
        with daemon(folder, [str(require("smsd")), "-c", str(config), "-t"]):
            return emulated.wait_for(count)


def gammu(folder: Path, *, count: int, latency_s: float) -> list[tuple[float, float]]:
    with modem(folder, latency_s=latency_s) as emulated:
        for name in ("inbox", "outbox", "sent", "error"):
            (folder / name).mkdir()
        config = folder / "smsdrc"
        config.write_text(_GAMMU.format(folder=folder, link=emulated.link))
        inject = [str(require("gammu-smsd-inject")), "-c", str(config), "TEXT", NUMBER]
        for number in range(count):
            subprocess.run([*inject, "-text", f"{TEXT} {number}"], check=True, capture_output=True)
        with daemon(folder, [str(require("gammu-smsd")), "-c", str(config)]):
            return emulated.wait_for(count)


@contextmanager
def daemon(folder: Path, command: list[str]) -> Iterator[None]:
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wake_ups_per_s(folder: Path) -> float:
    """Of a process with three drivers and idle modems: how often it waits for something to happen.

    Counted as calls of epoll_wait: the kernel's count of context switches leaves out waits that were over at once.
    """
    modems = [Modem(folder / f"idle{number}") for number in range(3)]
    links = [str(emulated.link) for emulated in modems]
    try:
        with daemon_pid(folder, [sys.executable, "-c", _IDLE, *links]) as pid:
            time.sleep(SETTLE_S)
            return waits(pid) / IDLE_S
    finally:
        for emulated in modems:
            emulated.stop()


@contextmanager
def daemon_pid(folder: Path, command: list[str]) -> Iterator[int]:
    with (folder / "idle.log").open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield process.pid
        if process.poll() is not None:
            raise RuntimeError((folder / "idle.log").read_text())
    finally:
        process.kill()
        process.wait()


def waits(pid: int) -> int:
    """Calls of epoll_wait in `IDLE_S`."""
    command = [str(require("strace")), "-f", "-c", "-e", "trace=epoll_wait,epoll_pwait", "-p", str(pid)]
    tracing = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(IDLE_S)
    tracing.send_signal(signal.SIGINT)
    _, table = tracing.communicate(timeout=10)
    rows = [
        line.split() for line in table.splitlines() if line.rstrip().endswith(("epoll_wait", "epoll_pwait"))
    ]
    if not rows:
        raise RuntimeError(table)
    return sum(int(row[3]) for row in rows)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bavn-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        _busy(folder / "busy")
        _instant(folder / "instant")
        (folder / "idle").mkdir()
        wake_ups = [wake_ups_per_s(folder / "idle")]
        report("9 three idle modems", wake_ups_per_s=spread(wake_ups), must="at most 3")


def _busy(folder: Path) -> None:
    shares = {}
    works: dict[str, Callable[..., list[tuple[float, float]]]] = {"smstools": smstools, "gammu_smsd": gammu}
    ours = hub(folder / "hub", count=WAITING, latency_s=NETWORK_S, precedence="routine")
    say(f"hub: {busy_share(ours):.4f} of {ours[-1][1] - ours[0][0]:.1f} s")
    for peer, work in works.items():
        theirs = work(folder / peer, count=WAITING, latency_s=NETWORK_S)
        shares[peer] = round(busy_share(theirs), 4)
        say(f"{peer}: {shares[peer]:.4f} of {theirs[-1][1] - theirs[0][0]:.1f} s")
    report("9 modem busy", hub=round(busy_share(ours), 4), **shares, must="hub >= 0.98")


def _instant(folder: Path) -> None:
    rates = []
    for number in range(ROUNDS):
        rates.append(rate(hub(folder / f"hub{number}", count=INSTANT, latency_s=0, precedence="flash")))
        say(f"round {number + 1}: hub {rates[-1]:.0f} SMS/s")
    peers = {
        "smstools_per_s": round(rate(smstools(folder / "smstools", count=INSTANT_PEER, latency_s=0)), 2),
        "gammu_smsd_per_s": round(rate(gammu(folder / "gammu", count=INSTANT_PEER, latency_s=0)), 2),
    }
    report("9 instant modem", hub_per_s=spread(rates), **peers, must="hub >= 20")


if __name__ == "__main__":
    main()
