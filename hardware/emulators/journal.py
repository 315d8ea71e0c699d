"""The emulator's diary: what the world would have seen, one JSON object a line, flushed at once.

A test or an inquiry judges a driver by it, never by what the driver says of itself.
"""

import json
import time
from collections import deque
from pathlib import Path
from typing import Any


class Journal:
    """`journal.write("sent", to=..., text=...)`. Without a path nothing is written, but `lines` keeps the newest."""

    def __init__(self, path: Path | None = None, *, kept: int = 10_000) -> None:
        self._file = path.open("a", encoding="utf-8") if path else None
        self.lines: deque[dict[str, Any]] = deque(maxlen=kept)

    def write(self, event: str, **fields: Any) -> None:
        line = {"t": round(time.time(), 3), "event": event, **fields}
        self.lines.append(line)
        if self._file is not None:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def of(self, event: str) -> list[dict[str, Any]]:
        """The kept lines of one event."""
        return [line for line in self.lines if line["event"] == event]
