"""Many rows in and out: executemany or COPY (four times as fast as INSERT), and streamed reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, Insert, Select, Table

BATCH = 2_000
"""Rows fetched at a time."""

Convert = Callable[[Any], Any]


def insert_rows(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` into `table` in the running transaction.

    rows: values in the order of the table's columns, every column given; Python values as its
        types take them. Read once, streamed.
    """
    converts = [_convert(connection, column) for column in table.columns]
    steps = [(at, convert) for at, convert in enumerate(converts) if convert is not None]

    def converted(row: Sequence[Any]) -> list[Any]:
        values = list(row)
        for at, convert in steps:
            values[at] = convert(values[at])
        return values

    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in table.columns)
    target = f"{quote(table.name)} ({names})"
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(converts))
            statement = f"INSERT INTO {target} VALUES ({marks})"  # noqa: S608 - names of tables.py
            cursor.executemany(statement, map(converted, rows))
        else:
            _copy(cursor, f"COPY {target} FROM STDIN", map(converted, rows))
    finally:
        cursor.close()


def streamed(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """Rows of a query, fetched a batch at a time; what is open is closed when the reader stops."""
    result = connection.execute(query, execution_options={"yield_per": BATCH})
    try:
        yield from result
    finally:
        result.close()


def insert_new(connection: Connection, table: Table) -> Insert:
    """An INSERT that leaves rows alone whose key is there already."""
    from sqlalchemy.dialects import postgresql, sqlite

    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def _convert(connection: Connection, column: Any) -> Convert | None:  # noqa: ANN401
    implementation = column.type.dialect_impl(connection.dialect)
    processor: Convert | None = implementation.bind_processor(connection.dialect)
    return processor


def _copy(cursor: Any, statement: str, rows: Iterable[Sequence[Any]]) -> None:  # noqa: ANN401
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
