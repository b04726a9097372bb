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
from scanner.model.amount import ambiguous_dot

_GROUPS = re.compile(rb"\.\d{3}\.\d{3}")
_GROUPED = re.compile(rb'(?:^|[,;"|\t]) *(\d{1,3}(?:\.\d{3}){2,}) *(?=$|[,;"|\t\r])', re.MULTILINE)
"""A whole cell: a text that such a number stands in says nothing of the others."""
_QUOTED = re.compile(rb'"\s*(\+?\d[^",\n]{0,60},\d{1,60}(?:[eE][+-]?\d{1,3})?)\s*"')
_PIPED = re.compile(rb"\|\s*(\+?\d[^|,\n]{0,60},\d{1,60}(?:[eE][+-]?\d{1,3})?)\s*(?=\||$)", re.M)
_PARTED = re.compile(
    rb'(?:^|[;\t]) {0,9}"?(\+?\d[^;\t",\n]{0,60},\d{1,60}(?:[eE][+-]?\d{1,3})?)"? {0,9}'
    rb"(?=$|[;\t\r])",
    re.M,
)
_DOTTED = re.compile(rb"\.\d{3}(?![\w.,])")
_WHOLE = re.compile(r"(?:^|[^\w.])([1-9]\d{0,2}\.\d{3})$")
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
    elif delimiter in ";\t":
        kinds.append((_PARTED, 1))
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


def dot_doubted_by(data: bytes) -> str:
    """The first number of a part of a table that means another one if the comma parts decimals."""
    for found in _DOTTED.finditer(data):
        start = data[max(0, found.start() - 4) : found.end()].decode("latin-1")
        whole = _WHOLE.search(start)
        if whole and ambiguous_dot(whole[1]):
            return whole[1]
    return ""


@dataclass(slots=True)
class Marks:
    """What the rows of one file have shown so far, whichever of its tables they are in.

    comma: a text that shows the comma. dotted: an amount that was read with the dot before, though
    it has two meanings where the comma parts decimals. several: whether the file has more tables
    than one.
    """

    comma: str = ""
    dotted: str = ""
    several: bool = False


@dataclass
class MarkWatch:
    """Looks at the parts of a table in file order. table: how rows of the next part are read.

    marks: those of the file.
    """

    table: TableLayout
    accounting: Accounting
    marks: Marks
    first: bool = True

    def look(self, data: bytes) -> TableLayout:
        """Take in a part before it is parsed; returns its layout.

        What came before is parsed already: if it may be concerned, that is told.
        """
        table, marks = self.table, self.marks
        if table.decimal or table.comma_shown:
            return table
        if not marks.comma and (marks.several or not table.dots_doubted):
            marks.comma = comma_shown(data, table.delimiter)
            if marks.comma and (marks.dotted or not (self.first or table.dots_doubted)):
                self.accounting.unknown("the decimal mark", _REMEDY, marks.comma)
        if marks.comma:
            self.table = replace(table, comma_shown=True)
        elif marks.several and not (marks.dotted or table.dots_doubted):
            marks.dotted = dot_doubted_by(data)
        self.first = False
        return self.table
