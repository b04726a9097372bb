"""The first lines of a delimited file: header and totals, before the rows are cut into blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scanner.files.records import RecordError, split_record
from scanner.lists.cutter import records

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One record of the preamble that is not blank.

    number, next_number: its first line and the line after it. end: offset of what follows it.
    """

    number: int
    next_number: int
    end: int
    cells: list[str]


def preamble(data: bytes, delimiter: str = ",") -> Iterator[Line]:
    """Records from the start of a file. What is not CSV or not UTF-8 comes as one cell."""
    end = len(BOM) if data.startswith(BOM) else 0
    for record in records(data[end:], 1, delimiter):
        end = min(end + record.size, len(data))
        text = record.data.decode("utf-8", "replace")
        try:
            cells = split_record(text, delimiter)
        except RecordError:
            cells = [text]
        if any(cell.strip() for cell in cells):
            yield Line(record.line, record.line + record.lines, end, cells)
