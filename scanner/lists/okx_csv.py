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
from dataclasses import dataclass, replace

from scanner.errors import ListFormatError, clip
from scanner.files.interface import read_up_to
from scanner.lists.blanks import NULLS
from scanner.lists.blocks import TableBlock
from scanner.lists.columns import Columns, find_columns, header_names
from scanner.lists.cutter import cut
from scanner.lists.generic_csv import table_layout
from scanner.lists.heading import Heading, account_for_columns
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions, ReadyBlock
from scanner.lists.layout import TableLayout
from scanner.lists.marks import MarkWatch
from scanner.lists.preamble import Line, preamble
from scanner.lists.totals import declared_total
from scanner.model.claim import Row, Unit
from scanner.model.finding import Finding, FindingKind
from scanner.model.registry import Registry

PREAMBLE = 262_144
"""Bytes within which the detail part must begin."""

_SIGNED = frozenset({"coin", "address", "message", "signature1"})
_BASE = _SIGNED | {"amount", "signature2", "script"}
_WHOLE = _BASE | {"network", "height"}
_AUDITOR = _SIGNED | {"network"}
_TOTALS = frozenset({"coin", "height", "amount"})
_OWNERS = frozenset({"owner1", "owner2"})


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

    def recognises(self, head: bytes, options: ReadOptions, registry: Registry) -> bool:
        """Whether a header of signed rows comes first in a known layout, or after totals."""
        in_totals = False
        for line in preamble(head):
            if header_names(line.cells) >= _SIGNED:
                return in_totals or _is_known(line.cells)
            if not in_totals and not _is_totals_header(line.cells):
                return False
            in_totals = True
        return False

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Totals first, as one ready block, then blocks of rows. Raises ListFormatError."""
        start = read_up_to(stream, PREAMBLE)
        totals: list[Line] = []
        heading: Columns | None = None
        lines = list(preamble(start))
        for at, line in enumerate(lines):
            if header_names(line.cells) >= _SIGNED:
                found = Heading(",", line, (), tuple(lines[at + 1 : at + 6]))
                table = _table_layout(found, options, registry, layout)
                watch = MarkWatch(table, layout.accounting, layout.marks)
                if heading is not None and totals:
                    layout.accounting.used("lines before the header", "totals of the list")
                    table = watch.look(start)
                    rows = [
                        row for said in totals for row in _total(registry, heading, said, table)
                    ]
                    yield ReadyBlock(rows)
                for piece in cut(stream, line.next_number, start[line.end :]):
                    yield TableBlock(watch.look(piece.data), piece)
                return
            if heading is None:
                heading = find_columns(line.cells, options.file, line.number)
            else:
                totals.append(line)
        what = f"no header of the detail part within the first {PREAMBLE} bytes"
        raise ListFormatError(options.file, what)


def _total(registry: Registry, heading: Columns, line: Line, table: TableLayout) -> Iterator[Row]:
    def cell(field: str) -> str:
        at = heading.at.get(field, -1)
        return line.cells[at] if 0 <= at < len(line.cells) else ""

    total = declared_total(
        registry,
        line.number,
        cell("coin"),
        cell("height"),
        cell("amount"),
        decimal_mark=table.decimal,
        dots_doubted=table.dots_doubted,
    )
    if any(more.strip() for more in line.cells[heading.width :]):
        total = replace(total, amount=None, reason="more fields than its header names")
    yield total
    if total.height is None and cell("height").strip() not in ("", "-", *NULLS):
        reason = f"the height {clip(cell('height'))!r} of a total is not a block number"
        yield Finding(FindingKind.BAD_HEIGHT, f"{reason}; --at says which", total.row)


def _is_totals_header(cells: Sequence[str]) -> bool:
    fields = header_names(cells)
    named = sum(1 for cell in cells if cell.strip())
    return {"coin", "amount"} <= fields <= _TOTALS and named == len(fields)


def _shape_of(columns: Columns) -> _Shape | None:
    if columns.ignored or columns.needless or columns.wide:
        return None
    for shape in _SHAPES:
        if shape.required <= columns.fields <= shape.required | shape.optional:
            return shape
    return None


def _is_known(cells: Sequence[str]) -> bool:
    try:
        return _shape_of(find_columns(cells, "", 0)) is not None
    except ListFormatError:
        return False


def _table_layout(
    heading: Heading, options: ReadOptions, registry: Registry, layout: Layout
) -> TableLayout:
    """A known layout, or any table after totals, with every column accounted for."""
    line, said = heading.line, options.columns
    columns = find_columns(line.cells, options.file, line.number, said, registry)
    shape = _shape_of(columns)
    if shape is None:
        return table_layout(columns, options, registry, heading, layout)
    account_for_columns(layout.accounting, heading, columns, coin_named=True)
    layout.variant = _variant(columns)
    usual = Unit.BASE if shape.unit_is_base else Unit.COIN
    if "amount" in columns.fields and not said.get("unit"):
        # Base units are an old layout's habit, not a word of the file: its totals must agree.
        layout.unit = usual
    base = said.get("unit", usual) == Unit.BASE
    table = TableLayout.of(columns, base, options.network, options.asset, said)
    silent = "network" not in columns.fields
    unit_said = bool(said.get("unit") or shape.unit_is_base)
    return replace(table, any_network=silent, unit_said=unit_said)


def _variant(columns: Columns) -> str:
    auditor = "amount" not in columns.fields
    return f"auditor, {columns.width} columns" if auditor else f"{columns.width} columns"
