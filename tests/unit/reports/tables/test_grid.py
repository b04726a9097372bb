"""Tables lose no number: whole when piped, in blocks where a terminal is too narrow."""

from __future__ import annotations

import io
import re

from scanner.reports.tables.grid import Cell, Column, grid_text, print_grid

COLUMNS = [Column("asset"), Column("amount", right=True), Column("why")]
ROWS = [["BTC", Cell("1,234,567.12345678", "bold red"), "x" * 50], ["[red]", "-", "\x1b[2J"]]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_piped_table_is_aligned_plain_and_whole():
    text = grid_text(COLUMNS, ROWS)
    lines = text.splitlines()
    assert lines == [line.rstrip() for line in lines]
    assert "1,234,567.12345678" in text
    assert "x" * 50 in text
    assert "[red]" in text
    assert "\\x1b[2J" in text
    assert "\x1b" not in text
    ends = [line.index("1,234,567.12345678") + 18 for line in lines if "BTC" in line]
    assert [line.index("amount") + 6 for line in lines if "amount" in line] == ends


def test_narrow_terminal_gets_blocks(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    print_grid([*COLUMNS, Column("n", right=True)], [[*r, "7"] for r in ROWS], stream=out)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert "amount  1,234,567.12345678\n" in plain
    assert plain.count("amount  ") == 2


def test_title_is_literal():
    out = io.StringIO()
    print_grid(COLUMNS, [], title="[bold]a\x1b", stream=out)
    assert out.getvalue().startswith("[bold]a\\x1b\n")
