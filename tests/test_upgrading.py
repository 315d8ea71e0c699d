"""Upgrading a store: each migration stands as it was committed, old stores become fit ones or stay as they were."""

import hashlib
import logging
import re
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from gateway.errors import StoreUnfit
from gateway.room import Room
from gateway.store import schema, sqlite
from gateway.store.tables import metadata
from tests.stores import store_in

VERSIONS = schema.MIGRATIONS / "versions"
# A migration is append-only: stores have been made by it as it is. A new one adds its line, and none is changed.
COMMITTED = {
    "0001": "9dfb7530c19dc6aa87749d0ddc3463e0bbd4725ea78ff3a00ed3c9eb35986f19",
    "0002": "7b4b449f69d7e364273110a3c35637bf320268e5398a05143c9953e160bbd2ce",
    "0003": "fb8d69435617c1379071c7eb1b2b88ca552351a5da34e0c0f9c1a1904f75fb25",
    "0004": "90812f466ea700d5983d8b4356a7e4899e9115b81d691f2edd9cd64be5eba8c4",
    "0005": "ea992667d00a9956fc9815b860424647931bd185f70a683a183bd9106eb67ef0",
    "0006": "05c0d1fcba638c9cd87fa7b2b9939e13ec14960420950a75f0af69478082ffde",
    "0007": "047c581fd68ccc6d429c4808b35ec38d18edc88bb4a662ecf1ae999f686bafff",
    "0008": "96cbff03b9149e1c338c6faac4600ea8029f9536feebef37380592a88a57f6dc",
}


def old_store(folder: Path, version: str, *, lacks: str = "") -> Path:
    """A store as an earlier version left it, with one alert; `lacks` is a column of attempts that it never had."""
    path = folder / "bavn.db"
    with sqlite.open_engine(path).begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        if lacks:
            connection.execute(text(f"alter table attempts drop column {lacks}"))
        connection.execute(
            text(
                "insert into alerts (id, identifier, code, plane, status, precedence, submitter, accepted_ms,"
                " expires_ms, body) values (1, 'OLD', 'A2', 'exercise', 'Exercise', 4, 'x', 0, 0, '{}')"
            )
        )
    return path


def version_of(path: Path) -> str | None:
    with sqlite.open_engine(path, read_only=True).connect() as connection:
        return schema.revision(connection)


def test_no_committed_migration_is_edited() -> None:
    found = {
        path.name[:4]: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(VERSIONS.glob("[0-9]*.py"))
    }
    assert found == COMMITTED
    assert max(found) == schema.HEAD


@pytest.mark.parametrize(
    ("version", "lacks"),
    [(version, lacks) for version in sorted(COMMITTED) for lacks in ("", "parts")[: 1 + (version < "0007")]],
)  # 0007 adds the column where it is missing
async def test_a_store_of_every_version_can_be_used(tmp_path: Path, version: str, lacks: str) -> None:
    old_store(tmp_path, version, lacks=lacks)
    async with store_in(tmp_path) as bench:
        await bench.accept()
        [claimed] = await bench.claim()
        await bench.conclude(claimed)
        assert await bench.rows("select parts from attempts") == [{"parts": 1}]


def test_a_store_that_would_lack_a_column_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = old_store(tmp_path, "0006", lacks="receipt")
    with pytest.raises(
        StoreUnfit, match=r"bavn\.db: .*lacks attempts\.receipt.*Nothing was changed"
    ) as refused:
        schema.upgrade(sqlite.open_engine(path))
    assert "send it again" not in str(refused.value)
    assert version_of(path) == "0006"


@pytest.mark.parametrize(
    ("done", "lacking"),
    [
        ("select 1", []),
        ("drop table series", ["series"]),
        ("alter table inbound drop column note", ["inbound.note"]),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, done: str, lacking: list[str]) -> None:
    engine = sqlite.open_engine(tmp_path / "bavn.db")
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text(done))
        assert schema.missing(connection, metadata) == lacking


def test_an_upgrade_says_so_and_keeps_what_was_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = old_store(tmp_path, "0005")
    with caplog.at_level(logging.INFO, schema.__name__):
        schema.upgrade(sqlite.open_engine(path))
    said = "\n".join(record.getMessage() for record in caplog.records if record.name == schema.__name__)
    assert re.fullmatch(
        rf".*: the store is upgraded from schema 0005 to {schema.HEAD}\n"
        rf".*: kept as it was in .*bavn.db.before-{schema.HEAD}; .*\n"
        rf".*: upgraded to schema {schema.HEAD} in [0-9]\.[0-9] s",
        said,
    )
    copy = tmp_path / f"bavn.db.before-{schema.HEAD}"
    assert (version_of(copy), version_of(path)) == ("0005", schema.HEAD)
    assert copy.stat().st_mode & 0o077 == 0


def test_a_second_upgrade_keeps_the_copy_of_the_first(tmp_path: Path) -> None:
    (tmp_path / f"bavn.db.before-{schema.HEAD}").write_text("the first", encoding="ascii")
    (tmp_path / f"bavn.db.before-{schema.HEAD}.2").write_text("the second", encoding="ascii")
    schema.upgrade(sqlite.open_engine(old_store(tmp_path, "0005")))
    assert (tmp_path / f"bavn.db.before-{schema.HEAD}").read_text(encoding="ascii") == "the first"
    assert (tmp_path / f"bavn.db.before-{schema.HEAD}.2").read_text(encoding="ascii") == "the second"
    assert version_of(tmp_path / f"bavn.db.before-{schema.HEAD}.3") == "0005"


def test_a_new_store_is_made_without_a_word_or_a_copy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    schema.upgrade(sqlite.open_engine(tmp_path / "bavn.db"))
    assert not [record for record in caplog.records if record.name == schema.__name__]
    assert not list(tmp_path.glob("*.before-*"))


@pytest.mark.parametrize("again", [1, 2])
def test_where_the_disk_is_full_the_hub_starts_without_a_copy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, again: int
) -> None:
    monkeypatch.setattr(schema, "room_on", lambda folder: Room(free=again, reserve=again))
    schema.upgrade(sqlite.open_engine(old_store(tmp_path, "0005")))
    assert "no copy was kept" in caplog.text
    assert not list(tmp_path.glob("*.before-*"))
