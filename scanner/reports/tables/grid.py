"""Tables for people, made with rich: aligned, wrapped to a terminal, whole when piped."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scanner.reports.tables.text import printable

PIPED_WIDTH = 240
"""Characters of a line where there is no terminal to wrap for."""
PADDING = 3
"""Characters between two columns."""
LEAST_TEXT = 16
"""Characters that a column of text needs to be readable."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. style: a rich style such as "bold red", "" for plain."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. right: numbers are aligned to the right and never wrapped."""

    title: str
    right: bool = False


def print_grid(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str | Cell]],
    *,
    title: str = "",
    stream: TextIO | None = None,
) -> None:
    """Print a table to `stream` (stdout by default); colours only on a terminal.

    Cell texts are shown literally: no markup is read from them, control characters are escaped.
    On a terminal that is too narrow every row becomes a block of lines: numbers are never cut.
    """
    out = stream or sys.stdout
    wide = None if out.isatty() else PIPED_WIDTH
    console = Console(file=out, width=wide, highlight=False, emoji=False)
    cells = [[c if isinstance(c, Cell) else Cell(c) for c in row] for row in rows]
    table = _table(columns, cells)
    with console.capture() as capture:  # where a reader has left, rich would end us with status 1
        if title:
            console.print(printable(title), markup=False, style="bold")
        if _least_width(columns, cells) > console.width:
            _print_blocks(console, columns, cells)
        else:
            console.print(table)
    text = capture.get()
    out.writelines(f"{line.rstrip()}\n" for line in text.splitlines()) if wide else out.write(text)
    out.flush()


def _least_width(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> int:
    """Characters below which rich would cut numbers or fold text into a ribbon."""
    width = 0
    for at, column in enumerate(columns):
        longest = max([len(column.title), *(len(printable(row[at].text)) for row in rows)])
        width += PADDING + (longest if column.right else min(longest, LEAST_TEXT))
    return width


def _table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(
            Text(column.title),
            justify="right" if column.right else "left",
            no_wrap=column.right,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(printable(cell.text), style=cell.style) for cell in row))
    return table


def _print_blocks(
    console: Console, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]
) -> None:
    width = max(len(column.title) for column in columns)
    for row in rows:
        console.print()
        for column, cell in zip(columns, row, strict=True):
            label = (f"{column.title:<{width}}  ", "dim")
            console.print(Text.assemble(label, (printable(cell.text), cell.style)))
    console.print()


def grid_text(columns: Sequence[Column], rows: Sequence[Sequence[str | Cell]]) -> str:
    """Make the table as plain text, as it would be piped."""
    out = io.StringIO()
    print_grid(columns, rows, stream=out)
    return out.getvalue()
