"""The database: runs the operations of this package, which are plain functions.

`await store.run(op, args)` writes and is done after COMMIT; `await store.read(op, args)` reads. An operation is
`op(transaction, args)` for writing and `op(connection, args)` for reading, synchronous, in SQLAlchemy Core.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway.clock import Clock, ClockWatch, Steady
from gateway.errors import StoreUnfit
from gateway.store import schema, sqlite
from gateway.store.lock import lock_file, only_hub
from gateway.store.transaction import Changes, Session, Transaction
from gateway.store.writer import Reader, Writer
from gateway.world import World

A = TypeVar("A")
R = TypeVar("R")

__all__ = ["Changes", "Store", "Transaction"]


class Store:
    """One database, one writer, one reading thread. Opened with `Store.open`, closed with `close`."""

    def __init__(self, path: Path, clock: Clock, steady: Steady | None = None) -> None:
        self.path = path
        self._watch = ClockWatch(clock, steady)
        self._world: World | None = None
        self._listener: Callable[[Changes], None] = lambda changes: None
        self._writer = Writer(self._session, lambda changes: self._listener(changes))
        self._shared = sqlite.driver().sound
        self._reader = Reader(self._connect)

    @classmethod
    async def open(cls, path: Path, clock: Clock, *, steady: Steady | None = None) -> "Store":
        """Opens or makes the database. StoreUnfit says why it may not be used, and what to do.

        With `steady` the store finds that `clock` was moved, and what waits goes on.
        """
        store = cls(path, clock, steady)
        session = await asyncio.get_running_loop().run_in_executor(None, store._first_session)
        store._writer.start(session)
        return store

    def attach(self, world: World, listener: Callable[[Changes], None]) -> None:
        """The world that operations see from now on, and who hears of committed changes (in the event loop)."""
        self._world, self._listener = world, listener

    @property
    def world(self) -> World:
        if self._world is None:
            raise StoreUnfit("the store has no world yet: attach one first")
        return self._world

    async def run(self, op: Callable[[Transaction, A], R], args: A) -> R:
        """Done after COMMIT. StoreFailure when the disk did not confirm; the operation's own error otherwise."""
        return await self._writer.run(op, args)

    async def read(self, op: Callable[[Connection, A], R], args: A) -> R:
        """A consistent read. On a SQLite that may not have two connections it waits its turn with the writer."""
        if self._shared:
            return await self._reader.run(op, args)
        return await self._writer.run(_Reading(op), args)

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await self._writer.stop()
        await loop.run_in_executor(None, self._reader.stop)
        os.close(self._lock)

    def _first_session(self) -> Session:
        try:
            self.path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            self._lock = only_hub(lock_file(self.path))
            self.path.touch(mode=0o600)
        except OSError as error:
            raise StoreUnfit(
                f"{error.filename or self.path}: {error.strerror}. data_dir must be a folder on a disk that "
                "the hub may write"
            ) from error
        try:
            schema.upgrade(sqlite.open_engine(self.path))
            return self._session()
        except (SQLAlchemyError, sqlite.driver().module.Error) as error:
            reason = getattr(error, "orig", None) or error
            raise StoreUnfit(
                f"{self.path}: the store cannot be used ({reason}). Keep it and its -wal file as they are, "
                "and restore a backup beside them"
            ) from error

    def _session(self) -> Session:
        session = Session(sqlite.open_engine(self.path), lambda: self.world, self._watch)
        with session.connection.begin():
            sqlite.check(session.connection, self.path)
        return session

    def _connect(self) -> Connection:
        return sqlite.open_engine(self.path, read_only=True).connect()


class _Reading:
    """A reading operation run by the writer; equal ones need not be the same object."""

    def __init__(self, op: Callable[[Connection, Any], Any]) -> None:
        self.op = op

    def __call__(self, tx: Transaction, args: Any) -> Any:
        return self.op(tx.connection, args)
