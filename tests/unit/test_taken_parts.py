"""Parts of libraries that are taken though nobody promises them: an upgrade that changes one is named.

Without these, what breaks is a workbook that is not read, or every command, in words of the library.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from scanner.cli.common.as_given import take_as_given


def test_openpyxl_has_the_parts_of_its_reader_that_rows_are_read_by(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    from openpyxl.worksheet._reader import WorkSheetParser

    from scanner.files.xlsx_rows import _Parser

    words = f"openpyxl {openpyxl.__version__} changed: see scanner/files/xlsx_rows.py"
    given = set(inspect.signature(WorkSheetParser.__init__).parameters)
    wanted = {"data_only", "epoch", "date_formats", "timedelta_formats"}
    assert wanted <= given, f"{words}: its parser takes {sorted(given)}"
    book = openpyxl.Workbook()
    for line in (["asset", 1.5], [], ["BTC", 2]):
        book.active.append(line)
    book.save(tmp_path / "x.xlsx")
    opened = openpyxl.load_workbook(tmp_path / "x.xlsx", read_only=True, data_only=True)
    page = opened.active
    for owner, names in (
        (page, ("_get_source", "_shared_strings", "_get_row", "parent")),
        (page.parent, ("data_only", "epoch", "_date_formats", "_timedelta_formats")),
    ):
        for name in names:
            assert hasattr(owner, name), f"{words}: {type(owner).__name__} has no {name}"

    called: list[str] = []

    class Watched(_Parser):
        def parse_row(self, row):
            assert isinstance(self.row_counter, int), f"{words}: no count of rows"
            called.append("parse_row")
            number, cells = super().parse_row(row)
            assert all("column" in cell for cell in cells), f"{words}: cells have no column"
            return number, cells

        def parse_cell(self, element):
            called.append("parse_cell")
            return super().parse_cell(element)

    with page._get_source() as source:
        parser = Watched(
            source, page._shared_strings, data_only=True, epoch=opened.epoch,
            date_formats=opened._date_formats, timedelta_formats=opened._timedelta_formats,
        )  # fmt: skip
        numbers = [number for number, _ in parser.parse()]
    opened.close()
    assert numbers == [1, 3], f"{words}: rows are counted otherwise"
    for method in ("parse_row", "parse_cell"):
        assert method in called, f"{words}: {method} is no step of reading a sheet any more"


def test_typer_has_the_parts_that_values_are_taken_by() -> None:
    words = f"typer {typer.__version__} changed: see scanner/cli/common/as_given.py"
    seen: list[object] = []

    def main(name: str, count: int = 3) -> None:
        seen.append((name, count))

    app = typer.Typer()
    app.command()(main)
    command = get_command(app)
    for parameter in command.params:
        assert hasattr(parameter, "process_value"), f"{words}: no process_value"
        described = getattr(parameter, "type_descriptor", None)
        if parameter.name in {"name", "count"}:
            assert described is not None, f"{words}: a parameter has no type_descriptor"
            for part in ("annotation", "parameter_info"):
                assert hasattr(described, part), f"{words}: type_descriptor has no {part}"
            for part in ("parser", "exists", "writable", "resolve_path", "allow_dash", "path_type",
                         "file_okay", "dir_okay"):  # fmt: skip
                assert hasattr(described.parameter_info, part), f"{words}: no {part}"
    take_as_given(command)
    asked: list[str] = []
    for parameter in command.params:
        if parameter.name == "name":
            parameter.process_value = lambda *_: asked.append("name") or "taken"
    command(["given"], standalone_mode=False)
    assert asked == ["name"], f"{words}: a value does not come through process_value any more"
    assert seen == [("taken", 3)], f"{words}: what process_value gives is not what is called with"
