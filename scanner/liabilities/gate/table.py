"""The table of batches, `proof.csv`, as Gate and Binance write it: its rows by their numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from scanner.errors import ListFormatError
from scanner.liabilities.opening import lines_of

MAX_ROW = 20_000
MAX_WAITING = 200_000_000
"""Letters of rows that are kept because earlier ones come later in the file."""
MAX_FIELDS = 64
"""Columns of the table; the publishers' have ten at most. Each field of a kept row costs memory."""
_OF_A_ROW = 1_000
"""Letters that a kept row counts as beside its own."""

_Row = Mapping[str, str | None]


def rows_in_order(table: Path, most: int) -> Iterator[_Row]:
    """Rows by `batch_number`, from 0 on; the file may have them in any order.

    The publishers' own programs sort them, too. most: rows read.
    Raises ListFormatError: a number that is none, twice, or missing; csv.Error.
    """
    waiting: dict[int, _Row] = {}
    letters, number = 0, 0
    for line, row in enumerate(_rows(table), 2):
        own = _number(row.get("batch_number"), most)
        if own is None:
            what = f"its batch_number is not a number below {most:,}"
            raise ListFormatError(table.name, what, line)
        if own < number or own in waiting:
            raise ListFormatError(table.name, f"batch {own} stands twice", line)
        waiting[own] = row
        letters += _length(row)
        while number in waiting:
            ready = waiting.pop(number)
            letters -= _length(ready)
            number += 1
            yield ready
        if letters > MAX_WAITING:
            raise ListFormatError(table.name, f"batch {number} is missing among the first rows")
    if waiting:
        raise ListFormatError(table.name, f"batch {number} is missing")


def _rows(table: Path) -> Iterator[_Row]:
    with lines_of(table) as stream:
        text = io.TextIOWrapper(stream, "utf-8", errors="replace", newline="")
        reader = csv.DictReader(_short_lines(text, table.name), strict=True)
        if len(reader.fieldnames or ()) > MAX_FIELDS:
            raise ListFormatError(table.name, f"more than {MAX_FIELDS} columns", 1)
        for row in reader:
            yield {name: value for name, value in row.items() if isinstance(value, str)}


def _short_lines(text: io.TextIOWrapper, file: str) -> Iterator[str]:
    while line := text.readline(MAX_ROW):
        if len(line) == MAX_ROW:
            raise ListFormatError(file, "a line that is too long for such a row")
        yield line


def _number(text: object, most: int) -> int | None:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    number = int(text)
    return number if str(number) == text and number < most else None


def _length(row: _Row) -> int:
    return _OF_A_ROW + sum(len(value or "") for value in row.values())
