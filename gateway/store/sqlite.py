"""Opening SQLite so that what it confirms is on the disk: WAL, synchronous=FULL, checked and not assumed.

SQLite 3.7.0 to 3.51.2 can lose commits when two connections of a WAL database checkpoint together (fixed in
3.51.3, 3.50.7 and 3.44.6). Bavn carries its own SQLite (pysqlite3) where there is a wheel. Elsewhere a sound
stdlib version does, and an affected one is used with a single connection for reads and writes.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from gateway.errors import StoreFailure, StoreUnfit

try:
    from pysqlite3 import dbapi2 as _driver
except ImportError:  # no wheel for this machine
    _driver = sqlite3

BUSY_TIMEOUT_MS = 5000
STATEMENTS_KEPT = 512  # a statement for each size of group
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "temp_store=MEMORY",
    "wal_autocheckpoint=4000",  # pages, 16 MB: hot pages are copied back once where it was four times
)


@dataclass(frozen=True, slots=True)
class Driver:
    """The SQLite that is used, and whether it may hold more than one connection to a WAL database."""

    module: ModuleType
    version: tuple[int, ...]

    @property
    def sound(self) -> bool:
        v = self.version
        return v >= (3, 51, 3) or (3, 50, 7) <= v < (3, 51) or (3, 44, 6) <= v < (3, 45)

    @property
    def name(self) -> str:
        return f"{self.module.__name__.partition('.')[0]} {'.'.join(map(str, self.version))}"


def driver() -> Driver:
    return Driver(_driver, tuple(_driver.sqlite_version_info))


def open_engine(path: Path, *, read_only: bool = False) -> Engine:
    """An engine whose every connection has the settings that durability needs. Nothing is opened yet."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # no text: there a ? or a % would mean something
        module=_driver,
        poolclass=NullPool,
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": BUSY_TIMEOUT_MS / 1000,
            "cached_statements": STATEMENTS_KEPT,
        },
    )

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        executed(connection, "BEGIN" if read_only else "BEGIN IMMEDIATE").close()

    return engine


def failure(error: BaseException) -> StoreFailure:
    """What a sender is told when the database failed: what to do, and never a statement or its values."""
    reason = getattr(error, "orig", None) or _own_words(error)
    words = str(reason)
    return StoreFailure(_remedied(words), words=words)


def _remedied(words: str) -> str:
    if "locked" in words:
        remedy = "close what has the store open, as a backup or a viewer, and send it again"
        return f"another program holds the store ({words}), so nothing was accepted: {remedy}"
    if "full" in words:
        return f"{words}, so nothing was accepted: make room on the disk of data_dir, and send it again"
    remedy = "send it again, and look at the hub's log if that does not help"
    return f"the disk did not confirm ({words}): {remedy}"


def _own_words(error: BaseException) -> str:
    """Those of SQLAlchemy may hold a statement, its values and a link."""
    return type(error).__name__ if isinstance(error, SQLAlchemyError) else str(error)


def wait_for_others(connection: Connection, patient: bool) -> None:
    """Whether a statement waits where another process holds the database, or fails at once."""
    executed(connection, f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS if patient else 0}").close()


def executed(connection: Connection, sql: str, values: Sequence[Any] = ()) -> Any:
    """The driver's own cursor after a statement that Core need not see; its errors come as SQLAlchemy's."""
    cursor, driver = connection.connection.cursor(), connection.dialect.loaded_dbapi
    try:
        cursor.execute(sql, values)
    except driver.Error as error:
        cursor.close()
        dialect = connection.dialect
        raise DBAPIError.instance(
            sql, None, error, driver.Error, hide_parameters=True, dialect=dialect
        ) from error
    return cursor


def check(connection: Connection, path: Path) -> None:
    """Raises StoreUnfit unless the settings that durability rests on are really in force."""
    journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    if journal != "wal":
        raise StoreUnfit(
            f"{path}: journal_mode is {journal}, not WAL: put data_dir on a local disk, not on a network share"
        )
    if synchronous != 2:
        raise StoreUnfit(
            f"{path}: synchronous is {synchronous}, not FULL (2): this SQLite was built to ignore it"
        )
