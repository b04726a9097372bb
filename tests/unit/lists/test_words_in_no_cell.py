"""What a spreadsheet says outside its cells may be about them: boxes, page headers, prompts."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support.lists import Read, Reader

from scanner.errors import ListFormatError
from scanner.model.finding import FindingKind

B = "1NDyJtNTjmwk5xPNhjgAMu4HDHigtobu1s"
C = "34xp4vRoCGJym3xR7yCVPFHoCNxv4Twseo"
ROWS = [["network", "coin", "address", "amount"], ["bitcoin", "BTC", B, 1.5]]
NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (
        ("o", "office"), ("t", "table"), ("x", "text"), ("s", "style"), ("d", "drawing"),
    )
)  # fmt: skip
XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
BOX = (
    f'<x:wsDr xmlns:x="{XDR}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    "<x:twoCellAnchor><x:sp><x:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></x:txBody></x:sp>"
    "</x:twoCellAnchor></x:wsDr>"
)


def xlsx(path: Path, edit: Callable[[str], str] = str, **parts: str) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for cells in ROWS:
        book.active.append(cells)
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    files["xl/worksheets/sheet1.xml"] = edit(files["xl/worksheets/sheet1.xml"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (files | parts).items():
            archive.writestr(name, text)
    return path


def cell(text: object) -> str:
    kind = f'o:value-type="float" o:value="{text}"' if isinstance(text, float) else ""
    return f"<t:table-cell {kind}><x:p>{text}</x:p></t:table-cell>"


def ods(path: Path, amount: str = "", before: str = "", styles: str = "") -> Path:
    first, second = ("".join(map(cell, cells)) for cells in ROWS)
    second = second.replace(cell(1.5), amount or cell(1.5))
    table = f"{before}<t:table-row>{first}</t:table-row><t:table-row>{second}</t:table-row>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<o:document-content {NAMES}><o:body><o:spreadsheet><t:table t:name='A'>{table}"
            "</t:table></o:spreadsheet></o:body></o:document-content>",
        )
        if styles:
            archive.writestr(
                "styles.xml", f"<o:document-styles {NAMES}>{styles}</o:document-styles>"
            )
    return path


def asked(read: Read) -> list[str]:
    return [f.reason for f in read.findings if f.kind == FindingKind.NOT_UNDERSTOOD]


def pages(text: str) -> Callable[[str], str]:
    header = (
        f'<headerFooter><oddFooter>&amp;C&amp;"Arial,Bold"&amp;12{text}</oddFooter></headerFooter>'
    )
    return lambda sheet: sheet.replace("</worksheet>", header + "</worksheet>")


def prompt(text: str) -> Callable[[str], str]:
    rule = f'<dataValidations><dataValidation sqref="D2" prompt="{text}"/></dataValidations>'
    return lambda sheet: sheet.replace("<pageMargins", rule + "<pageMargins")


@pytest.mark.parametrize("text", ["All amounts in thousands", "单位：万", "Loans &lt; debts"])
@pytest.mark.parametrize("where", ["page header", "text box", "input prompt"])
def test_a_workbook(read_file: Reader, tmp_path: Path, where: str, text: str) -> None:
    path = tmp_path / "list.xlsx"
    parts = {}
    if where == "text box":
        parts = {"xl/drawings/drawing1.xml": BOX.format(text)}
    xlsx(
        path,
        {"page header": pages, "input prompt": prompt}.get(where, lambda _: str)(text),
        **parts,
    )
    read = read_file(path)
    assert (len(read.claims), len(asked(read))) == (1, 1)
    assert text.replace("&lt;", "<") in asked(read)[0]
    assert f'"ignore={where}"' in asked(read)[0]
    assert not asked(read_file(path, columns={"ignore": where}))


@pytest.mark.parametrize("text", ["Page &amp;P of &amp;N", "Proof of reserves", "&amp;D &amp;T"])
def test_usual_headers_say_nothing(read_file: Reader, tmp_path: Path, text: str) -> None:
    assert not asked(read_file(xlsx(tmp_path / "list.xlsx", pages(text))))


WORDS = "<x:p>Amounts in satoshi</x:p>"
MASTER = "<o:master-styles><s:master-page><s:{0}>{1}</s:{0}></s:master-page></o:master-styles>"
IN_CELL = "<t:table-cell o:value-type='float' o:value='1.5'>{}<x:p>1.5</x:p></t:table-cell>"


@pytest.mark.parametrize(
    ("where", "parts"),
    [
        ("page header", {"styles": MASTER.format("header", WORDS)}),
        ("page header", {"styles": MASTER.format("footer-left", WORDS)}),
        ("text box", {"before": f"<t:shapes><d:custom-shape>{WORDS}</d:custom-shape></t:shapes>"}),
        ("text box", {"amount": IN_CELL.format(f"<d:frame><d:text-box>{WORDS}</d:text-box></d:frame>")}),
        ("comment", {"amount": IN_CELL.format(f"<o:annotation>{WORDS}</o:annotation>")}),
    ],
)  # fmt: skip
def test_an_open_document(
    read_file: Reader, tmp_path: Path, where: str, parts: dict[str, str]
) -> None:
    path = ods(tmp_path / "list.ods", **parts)
    read = read_file(path)
    assert [claim.amount for claim in read.claims] == [150_000_000]
    assert [where.rsplit(maxsplit=1)[-1] in reason for reason in asked(read)] == [True]
    assert not asked(read_file(path, columns={"ignore": where}))


def test_readings_and_changes_of_an_open_document_are_no_text_of_cells(
    read_file: Reader, tmp_path: Path
) -> None:
    deleted = f"<t:tracked-changes><t:deletion><x:p>{C} in thousands</x:p></t:deletion></t:tracked-changes>"
    ruby = "<t:table-cell><x:p><x:ruby><x:ruby-base>1.5</x:ruby-base><x:ruby-text>9</x:ruby-text></x:ruby></x:p></t:table-cell>"
    read = read_file(ods(tmp_path / "list.ods", ruby, deleted))
    assert [claim.amount for claim in read.claims] == [150_000_000]
    assert not asked(read)


def test_a_table_in_a_cell_takes_no_rows_from_its_sheet(read_file: Reader, tmp_path: Path) -> None:
    inner = "<t:table t:name='B'><t:table-row><t:table-cell/></t:table-row></t:table>"
    with pytest.raises(ListFormatError, match="a table stands in a cell of sheet 'A'"):
        read_file(ods(tmp_path / "list.ods", IN_CELL.format(inner)))


def test_a_cell_that_states_another_text_than_it_shows_is_no_amount(
    read_file: Reader, tmp_path: Path
) -> None:
    two = "<t:table-cell o:value-type='string' o:string-value='{}'><x:p>1.5</x:p></t:table-cell>"
    read = read_file(ods(tmp_path / "list.ods", two.format("7")))
    assert [claim.amount for claim in read.claims] == [None]
    read = read_file(ods(tmp_path / "list.ods", two.format("1.5")))
    assert [claim.amount for claim in read.claims] == [150_000_000]


ROW = re.compile(r'<row r="2".*?</row>')


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda s: ROW.sub(lambda m: m[0] + m[0].replace(B, C), s), "row 2 comes twice"),
        (lambda s: ROW.sub(lambda m: m[0].replace('r="2"', 'r="4"') + m[0], s), "behind row 4"),
        (lambda s: re.sub(r'(<c r="A2".*?</c>)(.*?)</row>', r"\2\1</row>", s), "out of order"),
        (lambda s: re.sub(r'(<c r="D2".*?</c>)', r"\1\1", s), "a cell twice"),
        (lambda s: s.replace("<v>1.5</v>", "<v>1_5</v>"), "'1_5' is no number"),
        (lambda s: s.replace("<v>1.5</v>", "<v>NaN</v>"), "'NaN' is no number"),
    ],
)  # fmt: skip
def test_rows_and_cells_that_would_be_left_out_are_an_error(
    read_file: Reader, tmp_path: Path, edit: Callable[[str], str], why: str
) -> None:
    with pytest.raises(ListFormatError, match=rf"sheet 'Sheet' cannot be read from row \d.*{why}"):
        read_file(xlsx(tmp_path / "list.xlsx", edit))


def test_cells_and_rows_without_numbers_are_read(read_file: Reader, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "list.xlsx", lambda s: re.sub(r' r="[A-Z]?\d"', "", s))
    assert [claim.amount for claim in read_file(path).claims] == [150_000_000]


def test_strict_workbooks_and_sheets_of_one_name_are_told(
    read_file: Reader, tmp_path: Path
) -> None:
    path = xlsx(tmp_path / "list.xlsx")
    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml").decode()
    strict = book.replace("schemas.openxmlformats.org/spreadsheetml/2006", "purl.oclc.org/ooxml/x")
    with pytest.raises(ListFormatError, match="saved as Strict Open XML"):
        read_file(xlsx(path, **{"xl/workbook.xml": strict}))
    two = "<t:table t:name='A'/></o:spreadsheet>"
    path = ods(tmp_path / "list.ods")
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml").decode().replace("</o:spreadsheet>", two)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    with pytest.raises(ListFormatError, match="two of its sheets have the same name"):
        read_file(path)
