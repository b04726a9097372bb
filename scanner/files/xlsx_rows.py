"""Sheets of an Excel workbook and their rows, in the order of their numbers, or an error.

The library that reads them leaves out a sheet whose part is missing, a row that comes twice or too
late, and a cell that stands behind the last one of its row; it takes texts for numbers that are
none, and raised digits for any other; and it cannot read a workbook that has an empty chart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS

from scanner.files.raised import raised_inline, raised_texts

_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_VALUE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}v"


class _Book(ExcelReader):  # type: ignore[misc]
    """The library's, of sheets with rows alone."""

    def read_chartsheet(self, sheet: Any, rel: Any) -> None:  # noqa: ANN401
        """Leave out a chart that is a sheet of its own: no row stands in it."""


def book_of(file: Any, *, values: bool) -> Any:  # noqa: ANN401 - classes of the library
    """A workbook to be read only. values: of formulas what they gave, not how they are written.

    Raises ValueError, which says what is wrong in plain words, and whatever the library raises.
    """
    reader = _Book(file, read_only=True, data_only=values, keep_links=False)
    reader.read()
    for sheet in reader.parser.sheets:
        link = reader.parser.rels[sheet.id] if sheet.id else None
        if link is None or link.target not in reader.valid_files:
            raise ValueError(f"its sheet {sheet.name[:40]!r} is missing")
    if (texts := reader.package.find(SHARED_STRINGS)) is not None:
        for place, text in raised_texts(reader.archive, texts.PartName[1:]).items():
            reader.shared_strings[place] = text
    return reader.wb


class _Parser(WorkSheetParser):  # type: ignore[misc]
    """The library's, which checks what it takes in."""

    def parse_row(self, row: Any) -> tuple[int, list[dict[str, Any]]]:  # noqa: ANN401
        """The number of a row and its cells. Raises ValueError where they are out of order."""
        before = self.row_counter
        number, cells = super().parse_row(row)
        if number <= before:
            raise ValueError(f"row {number} comes twice, or behind row {before}")
        last = 0
        for cell in cells:
            if cell["column"] <= last:
                raise ValueError(f"row {number} has a cell twice, or cells that are out of order")
            last = cell["column"]
        return number, cells

    def parse_cell(self, element: Any) -> Any:  # noqa: ANN401
        """One cell. Raises ValueError where what should be its number is none."""
        if element.get("t", "n") == "n":
            text = element.findtext(_VALUE)
            if text and not _NUMBER.fullmatch(text):
                raise ValueError(f"{text[:40]!r} is no number")
        made = super().parse_cell(element)
        if element.get("t") == "inlineStr" and (shown := raised_inline(element)) is not None:
            made["value"] = shown
        return made


def rows_of(page: Any, *, values_only: bool) -> Iterator[Sequence[Any]]:  # noqa: ANN401
    """Rows of a sheet that the library opened to be read only; empty ones where there are gaps.

    Raises ValueError, which says what is wrong in plain words, and whatever the library raises.
    """
    book = page.parent
    expected = 1
    with page._get_source() as source:
        parser = _Parser(
            source,
            page._shared_strings,
            data_only=book.data_only,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for number, cells in parser.parse():
            while expected < number:
                expected += 1
                yield ()
            expected += 1
            yield page._get_row(cells, values_only=values_only)
