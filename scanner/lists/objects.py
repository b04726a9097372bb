"""JSON objects as table rows: keys are column names, nested keys are joined with dots."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from scanner.errors import ListFormatError, clip
from scanner.lists.columns import Columns, find_columns, header_names, normal
from scanner.lists.interface import ReadOptions
from scanner.lists.rows import RowParser, TableLayout, parser_for
from scanner.model.claim import Row, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry

MAX_KEYS = 64
"""Keys of the largest object taken for a row."""

_Options = tuple[tuple[tuple[str, str], ...], str, str]


class ObjectRows:
    """Turns flat objects into rows; each object is read by its own keys."""

    def __init__(self, registry: Registry, options: ReadOptions) -> None:
        self._registry, self._file = registry, options.file
        self._options: _Options = (
            tuple(sorted(options.columns.items())),
            options.network,
            options.asset,
        )

    def names_address(self, keys: Mapping[str, str]) -> bool:
        """Whether one of the keys is the address."""
        chosen = dict(self._options[0]).get("address")
        if chosen is not None:
            return normal(chosen) in map(normal, keys)
        return "address" in header_names([*keys, *(key.rpartition(".")[2] for key in keys)])

    def row(self, found: Mapping[str, str], number: int) -> Row:
        """One object as a claim or an unreadable row.

        found: key -> scalar as text, exactly as written. number: line or object number, from 1.
        """
        shown = clip(str(dict(found)), 200)
        if len(found) > MAX_KEYS:
            reason = f"an object of {len(found)} keys is no row"
            return UnreadableRow(number, 0, FindingKind.BAD_ROW, reason, shown)
        try:
            parser = _parser(tuple(found), self._options, self._registry)
        except ListFormatError as e:
            return UnreadableRow(number, 0, FindingKind.BAD_ROW, e.what, shown)
        made = parser.row(list(found.values()), number, shown)
        if made is None:
            return UnreadableRow(number, 0, FindingKind.BAD_ROW, "an object of blanks", shown)
        return made


@lru_cache(maxsize=256)
def _parser(keys: tuple[str, ...], options: _Options, registry: Registry) -> RowParser:
    """The parser for objects with just these keys. Raises ListFormatError if they are no row."""
    chosen, network, asset = dict(options[0]), options[1], options[2]
    present = {normal(key) for key in keys}
    here = {field: name for field, name in chosen.items() if normal(name) in present}
    columns = find_columns(_last_names(keys, here), "", 0, here)
    # A field the user named a key for comes from that key or not at all.
    at = {f: i for f, i in columns.at.items() if f in here or f not in chosen}
    if "address" not in at:
        raise ListFormatError("", f"no address among {clip(', '.join(keys), 100)}")
    if {"amount", "base_units"} <= at.keys():
        raise ListFormatError("", "amount and base units both, which may contradict each other")
    columns = Columns(at, len(keys), columns.ignored)
    return parser_for(TableLayout.of(columns, network=network, asset=asset), registry)


def _last_names(keys: tuple[str, ...], chosen: Mapping[str, str]) -> list[str]:
    """Column names for keys: the whole dotted name where it or the user says so, else its end."""
    wanted = {normal(name) for name in chosen.values()}
    direct = header_names(key for key in keys if "." not in key)
    names = []
    for key in keys:
        end = key.rpartition(".")[2]
        means = header_names([end])
        if normal(key) in wanted or "." not in key or means <= direct:
            names.append(key)
        else:
            names.append(end)
    return names


def scalar_text(value: object) -> str:
    """A JSON scalar as text, numbers in plain digits; "" for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        # 1e400 and 1e999999999 are refused as amounts; written out, the latter would fill memory.
        if isinstance(exponent, int) and -100 <= exponent <= 0:
            return format(value, "f")
    return str(value)
