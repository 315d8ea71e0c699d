"""Logs: what repeats is counted, and what the log itself cannot do is one line."""

import io
import logging
import subprocess
import sys
from typing import Any

import pytest

from gateway.log_floods import Tenths
from gateway.logs import configure
from tests.test_logs import lines_of


def said(times: int, *, logger: str = "asyncio") -> list[str]:
    def write() -> None:
        for number in range(times):
            logging.getLogger(logger).error(
                "socket.accept() out of system resource\nsocket: <%d>", number, exc_info=OSError(24, "files")
            )

    return lines_of(write)


@pytest.mark.parametrize(("times", "lines"), [(1, 1), (9, 1), (10, 2), (1234, 4)])
@pytest.mark.parametrize("logger", ["asyncio", "aiohttp.server"])
def test_what_a_library_repeats_is_told_at_powers_of_ten(logger: str, times: int, lines: int) -> None:
    assert len(said(times, logger=logger)) == lines


def test_it_says_how_often() -> None:
    assert "(10 times)" in said(10)[-1]


def test_another_error_in_the_same_words_is_told() -> None:
    def write() -> None:
        for error in (KeyError("one"), KeyError("other"), KeyError("one")):
            logging.getLogger("asyncio").error("Task exception was never retrieved", exc_info=error)

    assert len(lines_of(write)) == 2


def test_after_an_hour_of_silence_it_is_told_anew() -> None:
    now = 0.0
    tenths = Tenths(lambda: now)
    record = logging.LogRecord("asyncio", logging.ERROR, "", 0, "again", (), None)
    assert [tenths.filter(record) for _ in range(3)] == [True, False, False]
    now = 3600.0
    assert tenths.filter(record)


class Unwritable:
    def __str__(self) -> str:
        raise OSError(24, "no descriptor")


def test_a_log_that_fails_says_so_in_one_line() -> None:
    def write() -> None:
        for _ in range(50):
            logging.getLogger("gateway.test").warning("it is %s", Unwritable())

    first, tenth = lines_of(write)
    assert first == "a record of gateway.test could not be written: OSError"
    assert "(10 times)" in tenth


class Gone(io.StringIO):
    def write(self, text: str) -> Any:
        raise OSError(32, "nobody reads")


def test_a_log_that_nobody_reads_stops_nothing() -> None:
    configure(stream=Gone())
    logging.getLogger("gateway.test").warning("anything")


NO_DESCRIPTORS = """
import logging, os, resource
from gateway.logs import configure
configure()
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
try:
    while True:
        os.open(os.devnull, os.O_RDONLY)
except OSError as error:
    logging.getLogger("gateway").error("two\\nlines", exc_info=error)
"""


def test_a_record_is_written_with_no_descriptor_left() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", NO_DESCRIPTORS], capture_output=True, text=True, check=True, timeout=20
    )
    (line,) = ended.stderr.splitlines()
    assert '"event": "two\\\\nlines"' in line
