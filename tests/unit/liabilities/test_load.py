"""One way in for every form of liabilities."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.errors import InputError
from scanner.liabilities.interface import LiabilityEvidence
from scanner.liabilities.load import load_liabilities
from scanner.settings.tables import load_registry

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "liabilities"


@pytest.mark.parametrize(
    ("name", "format", "assets", "evidence"),
    [
        ("bitmex/liabilities_100.csv", "bitmex_tree", ["BTC"], LiabilityEvidence.REHASHED),
        ("bitmex/river_420.csv", "bitmex_tree", ["BTC"], LiabilityEvidence.REHASHED),
        ("okx/full-liabilities-merkle-tree.txt", "okx_tree", ["BTC", "ETH", "USDT"],
         LiabilityEvidence.REHASHED),
    ],
)  # fmt: skip
def test_a_tree_is_known_by_its_content(
    tmp_path: Path, name: str, format: str, assets: list[str], evidence: LiabilityEvidence
) -> None:
    path = tmp_path / "owed.csv"
    path.write_bytes((VECTORS / name).read_bytes())
    loaded = load_liabilities(path, load_registry())
    assert loaded.check is not None
    assert loaded.check.format == format
    assert [item.asset for item in loaded.liabilities] == assets
    assert {item.evidence for item in loaded.liabilities} == {evidence}


def test_anything_else_is_a_table_of_figures(tmp_path: Path) -> None:
    path = tmp_path / "owed.txt"
    path.write_text("asset,amount\nBTC,1\n")
    loaded = load_liabilities(path, load_registry())
    assert (loaded.check, loaded.liabilities[0].amount) == (None, 10**8)
    with pytest.raises(InputError, match="No such file"):
        load_liabilities(tmp_path / "none", load_registry())
