"""What all benchmarks share: rounds in turn with a peer, and one JSON object with median, minimum and maximum."""

import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from gateway.store.sqlite import driver
from tests.peers import require


def spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
    }


def report(name: str, **figures: Any) -> None:
    """One JSON object on one line."""
    machine = {"python": platform.python_version(), "sqlite": driver().name, "at": time.strftime("%Y-%m-%d")}
    print(json.dumps({"benchmark": name, **figures, "on": machine}), flush=True)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def hub_load(
    port: int, token: str, *, count: int, connections: int, precedence: str = "routine"
) -> dict[str, float]:
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.load",
        str(port),
        token,
        str(count),
        str(connections),
        precedence,
    ]
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-2000:])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def postfix_load(port: int, *, count: int, sessions: int, octets: int = 1024) -> float:
    """Messages a second that Postfix takes from smtp-source."""
    command = [
        str(require("smtp-source")), "-s", str(sessions), "-m", str(count), "-l", str(octets),
        "-f", "a@eksempelkommune.invalid", "-t", "vagt@eksempelkommune.invalid", f"127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    return count / (time.perf_counter() - began)
