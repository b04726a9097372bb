"""Spreadsheets, sheet by sheet, as CSV: exact numbers, flat memory, nothing hidden."""

from __future__ import annotations

import csv
import zipfile
from datetime import date
from pathlib import Path

import pytest

from scanner.errors import ListFormatError
from scanner.files.comments import COMMENT
from scanner.files.shown import INEXACT, SHOWN, format_says, shows_other, text_says
from scanner.files.source import Source, split_place

ODS = b"application/vnd.oasis.opendocument.spreadsheet"
HEAD = (
    '<?xml version="1.0"?><o:document-content '
    'xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:x="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><o:body><o:spreadsheet>'
)


def sheets(path: Path) -> dict[str, str]:
    source = Source(path)
    found = {}
    for table in source.tables():
        parts = []
        while part := table.read(1000):
            parts.append(part)
        found[table.name] = b"".join(parts).decode()
    source.finish()
    source.close()
    return found


def ods(path: Path, body: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", ODS)
        archive.writestr(
            "content.xml", f"{HEAD}{body}</o:spreadsheet></o:body></o:document-content>"
        )
    return path


def cell(text: str) -> str:
    return f'<t:table-cell o:value-type="string"><x:p>{text}</x:p></t:table-cell>'


def number(text: str, shown: str = "") -> str:
    return f'<t:table-cell o:value-type="float" o:value="{text}"><x:p>{shown}</x:p></t:table-cell>'


def row(*cells: str, repeat: int = 1) -> str:
    return f'<t:table-row t:number-rows-repeated="{repeat}">{"".join(cells)}</t:table-row>'


def xlsx(path: Path, pages: dict[str, list[list[object]]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in pages.items():
        page = book.create_sheet(title)
        for values in rows:
            page.append(values)
        page.sheet_state = "hidden" if title == "Hidden" else "visible"
    book.save(path)
    return path


def test_every_sheet_of_a_workbook_comes_hidden_ones_too(tmp_path: Path) -> None:
    pages: dict[str, list[list[object]]] = {
        "Bitcoin": [["coin", "amount"], [], ["BTC", 1.5], ["BTC", 1000], ["BTC", 2e22]],
        "Hidden": [["ETH", "a,b", 'c"d', True, date(2026, 11, 1)]],
    }
    path = xlsx(tmp_path / "book.xlsx", pages)
    assert sheets(path) == {
        "Bitcoin": "coin,amount\n\nBTC,1.5\nBTC,1000\nBTC,20000000000000000000000\n",
        "Hidden": 'ETH,"a,b","c""d",TRUE,2026-11-01 00:00:00\n',
    }
    source = Source(*split_place(f"{path}:Hidden"))
    assert source.only().read(3) == b"ETH"
    source.close()


def test_a_number_that_was_rounded_is_marked(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "book.xlsx", {"A": [[1 / 3, 0.1, 1234567.89012345]], "B": [["x"]]})
    assert sheets(path)["A"] == f"{INEXACT}0.3333333333333333,0.1,1234567.89012345\n"


def test_a_number_that_is_kept_with_an_exponent_is_in_plain_digits(tmp_path: Path) -> None:
    rows: list[list[object]] = [[1.23457e-05, 1.23457e22, 1e-9, -2.5e-7]]
    plain = "0.0000123457,12345700000000000000000,0.000000001,-0.00000025"
    assert sheets(xlsx(tmp_path / "a.xlsx", {"S": rows})) == {"": f"{plain}\n"}
    body = f"<t:table t:name='S'>{row(number('1.23457E-05'), number('1E+99'))}</t:table>"
    assert sheets(ods(tmp_path / "a.ods", body)) == {"": f"0.0000123457,1{'0' * 99}\n"}


def test_open_document_sheets(tmp_path: Path) -> None:
    spaces, edge = 'B&amp;W<x:s x:c="2"/>x', '<t:table-cell t:number-columns-repeated="16000"/>'
    rows = [
        row(cell("coin"), cell("amount")),
        row(repeat=2),
        row(cell(spaces), number("1.50", "1,50")),
        row(number("0.30000000000000004"), repeat=2),
        row(edge, repeat=1_000_000),
    ]
    body = f'<t:table t:name="A">{"".join(rows)}</t:table>' + (
        '<t:table t:name="B"><t:table-row><t:table-cell t:number-columns-repeated="2" '
        'o:value-type="date" o:date-value="2026-11-01"><o:annotation><x:p>secret</x:p>'
        "</o:annotation><x:p>1 Nov</x:p></t:table-cell></t:table-row></t:table>"
    )
    assert sheets(ods(tmp_path / "book.ods", body)) == {
        "A": f"coin,amount\n\n\nB&W  x,1.50\n{INEXACT}0.30000000000000004\n{INEXACT}0.30000000000000004\n",
        "B": "2026-11-01,2026-11-01\n",
    }


def test_rows_repeated_without_end_are_refused(tmp_path: Path) -> None:
    wide = cell("x").replace("<t:table-cell ", '<t:table-cell t:number-columns-repeated="16384" ')
    body = f'<t:table t:name="A">{row(cell("a"))}{row(wide, repeat=1_000_000)}</t:table>'
    with pytest.raises(ListFormatError, match="rows of 'A' are repeated to more than 2,000,000"):
        sheets(ods(tmp_path / "book.ods", body))


def test_a_sheet_longer_than_a_sheet_can_be_is_refused(tmp_path: Path) -> None:
    body = f'<t:table t:name="A">{row(cell("x"), repeat=2_000_000)}</t:table>'
    with pytest.raises(ListFormatError, match="more than 1048576 rows"):
        sheets(ods(tmp_path / "book.ods", body))


@pytest.mark.parametrize("body", ["<t:table", "<!DOCTYPE x><t:table/>"])
def test_what_is_no_sheet_is_an_error(tmp_path: Path, body: str) -> None:
    with pytest.raises(ListFormatError, match="not a readable workbook"):
        sheets(ods(tmp_path / "book.ods", body))


def test_no_document_type_is_expanded(tmp_path: Path) -> None:
    path = tmp_path / "book.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", ODS)
        archive.writestr("content.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    with pytest.raises(ListFormatError, match="a document type"):
        sheets(path)


def test_a_damaged_workbook_is_an_error(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "book.xlsx", {"A": [["x"]], "B": [["y"]]})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"][:-40]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(ListFormatError, match="cannot be read"):
        sheets(path)


SAYS = [
    "0%",
    "0.00%",
    '"$"#,##0.00_);("$"#,##0.00)',
    "[$$-409]#,##0.00",
    "[$EUR ]#,##0.00_-",
    "#,##0.00 [$\u20ac-407]",
    "#,##0.00 \u20ac",
    '#,##0.00 "thousand"',
    r"0.0\k",
    "0.00 \\M",
    "0.00,,",
    "#,##0,",
    '0"."000',
    "0.0 5",
    '"n/a"',
    "0" * 256,
]
SILENT = [
    "General",
    "0",
    "0.00000000",
    "#,##0.00",
    "#,##0.00_);[Red](#,##0.00)",
    r'_(* #,##0.00_);_(* \(#,##0.00\);_(* "-"??_);_(@_)',
    "# ??/??",
    "# ?/8",
    "0.00E+00",
    "##0.0E+0",
    "@",
    "[$-409]#,##0.00",
    "[>=1000]#,##0;0.00",
    "#\\ ##0.00",
    "#'##0.00",
    "+0;-0;0",
]


@pytest.mark.parametrize("form", SAYS)
def test_a_format_that_shows_more_than_the_number(form: str) -> None:
    assert format_says(form)


@pytest.mark.parametrize("form", SILENT)
def test_a_format_that_shows_the_number(form: str) -> None:
    assert not format_says(form)


@pytest.mark.parametrize(
    "shown", ["", "1.5", "-1,234.50", "(5)", "1 234,5", "1.5E+10", "1 1/2", "+3"]
)
def test_a_text_that_is_just_a_number(shown: str) -> None:
    assert not text_says(shown)


@pytest.mark.parametrize(
    "shown", ["#DIV/0!", "Err:502", "50%", "$5", "5 \u20ac", "7.5k", "NaN", "###"]
)
def test_a_text_that_says_more(shown: str) -> None:
    assert text_says(shown)


@pytest.mark.parametrize("form", [";;;", ";;;@", " ; ; ", "[Red];[Blue]0"])
def test_a_format_that_shows_nothing(form: str) -> None:
    assert format_says(form)


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("5", "5000"), ("5,0", "5000"), ("1.5", "1500"), ("7", "7000000"), ("0", "5000"),
        ("1.5E+3", "15000"), ("12", "-1200"), ("1.5", "15"), ("1,50", "150"),
        ("-", "5000"), ("( )", "7"), (".", "5"), ("5e9999999", "5000"), ("5e-99999999999", "5"),
        ("5" + "e" + "9" * 200, "5"), ("5", "1e9999999"),
    ],
)  # fmt: skip
def test_a_cell_that_shows_another_number_than_it_holds(shown: str, value: str) -> None:
    assert shows_other(shown, value)


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("", "5000"), ("5,000", "5000"), ("5.000", "5000"), ("5 000,00", "5000"), ("1,235", "1234.5670"),
        ("1.234,57", "1234.567"), ("1234", "1234.999"), ("(5)", "-5"), ("-5.5", "-5.5"), ("1/2", "0.5"),
        ("1.5E+10", "15000000000"), ("0.1", "0.12345"), ("5", "\u22485.000000000000001"), ("+3", "3"), ("12,34,567", "1234567"),
        ("-", "0"), ("5", ""), ("1" * 40, "1" * 40),
    ],
)  # fmt: skip
def test_a_cell_that_shows_its_number_rounded_or_in_groups(shown: str, value: str) -> None:
    assert not shows_other(shown, value)


def test_a_cell_of_thousands_is_marked(tmp_path: Path) -> None:
    body = f'<t:table t:name="A">{row(cell("amount"))}{row(number("5000", "5"))}</t:table>'
    assert SHOWN in sheets(ods(tmp_path / "x.ods", body))[""]
    body = body.replace("<x:p>5<", "<x:p>5,000.00<")
    assert SHOWN not in sheets(ods(tmp_path / "x.ods", body))[""]


def test_a_cell_that_shows_more_than_its_number_is_marked(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    formats = ["0%", "[$$-409]#,##0.00", '0.00 "thousand"', "#,##0.00", "General"]
    for at, form in enumerate(formats, 1):
        book.active.cell(1, at, 7.5).number_format = form
        book.active.cell(2, at, 7).number_format = form
        book.active.cell(3, at, "text").number_format = form
    book.save(tmp_path / "book.xlsx")
    marked = [f"{SHOWN}7.5 in the format {form}" for form in formats[:2]]
    lines = sheets(tmp_path / "book.xlsx")[""].splitlines()
    last = f'"{SHOWN}7.5 in the format 0.00 ""thousand"""'
    assert lines[0] == ",".join([marked[0], f'"{marked[1]}"', last, "7.5", "7.5"])
    assert lines[1].count(SHOWN) == 3
    assert lines[1].endswith(",7,7")
    assert lines[2] == "text,text,text,text,text"


def test_open_document_cells_that_show_more_are_marked(tmp_path: Path) -> None:
    def kind(name: str, value: str, shown: str) -> str:
        return (
            f'<t:table-cell t:formula="of:=7" o:value-type="{name}" o:value="{value}">'
            f"<x:p>{shown}</x:p></t:table-cell>"
        )

    cells = [
        kind("currency", "5000", "$5,000"),
        kind("percentage", "0.5", "50%"),
        kind("currency", "5000", "5000"),
        kind("currency", "5000", ""),
        number("0", "#DIV/0!"),
        number("0", "Err:502"),
        number("7.5", "7.50 thousand"),
        number("7.5", "7,50"),
        '<t:table-cell t:formula="of:=7*2"/>',
    ]
    path = ods(tmp_path / "book.ods", f'<t:table t:name="A">{row(*cells)}</t:table>')
    with_mark = ["$5,000", "50%", "5000", "5000 currency", "#DIV/0!", "Err:502", "7.50 thousand"]
    expected = [SHOWN + text for text in with_mark] + ["7.5", "of:=7*2"]
    assert next(csv.reader([sheets(path)[""].strip()])) == expected


def test_comments_on_cells_are_told(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active["A1"] = "amount"
    for place, text in (("A1", "in thousands"), ("B7", "x" * 2000)):
        book.active[place].comment = openpyxl.comments.Comment(text, "author")
    book.save(tmp_path / "book.xlsx")
    note = "<o:annotation><x:p>in <x:span>lakhs</x:span></x:p></o:annotation>"
    cells = [cell("amount").replace("<x:p>", f"{note}<x:p>", 1), cell("x")]
    body = f'<t:table t:name="A">{row(*cells)}</t:table>'
    path = ods(tmp_path / "book.ods", body)
    assert sheets(path) == {"": "amount,x\n"}
    for file, expected in (
        ("book.xlsx", ("in thousands", "x" * 1000)),
        ("book.ods", ("in lakhs",)),
    ):
        source = Source(tmp_path / file)
        assert source.asides == tuple((COMMENT, text) for text in expected)
        source.close()


@pytest.mark.parametrize("body", ["<comments", "<!DOCTYPE x><comments/>"])
def test_comments_that_cannot_be_read_are_an_error(tmp_path: Path, body: str) -> None:
    path = xlsx(tmp_path / "book.xlsx", {"A": [["x"]]})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/comments1.xml", body)
    with pytest.raises(ListFormatError, match=r"comments cannot be read|a document type"):
        Source(path)
