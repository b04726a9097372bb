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
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import DefaultClause, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from scanner.snapshots.columns import Columns
from scanner.store.schema.types import Natural, UtcTime

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

Line = bytes


Convert = Callable[[Any], Any]


class _Plan(NamedTuple):
    """How a table's rows become objects: (name, place) of columns taken as they are, and the rest.

    others: name, place, conversion, and the default that is left out.
    """

    width: int
    plain: tuple[tuple[str, int], ...]
    others: tuple[tuple[str, int, Convert, object], ...]


@cache
def _plan(table: Table, without: str) -> _Plan:
    plain: list[tuple[str, int]] = []
    others: list[tuple[str, int, Convert, object]] = []
    for place, column in enumerate(table.columns):
        name = str(column.name)  # a subclass of str, which orjson refuses as a key
        convert, default = _conversion(column.type), _default(column.server_default)
        if name == without:
            continue
        if convert is None and default is None:
            plain.append((name, place))
        else:
            others.append((name, place, convert or _as_it_is, default))
    return _Plan(len(table.columns), tuple(plain), tuple(others))


def _conversion(kind: TypeEngine[Any]) -> Convert | None:
    if isinstance(kind, Natural):
        return str
    if isinstance(kind, LargeBinary):
        return _hashed
    return _moment if isinstance(kind, UtcTime) else None


def _hashed(value: bytes) -> str:
    return sha256(value).hexdigest()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _as_it_is(value: object) -> object:
    return value


def _default(given: object) -> object:
    return str(given.arg) if isinstance(given, DefaultClause) else None


def line(table: Table, values: Sequence[Any], without: str = "") -> Line:
    """A row as a line. values: in the order of the table's columns. without: a column's name.

    Raises ValueError for a row of another width.
    """
    width, plain, others = _plan(table, without)
    if len(values) != width:
        raise ValueError(f"a row of {table.name} has {width} values, not {len(values)}")
    found = {name: value for name, place in plain if (value := values[place]) is not None}
    for name, place, convert, default in others:
        value = values[place]
        if value is not None and (default is None or str(value) != default):
            found[name] = convert(value)
    return dumps(found)


def hashed(made: Hash, table: Table, columns: Columns, without: str = "") -> Hash:
    """A hash with the `line` of each of many rows, given by column, added to it: far quicker.

    made: may be changed. Raises ValueError for rows of another width, or columns of different
    lengths.
    """
    before = made.copy()
    found = map(orjson.dumps, _objects(table, columns, without), repeat(None), repeat(_ENDED))
    try:  # one by one: a thousand of them at once would be had from the system each time
        deque(map(made.update, found), 0)
    except TypeError:  # one of them: a lone surrogate, or a number of more than 64 bits
        made = before
        deque(map(made.update, map(dumps, _objects(table, columns, without))), 0)
    return made


_ENDED: Final = orjson.OPT_APPEND_NEWLINE


def _objects(table: Table, columns: Columns, without: str) -> Iterator[dict[str, Any]]:
    """What each row's line says, by name, sorted."""
    width, plain, others = _plan(table, without)
    if len(columns) != width:
        raise ValueError(f"a row of {table.name} has {width} values, not {len(columns)}")
    kept: list[tuple[str, Sequence[Any], Collection[int]]] = []
    for name, place in plain:
        kept.append((name, columns[place], _left_out(columns[place], None)))
    for name, place, convert, default in others:
        values = [None if value is None else convert(value) for value in columns[place]]
        kept.append((name, values, _left_out(columns[place], default)))
    kept.sort(key=itemgetter(0))
    said = [(name, values) for name, values, gone in kept if len(gone) < len(values)]
    rows = zip(*(values for _, values in said), strict=True)
    found = map(dict, map(zip, repeat([name for name, _ in said]), rows))
    some = [(name, gone) for name, values, gone in kept if 0 < len(gone) < len(values)]
    return _without(found, some) if some else found


def _without(
    rows: Iterable[dict[str, Any]], gone: Sequence[tuple[str, Collection[int]]]
) -> Iterator[dict[str, Any]]:
    """Rows without the names that are not said of them. gone: a name, and places of rows."""
    for at, row in enumerate(rows):
        for name, places in gone:
            if at in places:
                del row[name]
        yield row


def _left_out(values: Sequence[Any], default: object) -> Collection[int]:
    """Places in a column of what a line does not say: NULL, and what its default says."""
    if default is None:
        return {at for at, value in enumerate(values) if value is None} if None in values else ()
    return {at for at, value in enumerate(values) if value is None or str(value) == default}


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

    def add_columns(self, table: Table, columns: Columns) -> None:
        """Add rows that are given by column, as `add` adds each."""
        name = str(table.name)
        self._hashes[name] = hashed(self._hashes[name], table, columns, without="list_id")

    def digest(self) -> str:
        """sha256 over the line of an object: table -> sha256 of its lines, in hex."""
        found: Mapping[str, str] = {name: made.hexdigest() for name, made in self._hashes.items()}
        return digest([dumps(found)])


def with_findings(content: str, findings: Sequence[Line]) -> str:
    """The hash of rows and of what is said of the list they are: the rows' own if nothing is.

    The same rows may be understood in part, or wholly by what a user says of a column.
    """
    return digest([dumps({"findings": digest(findings), "rows": content})]) if findings else content
