"""OKX's reserve files: a totals block, an empty line, then signed rows; and its auditor's layout.

Layouts, told apart by header names alone (order and case do not matter):

- 7 columns (2022-11 to 2023-05): coin, address, amount in base units, message, two signatures,
  script or key. The coin's name says the network; there are no heights.
- 9 to 12 columns (since 2023): the same with network and snapshot height, amounts in whole coins,
  then up to two owners ("eoa1", "eoa2") and a type.
- auditor: digitalAsset, network, address, signatures, message, key, owners, optional status; no
  amounts and no heights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanner.errors import ListFormatError, clip
from scanner.files.interface import read_up_to
from scanner.lists.columns import Columns, find_columns, header_names
from scanner.lists.cutter import cut
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions, ReadyBlock
from scanner.lists.preamble import Line, preamble
from scanner.lists.rows import TableBlock, TableLayout
from scanner.lists.totals import declared_total
from scanner.model.claim import Row
from scanner.model.registry import Registry

PREAMBLE = 262_144
"""Bytes within which the detail part must begin."""

_SIGNED = frozenset({"coin", "address", "message", "signature1"})
_BASE = _SIGNED | {"amount", "signature2", "script"}
_WHOLE = _BASE | {"network", "height"}
_AUDITOR = _SIGNED | {"network"}
_TOTALS = frozenset({"coin", "height", "amount"})
_OWNERS = frozenset({"owner1", "owner2"})
_REMEDY = "name the columns with --columns (address=..,amount=..) to read it as a plain CSV"


@dataclass(frozen=True, slots=True)
class _Shape:
    """One family of layouts: fields that must be there, and that may be there besides."""

    name: str
    required: frozenset[str]
    optional: frozenset[str]
    unit_is_base: bool = False


_SHAPES = (
    _Shape("base units", _BASE, frozenset(), unit_is_base=True),
    _Shape("whole coins", _WHOLE, _OWNERS | {"row_type"}),
    _Shape("auditor", _AUDITOR, _OWNERS | {"signature2", "script", "status"}),
)


class OkxCsv:
    """Reads every layout of OKX's CSV."""

    name = "okx_csv"

    def recognises(self, head: bytes, options: ReadOptions) -> bool:
        """Whether a header of signed rows comes first, or after totals."""
        in_totals = False
        for line in preamble(head):
            if header_names(line.cells) >= _SIGNED:
                return True
            if not in_totals and not _is_totals_header(line.cells):
                return False
            in_totals = True
        return False

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Totals first, as one ready block, then blocks of rows."""
        start = read_up_to(stream, PREAMBLE)
        totals: list[Row] = []
        heading: Columns | None = None
        for line in preamble(start):
            if header_names(line.cells) >= _SIGNED:
                columns = find_columns(line.cells, options.file, line.number)
                table = _table_layout(columns, options, line.number)
                layout.variant = _variant(columns)
                if totals:
                    yield ReadyBlock(totals)
                for piece in cut(stream, line.next_number, start[line.end :]):
                    yield TableBlock(table, piece)
                return
            if heading is None:
                heading = find_columns(line.cells, options.file, line.number)
            else:
                totals.append(_total(registry, heading, line))
        what = f"no header of the detail part within the first {PREAMBLE} bytes"
        raise ListFormatError(options.file, what)


def _total(registry: Registry, heading: Columns, line: Line) -> Row:
    def cell(field: str) -> str:
        at = heading.at.get(field, -1)
        return line.cells[at] if 0 <= at < len(line.cells) else ""

    return declared_total(registry, line.number, cell("coin"), cell("height"), cell("amount"))


def _is_totals_header(cells: Sequence[str]) -> bool:
    fields = header_names(cells)
    named = sum(1 for cell in cells if cell.strip())
    return {"coin", "amount"} <= fields <= _TOTALS and named == len(fields)


def _table_layout(columns: Columns, options: ReadOptions, line: int) -> TableLayout:
    if columns.ignored:
        names = clip(", ".join(map(repr, columns.ignored)), 200)
        raise ListFormatError(options.file, f"unknown columns {names}: {_REMEDY}", line)
    for shape in _SHAPES:
        if shape.required <= columns.fields <= shape.required | shape.optional:
            return TableLayout.of(columns, shape.unit_is_base, options.network, options.asset)
    names = ", ".join(sorted(columns.fields))
    raise ListFormatError(options.file, f"no known layout has just {names}: {_REMEDY}", line)


def _variant(columns: Columns) -> str:
    auditor = "amount" not in columns.fields
    return f"auditor, {columns.width} columns" if auditor else f"{columns.width} columns"
