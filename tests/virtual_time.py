"""An event loop whose clock jumps: when nothing is ready, the time of the next timer is now.

Tests of hours take milliseconds and give the same result on a slow machine. Only for work in memory: while the loop
would wait for a descriptor or a thread, its clock runs away. So none may be opened, and a loop in which nothing can
happen any more is an error at once instead of a test that hangs.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class Stuck(RuntimeError):
    """Nothing is ready and no timer runs: what is waited for will never come."""


class _Jumping(selectors.SelectSelector):
    """Instead of waiting, it moves the clock on."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise Stuck("every task waits, and there is no timer")
            self.now_s += max(timeout, 0)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Its `time()` begins at 0 and counts the seconds that were slept."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s

    def _add_reader(self, fd: Any, callback: Any, *args: Any) -> Any:
        if fd != self._ssock.fileno():  # type: ignore[attr-defined]  # its own, by which a signal wakes it
            raise RuntimeError("a descriptor was opened under virtual time: the clock would not wait for it")
        return super()._add_reader(fd, callback, *args)  # type: ignore[misc]

    def run_in_executor(self, executor: Any, function: Any, *args: Any) -> Any:
        raise RuntimeError("a thread was started under virtual time: the clock would not wait for it")


def run_virtually(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs it to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(work)
