"""Benchmark 2, email end to end: 5,000 in over HTTP, 5,000 out to smtp-sink, against Postfix doing the same over SMTP.

Durable at accept and at done on both sides. The time runs from the first byte in to the last mail in the sink.
"""

import subprocess
import tempfile
import time
from pathlib import Path

from tests.benchmarks.hub import HubProcess
from tests.benchmarks.rounds import hub_load, postfix_load, report, say, spread
from tests.peers import free_port, require
from tests.postfix import PostfixServer

COUNT, CONNECTIONS, ROUNDS = 5000, 20, 5
LIMIT_S = 30.0


class Sink:
    """Debian's smtp-sink, which ends by itself when it has taken `count` mails."""

    def __init__(self, count: int) -> None:
        self.port = free_port()
        self._process = subprocess.Popen(
            [
                str(require("smtp-sink")),
                "-u",
                "nobody",
                "-c",
                "-M",
                str(count),
                f"127.0.0.1:{self.port}",
                "1000",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def wait(self) -> None:
        """Until all mails have arrived."""
        try:
            self._process.wait(LIMIT_S)
        finally:
            if self._process.poll() is None:
                self._process.kill()


def _postfix(folder: Path) -> float:
    sink = Sink(COUNT)
    with PostfixServer(folder, free_port(), relayhost=f"[127.0.0.1]:{sink.port}") as postfix:
        began = time.perf_counter()
        postfix_load(postfix.port, count=COUNT, sessions=CONNECTIONS)
        sink.wait()
        return COUNT / (time.perf_counter() - began)


def _hub(folder: Path) -> float:
    sink = Sink(COUNT)
    with HubProcess(folder, mail_port=sink.port) as hub:
        began = time.perf_counter()
        hub_load(hub.port, hub.token, count=COUNT, connections=CONNECTIONS)
        sink.wait()
        return COUNT / (time.perf_counter() - began)


def main() -> None:
    ours, theirs = [], []
    with tempfile.TemporaryDirectory(prefix="bavn-bench-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for number in range(ROUNDS):
            theirs.append(_postfix(folder / f"postfix{number}"))
            ours.append(_hub(folder / f"hub{number}"))
            say(f"round {number + 1}: hub {ours[-1]:.0f}/s, Postfix {theirs[-1]:.0f}/s")
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    report(
        "2 email end to end",
        hub_per_s=spread(ours),
        postfix_per_s=spread(theirs),
        ratio=spread(ratios),
        must="ratio >= 2",
    )
