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

from scanner.errors import ListFormatError, MissingExtraError, clip
from scanner.files.comments import Aside, asides_of
from scanner.files.interface import Bytes
from scanner.files.ods import MAX_ROWS, OdsBook
from scanner.files.shown import SHOWN, format_says, number_text
from scanner.files.unseen import Unseen, has_strikes, hidden_columns, hidden_rows, struck_texts

MAX_XML = 2**31
"""Bytes of XML in a workbook, unpacked."""
MAX_TEXTS = 2**28
"""Bytes of a workbook's table of texts, which is held in memory."""

_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_READ = 65_536
_EXACT = 2.0**53  # a larger whole number may have digits that nobody wrote
_FORMULA = re.compile(rb"<(?:[A-Za-z][\w.-]{0,40}:)?f[\s/>]")
_STRICT = b"purl.oclc.org/ooxml"
"""In the names of a workbook's elements where it is saved as "Strict Open XML"."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """Sheets of one workbook, hidden ones too, in order.

    rows: sheet name -> its rows of text. asides: words that stand in no cell, of all sheets.
    unseen: by sheet; of its rows as far as they were read.
    """

    name: str
    sheets: list[str]
    rows: Callable[[str], Iterator[list[str]]]
    asides: tuple[Aside, ...] = ()
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
        sheets = OdsBook(archive, name)
        book = Workbook(name, sheets.sheets, sheets.rows, sheets.asides, sheets.unseen)
        return _checked(book)
    texts = members.get("xl/sharedStrings.xml")
    if texts is not None and texts.file_size > MAX_TEXTS:
        raise ListFormatError(name, f"its table of texts is larger than {MAX_TEXTS} bytes")
    with archive.open("xl/workbook.xml") as file:
        if _STRICT in file.read(_READ):
            what = "saved as Strict Open XML: save it as an Excel workbook (.xlsx) or as CSV"
            raise ListFormatError(name, what)
    return _checked(_xlsx(archive, name))


def _checked(book: Workbook) -> Workbook:
    """The workbook. Raises ListFormatError where sheets cannot be told apart by their names."""
    if len(set(book.sheets)) < len(book.sheets):
        what = "two of its sheets have the same name: rename one"
        raise ListFormatError(book.name, what)
    return book


def _xlsx(archive: zipfile.ZipFile, name: str) -> Workbook:
    try:
        from scanner.files.xlsx_rows import book_of, rows_of  # noqa: PLC0415 - needs an extra
    except ImportError:
        what = "an Excel workbook needs one more package (or save each sheet as CSV)"
        raise MissingExtraError(what, "files") from None

    try:
        book = book_of(archive.fp, values=True)
        formulas = book_of(archive.fp, values=False) if _has_formulas(archive) else None
    except Exception as e:  # the library raises what its parts do: KeyError, ParseError, ...
        raise ListFormatError(name, f"not a readable workbook: {_why(e)}") from None

    def rows(sheet: str) -> Iterator[list[str]]:
        look = _XlsxLook(archive, book[sheet], unseen[sheet], struck=struck, texts=texts)
        pages = [each[sheet] for each in (book, formulas) if each is not None]
        remaining = [rows_of(page, values_only=page is not pages[0]) for page in pages]
        for number in range(1, MAX_ROWS + 2):
            try:
                found = [next(cells, None) for cells in remaining]
                look.take(number, found[0] or ())
                saved = None if found[0] is None else [_saved(cell) for cell in found[0]]
            except Exception as e:
                what = f"sheet {sheet!r} cannot be read from row {number} on: {_why(e)}"
                raise ListFormatError(name, what) from None
            if saved is None:
                return
            if number > MAX_ROWS:
                break
            cells = saved if len(found) == 1 else map(_calculated, saved, found[1] or ())
            yield _trimmed(_cell_text(value) for value in cells)
        raise ListFormatError(name, f"more than {MAX_ROWS} rows in {sheet!r}")

    struck, texts = has_strikes(archive), struck_texts(archive)
    unseen = {page.title: Unseen(page.sheet_state != "visible") for page in book.worksheets}
    sheets = [page.title for page in book.worksheets]
    return Workbook(name, sheets, rows, asides_of(archive, name), unseen)


def _why(error: Exception) -> str:
    """What went wrong: in words where they are ours, else the kind of the error."""
    return clip(str(error), 100) if type(error) is ValueError else type(error).__name__


class _XlsxLook:
    """Looks at rows of one sheet in order. page: the library's. struck: whether a font is.

    texts: those of which a part is struck out.
    """

    def __init__(
        self,
        archive: zipfile.ZipFile,
        page: Any,  # noqa: ANN401
        unseen: Unseen,
        *,
        struck: bool,
        texts: frozenset[str],
    ) -> None:
        self._columns = hidden_columns(archive, page._worksheet_path)
        self._hidden = hidden_rows(archive, page._worksheet_path)
        self._next = next(self._hidden, 0)
        self._unseen, self._struck, self._texts = unseen, struck, texts

    def take(self, number: int, cells: Sequence[Any]) -> None:
        """Take in the cells of a row."""
        if self._columns:
            self._unseen.take_columns(self._columns, [cell.value for cell in cells])
        while 0 < self._next < number:
            self._next = next(self._hidden, 0)
        hidden = number == self._next
        if hidden or self._struck or self._texts:
            filled = [cell for cell in cells if cell.value is not None]
            struck = self._struck and any(cell.font.strike for cell in filled)
            struck = struck or any(cell.value in self._texts for cell in filled)
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
    if value is not None or formula is None:
        return value
    return str(getattr(formula, "text", formula))  # a formula of many cells is no text


def _cell_text(value: Any) -> str:  # noqa: ANN401 - whatever the library finds in a cell
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < _EXACT
        return number_text(str(int(value)) if whole else repr(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)


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
