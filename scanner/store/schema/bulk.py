"""Many rows in and out: executemany or COPY (four times as fast as INSERT), and streamed reads.

Values are converted a column at a time (types.py): a call for each would cost more than storing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Select, Table, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import NULLTYPE

from scanner.store.schema.types import ColumnType

BATCH = 2_000
"""Rows fetched or converted at a time."""


def insert_rows(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` into `table` in the running transaction.

    rows: values in the order of the table's columns, every column given; Python values as its
        types take them. Read once, streamed.
    """
    converted = _converted(rows, [column.type for column in table.columns], connection.dialect)
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in table.columns)
    target = f"{quote(table.name)} ({names})"
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(table.columns))
            statement = f"INSERT INTO {target} VALUES ({marks})"  # noqa: S608 - names of tables.py
            for batch in converted:
                cursor.executemany(statement, batch)
        else:
            _copy(cursor, f"COPY {target} FROM STDIN", chain.from_iterable(converted))
    finally:
        cursor.close()


def streamed(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """Rows of a query, fetched a batch at a time; what is open is closed when the reader stops."""
    result = connection.execute(query, execution_options={"yield_per": BATCH})
    try:
        yield from result
    finally:
        result.close()


def values(connection: Connection, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """Like `streamed`, but plain tuples, and far quicker where there are many rows."""
    wanted = query.selected_columns
    kinds = [column.type for column in wanted]
    plain = (type_coerce(column, NULLTYPE).label(f"c{n}") for n, column in enumerate(wanted))
    raw = query.with_only_columns(*plain, maintain_column_froms=True)
    result = connection.execute(raw, execution_options={"yield_per": BATCH})
    try:
        for batch in result.partitions():
            columns = zip(kinds, zip(*batch, strict=True), strict=True)
            yield from zip(
                *(_loaded(kind, column, connection.dialect) for kind, column in columns),
                strict=True,
            )
    finally:
        result.close()


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


def _copy(cursor: Any, statement: str, rows: Iterable[Sequence[Any]]) -> None:  # noqa: ANN401
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
