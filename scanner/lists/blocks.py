"""Parts of a table with the context to parse them in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from scanner.files.records import RecordError, split_record
from scanner.lists.cutter import Piece, records
from scanner.lists.days import Days, day_in, shortened
from scanner.lists.layout import TableLayout
from scanner.lists.marks import Marks
from scanner.lists.names import normal
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


def with_days(layout: TableLayout, piece: Piece, days: Days) -> TableLayout:
    """The layout with the first day that each of its dates has named in the file, up to here.

    Other days are told by them: so a part of a table gives the same rows whoever parses it.
    """
    if not layout.dates:
        return layout
    places = {at: f"column {normal(name)}" for at, name in layout.dates}
    missing = {at: place for at, place in places.items() if place not in days.first}
    if missing and not piece.too_long:
        _look_for_days(layout, piece, days, missing)
    known = ((at, days.first.get(place, "")) for at, place in places.items())
    return replace(layout, days=tuple((at, text) for at, text in known if text))


def _look_for_days(layout: TableLayout, piece: Piece, days: Days, missing: dict[int, str]) -> None:
    """Take the first day of each place that has none so far into `days.first`."""
    for cells in _records(piece, layout.delimiter):
        for at, place in list(missing.items()):
            if at < len(cells) and cells[at] and day_in(cells[at]):
                days.first[place] = shortened(cells[at])
                del missing[at]
        if not missing:
            return


def _records(piece: Piece, delimiter: str) -> Iterator[list[str]]:
    """The cells of each record that can be told apart; quickly where nothing is quoted."""
    if b'"' not in piece.data:
        for line in piece.data.split(b"\n"):
            yield line.decode("utf-8", "replace").split(delimiter)
        return
    for record in records(piece.data, piece.first_line, delimiter):
        try:
            yield split_record(record.data.decode("utf-8", "replace"), delimiter)
        except RecordError:
            continue
