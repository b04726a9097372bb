"""Any table with a header: columns by their usual names, or as the user names them.

Amounts are whole coins, unless a column's name, a column of decimals or the user says otherwise. A
list in which nothing names a coin names wallets: each stands for its network's own coin. Every
column is accounted for; one that is not understood is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from scanner.errors import ListFormatError, clip
from scanner.files.interface import read_up_to
from scanner.lists.blocks import TableBlock, with_days
from scanner.lists.columns import Columns, find_columns, header_names
from scanner.lists.cutter import cut
from scanner.lists.heading import Heading, account_for_columns, account_for_titles, find_heading
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions
from scanner.lists.layout import TableLayout, check_unit
from scanner.lists.marks import MarkWatch
from scanner.model.claim import Unit
from scanner.model.registry import Registry

_HEADER = 65_536
"""Bytes within which the header must end."""

_LONGEST_PLACE = 4_000  # of an address that is looked through


class GenericCsv:
    """Reads a table with an address column."""

    name = "csv"

    def recognises(self, head: bytes, options: ReadOptions, registry: Registry) -> bool:
        """Whether a line is a header with an address in it, and something to know it by."""
        heading = find_heading(head, options.columns, registry)
        if heading is None:
            return False
        if options.columns.keys() - {"ignore", "unit", "decimal"}:
            return True
        try:
            columns = find_columns(heading.line.cells, "", 0, options.columns, registry)
        except ListFormatError:
            return True  # it says what is wrong
        known_by = {"coin", "network", "contract"} & header_names(heading.line.cells)
        return bool(known_by or columns.wide or columns.coin or options.network or options.asset)

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Blocks of rows after the header. Raises ListFormatError."""
        start = read_up_to(stream, _HEADER)
        heading = find_heading(start, options.columns, registry)
        if heading is None:
            raise ListFormatError(options.file, "it has no header that names an address column")
        line = heading.line
        columns = find_columns(line.cells, options.file, line.number, options.columns, registry)
        _check(columns, options, heading)
        table = table_layout(columns, options, registry, heading, layout)
        watch = MarkWatch(table, layout.accounting, layout.marks)
        for piece in cut(stream, line.next_number, start[line.end :], delimiter=heading.delimiter):
            yield TableBlock(with_days(watch.look(piece.data), piece, layout.days), piece)


def table_layout(
    columns: Columns, options: ReadOptions, registry: Registry, heading: Heading, layout: Layout
) -> TableLayout:
    """How rows of a table are read, with every column and title accounted for in `layout`."""
    said = options.columns
    check_unit(columns, said, options.file, heading.line.number)
    asset = options.asset
    if columns.coin and "coin" not in columns.fields:
        asset = columns.coin
    named = bool({"coin", "contract"} & columns.fields or asset or columns.wide)
    accounting = layout.accounting
    account_for_titles(accounting, heading.titles, registry, said.get("ignore", ""), coin=named)
    blank = account_for_columns(accounting, heading, columns, coin_named=named, watched=True)
    fields = columns.fields | ({"amount"} if columns.wide else set())
    layout.variant = "columns " + ", ".join(sorted(fields))
    if heading.delimiter != ",":
        layout.notes["delimiter"] = {"\t": "tab"}.get(heading.delimiter, heading.delimiter)
    table = TableLayout.of(columns, False, options.network, asset, said, heading.delimiter)
    layout.unit = "" if table.unit_said or "amount" not in fields else Unit.COIN
    if "signature1" in columns.fields and not {"message", "signed_hex"} & set(columns.fields):
        table = _without_signatures(table)
        remedy = (
            "nothing gives the signed text, so no signature is checked: use --columns message=.."
        )
        accounting.unknown("signatures", remedy)
    layout.native_assumed = not named
    # A column of decimals is there for tokens: which ones, nothing says.
    native = not (accounting.unknown_parts or "decimals" in columns.fields)
    told = coins_named(options, registry)
    return replace(table, native=native, named=told, blank=blank)


def _without_signatures(table: TableLayout) -> TableLayout:
    places = tuple(place for place in table.places if not place[0].startswith("signature"))
    return replace(table, places=places)


def coins_named(options: ReadOptions, registry: Registry) -> frozenset[str]:
    """Assets that words of the name of a file, sheet or folder, or of an address, are names of."""
    text = f"{options.file} {options.around[:_LONGEST_PLACE]}"
    words = {word for word in re.findall(r"[^\W_]+", text) if len(word) > 2}
    return frozenset(a for word in words if (a := registry.asset_named(word)))


def _check(columns: Columns, options: ReadOptions, heading: Heading) -> None:
    line = heading.line
    if "address" not in columns.fields:
        names = clip(", ".join(line.cells), 200)
        what = f"no address column among {names}: name it with --columns address=.."
        raise ListFormatError(options.file, what, line.number)
    if {"amount", "base_units"} <= columns.fields:
        what = "both amount and base_units are mapped: choose one"
        raise ListFormatError(options.file, what, line.number)
    known_by = {"coin", "network", "contract"} & columns.fields
    if not (known_by or options.network or options.asset or columns.wide or columns.coin):
        what = "no coin and no network column: use --network, or name a column with --columns"
        raise ListFormatError(options.file, what, line.number)
