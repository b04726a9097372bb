"""What is about debts and was given as a list of reserves is named, with the command that reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.liabilities.not_a_list import what_is_owed

VECTORS = Path("tests/vectors")
OWED = sorted(
    path
    for pattern in (
        "bitmex/*.csv", "okx/*.*", "others/*.json", "binance/*.json", "*/proof.csv",
        "gate/*.json", "okx_v2/*/sum_proof_data.json.gz", "okx_v2/*/inclusion/*.json",
        "okx_v1/*/sum_proof_data", "okx_v1/*/inclusion/*.json.gz",
    )
    for path in (VECTORS / "liabilities").glob(pattern)
    if path.suffix != ".md"
)  # fmt: skip
FIGURES = "h5_semicolon.csv"
"""It names assets and amounts and nothing else."""
LISTS = sorted(
    p
    for p in (VECTORS / "lists").rglob("*.*")
    if p.suffix in (".csv", ".json", ".txt") and p.name != FIGURES
)


@pytest.mark.parametrize("path", OWED, ids=str)
def test_every_known_form_names_its_command(path):
    assert "scanner liabilities " in what_is_owed(path)


@pytest.mark.parametrize("path", LISTS, ids=str)
def test_no_published_list_is_taken_for_one(path):
    assert not what_is_owed(path)


def test_there_are_both():
    assert len(OWED) > 20
    assert LISTS


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("asset,amount,as_of", True),
        ("Coin;Amount", True),
        ("asset,amount,address", False),
        ("coin,wallet,amount", False),
        ("network,address", False),
        ("", False),
    ],
)
def test_figures_are_told_by_their_header(tmp_path, header, named):
    path = tmp_path / "f.csv"
    path.write_text(f"{header}\nBTC,1\n")
    assert ("scanner liabilities import" in what_is_owed(path)) is named


def test_what_is_not_there_is_nothing(tmp_path):
    assert not what_is_owed(tmp_path / "none.csv")
    assert not what_is_owed(tmp_path)
