"""The hot statements: Core's, compiled once, with plain tuples straight to the driver.

Accepting runs at thousands a second, and most of what SQLAlchemy does for a row is to find out again what it found
out for the row before. The statements are still written in Core, so a second dialect gets its own words for them.
The driver's plain values come back: 0 and 1 for a Boolean.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, bindparam
from sqlalchemy.sql.expression import Executable

_PREFIX = "b_"  # Core keeps the bare column names for itself
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # a list of keys is padded to one of these


class _Compiled:
    """A statement compiled for the dialect that it is first used with."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self.sql = ""
        self.order: tuple[str, ...] = ()

    def prepare(self, connection: Connection) -> "_Compiled":
        if not self.sql:
            compiled: Any = self._statement.compile(dialect=connection.dialect)  # type: ignore[attr-defined]
            self.sql = str(compiled)
            self.order = tuple(name.removeprefix(_PREFIX) for name in compiled.positiontup or ())
        return self


class Rows:
    """Inserts or updates many rows. Each row is a mapping with every column of the statement."""

    def __init__(self, statement: Executable) -> None:
        self._compiled = _Compiled(statement)

    def write(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            ready = self._compiled.prepare(connection)
            order = ready.order
            cursor = connection.connection.cursor()
            cursor.executemany(ready.sql, [tuple([row[name] for name in order]) for row in rows])
            cursor.close()


def inserting(table: Table, *columns: str) -> Rows:
    """INSERT of these columns, by default all of the table."""
    names = columns or tuple(column.name for column in table.columns)
    return Rows(table.insert().values({name: bindparam(_PREFIX + name) for name in names}))


def updating(table: Table, *columns: str) -> Rows:
    """UPDATE of these columns of the row whose id is the row's `id`."""
    values: dict[str, Any] = {name: bindparam(_PREFIX + name) for name in columns}
    return Rows(table.update().where(table.c.id == bindparam(_PREFIX + "id")).values(values))


class ByKey:
    """Selects the rows whose column is one of many keys."""

    def __init__(self, query: "Select[Any]", column: "Column[Any]") -> None:
        self._by_size = {
            size: _Compiled(query.where(column.in_([bindparam(f"{_PREFIX}{n}") for n in range(size)])))
            for size in _SIZES
        }

    def read(self, connection: Connection, keys: Iterable[Any]) -> list[Any]:
        """The rows, in the query's order for up to 512 keys, in batches beyond."""
        left, found = list(dict.fromkeys(keys)), list[Any]()
        while left:
            batch, left = left[: _SIZES[-1]], left[_SIZES[-1] :]
            size = next(size for size in _SIZES if size >= len(batch))
            padded = (*batch, *(batch[-1:] * (size - len(batch))))
            found += connection.exec_driver_sql(self._by_size[size].prepare(connection).sql, padded).all()
        return found
