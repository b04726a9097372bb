"""config/supplies.csv: for every asset how many there can be, as an order of magnitude, dated."""

from __future__ import annotations

import re

import pytest

from scanner.model.registry import Registry
from scanner.settings.paths import shipped
from scanner.settings.tables import load_registry, read_table


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def test_every_asset_has_one_dated_row(registry: Registry) -> None:
    rows = list(read_table(shipped("config") / "supplies.csv"))
    names = [row["asset"] for row in rows]
    missing = sorted({h.asset for h in registry.holdings()} - {*names})
    assert not missing, f"config/supplies.csv needs a row for {', '.join(missing)}"
    assert len(names) == len({*names})
    for row in rows:
        assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", row["as_of"]), row
        assert row["source"].strip(), row


def test_no_wrapping_is_more_than_what_it_wraps(registry: Registry) -> None:
    most = registry.supplies
    for asset, number in most.items():
        whole = most.get(registry.group(asset))
        assert whole is None or number <= whole, asset


def test_a_thousandth_of_all_in_base_units_is_more_than_there_can_be(registry: Registry) -> None:
    """Only so does the table tell the units apart."""
    for holding in registry.holdings():
        most = registry.supplies.get(holding.asset)
        assert most, f"config/supplies.csv needs a row for {holding.asset}"
        assert most * 10**holding.decimals // 1000 > most or holding.decimals < 4, holding
