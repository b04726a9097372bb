"""Hostile text is made harmless, and nothing harmless is changed."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.reports.tables.text import defuse, printable, redacted, refuse


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\nb\rc\td", "a\\nb\\rc\\td"),
        ("\x9b31m", "\\x9b31m"),
        ("\x7f\x00", "\\x7f\\x00"),
        ("abc\u202egpj", "abc\\u202egpj"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("交易所 Börse", "交易所 Börse"),
    ],
)
def test_printable_shows_what_could_steer_a_terminal(raw, shown):
    assert printable(raw) == shown


@given(st.text())
def test_printable_leaves_no_control_character(text):
    shown = printable(text)
    assert all(c == " " or c.isprintable() or ord(c) > 0x9F for c in shown)
    assert not set(shown) & set(map(chr, [*range(32), *range(0x7F, 0xA0)]))


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "=cmd|' /C calc'!A0",
        " =1",
        "\uff1d1",
        "'=1",
        "%0A",
        "|x",
    ],
)
def test_formula_gets_an_apostrophe(cell):
    assert defuse(cell) == "'" + cell


@pytest.mark.parametrize(
    "cell", ["", "0", "-5", "-5.25", "12.5", "bc1qxyz", "0xabc", "it's", "a=b"]
)
def test_harmless_cell_is_left_alone(cell):
    assert defuse(cell) == cell


@given(st.text(alphabet="='+-@ 1a|%", max_size=6))
def test_refuse_undoes_defuse(text):
    assert refuse(defuse(text)) == text


def test_defused_cells_survive_a_csv_round_trip():
    out = io.StringIO()
    csv.writer(out).writerow([defuse('=a,"b'), defuse("\x1b]0;x\x07")])
    assert next(csv.reader(io.StringIO(out.getvalue()))) == ["'=a,\"b", "\\x1b]0;x\\x07"]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("GET https://host/v2/CANARYKEY failed", "GET (https address left out) failed"),
        ("ws://u:CANARYKEY@host", "(ws address left out)"),
        ("HTTPS://host?k=CANARYKEY", "(https address left out)"),
        ("postgresql://me:CANARYKEY@db/x", "postgresql://me:***@db/x"),
        ("postgresql+psycopg://me:p@CANARYKEY@db/x", "postgresql+psycopg://me:***@db/x"),
        ("sqlite:////tmp/a.db", "sqlite:////tmp/a.db"),
        ("postgresql://me@db/x", "postgresql://me@db/x"),
    ],
)
def test_redacted_drops_secrets(message, kept):
    assert redacted(message) == kept
    assert "CANARYKEY" not in redacted(message)
