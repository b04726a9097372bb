"""Parts of a table with the context to parse them in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from scanner.lists.cutter import Piece
from scanner.lists.layout import TableLayout
from scanner.lists.marks import Marks
from scanner.lists.rows import RowParser
from scanner.lists.wide import WideParser
from scanner.model.claim import Row
from scanner.model.registry import Registry


@dataclass(frozen=True, slots=True)
class TableBlock:
    """Records of a table with the context to parse them in. Small to pickle beside its bytes."""

    layout: TableLayout
    piece: Piece

    def parse(self, registry: Registry) -> Iterator[Row]:
        """Every non-blank record as one claim or one unreadable row."""
        return parser_for(self.layout, registry).parse(self.piece)


@lru_cache(maxsize=8)
def parser_for(layout: TableLayout, registry: Registry) -> RowParser:
    """The parser of a layout: made once in each process."""
    return new_parser(layout, registry)


def new_parser(layout: TableLayout, registry: Registry, marks: Marks | None = None) -> RowParser:
    """A parser of a layout that nobody else has. marks: as in `AmountReader`."""
    made = WideParser if layout.wide else RowParser
    return made(layout, registry, marks=marks)
