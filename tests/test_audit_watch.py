"""The audit chain is verified when a hub starts, and a hub whose audit was altered says so and works on."""

import logging
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway import audit_watch
from gateway.anchor import Anchor, read_anchors
from gateway.audit import Flaw
from gateway.audit_watch import AuditWatch
from gateway.cli.main import app
from gateway.clock import wall_clock
from gateway.config import load
from gateway.doctor import Level, examine
from gateway.store.sqlite import driver
from tests.hubs import hub_in, until
from tests.stores import Bench, store_in

CHANGED = "the record or one before it was changed: its hash does not follow"


def sql(folder: Path, statement: str) -> None:
    with closing(driver().module.connect(folder / "var" / "bavn.db")) as store:
        store.execute(statement)
        store.commit()


def verified(folder: Path) -> Result:
    return CliRunner().invoke(app, ["audit", "verify", "--config", str(folder / "bavn.toml"), "--lang", "en"])


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A store with some records, and a watch that takes two at a time and calls four the newest."""
    monkeypatch.setattr(audit_watch, "PAGE", 2)
    monkeypatch.setattr(audit_watch, "NEWEST", 4)
    async with store_in(tmp_path) as bench:
        for _ in range(5):
            await bench.accept()
        yield bench


async def flaw(bench: Bench, anchors: dict[int, bytes] | None = None) -> Flaw | None:
    watch = AuditWatch(bench.store, anchors or {})
    await watch.run(await watch.end())
    return watch.flaw


async def records(bench: Bench) -> list[int]:
    return [row["n"] for row in await bench.rows("SELECT n FROM audit ORDER BY n")]


async def test_a_whole_chain_is_read_once_and_has_no_flaw(bench: Bench) -> None:
    watch = AuditWatch(bench.store, {})
    await watch.run(await watch.end())
    assert (watch.flaw, watch.warning, watch.records) == (None, "", len(await records(bench)))


async def test_every_altered_record_is_found_wherever_it_stands(bench: Bench) -> None:
    for n in await records(bench):
        sql_in(bench, f"UPDATE audit SET record = record || ' ' WHERE n = {n}")
        assert await flaw(bench) == Flaw(n, CHANGED)
        sql_in(bench, f"UPDATE audit SET record = rtrim(record) WHERE n = {n}")
    assert await flaw(bench) is None


async def test_every_missing_record_is_found(bench: Bench) -> None:
    for n in reversed((await records(bench))[1:-1]):
        sql_in(bench, f"DELETE FROM audit WHERE n = {n}")
        assert await flaw(bench) is not None


async def test_a_cut_end_is_found_by_an_anchor(bench: Bench) -> None:
    last = (await records(bench))[-1]
    found = await flaw(bench, {last + 1: bytes(32)})
    assert found == Flaw(last + 1, "the anchored record is not there: the end of the chain was cut off")


async def test_notes_are_held_against_an_anchor_file_that_could_be_read(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "anchors.log"
    await Anchor(path, bench.store, lambda: bench.now, key=None, failed=pytest.fail).write()
    note = (await records(bench))[-1]
    assert await flaw(bench, read_anchors(path)) is None
    gone = f"record {note - 1} was anchored, and the anchor file does not have it any more"
    assert await flaw(bench, {}) == Flaw(note, gone)
    unread = AuditWatch(bench.store, None)
    await unread.run(await unread.end())
    assert unread.flaw is None


def sql_in(bench: Bench, statement: str) -> None:
    with closing(driver().module.connect(bench.path)) as store:
        store.execute(statement)
        store.commit()


async def test_a_hub_on_an_altered_audit_carries_alerts_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with hub_in(tmp_path) as desk:
        tokens = desk.tokens
        await desk.ended((await desk.send("vagt"))["id"])
    sql(tmp_path, "UPDATE audit SET record = record || ' ' WHERE n = 2")
    with caplog.at_level(logging.CRITICAL, "gateway.audit_watch"):
        async with hub_in(tmp_path) as desk:
            desk.tokens = tokens
            await desk.ended((await desk.send("vagt"))["id"])
            await until(lambda: desk.hub.audit_watch.flaw is not None)
            async with desk.session().get("/readyz") as answer:
                ready = (answer.status, await answer.json())
    assert ready == (
        200,
        {"status": "ready", "warning": "the audit does not hold at record 2: run bavn audit verify"},
    )
    assert [record.message for record in caplog.records if "at record 2: the record or one" in record.message]


async def test_an_emptied_anchor_file_is_a_flaw_after_the_end_was_cut(tmp_path: Path) -> None:
    async with hub_in(tmp_path) as desk:
        await desk.ended((await desk.send("vagt"))["id"])
    assert verified(tmp_path).exit_code == 0
    assert len(read_anchors(tmp_path / "anchors.log")) == 2  # of the start and of the stop
    sql(tmp_path, "DELETE FROM audit WHERE n > 3")
    (tmp_path / "anchors.log").write_text("", encoding="ascii")
    found = verified(tmp_path)
    assert found.exit_code == 1
    assert "FLAW at record" in found.stderr


async def test_an_emptied_anchor_file_alone_is_a_flaw_too(tmp_path: Path) -> None:
    async with hub_in(tmp_path):
        pass
    sql(tmp_path, "DELETE FROM audit WHERE n > 1")  # the note of the first anchor too
    (tmp_path / "anchors.log").unlink()
    found = verified(tmp_path)
    assert found.exit_code == 1
    assert "no anchor is in the file, and each start of the hub sets one" in found.stderr


async def test_a_store_of_a_version_that_set_no_anchors_is_not_accused(tmp_path: Path) -> None:
    async with hub_in(tmp_path):
        pass
    sql(tmp_path, "DELETE FROM audit WHERE n > 1")  # what such a version would have left
    sql(tmp_path, "UPDATE alembic_version SET version_num = '0006'")
    (tmp_path / "anchors.log").unlink()
    found = verified(tmp_path)
    assert found.exit_code == 0, found.output
    assert "No anchor yet" in found.output
    config = load(tmp_path / "bavn.toml")
    doctor = {f.key: f.level for f in examine(config, now=wall_clock(), channels=())}
    assert doctor["not_anchored_yet"] is Level.WARNING
    assert "anchor_none" not in doctor


async def test_a_store_that_notes_anchors_needs_them_whatever_its_schema_says(tmp_path: Path) -> None:
    async with hub_in(tmp_path):
        pass
    sql(tmp_path, "UPDATE alembic_version SET version_num = '0006'")
    (tmp_path / "anchors.log").unlink()
    assert verified(tmp_path).exit_code == 1


async def test_a_torn_line_is_a_flaw_of_its_own_and_the_chain_is_verified(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with hub_in(tmp_path):
        pass
    torn = f"line {len((tmp_path / 'anchors.log').read_text().splitlines()) + 1} is damaged"
    with (tmp_path / "anchors.log").open("a", encoding="ascii") as file:
        file.write("2026-11-23T03:12:00Z 7 0a1b")
    with caplog.at_level(logging.ERROR):
        async with hub_in(tmp_path) as desk:
            assert desk.hub.audit_watch.flaw is None
    assert [torn in record.message for record in caplog.records] == [True]
    found = verified(tmp_path)
    assert found.exit_code == 1
    for words in (f"anchors.log: {torn}", "Otherwise all is good", "anchored up to record"):
        assert words in found.stderr
    sql(tmp_path, "UPDATE audit SET record = record || ' ' WHERE n = 2")
    assert "FLAW at record 2" in verified(tmp_path).stderr
