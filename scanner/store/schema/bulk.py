"""Many rows in and out: executemany or COPY (four times as fast as INSERT), and streamed reads.

Values are converted a column at a time (types.py): a call for each would cost more than storing it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Dialect, Insert, Select, Table, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import NULLTYPE

from scanner.store.schema.types import ColumnType

BATCH = 2_000
"""Rows fetched or converted at a time."""
LONGEST_COPY = 25_000
"""Rows of one COPY: the server keeps them until its end, for the triggers."""


def _nothing() -> None:
    """What there is to do meanwhile, if nothing is."""


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Iterable[Sequence[Any]],
    meanwhile: Callable[[], None] = _nothing,
) -> None:
    """Insert `rows` into `table` in the running transaction.

    rows: values in the order of the table's columns, every column given; Python values as its
        types take them. Read once, streamed.
    meanwhile: work of ours that is done while PostgreSQL stores what it was sent. Called once.
    """
    converted = _converted(rows, [column.type for column in table.columns], connection.dialect)
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(table.columns))
            statement = f"INSERT INTO {_target(connection, table)} VALUES ({marks})"  # noqa: S608 - names of tables.py
            for batch in converted:
                cursor.executemany(statement, batch)
            meanwhile()
        else:
            with cursor.copy(f"COPY {_target(connection, table)} FROM STDIN") as copy:
                for row in chain.from_iterable(converted):
                    copy.write_row(row)
                meanwhile()
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
        if self._connection.dialect.name == "sqlite":
            insert_rows(self._connection, table, rows)
            return
        if table is not self._table or self._copied >= LONGEST_COPY:
            self._begin(table)
        kinds = [column.type for column in table.columns]
        for row in chain.from_iterable(_converted(rows, kinds, self._connection.dialect)):
            self._copy.write_row(row)
        self._copied += len(rows)

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
    return postgresql.insert(table).on_conflict_do_nothing()


def _converted(
    rows: Iterable[Sequence[Any]], kinds: Sequence[Any], dialect: Dialect
) -> Iterator[Iterable[tuple[Any, ...]]]:
    """Batches of rows as the database stores them. Raises ValueError for a row of another width."""
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        columns = zip(kinds, zip(*batch, strict=True), strict=True)
        yield zip(*(_stored(kind, values, dialect) for kind, values in columns), strict=True)


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
