"""The hot statements: Core's, compiled once, with plain tuples straight to the driver.

Accepting runs at thousands a second, and most of what SQLAlchemy does for a row is to find out again what it found
out for the row before. The statements are still written in Core, so a second dialect gets its own words for them.
The driver's plain values come back: 0 and 1 for a Boolean.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, bindparam, column, values
from sqlalchemy.sql.expression import Executable

from gateway.store.sqlite import executed

_PREFIX = "b_"  # Core keeps the bare column names for itself
_MOST, _USUAL = 64, 32  # rows in one statement; a usual group is one statement a table
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)  # a list of keys is padded to one of these


class _Compiled:
    """A statement compiled for the dialect that it is first used with."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self.sql = ""
        self.order: tuple[str, ...] = ()
        self._row: Any = None
        self.fixed: dict[str, Any] = {}  # what the statement itself says, such as OFFSET 0

    def prepare(self, connection: Connection) -> "_Compiled":
        if not self.sql:
            compiled: Any = self._statement.compile(dialect=connection.dialect)  # type: ignore[attr-defined]
            self.sql = str(compiled)
            self.order = tuple(compiled.positiontup or ())
            self.fixed = {name: value for name, value in compiled.params.items() if value is not None}
        return self

    def read(self, connection: Connection, values: Sequence[Any]) -> list[Any]:
        """The rows as named tuples."""
        cursor = executed(connection, self.sql, values)
        if self._row is None:
            self._row = namedtuple("Row", [name for name, *_ in cursor.description])  # type: ignore[misc]
        rows = list(map(self._row._make, cursor.fetchall()))
        cursor.close()
        return rows


class Rows:
    """Inserts or updates many rows, some at a time in one statement.

    The driver gives up the interpreter lock at every step of a statement and has to win it back from a busy event
    loop. One statement of sixteen rows is one step; sixteen statements are sixteen waits.
    """

    def __init__(self, names: Sequence[str], make: Callable[[int], Executable]) -> None:
        self._names = tuple(names)
        self._make = make
        self._by_size: dict[int, str] = {}

    def write(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes the rows; each is a mapping with every column of the statement."""
        start = 0
        while start < len(rows):
            left = len(rows) - start
            size = _MOST if left >= _MOST else min(left, _USUAL)
            self._execute(connection, rows[start : start + size], size=size)
            start += size

    def _execute(self, connection: Connection, rows: Sequence[Mapping[str, Any]], *, size: int) -> None:
        values = [row[name] for row in rows for name in self._names]
        executed(connection, self._sql(connection, size), values).close()

    def _sql(self, connection: Connection, size: int) -> str:
        """For so many rows. Core takes 5 ms for thirty, so its words for one are drawn out, where two are so too."""
        if size not in self._by_size:
            one, two = (self._by_size.get(n) or self._composed(connection, n) for n in (1, 2))
            self._by_size |= {1: one, 2: two}
            row = f"({', '.join('?' * len(self._names))})"
            plain = one.count(row) == 1 and two == one.replace(row, f"{row}, {row}")
            self._by_size[size] = (
                one.replace(row, ", ".join([row] * size)) if plain else self._composed(connection, size)
            )
        return self._by_size[size]

    def _composed(self, connection: Connection, size: int) -> str:
        """By Core."""
        return _Compiled(self._make(size)).prepare(connection).sql


def _parameters(names: Sequence[str], row: int) -> dict[str, Any]:
    return {name: bindparam(f"{_PREFIX}{row}_{name}") for name in names}


def inserting(table: Table, *columns: str) -> Rows:
    """INSERT of these columns, by default all of the table."""
    names = columns or tuple(column.name for column in table.columns)
    return Rows(names, lambda size: table.insert().values([_parameters(names, row) for row in range(size)]))


def updating(table: Table, *columns: str) -> Rows:
    """UPDATE of these columns of the rows whose id is the row's `id`."""
    names = ("id", *columns)

    def make(size: int) -> Executable:
        types = [column(name, table.c[name].type) for name in names]
        new = values(*types, name="new").data(
            [tuple(_parameters(names, row).values()) for row in range(size)]
        )
        rows = new.cte("new")
        return table.update().where(table.c.id == rows.c.id).values({name: rows.c[name] for name in columns})

    return Rows(names, make)


class Query:
    """A SELECT with named parameters (`bindparam`), given by the same names to `read`."""

    def __init__(self, query: "Select[Any]") -> None:
        self._compiled = _Compiled(query)

    def read(self, connection: Connection, **parameters: Any) -> list[Any]:
        ready = self._compiled.prepare(connection)
        given = ready.fixed | parameters
        return ready.read(connection, [given[name] for name in ready.order])


class ByKey:
    """Selects the rows whose column is one of many keys."""

    def __init__(self, query: "Select[Any]", column: "Column[Any]") -> None:
        self._query, self._column = query, column
        self._by_size: dict[int, _Compiled] = {}

    def read(self, connection: Connection, keys: Iterable[Any]) -> list[Any]:
        """The rows, in the query's order for up to 512 keys, in batches beyond."""
        left, found = list(dict.fromkeys(keys)), list[Any]()
        while left:
            batch, left = left[: _SIZES[-1]], left[_SIZES[-1] :]
            size = next(size for size in _SIZES if size >= len(batch))
            padded = (*batch, *(batch[-1:] * (size - len(batch))))
            found += self._of(size).prepare(connection).read(connection, padded)
        return found

    def _of(self, size: int) -> _Compiled:
        if size not in self._by_size:
            among = self._column.in_([bindparam(f"{_PREFIX}{number}") for number in range(size)])
            self._by_size[size] = _Compiled(self._query.where(among))
        return self._by_size[size]
