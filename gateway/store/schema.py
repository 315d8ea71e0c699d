"""Bringing a database to this version's tables, and refusing one that is newer than this program.

The migrations are alembic's, append-only, in migrations/versions. Alembic itself is imported only when there is
something to do, so that an ordinary start does not wait for it. A migration goes one way, so what was there is copied
beside it first; it is whole or not at all, so a program that could read the store before still can when it fails.
"""

import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, MetaData, inspect, text

from gateway.errors import StoreUnfit
from gateway.room import MB, room_on
from gateway.store.sqlite import driver
from gateway.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

HEAD = "0008"
MIGRATIONS = Path(__file__).parent / "migrations"


def revision(connection: Connection) -> str | None:
    """The schema's version; None for an empty file."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return str(connection.execute(text("select version_num from alembic_version")).scalar())


def upgrade(engine: Engine) -> None:
    """Migrates if needed. StoreUnfit if the database is newer than this program."""
    with engine.connect() as connection:
        now = revision(connection)
    if now == HEAD:
        return
    from alembic.script import ScriptDirectory

    config = _config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if now is not None and now not in known:
        raise StoreUnfit(
            f"the database has schema {now}, which this Bavn does not know: install the newer version again, "
            "or restore a backup made with this one"
        )
    if now is None:
        _migrate(engine, config)
        return
    path = Path(engine.url.database or "")
    log.info("%s: the store is upgraded from schema %s to %s", path, now, HEAD)
    keep_copy(engine, path, _free(path.with_name(f"{path.name}.before-{HEAD}")))
    began = time.monotonic()
    _migrate(engine, config)
    log.info("%s: upgraded to schema %s in %.1f s", path, HEAD, time.monotonic() - began)


def _free(copy: Path) -> Path:
    """That name, or with a number the first that is free: after a way back the older copy may be the only good one."""
    names = (copy, *(copy.with_name(f"{copy.name}.{number}") for number in range(2, 1000)))
    return next((name for name in names if not name.exists()), copy)


def _migrate(engine: Engine, config: "Config") -> None:
    """Every migration that is lacking, in one transaction. StoreUnfit, with nothing changed, if that is not enough."""
    from alembic import command

    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if lacking := missing(connection, metadata):
            raise StoreUnfit(
                f"{engine.url.database}: the store cannot be upgraded: it lacks {', '.join(lacking)}. Nothing was "
                "changed: go on with the version that made it, or restore a backup made with a released one"
            )


def missing(connection: Connection, wanted: MetaData) -> list[str]:
    """The tables and columns that the database does not have, as `table` or `table.column`."""
    found = inspect(connection)
    have = {name: {column["name"] for column in found.get_columns(name)} for name in found.get_table_names()}
    lacking = []
    for table in wanted.sorted_tables:
        if table.name not in have:
            lacking.append(table.name)
        else:
            lacking += [f"{table.name}.{c.name}" for c in table.columns if c.name not in have[table.name]]
    return lacking


def keep_copy(engine: Engine, path: Path, copy: Path) -> bool:
    """The database as it is now in a file of its own, on the disk when this returns.

    False, and the log says why, where the disk has no room for it: a hub that starts at night starts without.
    """
    size = sum(file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists())
    room = room_on(path.parent)
    if room.free < size + room.reserve:
        log.warning(
            "%s: no copy was kept: it takes %d MB, and the disk has %d", path, size // MB, room.free // MB
        )
        return False
    part = copy.with_name(f"{copy.name}.part")
    try:
        _copy(engine, part)
        part.replace(copy)
        _to_disk(copy.parent)
    except (OSError, driver().module.Error) as error:
        part.unlink(missing_ok=True)
        log.warning("%s: no copy was kept: %s", path, error)
        return False
    log.info("%s: kept as it was in %s; delete that once the new version has proven itself", path, copy)
    return True


def _copy(engine: Engine, part: Path) -> None:
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)  # SQLite writes into an empty file as it is
    connection = engine.raw_connection()  # Core would begin a transaction, in which nothing is copied
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(part),))
    finally:
        connection.close()
    _to_disk(part)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
