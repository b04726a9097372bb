"""Rows as canonical lines of JSON, made from the tables: what is hashed, in any language again.

A row is one line: an object of its columns by name, sorted, without spaces, in UTF-8, ended by a
newline. Amounts are decimal text, times ISO 8601 in UTC with microseconds, lists of text are lists,
bytes are the hex of their sha256.
A column that is NULL, or that says what its default says, is left out: so a column that a later
program adds changes no line that was hashed before it came. A line with a text that UTF-8 cannot
say (half of a surrogate pair) is written in ASCII with escapes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import DefaultClause, Table

from scanner.store.schema.types import Natural

Line = bytes


@cache
def _columns(table: Table) -> tuple[tuple[str, Callable[[Any], Any] | None, object], ...]:
    """Name, conversion and default of each column."""
    return tuple(
        (
            column.name,
            str if isinstance(column.type, Natural) else None,
            _default(column.server_default),
        )
        for column in table.columns
    )


def _default(given: object) -> object:
    return str(given.arg) if isinstance(given, DefaultClause) else None


def line(table: Table, values: Sequence[Any], without: str = "") -> Line:
    """A row as a line. values: in the order of the table's columns. without: a column's name."""
    found: dict[str, Any] = {}
    for (name, convert, default), value in zip(_columns(table), values, strict=True):
        if value is None or name == without:
            continue
        if convert is not None:
            found[name] = convert(value)
        elif isinstance(value, bytes | memoryview):
            found[name] = sha256(value).hexdigest()
        elif isinstance(value, datetime):
            found[name] = value.astimezone(UTC).isoformat(timespec="microseconds")
        elif default is None or str(value) != default:
            found[name] = value
    return dumps(found)


def dumps(value: object) -> Line:
    """A JSON value as a canonical line."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) + b"\n"
    except TypeError:  # a lone surrogate, or a number of more than 64 bits
        text = json.dumps(value, separators=(",", ":"), sort_keys=True)
        return text.encode() + b"\n"


def digest(lines: Iterable[Line]) -> str:
    """sha256 over lines, in hex."""
    made = sha256()
    for each in lines:
        made.update(each)
    return made.hexdigest()


class Content:
    """The hash of a list's rows while it is read: each kind by itself, then all together."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self._hashes = {table.name: sha256() for table in tables}

    def add(self, table: Table, values: Sequence[Any]) -> None:
        """Add a row. values: in the order of the table's columns, the list's id left out of it."""
        self._hashes[table.name].update(line(table, values, without="list_id"))

    def digest(self) -> str:
        """sha256 over the line of an object: table -> sha256 of its lines, in hex."""
        found: Mapping[str, str] = {name: made.hexdigest() for name, made in self._hashes.items()}
        return digest([dumps(found)])


def with_findings(content: str, findings: Sequence[Line]) -> str:
    """The hash of rows and of what is said of the list they are: the rows' own if nothing is.

    The same rows may be understood in part, or wholly by what a user says of a column.
    """
    return digest([dumps({"findings": digest(findings), "rows": content})]) if findings else content
