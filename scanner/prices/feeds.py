"""Reads config/price_feeds.csv: which contract says what an asset costs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from scanner.errors import AddressFormatError, ConfigError, why
from scanner.model.addresses.evm import EvmCodec
from scanner.model.registry import Registry
from scanner.prices.chainlink import Feed
from scanner.prices.interface import asset_names
from scanner.settings.paths import shipped

COLUMNS = ("asset", "network", "chain", "contract", "description", "source")
MAX_FILE = 1_000_000


def load_feeds(registry: Registry, file: Path | None = None) -> list[Feed]:
    """Read the feeds of `file`, by default the shipped table, in its order.

    Raises ConfigError naming file and line: an unknown asset or network, a contract that is no
    address, an asset with two feeds of one chain, a row without a source.
    """
    path = file or shipped("config") / "price_feeds.csv"
    try:
        if path.stat().st_size > MAX_FILE:
            raise ConfigError(f"{path.name}: larger than {MAX_FILE:,} bytes")
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.reader(stream, strict=True)
            rows = ((reader.line_num, [c.strip() for c in cells]) for cells in reader)
            return _feeds(path.name, rows, registry)
    except (OSError, csv.Error, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read the table {path.name}: {why(e)}") from e


def _feeds(file: str, rows: Iterator[tuple[int, list[str]]], registry: Registry) -> list[Feed]:
    names = asset_names(registry)
    found: dict[tuple[str, str, str], Feed] = {}
    if tuple(next(rows, (1, []))[1]) != COLUMNS:
        raise ConfigError(f"{file}:1: the first line must be {','.join(COLUMNS)}")
    for line, cells in rows:
        place = f"{file}:{line}"
        if not cells:
            continue
        if len(cells) != len(COLUMNS) or not all(cells):
            raise ConfigError(f"{place}: a feed needs {len(COLUMNS)} fields, none of them empty")
        asset, network, chain, contract, description, _source = cells
        known = names.get(asset.upper())
        if known is None or network not in registry.networks:
            raise ConfigError(f"{place}: no asset {asset!r}, or no network {network!r}")
        try:
            address = EvmCodec(network, "").decode(contract)
        except AddressFormatError as e:
            raise ConfigError(f"{place}: {e}") from None
        feed = Feed(known, network, chain, address.payload, address.text, description)
        if found.setdefault((known, network, chain), feed) is not feed:
            raise ConfigError(f"{place}: {known} has two feeds on {network} chain {chain}")
    return list(found.values())
