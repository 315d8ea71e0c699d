"""Bringing a database to this version's tables, and refusing one that is newer than this program.

The migrations are alembic's, append-only, in migrations/versions. Alembic itself is imported only when there is
something to do, so that an ordinary start does not wait for it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from gateway.errors import StoreUnfit

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"
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
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if now is not None and now not in known:
        raise StoreUnfit(
            f"the database has schema {now}, which this Bavn does not know: install the newer version again, "
            "or restore a backup made with this one"
        )
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
