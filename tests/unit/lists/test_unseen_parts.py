"""Hidden sheets, rows and columns and struck-out cells of spreadsheets are read, and told."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support.lists import Read, Reader

from scanner.model.finding import FindingKind

A, B = "0x28C6c06298d514Db089934071355E5743bf21d60", "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549"
HEADER = ["coin", "network", "address", "amount"]
NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("o", "office"), ("t", "table"), ("x", "text"), ("s", "style"))
)
STYLES = (
    '<o:automatic-styles><s:style s:name="ta1" s:family="table"><s:table-properties t:display='
    '"false"/></s:style><s:style s:name="ce1" s:family="table-cell"><s:text-properties '
    's:text-line-through-style="solid"/></s:style><s:style s:name="ce2" s:family="table-cell">'
    '<s:text-properties s:text-line-through-style="none"/></s:style></o:automatic-styles>'
)
CASES = {
    "hidden sheets": "sheet 'Old', which is hidden, was not understood",
    "hidden rows": "hidden rows of sheet 'Old', such as 'row 2', was not understood",
    "hidden columns": "hidden columns of sheet 'Old', such as 'column D', was not understood",
    "struck-out cells": "struck-out cells of sheet 'Old', such as 'row 2', was not understood",
}


def xlsx(path: Path, what: str) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    first, second = book.active, book.create_sheet("Old")
    for page, address in ((first, A), (second, B)):
        page.append(HEADER)
        page.append(["ETH", "ethereum", address, 5.5])
    if what == "hidden sheets":
        second.sheet_state = "hidden"
    second.row_dimensions[2].hidden = what == "hidden rows"
    second.row_dimensions[9].hidden = True  # it holds nothing
    second.column_dimensions["D"].hidden = what == "hidden columns"
    second.column_dimensions["K"].hidden = True  # nor does it
    if what == "struck-out cells":
        second["D2"].font = openpyxl.styles.Font(strike=True)
    second["F2"].font = openpyxl.styles.Font(strike=True)  # nor does it
    book.save(path)
    return path


def ods(path: Path, what: str) -> Path:
    def cell(text: str, style: str = "ce2") -> str:
        named = f't:style-name="{style}" o:value-type="string"'
        return f"<t:table-cell {named}><x:p>{text}</x:p></t:table-cell>"

    def sheet(name: str, address: str, *, told: bool) -> str:
        hidden = ' t:visibility="collapse"' * (told and what == "hidden rows")
        style = "ce1" if told and what == "struck-out cells" else "ce2"
        columns = ' t:visibility="collapse"' * (told and what == "hidden columns")
        display = ' t:style-name="ta1"' * (told and what == "hidden sheets")
        cells = "".join(map(cell, ("ETH", "ethereum", address)))
        return (
            f'<t:table t:name="{name}"{display}><t:table-column t:number-columns-repeated="3"/>'
            f'<t:table-column{columns}/><t:table-column t:number-columns-repeated="9"/>'
            '<t:table-column t:visibility="collapse"/>'
            f"<t:table-row>{''.join(map(cell, HEADER))}"
            f"</t:table-row><t:table-row{hidden}>{cells}{cell('5.5', style)}{cell('', 'ce1')}"
            '</t:table-row><t:table-row t:visibility="collapse" t:number-rows-repeated="9">'
            "<t:table-cell/></t:table-row></t:table>"
        )

    body = sheet("Wallets", A, told=False) + sheet("Old", B, told=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<o:document-content {NAMES}>{STYLES}<o:body><o:spreadsheet>{body}</o:spreadsheet>"
            "</o:body></o:document-content>",
        )
    return path


def reasons(read: Read) -> list[str]:
    return [f.reason for f in read.findings if f.kind is FindingKind.NOT_UNDERSTOOD]


@pytest.mark.parametrize("what", CASES)
@pytest.mark.parametrize("make", [xlsx, ods])
def test_what_a_sheet_hides_is_told(
    read_file: Reader, tmp_path: Path, make: Any, what: str
) -> None:
    path = make(tmp_path / f"list.{make.__name__}", what)
    read = read_file(path)
    assert [c.amount for c in read.claims] == [55 * 10**17] * 2
    [reason] = reasons(read)
    assert reason.startswith(CASES[what])
    assert f'--columns "ignore={what}"' in reason
    assert not read_file(path, columns={"ignore": what}).findings
    alone = reasons(read_file(f"{path}:Old"))
    assert len(alone) == 1
    assert not reasons(read_file(path.with_name(f"{path.name}:{read_name(path)}")))


def read_name(path: Path) -> str:
    """The first sheet, which hides nothing."""
    return "Wallets" if path.suffix == ".ods" else "Sheet"


@pytest.mark.parametrize("make", [xlsx, ods])
def test_a_sheet_that_hides_nothing_is_not_asked_about(
    read_file: Reader, tmp_path: Path, make: Any
) -> None:
    assert not read_file(make(tmp_path / f"list.{make.__name__}", "")).findings


def test_rows_and_columns_of_no_size_are_hidden(read_file: Reader, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for cells in (HEADER, ["ETH", "ethereum", A, 5.5]):
        book.active.append(cells)
    book.save(tmp_path / "plain.xlsx")
    sheet = "xl/worksheets/sheet1.xml"
    for what, old, new in (
        ("hidden rows", '<row r="2"', '<row r="2" ht="0" customHeight="1"'),
        ("hidden columns", "<sheetData", '<cols><col min="4" max="4" width="0"/></cols><sheetData'),
    ):
        with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain:
            parts = {name: plain.read(name).decode() for name in plain.namelist()}
        assert old in parts[sheet]
        parts[sheet] = parts[sheet].replace(old, new)
        with zipfile.ZipFile(tmp_path / "list.xlsx", "w") as archive:
            for name, text in parts.items():
                archive.writestr(name, text)
        [reason] = reasons(read_file(tmp_path / "list.xlsx"))
        assert reason.startswith(what)


@pytest.mark.parametrize(
    ("what", "family", "size", "told"),
    [
        ("hidden rows", "row", "row-height", ("0cm", "0.0in")),
        ("hidden columns", "column", "column-width", ("0cm", "0pt")),
    ],
)
def test_rows_and_columns_of_no_size_of_an_open_document_are_hidden(
    read_file: Reader, tmp_path: Path, what: str, family: str, size: str, told: tuple[str, str]
) -> None:
    for length, hidden in ((told[0], True), (told[1], True), ("0.45cm", False)):
        files = parts_of(ods(tmp_path / "list.ods", what))
        style = f'<s:style s:name="f"><s:table-{family}-properties s:{size}="{length}"/></s:style>'
        text = files["content.xml"].replace("<o:automatic-styles>", f"<o:automatic-styles>{style}")
        of_all = ' t:visibility="collapse"/>', ' t:visibility="collapse">'
        for old in of_all:
            text = text.replace(old, old.replace('t:visibility="collapse"', 't:style-name="f"'))
        read = read_file(written(tmp_path / "list.ods", files | {"content.xml": text}))
        assert [reason.startswith(what) for reason in reasons(read)] == [True] * hidden


SHARED = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si>{}</si></sst>',
    '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
)


def with_text(path: Path, inner: str) -> Path:
    """The workbook with its second address from the table of texts, whose one entry is `inner`."""
    files = parts_of(xlsx(path, ""))
    page = "xl/worksheets/sheet2.xml"
    cell = f't="inlineStr"><is><t>{B}</t></is>'
    assert cell in files[page]
    files[page] = files[page].replace(cell, 't="s"><v>0</v>')
    files["xl/sharedStrings.xml"] = SHARED[0].format(inner)
    types = "[Content_Types].xml"
    files[types] = files[types].replace("</Types>", SHARED[1])
    return written(path, files)


def parts_of(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def written(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


@pytest.mark.parametrize(("value", "told"), [("", True), (' val="1"', True), (' val="0"', False)])
def test_a_text_that_is_struck_out_within_its_cell(
    read_file: Reader, tmp_path: Path, value: str, told: bool
) -> None:
    """Part of a cell's text may have a font of its own (ECMA-376 part 1, 18.4.4)."""
    run = f"<r><t>{B[:9]}</t></r><r><rPr><strike{value}/></rPr><t>{B[9:]}</t></r>"
    read = read_file(with_text(tmp_path / "list.xlsx", run))
    assert [claim.address for claim in read.claims] == [A, B]
    asked = [f.reason for f in read.findings if f.kind == FindingKind.NOT_UNDERSTOOD]
    assert [CASES["struck-out cells"] in reason for reason in asked] == [True] * told


def test_how_a_text_is_to_be_read_aloud_is_no_part_of_it(read_file: Reader, tmp_path: Path) -> None:
    reading = f'<t>{B}</t><rPh sb="0" eb="1"><t>{A}</t></rPh><phoneticPr fontId="1"/>'
    read = read_file(with_text(tmp_path / "list.xlsx", reading))
    assert [claim.address for claim in read.claims] == [A, B]


def test_the_last_row_that_a_sheet_can_have_is_read(read_file: Reader, tmp_path: Path) -> None:
    files = parts_of(xlsx(tmp_path / "list.xlsx", ""))
    page = "xl/worksheets/sheet2.xml"
    files[page] = re.sub(r'<row r="9"[^>]*?(?:/>|></row>)', "", files[page])
    files[page] = re.sub(r' r="([A-Z]?)2"', r' r="\g<1>1048576"', files[page])
    read = read_file(written(tmp_path / "list.xlsx", files))
    assert len(read.claims) == 2
