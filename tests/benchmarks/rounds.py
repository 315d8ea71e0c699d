"""What all benchmarks share: rounds in turn with a peer, and one JSON object with median, minimum and maximum."""

import json
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
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


def ab_load(port: int, token: str, *, count: int, connections: int, alert: Path) -> dict[str, float]:
    """Alerts over keep-alive connections from ApacheBench, which like smtp-source costs the machine little itself."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as percentiles:
        done = subprocess.run(
            [
                str(require("ab")), "-q", "-k", "-n", str(count), "-c", str(connections), "-e", percentiles.name,
                "-p", str(alert), "-T", "application/json", "-H", f"Authorization: Bearer {token}",
                f"http://127.0.0.1:{port}/api/v1/alerts",
            ],
            check=True, timeout=300, capture_output=True, text=True,
        )  # fmt: skip
        rows = dict(line.split(",") for line in Path(percentiles.name).read_text().splitlines()[1:])
    refused = re.search(r"Non-2xx responses:\s+(\d+)", done.stdout)
    if refused:
        raise RuntimeError(f"{refused[1]} alerts were refused")
    found = re.search(r"Requests per second:\s+([0-9.]+)", done.stdout)
    assert found is not None
    return {"per_s": float(found[1]), "p99_ms": float(rows["99"])}


def postfix_load(port: int, *, count: int, sessions: int, octets: int = 1024, kept: bool = False) -> float:
    """Messages a second that Postfix takes from smtp-source: each in a connection of its own, or in `kept` ones."""
    command = [
        str(require("smtp-source")), *(["-d"] if kept else []), "-s", str(sessions), "-m", str(count),
        "-l", str(octets), "-f", "a@eksempelkommune.invalid", "-t", "vagt@eksempelkommune.invalid", f"127.0.0.1:{port}",
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True, timeout=300, capture_output=True)
    return count / (time.perf_counter() - began)
