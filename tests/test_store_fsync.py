"""A disk that does not confirm, or is full (invariant I2): strace makes its calls fail in a child that accepts alerts.

The child says `ok N` only after the store said so. Whatever it said must be there afterwards; what failed was refused;
and later ones are accepted again, over a handle that was opened anew.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers import require
from tests.stores import store_in

ALERTS = 12
CHILD = f"""
import asyncio, os, sys
from pathlib import Path
from gateway.errors import StoreFailure
from tests.stores import store_in

async def main(folder):
    async with store_in(folder) as bench:
        before, fds = bench.store._writer._session, os.listdir("/proc/self/fd")
        print("begin", flush=True)
        for n in range({ALERTS}):
            try:
                await bench.accept(identifier=f"A-{{n}}", key=f"key-{{n}}")
                print("ok", n, "anew" if bench.store._writer._session is not before else "", flush=True)
            except StoreFailure as error:
                print("refused", n, error, flush=True)
        print("open", len(os.listdir("/proc/self/fd")) - len(fds), flush=True)

asyncio.run(main(Path(sys.argv[1])))
"""


FLUSH, WRITE = "fdatasync,fsync:error=EIO", "pwrite64:error=ENOSPC"


def under_strace(folder: Path, fault: str, when: str) -> list[list[str]]:
    """Runs the child, in which these calls fail; its lines, split into words."""
    strace = require("strace")
    done = subprocess.run(
        [
            *(
                str(strace),
                "-f",
                "-qq",
                "-o",
                str(folder / "trace"),
                "-e",
                "trace=fdatasync,fsync,write,pwrite64",
            ),
            *(
                "-e",
                f"inject={fault}:when={when}",
                sys.executable,
                "-c",
                CHILD,
                str(folder),
            ),
        ],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [line.split() for line in done.stdout.splitlines()]


@pytest.mark.strace
@pytest.mark.parametrize(  # strace counts the calls of the writing thread
    ("fault", "when"), [(FLUSH, "4"), (FLUSH, "6"), (FLUSH, "7..9"), (WRITE, "50"), (WRITE, "60..62")]
)
async def test_no_success_is_answered_for_what_the_disk_did_not_confirm(
    tmp_path: Path, fault: str, when: str
) -> None:
    async with store_in(tmp_path):
        pass  # the tables are made before the disk fails
    lines = under_strace(tmp_path, fault, when)
    said = {word: [int(n) for kind, n, *_ in lines[1:-1] if kind == word] for word in ("ok", "refused")}
    assert said["refused"], "the fault never struck"
    assert said["ok"][-1] == ALERTS - 1, "it did not accept again"
    assert lines[-2][2:] == ["anew"], "the handle that failed is still in use"
    assert int(lines[-1][1]) <= 0, "the handle that failed was not closed"
    async with store_in(tmp_path) as bench:
        kept = {row["identifier"] for row in await bench.rows("select identifier from alerts")}
        assert {f"A-{n}" for n in said["ok"]} <= kept
        assert await bench.flaws() == []


@pytest.mark.strace
async def test_every_success_comes_after_a_flush_of_its_own(tmp_path: Path) -> None:
    async with store_in(tmp_path):
        pass
    lines = under_strace(tmp_path, FLUSH, "9999")
    assert [line[0] for line in lines] == ["begin", *["ok"] * ALERTS, "open"]
    steps = [
        step
        for step in (tmp_path / "trace").read_text(encoding="utf-8").splitlines()
        if "sync(" in step or "ok" in step
    ]
    said = [n for n, step in enumerate(steps) if "ok" in step]
    assert len(said) == ALERTS
    assert all("= 0" in steps[n - 1] and "sync(" in steps[n - 1] for n in said)
