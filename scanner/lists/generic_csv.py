"""Any CSV with a header: columns by their usual names, or as the user names them.

Amounts are whole coins, unless a column is mapped to `base_units`. A list without a coin column
names wallets: each stands for its network's own coin. Columns that mean nothing to us are noted.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.errors import ListFormatError, clip
from scanner.files.interface import read_up_to
from scanner.lists.columns import Columns, find_columns, header_names, normal
from scanner.lists.cutter import cut
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions
from scanner.lists.preamble import Line, preamble
from scanner.lists.rows import TableBlock, TableLayout
from scanner.model.registry import Registry

_HEADER = 65_536
"""Bytes within which the header must end."""


class GenericCsv:
    """Reads a table with an address column."""

    name = "csv"

    def recognises(self, head: bytes, options: ReadOptions) -> bool:
        """Whether the first line is a header with an address in it, and something to know it by."""
        line = next(preamble(head), None)
        if line is None:
            return False
        if options.columns:
            return normal(options.columns.get("address", "address")) in map(normal, line.cells)
        fields = header_names(line.cells)
        known_by = {"coin", "network"} & fields or options.network or options.asset
        return "address" in fields and bool(known_by)

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Blocks of rows after the header."""
        start = read_up_to(stream, _HEADER)
        line = next(preamble(start), None)
        if line is None:
            raise ListFormatError(options.file, "no header in it")
        columns = find_columns(line.cells, options.file, line.number, options.columns)
        _check(columns, options, line)
        layout.variant = "columns " + ", ".join(sorted(columns.fields))
        if columns.ignored:
            layout.notes["ignored_columns"] = clip(", ".join(columns.ignored), 1000)
        table = TableLayout.of(columns, network=options.network, asset=options.asset)
        for piece in cut(stream, line.next_number, start[line.end :]):
            yield TableBlock(table, piece)


def _check(columns: Columns, options: ReadOptions, line: Line) -> None:
    if "address" not in columns.fields:
        names = clip(", ".join(line.cells), 200)
        what = f"no address column among {names}: name it with --columns address=.."
        raise ListFormatError(options.file, what, line.number)
    if {"amount", "base_units"} <= columns.fields:
        what = "both amount and base_units are mapped: choose one"
        raise ListFormatError(options.file, what, line.number)
    if not {"coin", "network"} & columns.fields and not (options.network or options.asset):
        what = "no coin and no network column: say --network, or name a column with --columns"
        raise ListFormatError(options.file, what, line.number)
