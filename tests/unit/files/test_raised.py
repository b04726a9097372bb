"""Digits above or below the line, as exponents and marks of footnotes, are no digits of a number."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import ListFormatError
from scanner.files.raised import raised_as
from scanner.files.source import Source

NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("o", "office"), ("t", "table"), ("x", "text"), ("s", "style"))
)
MAIN = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</worksheet>'
)
STYLE = (
    "<o:automatic-styles>"
    '<s:style s:name="up"><s:text-properties s:text-position="{}"/></s:style>'
    "</o:automatic-styles>"
)


def sheets(path: Path) -> dict[str, str]:
    source = Source(path)
    found = {table.name: table.read(10_000).decode() for table in source.tables()}
    source.finish()
    source.close()
    return found


def xlsx(path: Path, pages: dict[str, list[list[object]]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in pages.items():
        page = book.create_sheet(title)
        for values in rows:
            page.append(values)
    book.save(path)
    return path


def rich(text: str, raised: str, where: str = "superscript") -> Any:
    cells = pytest.importorskip("openpyxl.cell.rich_text")
    font = pytest.importorskip("openpyxl.cell.text").InlineFont(vertAlign=where)
    return cells.CellRichText(text, cells.TextBlock(font, raised))


def replaced(path: Path, member: str, old: bytes | None, new: bytes) -> Path:
    """A copy of an archive with other bytes in one file; without it where `new` is empty.

    old: what to replace; None for all of the file.
    """
    made = path.with_name(f"new-{path.name}")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(made, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename != member:
                target.writestr(info.filename, data)
            elif old is None:
                target.writestr(info.filename, new)
            elif new:
                assert old in data
                target.writestr(info.filename, data.replace(old, new))
    return made


def test_raised_digits_of_an_excel_workbook_are_shown_as_such(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [rich("10", "8"), "108", rich("5", "1"), rich("H", "2", "subscript"), rich("1", "st")]
    ]
    path = xlsx(tmp_path / "a.xlsx", {"S": rows})
    assert sheets(path) == {"": "10\u2078,108,5\u00b9,H\u2082,1st\n"}


def test_raised_digits_of_the_table_of_texts(tmp_path: Path) -> None:
    texts = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>108</t></si>'
        '<si><r><t>10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>8</t></r>'
        '<rPh sb="0" eb="1"><t>9</t></rPh><r><t>7</t></r></si><si><t>x</t></si></sst>'
    )
    path = xlsx(tmp_path / "a.xlsx", {"S": [["a", "b", "c"]]})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/texts.xml", texts)
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = b'<Override PartName="/xl/texts.xml" ContentType="%s"/></Types>' % kind
    path = replaced(path, "[Content_Types].xml", b"</Types>", part)
    cells = b"".join(b'<c r="%c1" t="s"><v>%d</v></c>' % (65 + at, at) for at in range(3))
    page = b'<sheetData><row r="1">%s</row></sheetData>' % cells
    path = replaced(path, "xl/worksheets/sheet1.xml", None, MAIN % page)
    assert sheets(path) == {"": "108,10\u20787,x\n"}


@pytest.mark.parametrize(
    ("position", "shown"),
    [
        ("super 58%", "10\u2078"),
        ("33% 58%", "10\u2078"),
        ("sub 58%", "10\u2088"),
        ("-33%", "10\u2088"),
        ("0% 100%", "108"),
        ("", "108"),
    ],
)
def test_raised_digits_of_an_open_document(tmp_path: Path, position: str, shown: str) -> None:
    cell = '<x:p>10<x:span x:style-name="up">8<x:span>8</x:span></x:span>0</x:p>'
    head = f"<o:document-content {NAMES}>{STYLE.format(position)}<o:body><o:spreadsheet>"
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'{head}<t:table t:name="S"><t:table-row><t:table-cell o:value-type="string">{cell}'
            "</t:table-cell></t:table-row></t:table></o:spreadsheet></o:body>"
            "</o:document-content>",
        )
    assert sheets(path) == {"": f"{shown}{shown[-1]}0\n"}


def test_a_position_that_is_none() -> None:
    assert not any(map(raised_as, ("", "baseline", "0%", "58", "%x")))


def test_a_chart_that_is_a_sheet_of_its_own_has_no_rows(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.create_chartsheet("Chart")
    book.save(tmp_path / "a.xlsx")
    assert sheets(tmp_path / "a.xlsx") == {"": "a\n"}


def test_a_sheet_that_is_missing_is_an_error(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", {"One": [["a"]], "Two": [["b"]]})
    with pytest.raises(ListFormatError, match="its sheet 'Two' is missing"):
        sheets(replaced(path, "xl/worksheets/sheet2.xml", b"", b""))


def test_a_formula_of_many_cells_without_its_value_is_told_as_it_is_written(tmp_path: Path) -> None:
    formula = b'<c r="A1"><f t="array" ref="A1:A2">B1*2</f></c>'
    path = xlsx(tmp_path / "a.xlsx", {"S": [[5]]})
    cell = b'<c r="A1" t="n"><v>5</v></c>'
    assert sheets(replaced(path, "xl/worksheets/sheet1.xml", cell, formula)) == {"": "=B1*2\n"}
