"""Which decimal mark the numbers of a file show: one cell of 1.234,56 is about every 1.234.

A number by itself has one meaning or two; a file has one decimal mark, as long as nothing in it
shows another one. Where a cell can only be read with the comma, a dot before three digits is
doubted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from scanner.lists.accounting import Accounting
from scanner.lists.layout import TableLayout
from scanner.lists.numbers import shows_comma

_GROUPS = re.compile(rb"\.\d{3}\.\d{3}")
_GROUPED = re.compile(rb'(?:^|[,;"|\t]) *(\d{1,3}(?:\.\d{3}){2,}) *(?=$|[,;"|\t\r])', re.MULTILINE)
"""A whole cell: a text that such a number stands in says nothing of the others."""
_QUOTED = re.compile(rb'"\s*(\+?\d[^",\n]{0,60},\d{1,60}(?:[eE][+-]?\d{1,3})?)\s*"')
_PIPED = re.compile(rb"\|\s*(\+?\d[^|,\n]{0,60},\d{1,60}(?:[eE][+-]?\d{1,3})?)\s*(?=\||$)", re.M)
_MOST = 1000  # numbers of a piece that are looked at
_REMEDY = (
    "only its comma can separate decimals, but amounts before it were read with a dot: use "
    "--columns decimal=comma or --columns decimal=dot"
)


def comma_shown(data: bytes, delimiter: str) -> str:
    """The first cell of a part of a table that only the comma as decimal mark explains, or "".

    Any cell of a number counts, whatever its column is called. Fast where there is none.
    """
    kinds = []
    if delimiter == "|":
        kinds.append((_PIPED, 1))
    elif b'"' in data:
        kinds.append((_QUOTED, 1))
    if _GROUPS.search(data):
        kinds.append((_GROUPED, 1))
    for pattern, group in kinds:
        for number, found in enumerate(pattern.finditer(data)):
            text = found[group].decode("utf-8", "replace")
            if shows_comma(text):
                return text
            if number > _MOST:
                break
    return ""


@dataclass
class MarkWatch:
    """Looks at the parts of a table in file order. table: how rows of the next part are read."""

    table: TableLayout
    accounting: Accounting
    first: bool = True

    def look(self, data: bytes) -> TableLayout:
        """Take in a part before it is parsed; returns its layout.

        What came before is parsed already: if it may be concerned, that is told.
        """
        table = self.table
        if not (table.decimal or table.dots_doubted):
            text = comma_shown(data, table.delimiter)
            if text:
                self.table = replace(table, comma_shown=True)
                if not self.first:
                    self.accounting.unknown("the decimal mark", _REMEDY, text)
        self.first = False
        return self.table


@dataclass(slots=True)
class Marks:
    """The same for rows that come one by one. comma: a text that shows it. dotted: an amount that
    was read with the dot before, though it has two meanings where the comma parts decimals.
    """

    comma: str = ""
    dotted: str = ""
