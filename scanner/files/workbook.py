"""Spreadsheets (.xlsx, .ods), sheet by sheet, as the CSV they would be saved as.

Read as a stream, so that a long sheet takes the memory of one row. Numbers are written with the
digits they have in the file. A spreadsheet keeps 15; a number with more was calculated or cut, is
written with INEXACT before it and is not read as an amount anywhere; nor is a cell that shows more
than its number (see `scanner.files.shown`).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from xml.parsers import expat

from scanner.errors import ListFormatError, MissingExtraError
from scanner.files.comments import MAX_COMMENT, MAX_COMMENTS, comments_of
from scanner.files.interface import Bytes
from scanner.files.shown import SHOWN, format_says, shows_other, text_says
from scanner.files.unseen import OdsLooks, OdsRow, Unseen, has_strikes, hidden_columns, hidden_rows

INEXACT = "\u2248"
"""Stands before a number that the spreadsheet may have rounded."""

MAX_XML = 2**31
"""Bytes of XML in a workbook, unpacked."""
MAX_TEXTS = 2**28
"""Bytes of a workbook's table of texts, which is held in memory."""
MAX_ROWS = 1_048_576
"""Rows of a sheet: what spreadsheets can have."""

_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_DIGITS = 15
_READ = 65_536
_FORMULA = re.compile(rb"<(?:[A-Za-z][\w.-]{0,40}:)?f[\s/>]")
_SAID = ("currency", "percentage")
"""Kinds of numbers of an OpenDocument sheet that are more than the number."""
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "


@dataclass(frozen=True, slots=True)
class Workbook:
    """Sheets of one workbook, hidden ones too, in order.

    rows: sheet name -> its rows of text. comments: what people wrote to cells, of all sheets.
    unseen: by sheet; of its rows as far as they were read.
    """

    name: str
    sheets: list[str]
    rows: Callable[[str], Iterator[list[str]]]
    comments: tuple[str, ...] = ()
    unseen: dict[str, Unseen] = field(default_factory=dict)

    def csv(self, sheet: str) -> Bytes:
        """A sheet as CSV in UTF-8; row 1 is line 1 as long as no cell holds a line end."""
        return _Csv(self.rows(sheet))


def workbook_of(archive: zipfile.ZipFile, name: str) -> Workbook | None:
    """The workbook in a zip; None if it is another zip. Raises ListFormatError, InputError."""
    members = {info.filename: info for info in archive.infolist()}
    is_ods = "mimetype" in members and archive.read("mimetype")[:80].startswith(_ODS)
    if not is_ods and "xl/workbook.xml" not in members:
        return None
    if sum(info.file_size for info in members.values()) > MAX_XML:
        raise ListFormatError(name, f"unpacks to more than {MAX_XML} bytes")
    if is_ods:
        return _ods(archive, name)
    texts = members.get("xl/sharedStrings.xml")
    if texts is not None and texts.file_size > MAX_TEXTS:
        raise ListFormatError(name, f"its table of texts is larger than {MAX_TEXTS} bytes")
    return _xlsx(archive, name)


def _xlsx(archive: zipfile.ZipFile, name: str) -> Workbook:
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 - an extra
    except ImportError:
        what = "an Excel workbook needs one more package (or save each sheet as CSV)"
        raise MissingExtraError(what, "files") from None

    def opened(values: bool) -> Any:  # noqa: ANN401 - a class of the library
        return load_workbook(archive.fp, read_only=True, data_only=values, keep_links=False)

    try:
        book = opened(True)
        formulas = opened(False) if _has_formulas(archive) else None
    except Exception as e:  # the library raises what its parts do: KeyError, ParseError, ...
        raise ListFormatError(name, f"not a readable workbook: {type(e).__name__}") from None

    def rows(sheet: str) -> Iterator[list[str]]:
        look = _XlsxLook(archive, book[sheet], unseen[sheet], struck=struck)
        pages = [each[sheet] for each in (book, formulas) if each is not None]
        for page in pages:
            page.reset_dimensions()  # what the file says about its size may be wrong
        remaining = [page.iter_rows(values_only=page is not pages[0]) for page in pages]
        for number in range(1, MAX_ROWS + 1):
            try:
                found = [next(cells, None) for cells in remaining]
                look.take(number, found[0] or ())
                saved = None if found[0] is None else [_saved(cell) for cell in found[0]]
            except Exception as e:
                what = f"sheet {sheet!r} cannot be read: {type(e).__name__}"
                raise ListFormatError(name, what) from None
            if saved is None:
                return
            cells = saved if len(found) == 1 else map(_calculated, saved, found[1] or ())
            yield _trimmed(_cell_text(value) for value in cells)
        raise ListFormatError(name, f"more than {MAX_ROWS} rows in {sheet!r}")

    struck = has_strikes(archive)
    unseen = {page.title: Unseen(page.sheet_state != "visible") for page in book.worksheets}
    return Workbook(name, list(unseen), rows, comments_of(archive, name), unseen)


class _XlsxLook:
    """Looks at rows of one sheet in order. page: the library's. struck: whether a font is."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        page: Any,  # noqa: ANN401
        unseen: Unseen,
        *,
        struck: bool,
    ) -> None:
        self._columns = hidden_columns(archive, page._worksheet_path)
        self._hidden = hidden_rows(archive, page._worksheet_path)
        self._next = next(self._hidden, 0)
        self._unseen, self._struck = unseen, struck

    def take(self, number: int, cells: Sequence[Any]) -> None:
        """Take in the cells of a row."""
        if self._columns:
            self._unseen.take_columns(self._columns, [cell.value for cell in cells])
        while 0 < self._next < number:
            self._next = next(self._hidden, 0)
        hidden = number == self._next
        if hidden or self._struck:
            filled = [cell for cell in cells if cell.value is not None]
            struck = self._struck and any(cell.font.strike for cell in filled)
            self._unseen.take(number, hidden=hidden and bool(filled), struck=struck)


def _has_formulas(archive: zipfile.ZipFile) -> bool:
    """Whether a sheet has a formula: what one gives may not have been saved with it."""
    for info in archive.infolist():
        if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
            with archive.open(info) as file:
                end = b""
                while data := file.read(_READ):
                    if _FORMULA.search(end + data):
                        return True
                    end = data[-64:]
    return False


def _saved(cell: Any) -> Any:  # noqa: ANN401 - a class of the library
    """The value of a cell; text where its format shows more than its number."""
    value = cell.value
    if type(value) in (int, float) and format_says(form := cell.number_format):
        return f"{SHOWN}{_cell_text(value)} in the format {form}"
    return value


def _calculated(value: Any, formula: Any) -> Any:  # noqa: ANN401 - whatever stands in a cell
    """The saved value of a cell; the formula itself where no value was saved with it."""
    return str(formula) if value is None and formula is not None else value


def _cell_text(value: Any) -> str:  # noqa: ANN401 - whatever the library finds in a cell
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return number_text(str(int(value)) if value.is_integer() else repr(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)


def number_text(text: str) -> str:
    """A number of a cell as it is, marked where it has more digits than a spreadsheet keeps.

    1.234 gets a fourth decimal: its dot parts decimals, and must not be taken to part thousands.
    """
    digits = text.lower().partition("e")[0].replace(".", "").lstrip("+-0").rstrip("0")
    if text[-4:-3] == "." and text[-3:].isdecimal():
        text += "0"
    return INEXACT + text if len(digits) > _DIGITS else text


def _ods(archive: zipfile.ZipFile, name: str) -> Workbook:
    events = _OdsEvents(archive, name)
    sheets = list(dict.fromkeys(events.starts()))

    unseen = {sheet: Unseen(sheet in events.looks.hidden_sheets) for sheet in sheets}

    def rows(sheet: str) -> Iterator[list[str]]:
        return _OdsEvents(archive, name).rows(sheet, unseen[sheet])

    return Workbook(name, sheets, rows, tuple(events.comments), unseen)


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
        self._kind = self._formula = ""
        self._aside = 0
        self._said = ""
        self.comments: list[str] = []
        """What people wrote to cells; the first MAX_COMMENTS of them."""

    def starts(self) -> Iterator[str]:
        """Names of the sheets."""
        for _ in self._parse():
            found, self._found = self._found, []
            yield from found

    def rows(self, sheet: str, unseen: Unseen) -> Iterator[list[str]]:
        """Rows of one sheet, and how they look to `unseen`; blank ones at its end are left out."""
        self._wanted = sheet
        blank = number = 0
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
        if self._aside or tag == _OFFICE + "annotation":
            self._aside += 1
            return
        self.looks.start(tag, names)
        if tag == _TABLE + "table":
            self._sheet = names.get(_TABLE + "name", "")
            self._found.append(self._sheet)
        elif tag == _TABLE + "table-row":
            self._cells = []
            self._repeat_row = _count(names.get(_TABLE + "number-rows-repeated", "1"))
        elif tag in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
            self._repeat_cell = _count(names.get(_TABLE + "number-columns-repeated", "1"))
            self._value, self._text, self._paragraphs = _ods_value(names), [], 0
            self._kind = names.get(_OFFICE + "value-type", "")
            self._formula = names.get(_TABLE + "formula", "")
        elif tag == _TEXT + "p":
            self._text += ["\n"] if self._paragraphs else []
            self._paragraphs += 1
            self._depth += 1
        elif tag == _TEXT + "s":
            self._text.append(" " * min(_count(names.get(_TEXT + "c", "1")), 1000))
        elif tag in (_TEXT + "line-break", _TEXT + "tab"):
            self._text.append("\n" if tag.endswith("break") else "\t")

    def _end(self, tag: str) -> None:
        if self._aside:
            self._aside -= 1
            if not self._aside and len(self.comments) < MAX_COMMENTS:
                self.comments.append(self._said)
            self._said = self._said if self._aside else ""
        elif tag in (_TABLE + "table-cell", _TABLE + "covered-table-cell"):
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

    def _cell(self) -> str:
        """What the cell says: its number, unless it shows more; its formula, if nothing else."""
        shown = "".join(self._text)
        other = self._kind == "float" and (text_says(shown) or shows_other(shown, self._value))
        if self._kind in _SAID or other:
            return f"{SHOWN}{shown.strip() or f'{self._value} {self._kind}'}"
        return self._value or shown or self._formula

    def _data(self, text: str) -> None:
        if self._aside:
            self._said = (self._said + text)[:MAX_COMMENT]
        elif self._depth:
            self._text.append(text)


def _ods_value(names: dict[str, str]) -> str:
    kind = names.get(_OFFICE + "value-type", "")
    if kind == "float" or kind in _SAID:
        return number_text(names.get(_OFFICE + "value", ""))
    return names.get(_OFFICE + "date-value", "") or names.get(_OFFICE + "boolean-value", "")


def _count(text: str) -> int:
    return max(1, min(int(text), 2**31)) if text.isdecimal() and len(text) < 11 else 1


def _trimmed(cells: Iterable[str]) -> list[str]:
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    return kept


class _Csv:
    """Rows of text as a stream of CSV."""

    def __init__(self, rows: Iterator[list[str]]) -> None:
        self._rows, self._ready = rows, b""

    def read(self, size: int, /) -> bytes:
        """Next bytes."""
        while not self._ready:
            text = io.StringIO(newline="")
            writer = csv.writer(text, lineterminator="\n")
            for cells in self._rows:
                if cells:
                    writer.writerow(cells)
                else:
                    text.write("\n")
                if text.tell() > _READ:
                    break
            self._ready = text.getvalue().encode("utf-8", "surrogatepass")
            if not self._ready:
                return b""
        part, self._ready = self._ready[:size], self._ready[size:]
        return part
