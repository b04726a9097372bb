"""Reads config/explorers.csv: where people look an address up. For links only: nobody is asked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import quote

from scanner.settings.paths import shipped
from scanner.settings.tables import read_table

PLACE = "{address}"


@cache
def load_explorers(folder: Path | None = None) -> Mapping[str, str]:
    """Network -> page of an address, with PLACE for it. Raises ConfigError."""
    pages: dict[str, str] = {}
    path = (folder or shipped("config")) / "explorers.csv"
    for row in read_table(path, ("network", "address_page"), ("network",)):
        page = row["address_page"]
        if not page.startswith("https://") or page.count(PLACE) != 1:
            raise row.wrong(f"{row['network']}: not an https address with {PLACE}")
        pages[row["network"]] = page
    return pages


def explorer_page(network: str, address: str) -> str:
    """The page of an address on its network's explorer; "" where the table has none."""
    page = load_explorers().get(network, "")
    return page.replace(PLACE, quote(address, safe=""))
