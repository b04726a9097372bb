"""Bybit's monthly CSV: one line a coin, with its total and several addresses in one field.

"USDT-Ethereum" is a coin with its network; "USDT(ALL)" is the sum over networks and no row. With
several addresses the amount is that of all together, so it is a declared total and the claims
state none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from scanner.errors import ListFormatError, UnknownAssetError, clip
from scanner.files.interface import read_up_to
from scanner.files.records import RecordError, split_record
from scanner.lists.blocks import parser_for
from scanner.lists.columns import find_columns, header_names
from scanner.lists.cutter import Piece, cut, records
from scanner.lists.heading import Heading, account_for_columns
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions
from scanner.lists.layout import TableLayout
from scanner.lists.marks import MarkWatch
from scanner.lists.preamble import preamble
from scanner.lists.rows import RowParser
from scanner.lists.totals import declared_total
from scanner.model.claim import Claim, DeclaredTotal, Row, Unit, UnreadableRow
from scanner.model.finding import Finding
from scanner.model.registry import Registry

_FIELDS = frozenset({"coin", "height", "amount", "address"})
_HEADER = 65_536


class BybitCsv:
    """Reads Coin, Height, Amount, Address."""

    name = "bybit_csv"

    def recognises(self, head: bytes, options: ReadOptions, registry: Registry) -> bool:
        """Whether the header has just these four columns."""
        line = next(preamble(head), None)
        if line is None:
            return False
        named = sum(1 for cell in line.cells if cell.strip())
        return header_names(line.cells) == _FIELDS and named == len(_FIELDS)

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Blocks of lines after the header. Raises ListFormatError."""
        start = read_up_to(stream, _HEADER)
        header = next(preamble(start), None)
        if header is None or header_names(header.cells) != _FIELDS:
            what = "the first line must name the columns Coin, Height, Amount, Address"
            raise ListFormatError(options.file, what, 1)
        columns = find_columns(header.cells, options.file, header.number)
        layout.variant = "coin, height, amount, addresses"
        layout.unit = Unit.COIN
        rows = tuple(islice(preamble(start), 1, 6))
        heading = Heading(",", header, (), rows)
        account_for_columns(layout.accounting, heading, columns, coin_named=True)
        places = tuple(sorted(columns.at.items()))
        decimal = options.columns.get("decimal", "")
        table = TableLayout(places, columns.width, decimal=decimal)
        watch = MarkWatch(table, layout.accounting, layout.marks)
        for piece in cut(stream, header.next_number, start[header.end :]):
            shown = watch.look(piece.data).comma_shown
            yield BybitBlock(piece, places, columns.width, decimal, shown)


@dataclass(frozen=True, slots=True)
class BybitBlock:
    """Lines of the file with where their columns are. decimal, comma_shown: as in `TableLayout`."""

    piece: Piece
    places: tuple[tuple[str, int], ...]
    width: int
    decimal: str = ""
    comma_shown: bool = False

    def parse(self, registry: Registry) -> Sequence[Row]:
        """A claim for each address, a declared total for each line that is not one address's."""
        lines = _Lines(self, registry)
        if self.piece.too_long:
            return list(lines.plain.parse(self.piece))
        rows: list[Row] = []
        for record in records(self.piece.data, self.piece.first_line):
            rows += lines.rows(record.data, record.line)
        return rows


class _Lines:
    """Parses lines. The network is put into a column of its own, behind those of the file."""

    def __init__(self, block: BybitBlock, registry: Registry) -> None:
        self._registry, self._width = registry, block.width
        self._at = dict(block.places)
        places = (*block.places, ("network", block.width))
        without = tuple(place for place in places if place[0] != "amount")
        table = TableLayout(
            places,
            block.width + 1,
            unit_said=False,
            decimal=block.decimal,
            comma_shown=block.comma_shown,
        )
        self._decimal, self._dots_doubted = table.decimal, table.dots_doubted
        self._one = parser_for(table, registry)
        self._many = parser_for(replace(table, places=without), registry)
        self.plain = parser_for(TableLayout(block.places, block.width), registry)

    def rows(self, data: bytes, line: int) -> list[Row]:
        try:
            text = data.decode()
            cells = split_record(text)
        except (UnicodeDecodeError, RecordError):
            return list(self.plain.parse(Piece(line, 1, data)))  # words the trouble, column and all
        if not any(cell.strip() for cell in cells):
            return []
        if "\0" in text or len(cells) > self._width or len(cells) <= max(self._at.values()):
            return list(self.plain.parse(Piece(line, 1, data)))
        coin = cells[self._at["coin"]].strip()
        height, amount = cells[self._at["height"]], cells[self._at["amount"]]
        addresses = cells[self._at["address"]].split()
        if coin.upper().endswith("(ALL)"):
            return [self._total(line, coin, height, amount)]
        name, label = self._split(coin)
        cells[self._at["coin"]] = name
        cells += [""] * (self._width - len(cells)) + [label]
        parser = self._one if len(addresses) == 1 else self._many
        claims: list[Row] = []
        for address in addresses or ["none"]:
            claims += [self._row(parser, cells, address, coin, line), *parser.taken_asides()]
            if isinstance(claims[0], UnreadableRow):
                return claims[:1]
        if len(addresses) == 1:
            return claims
        total = self._total(line, name, height, amount, label)
        return [replace(total, coin=coin), *(claims if addresses else [])]

    def _total(
        self, line: int, name: str, height: str, amount: str, label: str = ""
    ) -> DeclaredTotal:
        marks = self._decimal, self._dots_doubted
        return declared_total(self._registry, line, name, height, amount, label, *marks)

    def _row(self, parser: RowParser, cells: list[str], address: str, coin: str, line: int) -> Row:
        cells = [*cells]
        cells[self._at["address"]] = address
        row = parser.row(cells, line, clip(",".join(cells[: self._width]), 200))
        if isinstance(row, UnreadableRow):
            # An unknown network was read out of the coin's name.
            at = self._at["coin"] + 1 if row.column > self._width else row.column
            return replace(row, column=at)
        assert row is not None  # noqa: S101 - there is an address in it
        assert not isinstance(row, Finding)  # noqa: S101 - findings are asides
        return row._replace(coin=coin) if isinstance(row, Claim) else replace(row, coin=coin)

    def _split(self, coin: str) -> tuple[str, str]:
        try:
            self._registry.resolve(coin)
        except UnknownAssetError:
            name, dash, label = coin.rpartition("-")
            return (name, label) if dash else (coin, "")
        return coin, ""
