"""That a message left and has no answer yet, remembered over restarts of the program.

A `+CMGS` says nothing of which message it is for (27.005 3.5.1): a program that is started anew and does not know that
one is owed takes it for that of its own first message. The note is one small file, overwritten in place before each
message leaves and when its answer has come. It is not synchronised to the disk: what a killed program has written is
in the kernel's hands, and a power cut that loses it takes most modems along; one on a supply of its own has answered
or given up by the time that its host has started.
Not here: for how long an answer is owed (the driver).
"""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

_SIZE = 64  # octets, always: nothing of a longer note is left behind a shorter one


@dataclass(frozen=True, slots=True)
class Owed:
    """A message whose answer may still come."""

    age_s: float  # since it left
    destination: str  # "" when the note is damaged
    announces: bool  # the modem took CREG=1 then: it shows whether it has restarted since


class OwedMemory:
    """In a file where a path is given; else nothing is remembered over a restart. `clock` gives seconds that go on
    while the program does not run.
    """

    def __init__(self, path: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._noted = True  # something may stand there

    def note(self, destination: str, *, announces: bool) -> None:
        """To be called before the message leaves. A note that cannot be written holds no message up."""
        self._write(f"{self._clock():.3f} {int(announces)} {destination}\n")
        self._noted = True

    def clear(self) -> None:
        """The answer has come, or cannot come any more."""
        if self._noted and self.path is not None and self.path.exists():
            self._write("\n")
        self._noted = False

    def recall(self) -> Owed | None:
        """What an earlier run has noted. A damaged note is taken for one of this moment."""
        if self.path is None:
            return None
        try:
            told = self.path.read_bytes().strip(b"\0 \n")
        except FileNotFoundError:
            return None
        except OSError as error:
            log.error("whether the modem owes an answer cannot be read: %s", error)
            return Owed(0.0, "", False)
        return self._owed(told) if told else None

    def _owed(self, told: bytes) -> Owed:
        try:
            at, announces, destination = told.decode("ascii").split(" ")
            return Owed(max(self._clock() - float(at), 0.0), destination, announces == "1")
        except ValueError:
            log.warning("%s is damaged: taken for a message that has just left", self.path)
            return Owed(0.0, "", False)

    def _write(self, text: str) -> None:
        if self.path is None:
            return
        try:
            descriptor = self._open(self.path)
            try:
                os.pwrite(descriptor, text.encode("ascii").ljust(_SIZE), 0)
            finally:
                os.close(descriptor)
        except OSError as error:
            log.error("that the modem owes an answer cannot be written down: %s", error)

    def _open(self, path: Path) -> int:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
