"""The emulator's diary: what the world would have seen, one JSON object a line, written at once.

A test or an inquiry judges a driver by it, never by what the driver says of itself.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Journal:
    """`journal.write("sent", to=..., text=...)`. Without a path nothing is written, but `lines` keeps the newest.

    A file that takes no more is told once, by `when_lost`; `lost` says why, and nothing more is written.
    """

    def __init__(self, path: Path | None = None, *, kept: int = 10_000) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0) if path else None
        self.lines: deque[dict[str, Any]] = deque(maxlen=kept)
        self.lost = ""
        self.when_lost: Callable[[], None] = lambda: None

    def write(self, event: str, **fields: Any) -> None:
        line = {"t": round(time.time(), 3), "event": event, **fields}
        self.lines.append(line)
        if self._file is not None and not self.lost:
            try:
                self._file.write(
                    json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
                )
            except OSError as error:
                self.lost = (
                    f"{self._path}: {error.strerror}: the journal ends here. Make room, and start again"
                )
                self.when_lost()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def of(self, event: str) -> list[dict[str, Any]]:
        """The kept lines of one event."""
        return [line for line in self.lines if line["event"] == event]
