"""The writer and the reader. Nothing else touches the database.

Group commit: whatever is waiting when the writer is free goes into one transaction, and each caller hears only
after its COMMIT returned, so a slow disk costs one flush a group. An operation marked `grouped` gets all waiting
arguments at once. If a group fails, it is rolled back and done again one by one, each in a savepoint, so that one
bad request fails alone.

A group of `brief` operations is composed in the event loop, and only its COMMIT waits for the disk in the writing
thread; meanwhile the loop reads the next requests. Composed in a thread beside a busy loop, the two would take the
interpreter from each other at every step of every statement (ADR 0007). A group with any other operation is done
by the thread as a whole, so that no long work holds up the loop.

If COMMIT itself fails (an fsync error), the handle is closed before anything else: SQLite takes the next commit on
it as if nothing had happened. The store then refuses until it has opened anew.
"""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import StoreFailure
from gateway.store.sqlite import driver, failure
from gateway.store.transaction import Changes, Pending, Session, Transaction

log = logging.getLogger(__name__)

A = TypeVar("A")
R = TypeVar("R")
GROUP_MOST = 64  # operations in one transaction; the loop is never held up by more than these
_DATABASE = (SQLAlchemyError, driver().module.Error)  # the hot statements go to the driver itself

Single = Callable[[Transaction, A], R]
Grouped = Callable[[Transaction, Sequence[A]], Sequence[R]]


def brief(op: Callable[[Transaction, A], R]) -> Callable[[Transaction, A], R]:
    """Marks an operation that touches few rows, whatever the store holds: it may be composed in the event loop."""
    op.__dict__["brief"] = True
    return op


def grouped(op: Callable[[Transaction, Sequence[A]], Sequence[R]]) -> Callable[[Transaction, A], R]:
    """Marks a brief operation that takes many arguments at once; callers give one and get its own result."""
    op.__dict__["grouped"] = op.__dict__["brief"] = True
    return cast(Callable[[Transaction, A], R], op)


class _Job:
    __slots__ = ("args", "error", "future", "op", "result")

    def __init__(self, op: Callable[..., Any], args: Any, future: asyncio.Future[Any]) -> None:
        self.op, self.args, self.future = op, args, future
        self.result: Any = None
        self.error: BaseException | None = None


class Opener(Protocol):
    """Opens the database and makes the writer's session: used at the start and after a failed commit."""

    def __call__(self) -> Session: ...


class _Thread:
    """One thread, and the handing over of the interpreter to it."""

    def __init__(self, name: str) -> None:
        self._work: Callable[[], None] | None = None
        self._given, self._begun = threading.Lock(), threading.Lock()
        self._given.acquire()
        self._begun.acquire()
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()

    def give(self, work: Callable[[], None] | None) -> None:
        """Begins `work` in the thread before it returns: a thread that is only woken waits while the loop is busy.

        None ends the thread.
        """
        self._work = work
        self._given.release()
        self._begun.acquire()

    def join(self) -> None:
        self._thread.join()

    def _main(self) -> None:
        while True:
            self._given.acquire()
            work = self._work
            self._begun.release()
            if work is None:
                return
            work()


class Writer:
    """The one writer. Its methods may be called from the event loop only.

    `_busy` says whose the session is: the thread's while True, the loop's while False.
    """

    def __init__(self, opener: Opener, on_commit: Callable[[Changes], None]) -> None:
        self._open = opener
        self._on_commit = on_commit
        self._jobs: deque[_Job] = deque()
        self._session: Session | None = None
        self._busy = self._called = self._stopping = False
        self._idle = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._thread = _Thread("store-writer")

    def start(self, session: Session) -> None:
        self._session = session

    def run(self, op: Callable[[Transaction, A], R], args: A) -> "asyncio.Future[R]":
        """Done after COMMIT. A caller that is cancelled while waiting does not undo it."""
        if self._stopping:
            raise StoreFailure("the store is closed")
        future: asyncio.Future[R] = self._loop.create_future()
        self._jobs.append(_Job(op, args, future))
        if not self._busy and not self._called:
            self._called = True
            self._loop.call_soon(self._next)  # what this turn of the loop still brings joins the group
        return future

    async def stop(self) -> None:
        """Finishes what was asked for, then closes the database."""
        self._stopping = True
        if self._busy or self._jobs:
            self._idle.clear()
            await self._idle.wait()
        self._thread.give(self._close)
        self._thread.give(None)
        await self._loop.run_in_executor(None, self._thread.join)

    def _next(self) -> None:
        """Begins the next group, if there is one."""
        self._called = False
        if not self._jobs:
            self._idle.set()
            return
        jobs = [self._jobs.popleft() for _ in range(min(len(self._jobs), GROUP_MOST))]
        self._busy = True
        session = self._session
        brief_ones = all(job.op.__dict__.get("brief") for job in jobs)
        if (
            session is None or not brief_ones or session.watch.look().moved_ms
        ):  # then every row that waits is written
            self._thread.give(lambda: self._done(jobs, self._work(jobs)))
            return
        pending = _composed(session, jobs, patient=False)
        if pending is None:
            self._thread.give(lambda: self._done(jobs, self._one_by_one(session, jobs)))
        else:
            self._thread.give(lambda: self._done(jobs, self._commit(pending, jobs)))

    # In the thread.

    def _done(self, jobs: list[_Job], changes: Changes | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to hear it
            self._loop.call_soon_threadsafe(self._committed, jobs, changes)

    def _work(self, jobs: list[_Job]) -> Changes | None:
        try:
            session = self._session = self._session or self._open()
        except Exception as error:
            log.exception("the store cannot be opened")
            _fail(jobs, failure(error) if isinstance(error, _DATABASE) else StoreFailure(f"{error}"))
            return None
        pending = _composed(session, jobs)
        return self._one_by_one(session, jobs) if pending is None else self._commit(pending, jobs)

    def _one_by_one(self, session: Session, jobs: list[_Job]) -> Changes | None:
        try:
            pending = session.compose(lambda tx: _run_apart(tx, jobs))
        except Exception as error:
            log.exception("a group failed twice")
            self._close()
            _fail(jobs, failure(error))
            return None
        return self._commit(pending, jobs)

    def _commit(self, pending: Pending, jobs: list[_Job]) -> Changes | None:
        try:
            return pending.commit()
        except StoreFailure as failure:
            log.error("%s: %d operations were refused", failure.reason, len(jobs))
            self._close()
            _fail(jobs, failure)
            return None

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    # In the loop again.

    def _committed(self, jobs: list[_Job], changes: Changes | None) -> None:
        """The disk gets its next group before these callers are answered, so that it never waits for them."""
        self._busy = False
        self._next()
        for job in jobs:
            if job.future.cancelled():
                continue
            if job.error is not None:
                job.future.set_exception(job.error)
            else:
                job.future.set_result(job.result)
        if changes is not None:
            self._on_commit(changes)


def _composed(session: Session, jobs: list[_Job], *, patient: bool = True) -> Pending | None:
    """The whole group in one transaction; None if it failed.

    The error ends here: it holds the statement that failed, and to let go of that one needs the connection's own
    lock. A loop that let go of it later would wait until the thread is done.
    """
    try:
        return session.compose(lambda tx: _run_together(tx, jobs), patient=patient)
    except Exception:
        log.debug("a group failed and is done again one by one", exc_info=True)
        return None


def _fail(jobs: list[_Job], error: Exception) -> None:
    for job in jobs:
        job.error = error


def _run_together(tx: Transaction, jobs: list[_Job]) -> None:
    """Neighbouring jobs of one grouped operation go in one call; order is kept otherwise."""
    waiting: dict[Callable[..., Any], list[_Job]] = {}
    for job in jobs:
        waiting.setdefault(job.op, []).append(job)
    for op, same in waiting.items():
        if op.__dict__.get("grouped"):
            results = op(tx, [job.args for job in same])
            for job, result in zip(same, results, strict=True):
                job.result = result
        else:
            for job in same:
                job.result = op(tx, job.args)


def _run_apart(tx: Transaction, jobs: list[_Job]) -> None:
    for job in jobs:
        mark = tx.mark()
        savepoint = tx.connection.begin_nested()
        try:
            result = job.op(tx, [job.args]) if job.op.__dict__.get("grouped") else job.op(tx, job.args)
            job.result = result[0] if job.op.__dict__.get("grouped") else result
            savepoint.commit()
        except Exception as error:  # noqa: BLE001 - its own caller hears it
            savepoint.rollback()
            tx.back_to(mark)
            job.error = failure(error) if isinstance(error, _DATABASE) else error


class Reader:
    """The reading thread: one query-only connection."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._connection: Connection | None = None

    async def run(self, op: Callable[[Connection, A], R], args: A) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, op, args)

    def _read(self, op: Callable[[Connection, A], R], args: A) -> R:
        if self._connection is None:
            self._connection = self._connect()
        try:
            with self._connection.begin():
                return op(self._connection, args)
        except SQLAlchemyError:
            self._connection.close()
            self._connection = None
            raise

    def stop(self) -> None:
        self._pool.submit(self._close).result()
        self._pool.shutdown()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
