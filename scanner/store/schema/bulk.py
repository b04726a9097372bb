"""Many rows in and out: executemany or COPY (four times as fast as INSERT), and streamed reads.

Values are converted a column at a time (types.py), and PostgreSQL is sent the text of many rows at
once: a call for each value or row would cost more than storing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from itertools import chain, islice, repeat
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Dialect, Insert, Select, Table, type_coerce
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import NULLTYPE

from scanner.snapshots.columns import Columns
from scanner.store.schema.types import ColumnType

BATCH = 2_000
"""Rows fetched at a time."""
SENT = 1_000
"""Rows converted and sent at a time: as many as PostgreSQL collects before it stores them (COPY),
so that it works while the next are converted, or what else there is to do is done."""
TOGETHER = (250, 100, 50)
"""Rows of one INSERT on SQLite, the most that have no more than PARAMETERS."""
PARAMETERS = 999
"""Values that every SQLite takes in a statement; fifty rows of 17 columns have fewer."""
LONGEST_COPY = 25_000
"""Rows of one COPY: the server keeps them until its end, for the triggers."""


def insert_rows(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` into `table` in the running transaction.

    rows: values in the order of the table's columns, every column given; Python values as its
        types take them. Read once, streamed.
    """
    insert_columns(connection, table, _by_column(rows))


def insert_columns(connection: Connection, table: Table, batches: Iterable[Columns]) -> None:
    """Insert rows that are given by column, in the running transaction.

    batches: values as `insert_rows` takes them, SENT rows or fewer in each. The next is asked for
        when one is sent: what is done until it comes is done while PostgreSQL stores.
    """
    kinds = [column.type for column in table.columns]
    converted = (_stored_columns(kinds, batch, connection.dialect) for batch in batches if batch[0])
    cursor: Any = connection.connection.cursor()
    target = _target(connection, table)
    try:
        if connection.dialect.name == "sqlite":
            for columns in converted:
                _into_sqlite(cursor, target, columns)
        else:
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                for columns in converted:
                    copy.write(copy_text(columns))
    finally:
        cursor.close()


class Loading:
    """Rows of several tables in the running transaction, a batch at a time; a context manager.

    PostgreSQL stores the rows of a batch while the next one is made: a COPY stays open until rows
    of another table come, until LONGEST_COPY, or until the end. Nothing else may be asked of the
    connection before the end.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._open = ExitStack()
        self._table: Table | None = None
        self._copy: Any = None
        self._copied = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def add(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows to a table: values as `insert_rows` takes them."""
        for columns in _by_column(rows):
            self.add_columns(table, columns)

    def add_columns(self, table: Table, columns: Columns) -> None:
        """Add rows that are given by column: values as `insert_columns` takes them."""
        if self._connection.dialect.name == "sqlite":
            insert_columns(self._connection, table, [columns])
            return
        if table is not self._table or self._copied >= LONGEST_COPY:
            self._begin(table)
        kinds = [column.type for column in table.columns]
        self._copy.write(copy_text(_stored_columns(kinds, columns, self._connection.dialect)))
        self._copied += len(columns[0])

    def _begin(self, table: Table) -> None:
        self._open.close()
        cursor: Any = self._connection.connection.cursor()
        self._open.callback(cursor.close)
        statement = f"COPY {_target(self._connection, table)} FROM STDIN"
        self._copy = self._open.enter_context(cursor.copy(statement))
        self._table, self._copied = table, 0


def _target(connection: Connection, table: Table) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(table.name)} ({', '.join(quote(column.name) for column in table.columns)})"


def streamed(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """Rows of a query, fetched a batch at a time; what is open is closed when the reader stops."""
    result = connection.execute(query, execution_options={"yield_per": BATCH})
    try:
        yield from result
    finally:
        result.close()


class Plain:
    """A query whose rows are plain tuples: made once, asked as often as wanted.

    What SQLAlchemy makes of a query costs more than the answer where few rows are asked for, so
    pages keep theirs; what differs from one question to the next is a `bindparam`.
    """

    def __init__(self, query: Select[Any]) -> None:
        wanted = query.selected_columns
        self._kinds = [column.type for column in wanted]
        plain = (type_coerce(column, NULLTYPE).label(f"c{n}") for n, column in enumerate(wanted))
        self._raw = query.with_only_columns(*plain, maintain_column_froms=True)

    def values(
        self, connection: Connection, given: Mapping[str, object] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """The rows, fetched a batch at a time. given: values of the query's parameters."""
        result = connection.execute(self._raw, given, execution_options={"yield_per": BATCH})
        try:
            for batch in result.partitions():
                columns = zip(self._kinds, zip(*batch, strict=True), strict=True)
                yield from zip(
                    *(_loaded(kind, column, connection.dialect) for kind, column in columns),
                    strict=True,
                )
        finally:
            result.close()


def values(connection: Connection, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """Like `streamed`, but plain tuples, and far quicker where there are many rows."""
    return Plain(query).values(connection)


def insert_new(connection: Connection, table: Table) -> Insert:
    """An INSERT that leaves rows alone whose key is there already."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - slow to load, needed there only

    return postgresql.insert(table).on_conflict_do_nothing()


def _into_sqlite(cursor: Any, target: str, columns: Columns) -> None:  # noqa: ANN401
    """Rows into SQLite, many in a statement: a call for each costs more than storing it."""
    same = list(map(_is_same, columns))
    fixed = [values[0] for values, one in zip(columns, same, strict=True) if one]
    varying = [values for values, one in zip(columns, same, strict=True) if not one]
    number = iter(range(1, len(columns) + 1))
    chosen = ", ".join("?" if one else f"column{next(number)}" for one in same)
    many = f"INSERT INTO {target} SELECT {chosen} FROM (VALUES "  # noqa: S608 - names of tables.py
    count, done = len(columns[0]), 0
    for together in TOGETHER if varying else ():
        if len(fixed) + together * len(varying) > PARAMETERS or together > count - done:
            continue
        rows = ", ".join([_marks(len(varying))] * together)
        for first in range(done, count - together + 1, together):
            cut = (values[first : first + together] for values in varying)
            cursor.execute(f"{many}{rows})", [*fixed, *chain.from_iterable(zip(*cut, strict=True))])
            done += together
    if done < count:
        rest = zip(*(values[done:] for values in columns), strict=True)
        cursor.executemany(f"INSERT INTO {target} VALUES {_marks(len(columns))}", rest)  # noqa: S608


def _marks(count: int) -> str:
    return f"({', '.join('?' * count)})"


def _is_same(values: Sequence[Any]) -> bool:
    """Whether a column says the same all down, as most columns of a chunk's results do."""
    return bool(values[0] == values[-1]) and values.count(values[0]) == len(values)


def copy_text(columns: Columns) -> str:
    """Rows as COPY reads them (PostgreSQL, COPY: text format). Raises TypeError and ValueError."""
    count, line, parts = len(columns[0]), "", list[Iterable[str]]()
    for values in columns:
        if _is_same(values):
            line += _text(values[0]) + "\t"
        else:
            parts += repeat(line, count), _texts(values)
            line = "\t"
    parts.append(repeat(line[:-1] + "\n", count))
    return "".join(chain.from_iterable(zip(*parts, strict=True)))


_SPECIAL = "\\\n\r\t"
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


def _texts(values: Sequence[Any]) -> Sequence[str]:
    """A column's values as COPY reads them."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return list(map(str, values))
    if kinds == {str}:
        together = "".join(values)
        if not any(special in together for special in _SPECIAL):
            return values  # one search through all of it: next to no text needs an escape
    return [_text(value) for value in values]


def _text(value: object) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return str(value).translate(_ESCAPES)
    if isinstance(value, int | datetime):
        return str(value)
    raise TypeError(f"no text of {type(value).__name__} is stored")


def _by_column(rows: Iterable[Sequence[Any]]) -> Iterator[Columns]:
    """Rows by column, a batch at a time. Raises ValueError where one is longer than another."""
    remaining = iter(rows)
    while batch := list(islice(remaining, SENT)):
        yield list(zip(*batch, strict=True))


def _stored_columns(kinds: Sequence[Any], columns: Columns, dialect: Dialect) -> Columns:
    """Columns as the database stores them. Raises ValueError for another number or length."""
    if len(set(map(len, columns))) != 1:
        raise ValueError("columns of different lengths")
    return [_stored(kind, values, dialect) for kind, values in zip(kinds, columns, strict=True)]


def _stored(kind: Any, values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:  # noqa: ANN401
    """A column's values as the database stores them. kind: a type of SQLAlchemy's."""
    if isinstance(kind, ColumnType):
        return kind.store_column(values, dialect)
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return values if convert is None else list(map(convert, values))


def _loaded(kind: Any, values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:  # noqa: ANN401
    """A column's values as Python has them."""
    if isinstance(kind, ColumnType):
        return kind.load_column(values, dialect)
    convert = kind.dialect_impl(dialect).result_processor(dialect, None)
    return values if convert is None else list(map(convert, values))
