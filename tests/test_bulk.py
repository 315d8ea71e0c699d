"""Many rows in one statement: every value ends in its own row and column, whatever the size of the group."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, select

from gateway.store import schema, sqlite
from gateway.store import tables as t
from gateway.store.bulk import ByKey, Query, Rows, inserting, updating

SIZES = [0, 1, 2, 7, 31, 32, 33, 63, 64, 65, 200]


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    engine = sqlite.open_engine(tmp_path / "bavn.db")
    schema.upgrade(engine)
    return engine.connect()


def rows(count: int) -> list[dict[str, object]]:
    return [{"n": n, "record": f"record {n}", "hash": bytes([n % 256])} for n in range(1, count + 1)]


@pytest.mark.parametrize("count", SIZES)
def test_each_row_is_written_once_with_its_own_values(connection: Connection, count: int) -> None:
    inserting(t.audit).write(connection, rows(count))
    found = connection.execute(select(t.audit).order_by(t.audit.c.n)).mappings()
    assert [dict(row) for row in found] == rows(count)


@pytest.mark.parametrize("count", SIZES)
def test_each_row_is_updated_by_its_own_id(connection: Connection, count: int) -> None:
    people = [{"id": f"{n:03}", "person_id": "-", "position": 0, "data": "-"} for n in range(count)]
    inserting(t.contacts).write(connection, people)
    updating(t.contacts, "data", "position").write(
        connection, [{"id": f"{n:03}", "data": f"data {n}", "position": n} for n in range(0, count, 2)]
    )
    found = connection.execute(select(t.contacts.c.data, t.contacts.c.position).order_by(t.contacts.c.id))
    assert [tuple(row) for row in found] == [("-", 0) if n % 2 else (f"data {n}", n) for n in range(count)]


@pytest.mark.parametrize("rows", [inserting(t.attempts), updating(t.attempts, "evidence", "detail")])
@pytest.mark.parametrize("size", [1, 2, 3, 32, 64])
def test_the_words_for_many_rows_are_those_of_core(connection: Connection, rows: Rows, size: int) -> None:
    assert rows._sql(connection, size) == rows._composed(connection, size)


@pytest.mark.parametrize("count", [*SIZES, 513])
def test_rows_are_found_by_many_keys_each_once(connection: Connection, count: int) -> None:
    inserting(t.audit).write(connection, rows(600))
    by_number = ByKey(select(t.audit.c.n, t.audit.c.record), t.audit.c.n)
    found = by_number.read(connection, [*range(1, count + 1), *range(1, count + 1)])
    assert sorted(row.n for row in found) == list(range(1, count + 1))


def test_a_query_takes_its_parameters_by_name(connection: Connection) -> None:
    inserting(t.audit).write(connection, rows(9))
    audit = t.audit.c
    query = Query(
        select(audit.n).where(audit.n > bindparam("after")).order_by(audit.n).limit(bindparam("most"))
    )
    assert [row.n for row in query.read(connection, after=3, most=2)] == [4, 5]
