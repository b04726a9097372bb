"""What a spreadsheet shows otherwise than its cells say: hidden sheets, rows, columns; struck-out.

ECMA-376 part 1, 18.3.1.13 (columns), 18.3.1.73 (rows) and 18.8.22 (fonts); OpenDocument 1.3 part
3, 19.672, 19.759, 20.380. What has no height or no width is as good as hidden. All of it is read
as if it were shown: whoever reads a list is to know.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

from scanner.files.raised import Raised, raised_as

_MOST_TEXTS = 10_000  # struck-out ones that are kept
_LONGEST_TEXT = 40_000  # characters: what a cell may hold, and some more
_MOST_ROWS = 5  # that are named
_READ = 65_536
_LONGEST_TAG = 2_000
_ROW = re.compile(
    rb"<(?:[A-Za-z][\w.-]{0,40}:)?row(?=[\s/>])([^<>]{0,2000})>"  # as long as _LONGEST_TAG
)
_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")
_HIDDEN = re.compile(
    rb"\shidden\s*=\s*[\"'](?:1|true)[\"']|\s(?:ht|width)\s*=\s*[\"']0(?:\.0*)?[\"']"
)
_SAYS_HIDDEN = re.compile(rb"hidden|\sht\s*=\s*[\"']0")
_COLUMN = re.compile(rb"<(?:[A-Za-z][\w.-]{0,40}:)?col(?=[\s/>])([^<>]{0,2000})>")
_RANGE = re.compile(rb"\s(min|max)\s*=\s*[\"'](\d{1,5})[\"']")
_ROWS_BEGIN = re.compile(rb"<(?:[A-Za-z][\w.-]{0,40}:)?sheetData[\s/>]")
_MOST_HEAD = 4_000_000  # bytes of a sheet before its rows: every column has one entry at most
MOST_COLUMNS = 16_384
"""Columns of a sheet: what spreadsheets can have."""
_STRIKE = re.compile(rb"<(?:[A-Za-z][\w.-]{0,40}:)?d?strike[\s/>]", re.IGNORECASE)
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_STYLE, _TABLE, _TEXT = f"{_OASIS}style:1.0 ", f"{_OASIS}table:1.0 ", f"{_OASIS}text:1.0 "
_LINES = f"{_STYLE}text-line-through-style", f"{_STYLE}text-line-through-type"
_POSITION = f"{_STYLE}text-position"
_FLAT = re.compile(r"0+(?:\.0*)?(?:[a-z]{2})?")


@dataclass
class Unseen:
    """Of one sheet. hidden: the sheet itself. rows: that are hidden and hold something, and struck:
    that have a struck-out cell; the first few, numbered as in the sheet. columns: that are hidden
    and hold something, numbered from 0; the first few that do.
    """

    hidden: bool = False
    rows: list[int] = field(default_factory=list)
    struck: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)

    def take(self, row: int, *, hidden: bool, struck: bool) -> None:
        """Take in a row that holds something."""
        if hidden and len(self.rows) < _MOST_ROWS:
            self.rows.append(row)
        if struck and len(self.struck) < _MOST_ROWS:
            self.struck.append(row)

    def take_columns(self, hidden: Sequence[int], cells: Sequence[object]) -> None:
        """Take in a row's cells, of which a blank one is None or "". hidden: columns, in order.

        Whoever calls it leaves it out where nothing is hidden.
        """
        for at in hidden:
            if len(self.columns) == _MOST_ROWS or at >= len(cells):
                return
            if cells[at] not in (None, "") and at not in self.columns:
                self.columns.append(at)


def hidden_columns(archive: zipfile.ZipFile, member: str) -> list[int]:
    """Numbers, from 0, of the hidden columns of a sheet of an Excel workbook, in order."""
    head = b""
    with archive.open(member) as file:
        while not _ROWS_BEGIN.search(head) and len(head) < _MOST_HEAD:
            part = file.read(_READ)
            if not part:
                break
            head += part
    found: set[int] = set()
    for column in _COLUMN.finditer(_ROWS_BEGIN.split(head)[0]):
        ends = {name: int(number) for name, number in _RANGE.findall(column[1])}
        if _HIDDEN.search(column[1]) and len(ends) == 2:
            found.update(range(ends[b"min"] - 1, min(ends[b"max"], MOST_COLUMNS)))
    return sorted(found)


def hidden_rows(archive: zipfile.ZipFile, member: str) -> Iterator[int]:
    """Numbers of the hidden rows of a sheet of an Excel workbook, in order, as a stream."""
    if not _has(archive, member, _SAYS_HIDDEN):
        return
    number, end = 0, b""
    with archive.open(member) as file:
        while data := file.read(_READ):
            text, past = end + data, 0
            for found in _ROW.finditer(text):
                past = found.end()
                stated = _NUMBER.search(found[1])
                number = int(stated[1]) if stated else number + 1
                if _HIDDEN.search(found[1]):
                    yield number
            end = text[max(past, len(text) - _LONGEST_TAG) :]


def has_strikes(archive: zipfile.ZipFile) -> bool:
    """Whether a font of an Excel workbook is struck out: only then its cells need a look."""
    styles = "xl/styles.xml"
    return styles in archive.namelist() and _has(archive, styles, _STRIKE)


def struck_texts(archive: zipfile.ZipFile) -> frozenset[str]:
    """Texts of an Excel workbook's table of texts of which a part is struck out; the first few."""
    texts = "xl/sharedStrings.xml"
    if texts not in archive.namelist() or not _has(archive, texts, _STRIKE):
        return frozenset()
    found: set[str] = set()
    text, struck, shown = "", False, False

    def start(tag: str, names: Mapping[str, str]) -> None:
        nonlocal text, struck, shown
        plain = tag.rpartition(" ")[2]
        if plain == "si":
            text, struck = "", False
        elif plain in ("strike", "dstrike"):
            struck |= names.get("val", "1") not in ("0", "false")
        shown |= plain == "t"

    def end(tag: str) -> None:
        nonlocal shown
        plain = tag.rpartition(" ")[2]
        shown &= plain != "t"
        if plain == "si" and struck and len(found) < _MOST_TEXTS:
            found.add(text)

    def data(part: str) -> None:
        nonlocal text
        if shown and len(text) < _LONGEST_TEXT:
            text += part

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = data
    with archive.open(texts) as file:
        while part := file.read(_READ):
            parser.Parse(part)
    return frozenset(found)


def _has(archive: zipfile.ZipFile, member: str, wanted: re.Pattern[bytes]) -> bool:
    with archive.open(member) as file:
        end = b""
        while data := file.read(_READ):
            if wanted.search(end + data):
                return True
            end = data[-64:]
    return False


class OdsRow(NamedTuple):
    """How one row looks. columns: the hidden ones of its sheet."""

    hidden: bool
    struck: bool
    columns: tuple[int, ...]


class OdsLooks:
    """How rows of an OpenDocument sheet look. Takes the starts of elements of content.xml.

    hidden_sheets: their names. hidden, struck: of the row that is open. hidden_columns: numbers of
    those of the sheet that is open, from 0. raised: by style, where it is not on the line.
    """

    def __init__(self) -> None:
        self.hidden_sheets: set[str] = set()
        self.hidden_columns: tuple[int, ...] = ()
        self._columns = 0
        self.hidden = self.struck = False
        self._style = ""
        self.raised: dict[str | None, Raised] = {}
        self._flat: set[tuple[str, str | None]] = set()
        self._styles_of_hidden: set[str] = set()
        self._styles_of_struck: set[str] = set()
        self._row_struck = self._cell_struck = False
        self._takers: dict[str, Callable[[Mapping[str, str]], None]] = {
            f"{_STYLE}style": self._new_style,
            f"{_STYLE}table-properties": self._of_tables,
            f"{_STYLE}text-properties": self._of_texts,
            f"{_STYLE}table-row-properties": self._of_rows,
            f"{_STYLE}table-column-properties": self._of_columns,
            f"{_TABLE}table": self._table,
            f"{_TABLE}table-column": self._column,
            f"{_TABLE}table-row": self._row,
        }
        self._of_cells = {f"{_TABLE}table-cell": self._cell, f"{_TEXT}span": self._span}

    def start(self, tag: str, names: Mapping[str, str]) -> None:
        """Take the start of an element."""
        if taker := self._takers.get(tag):
            taker(names)

    def of_row(self) -> OdsRow:
        """How the row looks that ends."""
        return OdsRow(self.hidden, self.struck, self.hidden_columns)

    def cell(self, text: str) -> None:
        """Take the end of a cell that says `text`."""
        if self._cell_struck:
            self.struck |= bool(text)
            self._cell_struck = False

    def _new_style(self, names: Mapping[str, str]) -> None:
        self._style = names.get(f"{_STYLE}name", "")
        if names.get(f"{_STYLE}parent-style-name", "") in self._styles_of_struck:
            self._strike()

    def _strike(self) -> None:
        self._styles_of_struck.add(self._style)
        self._takers |= self._of_cells  # cells need a look from here on

    def _of_tables(self, names: Mapping[str, str]) -> None:
        if names.get(f"{_TABLE}display") == "false":
            self._styles_of_hidden.add(self._style)

    def _of_rows(self, names: Mapping[str, str]) -> None:
        if _FLAT.fullmatch(names.get(f"{_STYLE}row-height", "1cm")):
            self._flat.add(("row", self._style))

    def _of_columns(self, names: Mapping[str, str]) -> None:
        if _FLAT.fullmatch(names.get(f"{_STYLE}column-width", "1cm")):
            self._flat.add(("column", self._style))

    def _is_hidden(self, what: str, names: Mapping[str, str]) -> bool:
        """Whether a row or column is hidden, or has no height or width."""
        if names.get(f"{_TABLE}visibility", "visible") != "visible":
            return True
        return (what, names.get(f"{_TABLE}style-name")) in self._flat

    def _of_texts(self, names: Mapping[str, str]) -> None:
        if _POSITION in names:
            self.raised[self._style] = raised_as(names[_POSITION])
        lines = [names[line] for line in _LINES if line in names]
        if lines and "none" not in lines:
            self._strike()
        elif lines:
            self._styles_of_struck.discard(self._style)

    def _table(self, names: Mapping[str, str]) -> None:
        if names.get(f"{_TABLE}style-name") in self._styles_of_hidden:
            self.hidden_sheets.add(names.get(f"{_TABLE}name", ""))

        self.hidden_columns, self._columns = (), 0

    def _column(self, names: Mapping[str, str]) -> None:
        stated = names.get(f"{_TABLE}number-columns-repeated", "1")
        count = int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 8 else 1
        end = min(self._columns + max(count, 1), MOST_COLUMNS)
        if self._is_hidden("column", names):
            self.hidden_columns += tuple(range(self._columns, end))
        self._columns = end

    def _row(self, names: Mapping[str, str]) -> None:
        self.hidden = self._is_hidden("row", names)
        self.struck = False
        self._row_struck = names.get(f"{_TABLE}default-cell-style-name") in self._styles_of_struck

    def _cell(self, names: Mapping[str, str]) -> None:
        style = names.get(f"{_TABLE}style-name")
        self._cell_struck = self._row_struck if style is None else style in self._styles_of_struck

    def _span(self, names: Mapping[str, str]) -> None:
        self._cell_struck |= names.get(f"{_TEXT}style-name") in self._styles_of_struck
