"""Whose list a file is, and names in texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ConfigError
from scanner.model.publisher import Publisher, Publishers, names, publisher_of_file

TABLE = Publishers([
    Publisher("okx", ("OKEx", "Okcoin"), ("I am an OKX address",)),
    Publisher("gate.io", ("gate-io",)),
])  # fmt: skip


@pytest.mark.parametrize(
    ("file", "publisher"),
    [
        ("northbank_2026-09-26.csv", "northbank"),
        ("northbank_2026-10-26.csv.gz", "northbank"),
        ("northbank-20260926 (2).json", "northbank"),
        ("2026-09 northbank copy.xlsx", "northbank"),
        ("Copy of northbank 26.09.2026.csv", "northbank"),
        ("northbank sep 2026.csv", "northbank"),
        ("northbank_2026Q3_final.csv", "northbank"),
        ("okx_por_20260926.csv", "okx"),
        ("OKEX-reserves.csv", "okx"),
        ("gate.io_2026-09-26.csv", "gate.io"),
        ("gateway_2026.csv", "gateway"),
        ("okxy.csv", "okxy"),
        ("2026-09-26.csv", "2026-09-26"),
        ("por (1).csv", "por"),
        (".csv", ".csv"),
    ],
)
def test_dates_and_copies_are_taken_off(file, publisher):
    assert publisher_of_file(file, TABLE) == publisher


@given(st.text(min_size=1, max_size=60))
def test_some_name_is_always_left(file):
    assert publisher_of_file(file, TABLE)


def test_spellings_and_aliases_are_one():
    assert TABLE.known("Gate IO").name == TABLE.known("gateio").name == "gate.io"
    assert TABLE.known("okcoin").name == "okx"
    assert TABLE.known("Northbank") == Publisher("Northbank")
    with pytest.raises(ConfigError, match="'OKX'"):
        Publishers([Publisher("okx"), Publisher("other", ("OKX",))])


@pytest.mark.parametrize(
    ("text", "name", "there"),
    [
        ("I am an OKX address", "okx", True),
        ("I am an okx_wallet", "OKX", True),
        ("BOOKX address", "okx", False),
        ("okx2", "okx", False),
        ("a Gate.io wallet", "gate-io", True),
        ("the gate is open", "gate.io", False),
        ("anything", "...", False),
    ],
)
def test_names_stand_as_words_of_their_own(text, name, there):
    assert names(text, name) is there
