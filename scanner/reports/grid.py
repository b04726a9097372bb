"""Tables for people, made with rich: aligned, wrapped to a terminal, whole when piped."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from scanner.reports.text import printable

PIPED_WIDTH = 240
"""Characters of a line where there is no terminal to wrap for."""


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
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = stream or sys.stdout
    console = Console(
        file=out, width=None if out.isatty() else PIPED_WIDTH, highlight=False, emoji=False
    )
    heading = Text(printable(title)) if title else None
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=heading, title_justify="left")
    for column in columns:
        table.add_column(
            Text(column.title),
            justify="right" if column.right else "left",
            no_wrap=column.right,
            overflow="fold",
        )
    for row in rows:
        cells = [c if isinstance(c, Cell) else Cell(c) for c in row]
        table.add_row(*(Text(printable(c.text), style=c.style) for c in cells))
    console.print(table)
    out.flush()


def grid_text(columns: Sequence[Column], rows: Sequence[Sequence[str | Cell]]) -> str:
    """Make the table as plain text, as it would be piped."""
    out = io.StringIO()
    print_grid(columns, rows, stream=out)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
