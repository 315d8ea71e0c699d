"""The outside ledger: one fsynced JSON line for every success that a submitter heard, and for every kill and start."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class LedgerFile:
    """`accepted`: key, id, recipients, precedence, expires, replaces. `stopped`: id. `killed`, `ready`: the hub."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def write(self, event: str, **facts: Any) -> None:
        self._file.write(json.dumps({"t": time.time(), "event": event, **facts}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def read_lines(path: Path) -> Iterator[Line]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
