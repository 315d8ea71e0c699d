"""Names of messages from phones that may come again, remembered over restarts of the program.

A journal of one line an event: `+` a message has come, `=` it was acknowledged, `-` it can come no more. It is not
synchronised to the disk: what a killed program has written is in the kernel's hands. A power cut may lose the last
lines; then a message may count twice. No line says more than keyed digests of a phone and of a message.
Not here: which can come again (`smpp_arrivals`).
"""

import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

log = logging.getLogger(__name__)

_LINE = re.compile(rb"([+=-])([0-9a-f]{32}\.[0-9a-f]{8}\.[0-9]{1,12}l?)\n")
_READ_MOST = 4 << 20  # octets
_LINES_MOST = 1000  # then it is written anew, with what is still open


class ArrivalMemory:
    """In a file where a path is given; else nothing is remembered over a restart."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._open: dict[str, bool] = {}  # whether it was acknowledged
        self._lines = 0
        self._behind = True  # the file may lack lines: it is written anew
        self._failing = False

    def recall(self) -> Mapping[str, bool]:
        """What may come again of that which came to an earlier process, oldest first: was it acknowledged?"""
        self._open.clear()
        for sign, name in _LINE.findall(self._read()):
            if sign == b"-":
                self._open.pop(name.decode(), None)
            else:
                self._open[name.decode()] = sign == b"="
        self._behind = True
        return dict(self._open)

    def came(self, name: str) -> None:
        """To be called before anybody hears of it."""
        if self._open.get(name) is not False:
            self._open[name] = False
            self._write("+", [name])

    def told(self, name: str) -> None:
        """It was acknowledged, and the acknowledgement may be on its way."""
        if self._open.get(name) is False:
            self._open[name] = True
            self._write("=", [name])

    def over(self, names: Iterable[str]) -> None:
        """They can come no more."""
        gone = [name for name in names if name in self._open]
        for name in gone:
            del self._open[name]
        if gone:
            self._write("-", gone)

    def _read(self) -> bytes:
        if self._path is None:
            return b""
        try:
            with self._path.open("rb") as file:
                return file.read(_READ_MOST)
        except FileNotFoundError:
            return b""
        except OSError as error:
            log.error("which messages may come again cannot be read: %s", error)
            return b""

    def _write(self, sign: str, names: list[str]) -> None:
        """What cannot be written holds no message up."""
        if self._path is None:
            return
        self._lines += len(names)
        try:
            if self._behind or self._lines > _LINES_MOST + 2 * len(self._open):
                self._begin_anew(self._path)
            else:
                _put(self._path, [sign + name for name in names], flags=os.O_APPEND)
        except OSError as error:
            if not self._failing:
                log.error("which messages may come again cannot be written down: %s", error)
            self._behind = self._failing = True
        else:
            self._behind = self._failing = False

    def _begin_anew(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        _put(fresh, ["+="[told] + name for name, told in self._open.items()], flags=os.O_TRUNC)
        fresh.replace(path)
        self._lines = 0


def _put(path: Path, lines: list[str], *, flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    try:
        os.write(descriptor, "".join(f"{line}\n" for line in lines).encode("ascii"))
    finally:
        os.close(descriptor)
