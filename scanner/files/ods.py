"""OpenDocument spreadsheets (.ods): their sheets as rows of text, content.xml walked once for each.

OpenDocument 1.3 part 3. What stands in a cell besides its text (comments, drawings with words,
readings, footnotes) is no part of it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from xml.parsers import expat

from scanner.errors import ListFormatError
from scanner.files.comments import BOX, COMMENT, MAX_COMMENT, MAX_COMMENTS, Aside, pages_of
from scanner.files.raised import ON_THE_LINE, Raised
from scanner.files.shown import SHOWN, number_text, shows_other, text_says
from scanner.files.unseen import OdsLooks, OdsRow, Unseen

MAX_ROWS = 1_048_576
"""Rows of a sheet: what spreadsheets can have."""

MAX_REPEATED = 2_000_000
"""Cells that a sheet may make by repeating its rows: who repeats more makes work, and no list."""

_READ = 65_536
_SAID = ("currency", "percentage")
"""Kinds of numbers of a sheet that are more than the number."""
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_DRAW = "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0 "
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_ASIDES = {
    f"{_OFFICE}annotation": COMMENT,
    f"{_TEXT}note": COMMENT,
    f"{_TEXT}ruby-text": "",
    f"{_TABLE}tracked-changes": "",
    f"{_TABLE}shapes": BOX,
}
"""Elements whose text is in no cell, and where it is; "" of what says nothing of its own."""


class OdsBook:
    """A spreadsheet, of which `sheets` are the names. Raises ListFormatError.

    asides: words in no cell. unseen: by sheet; of its rows as far as they were read.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive, self._name = archive, name
        events = _OdsEvents(archive, name)
        self.sheets = list(events.starts())
        self.asides = (*events.asides, *pages_of(archive, name))
        hidden = events.looks.hidden_sheets
        self.unseen = {sheet: Unseen(sheet in hidden) for sheet in self.sheets}

    def rows(self, sheet: str) -> Iterator[list[str]]:
        """Rows of one sheet."""
        return _OdsEvents(self._archive, self._name).rows(sheet, self.unseen[sheet])


class _OdsEvents:
    """Walks content.xml once."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._file, self._name = archive.open("content.xml"), name
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._sheet, self._wanted, self._depth = "", "", 0
        self._found: list[str] = []
        self._rows: list[tuple[list[str], int, OdsRow]] = []
        self.looks = OdsLooks()
        self._cells: list[tuple[str, int]] = []
        self._repeat_row = self._repeat_cell = 1
        self._value, self._text, self._paragraphs = "", [""], 0
        self._kind = self._formula = self._stated = ""
        self._spans: list[Raised] = []
        self._aside = 0
        self._said = ""
        self._where = ""
        self._open_cells = 0
        self.asides: list[Aside] = []
        """Words in no cell; the first MAX_COMMENTS of them."""

    def starts(self) -> Iterator[str]:
        """Names of the sheets."""
        for _ in self._parse():
            found, self._found = self._found, []
            yield from found

    def rows(self, sheet: str, unseen: Unseen) -> Iterator[list[str]]:
        """Rows of one sheet, and how they look to `unseen`; blank ones at its end are left out."""
        self._wanted = sheet
        blank = number = repeated = 0
        for _ in self._parse():
            made, self._rows = self._rows, []
            for cells, repeat, look in made:
                if not cells:
                    blank += repeat
                    continue
                unseen.take(number + blank + 1, hidden=look.hidden, struck=look.struck)
                if look.columns:
                    unseen.take_columns(look.columns, cells)
                number += blank + repeat
                repeated += (repeat - 1) * len(cells)
                if repeated > MAX_REPEATED:
                    what = f"rows of {sheet!r} are repeated to more than {MAX_REPEATED:,} cells"
                    raise ListFormatError(self._name, what)
                if number > MAX_ROWS:
                    raise ListFormatError(self._name, f"more than {MAX_ROWS} rows in {sheet!r}")
                for _ in range(blank):
                    yield []
                blank = 0
                for _ in range(repeat):
                    yield cells

    def _parse(self) -> Iterator[None]:
        try:
            while data := self._file.read(_READ):
                self._parser.Parse(data)
                yield
            self._parser.Parse(b"", True)
            yield
        except expat.ExpatError as e:
            raise ListFormatError(self._name, f"not a readable workbook: {e}") from None

    def _refuse(self, *_: object) -> None:
        raise ListFormatError(
            self._name, "the workbook has a document type declaration, which is not allowed"
        )

    def _start(self, tag: str, names: dict[str, str]) -> None:
        if self._aside or self._is_aside(tag):
            self._aside += 1
            return
        self._open_cells += tag in _CELLS
        self.looks.start(tag, names)
        if tag == _TABLE + "table":
            self._sheet = names.get(_TABLE + "name", "")
            self._found.append(self._sheet)
        elif tag == _TABLE + "table-row":
            self._cells = []
            self._repeat_row = _count(names.get(_TABLE + "number-rows-repeated", "1"))
        elif tag in _CELLS:
            self._repeat_cell = _count(names.get(_TABLE + "number-columns-repeated", "1"))
            self._value, self._text, self._paragraphs = _ods_value(names), [], 0
            self._kind = names.get(_OFFICE + "value-type", "")
            self._formula = names.get(_TABLE + "formula", "")
            self._stated = names.get(_OFFICE + "string-value", "")
        elif tag == _TEXT + "p":
            self._text += ["\n"] if self._paragraphs else []
            self._paragraphs += 1
            self._depth += 1
        elif tag == _TEXT + "s":
            self._text.append(" " * min(_count(names.get(_TEXT + "c", "1")), 1000))
        elif tag == _TEXT + "span":
            self._spans.append(self.looks.raised.get(names.get(_TEXT + "style-name"), self._look()))
        elif tag in (_TEXT + "line-break", _TEXT + "tab"):
            self._text.append("\n" if tag.endswith("break") else "\t")

    def _is_aside(self, tag: str) -> bool:
        """Whether what stands in an element is no part of a cell's text; takes in where it is."""
        where = _ASIDES.get(tag)
        if where is None and tag.startswith(_DRAW):
            where = BOX
        if where is None and self._open_cells and tag == _TABLE + "table":
            what = f"a table stands in a cell of sheet {self._sheet!r}: give it a sheet of its own"
            raise ListFormatError(self._name, what)
        self._where = where or ""
        return where is not None

    def _end(self, tag: str) -> None:
        if self._aside:
            self._aside -= 1
            if self._aside:
                return
            if self._where and self._said and len(self.asides) < MAX_COMMENTS:
                self.asides.append(Aside(self._where, self._said))
            self._said = ""
        elif tag in _CELLS:
            self._open_cells -= 1
            text = self._cell()
            self.looks.cell(text)
            self._cells.append((text, self._repeat_cell))
        elif tag == _TABLE + "table-row" and self._sheet == self._wanted:
            while self._cells and not self._cells[-1][0]:
                self._cells.pop()  # a sheet's last cell is repeated to its far edge
            cells = [text for text, repeat in self._cells for _ in range(min(repeat, 16_384))]
            self._rows.append((cells, self._repeat_row, self.looks.of_row()))
        elif tag == _TEXT + "p":
            self._depth -= 1
        elif tag == _TEXT + "span":
            self._spans.pop()

    def _look(self) -> Raised:
        """How digits look in the text that is open."""
        return self._spans[-1] if self._spans else ON_THE_LINE

    def _cell(self) -> str:
        """What the cell says: its number, unless it shows more; its formula, if nothing else."""
        shown = "".join(self._text)
        other = self._kind == "float" and (text_says(shown) or shows_other(shown, self._value))
        other |= bool(self._stated) and self._stated.split() != shown.split()
        if self._kind in _SAID or other:
            return f"{SHOWN}{shown.strip() or f'{self._value} {self._kind}'}"
        return self._value or shown or self._formula

    def _data(self, text: str) -> None:
        if self._aside:
            self._said = (self._said + text)[:MAX_COMMENT]
        elif self._depth:
            self._text.append(text.translate(self._look()) if self._spans else text)


def _ods_value(names: dict[str, str]) -> str:
    kind = names.get(_OFFICE + "value-type", "")
    if kind == "float" or kind in _SAID:
        return number_text(names.get(_OFFICE + "value", ""))
    return names.get(_OFFICE + "date-value", "") or names.get(_OFFICE + "boolean-value", "")


def _count(text: str) -> int:
    return max(1, min(int(text), 2**31)) if text.isdecimal() and len(text) < 11 else 1
