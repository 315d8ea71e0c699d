"""Benchmark 3, SMPP end to end: 5,000 in over HTTP, 5,000 out to a message centre, window 50, against Kannel.

The time runs from the first request to the last message at the message centre. Kannel takes them in smsbox and sends
them from bearerbox, with its spool in a folder of the same disk; it never calls fsync, the hub does at accept and done.
ApacheBench is the load of both.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.benchmarks.hub import HubProcess
from tests.benchmarks.rounds import ab_load, report, say, spread
from tests.peers import free_port, require

COUNT, CONNECTIONS, WINDOW, ROUNDS = 5000, 20, 50, 5
LIMIT_S = 60.0
TEXT = "Eksempelby Kommune: Strømsvigt. Mød på kommandostationen kl. 10. Svar 1=kommer 2=kommer ikke #K7"
# One SMS: with the marks of an exercise and a code it has 119 signs.
ALERT = {
    "to": ["vagthavende"],
    "status": "Exercise",
    "precedence": "routine",
    "headline": "Strømsvigt",
    "text": "Mød på kommandostationen kl. 10.",
    "answers": {"1": "kommer", "2": "kommer ikke"},
}

_CONFIG = """\
[gateway]
id = "krisestab.eksempelkommune.invalid"
name = "Eksempelby Kommune"
plane = "exercise"

[http]
listen = "127.0.0.1:{port}"

[domains]
net-a = "Mobilnet A"

[channels.sms]
bearer = "smpp"
domains = ["net-a"]
host = "127.0.0.1"
port = {smsc}
tls = "none"
system_id = "bavn"
sender = "+4500000099"
window = {window}
"""
_DIRECTORY = """\
[[contacts]]
id = "vagthavende"
name = "Krisestabens vagt"
addresses = ["sms:+4500000001"]
exercise = true
"""
_KANNEL = """\
group = core
admin-port = {admin}
admin-password = "{admin}"
smsbox-port = {boxes}
box-allow-ip = "127.0.0.1"
log-level = 3
store-type = spool
store-location = {folder}/spool

group = smsc
smsc = smpp
host = 127.0.0.1
port = {smsc}
transceiver-mode = true
smsc-username = "bavn"
smsc-password = ""
system-type = ""
max-pending-submits = {window}

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {http}
log-level = 3

group = sendsms-user
username = bench
password = bench
"""


class Stub:
    """The message centre; `seconds` between its first message and its last once all have come."""

    def __init__(self, count: int) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "tests.benchmarks.smsc_stub", str(self.port), str(count)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def wait(self) -> float:
        try:
            said, _ = self._process.communicate(timeout=LIMIT_S)
        finally:
            self._process.kill()
        return float(said)


class SmppHub(HubProcess):
    """The hub with one message centre."""

    def __init__(self, folder: Path, smsc: int) -> None:
        super().__init__(folder, mail_port=1)
        (folder / "bavn.toml").write_text(_CONFIG.format(port=self.port, smsc=smsc, window=WINDOW))
        (folder / "directory.toml").write_text(_DIRECTORY)

    def is_up(self) -> bool:
        return "up" in str(self.get("/api/v1/channels"))


class Kannel:
    """bearerbox and smsbox on ports and in a folder of their own; ended with the block."""

    def __init__(self, folder: Path, smsc: int) -> None:
        self.http = free_port()
        (folder / "spool").mkdir(parents=True)
        self._config = folder / "kannel.conf"
        ports = {"admin": free_port(), "boxes": free_port(), "http": self.http, "smsc": smsc}
        self._config.write_text(_KANNEL.format(folder=folder, window=WINDOW, **ports))
        self._boxes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for box in ("bearerbox", "smsbox"):
            command = [str(require(box)), "-v", "3", str(self._config)]
            self._boxes.append(
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
            time.sleep(1.5)  # they say nowhere that they are ready
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for box in reversed(self._boxes):
            box.kill()
            box.wait()

    def address(self) -> str:
        fields = {"username": "bench", "password": "bench", "from": "+4500000099", "to": "+4500000001"}
        query = urllib.parse.urlencode({**fields, "coding": 0, "charset": "UTF-8", "text": TEXT})
        return f"http://127.0.0.1:{self.http}/cgi-bin/sendsms?{query}"

    def load(self, count: int) -> None:
        command = [str(require("ab")), "-q", "-k", "-n", str(count), "-c", str(CONNECTIONS), self.address()]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT_S)
        if "Non-2xx" in done.stdout:
            raise RuntimeError(done.stdout)


def _hub(folder: Path) -> tuple[float, float]:
    """Messages a second, end to end and at the message centre alone."""
    stub = Stub(COUNT)
    with SmppHub(folder, stub.port) as hub:
        while not hub.is_up():
            time.sleep(0.01)
        alert = folder / "alert.json"
        alert.write_text(json.dumps(ALERT))
        began = time.perf_counter()
        ab_load(hub.port, hub.token, count=COUNT, connections=CONNECTIONS, alert=alert)
        seconds = stub.wait()
        return COUNT / (time.perf_counter() - began), COUNT / seconds


def _kannel(folder: Path) -> tuple[float, float]:
    stub = Stub(COUNT)
    with Kannel(folder, stub.port) as kannel:
        began = time.perf_counter()
        kannel.load(COUNT)
        seconds = stub.wait()
        return COUNT / (time.perf_counter() - began), COUNT / seconds


def main() -> None:
    ours, theirs = list[tuple[float, float]](), list[tuple[float, float]]()
    with tempfile.TemporaryDirectory(prefix="bavn-bench-", dir="/var/tmp") as name:
        for number in range(ROUNDS):
            theirs.append(_kannel(Path(name) / f"kannel{number}"))
            ours.append(_hub(Path(name) / f"hub{number}"))
            say(f"round {number + 1}: hub {ours[-1][0]:.0f}/s, Kannel {theirs[-1][0]:.0f}/s")
    report(
        "3 SMPP end to end",
        hub_per_s=spread([end_to_end for end_to_end, _ in ours]),
        hub_at_centre_per_s=spread([at_centre for _, at_centre in ours]),
        kannel_per_s=spread([end_to_end for end_to_end, _ in theirs]),
        kannel_at_centre_per_s=spread([at_centre for _, at_centre in theirs]),
        ratio=spread([a[0] / b[0] for a, b in zip(ours, theirs, strict=True)]),
        must="ratio >= 1",
    )
