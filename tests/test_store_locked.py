"""A store that another program holds: senders hear it in plain words, and the next one is accepted."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, StatementError

from gateway.store import sqlite
from tests.hubs import hub_in

PATIENCE_MS = 20


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """As a viewer that has begun to write, or a copy with a lock."""
    other = sqlite.driver().module.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def test_a_sender_is_told_to_close_what_holds_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", PATIENCE_MS)
    alert = {"to": ["vagt"], "precedence": "routine", "headline": "Prøve"}
    async with hub_in(tmp_path) as desk:
        for _ in range(2):  # the first finds a session, the second has to open one
            with held(tmp_path / "var" / "bavn.db"):
                status, problem = await desk.ask("POST", "/alerts", json=alert)
            assert (status, problem["detail"]) == (
                503,
                "another program holds the store (database is locked), so nothing was accepted: "
                "close what has the store open, as a backup or a viewer, and send it again",
            )
        assert (await desk.ask("POST", "/alerts", json=alert))[0] == 202


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DBAPIError("SELECT secret", {}, Exception("database is locked")), "another program holds the store"),
        (DBAPIError("SELECT secret", {}, Exception("database or disk is full")), "make room on the disk"),
        (DBAPIError("SELECT secret", {}, Exception("disk I/O error")), "did not confirm (disk I/O error)"),
        (StatementError("SELECT secret", "SELECT secret", {}, None), "did not confirm (StatementError)"),
        (OSError("disk I/O error"), "did not confirm (disk I/O error)"),
    ],
)
def test_what_failed_in_the_database_is_said_without_its_statement(error: Exception, said: str) -> None:
    failure = sqlite.failure(error)
    assert said in failure.reason
    assert "secret" not in failure.reason
    assert "sqlalche.me" not in failure.reason
