"""Keeps a log small when one fault repeats: what others cause is counted, a fault of the log itself is one line."""

import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

_FORGET_S = 3600.0  # after such a pause it is told as if it were new
_KINDS_MOST = 500


class Tenths:
    """A filter: lets the first of equal records pass, then each at a power of ten, with how many there were."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[int, float]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        # The first line and the error tell what it is; what follows tells which task or socket it was.
        text = record.getMessage()
        kind = text.partition("\n")[0], repr(record.exc_info[1]) if record.exc_info else ""
        now = self._clock()
        times, last = self._seen.pop(kind, (0, now))
        times = times + 1 if now - last < _FORGET_S else 1
        self._seen[kind] = times, now
        if len(self._seen) > _KINDS_MOST:
            del self._seen[next(iter(self._seen))]  # the one that was silent longest
        if times > 1 and str(times).rstrip("0") == "1":
            record.msg, record.args = f"{text} ({times} times)", ()
        return str(times).rstrip("0") == "1"


class OneLineHandler(logging.StreamHandler[TextIO]):
    """A record that cannot be written becomes one line that says so, as seldom as `Tenths` lets it."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._tenths = Tenths()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        text = f"a record of {record.name} could not be written: {type(sys.exc_info()[1]).__name__}"
        lost = logging.LogRecord(record.name, record.levelno, "", 0, text, (), None)
        if self._tenths.filter(lost):
            with suppress(OSError, ValueError):  # the stream itself is gone: there is nowhere else to say it
                self.stream.write(f"{lost.getMessage()}\n")
                self.flush()
