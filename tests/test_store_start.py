"""Starting over what is there: a damaged store, a second hub, a directory that changed, a way that was off."""

from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.api.server import listener
from gateway.app import running
from gateway.config import Config, load
from gateway.errors import StoreUnfit
from gateway.init import InitResult
from gateway.store import sqlite
from tests.stores import PEOPLE, store_in

ALONE = {key: value for key, value in PEOPLE[0].items() if key != "deputy"}


@pytest.mark.parametrize("damage", [b"not a database at all, but long enough to be read as one" * 200])
async def test_a_damaged_store_is_refused_with_its_name_and_the_remedy(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "bavn.db").write_bytes(damage)
    with pytest.raises(StoreUnfit, match=r"bavn\.db: the store cannot be used .*backup"):
        async with store_in(tmp_path):
            pass


async def test_an_empty_file_becomes_a_store_that_only_its_owner_can_read(tmp_path: Path) -> None:
    (tmp_path / "bavn.db").touch(mode=0o600)
    async with store_in(tmp_path) as bench:
        assert (await bench.accept()).recipients == 1
        assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("bavn.*")} == {0}


@pytest.mark.parametrize("name", ["a%20b.db", "a?mode=memory", "%2e%2e%2fa.db"])
def test_a_store_has_the_name_that_it_was_given(name: str, tmp_path: Path) -> None:
    with sqlite.open_engine(tmp_path / name).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
        connection.commit()
        assert (tmp_path / name).read_bytes().startswith(b"SQLite format 3")


async def test_two_hubs_never_use_one_store(tmp_path: Path) -> None:
    async with store_in(tmp_path):
        with pytest.raises(StoreUnfit, match="another hub uses this store"):
            async with store_in(tmp_path):
                pass
    async with store_in(tmp_path) as again:
        assert (await again.accept()).recipients == 1


async def test_what_waits_for_an_old_number_goes_to_the_new_one(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        await bench.accept("leder")
    moved = [PEOPLE[0], {**PEOPLE[1], "addresses": ["loopback:leder-ny"]}]
    async with store_in(tmp_path, people=moved) as bench:
        assert [claimed.address for claimed in await bench.claim()] == ["loopback:leder-ny"]


async def test_what_may_not_leave_hides_nothing_behind_it(tmp_path: Path) -> None:
    async with store_in(tmp_path) as bench:
        for recipient in ("leder", "leder", "vagt"):
            await bench.accept(recipient)
    async with store_in(tmp_path, people=[ALONE]) as bench:
        assert [claimed.address for claimed in await bench.claim()] == ["loopback:vagt"]
        refused = await bench.rows("select detail from attempts where evidence = -1")
        assert {row["detail"] for row in refused} == {"the recipient is no longer in the directory"}


def _at_port(installation: InitResult, port: int) -> Config:
    path = installation.folder / "bavn.toml"
    path.write_text(path.read_text().replace("127.0.0.1:8470", f"127.0.0.1:{port}"))
    return load(path)


async def test_a_port_that_is_taken_is_found_before_anything_is_touched(installation: InitResult) -> None:
    with listener(_at_port(installation, 0)) as taken:
        path = installation.folder / "bavn.toml"
        path.write_text(path.read_text().replace(":0", f":{taken.getsockname()[1]}"))
        config = load(path)
        with pytest.raises(StoreUnfit, match=r"http\.listen .*stop the other program"):
            async with running(config):
                pass
        assert not config.database.exists()


async def test_an_anchor_that_cannot_be_written_is_refused(installation: InitResult) -> None:
    config = _at_port(installation, 0)
    config.anchor.mkdir()
    with pytest.raises(StoreUnfit, match=r"audit\.anchor: .*cannot be written"):
        async with running(config):
            pass


async def test_a_lost_master_key_is_said_and_stops_nothing(
    installation: InitResult, caplog: pytest.LogCaptureFixture
) -> None:
    config = _at_port(installation, 0)
    async with running(config):
        pass
    config.key_file.unlink()
    async with running(config):
        assert "the key that made it is gone" in caplog.text


@pytest.mark.parametrize(
    ("table", "change"), [("contacts", "\n# changed\n"), ("attempts", ""), ("channel_states", "")]
)
async def test_a_store_that_takes_nothing_at_the_start_is_not_one_to_send_to_again(
    installation: InitResult, table: str, change: str
) -> None:
    config = _at_port(installation, 0)
    async with running(config):
        pass
    with sqlite.open_engine(config.database).begin() as connection:
        connection.execute(text(f"drop table {table}"))
    config.gateway.directory.write_text(config.gateway.directory.read_text() + change)
    with pytest.raises(StoreUnfit, match=r"bavn\.db: .*no such table: ") as refused:
        async with running(load(config.path)):
            pass
    assert "send it again" not in str(refused.value)
