"""A report's twin as a file: made, changed by a stranger, checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.claim import Claim
from scanner.prices.interface import make_price
from scanner.reports.documents.document import report_document
from scanner.reports.documents.twin import read_twin
from scanner.reports.documents.twin_checks import CheckState, check_twin
from scanner.reports.tables.jsontext import pretty
from scanner.store.database.engine import Store
from scanner.store.reading.prices import add_prices
from scanner.store.writing.liability_proofs import keep_proof
from scanner.store.writing.runs import set_liabilities
from support.sealed_database import PROOF
from support.snapshot_stub import StubSource, balance_of, eth_claim, evm_address
from support.taking import SIGNED, planned, take


def written(store: Store, snapshot_id: int, path: Path) -> Path:
    """The twin of a snapshot with liabilities."""
    ether = Liability("ETH", 5 * 10**18, 18, LiabilityEvidence.PUBLISHED, "owed.csv", "2023-11-14")
    dollars = Liability("USDT", 7, 24, LiabilityEvidence.PUBLISHED, "owed.csv", "2023-11-14")
    set_liabilities(store, snapshot_id, [ether, dollars])
    path.write_bytes(pretty(report_document(store, snapshot_id)))
    return path


def rich(store: Store, path: Path, *more: Claim) -> Path:
    """The twin of a snapshot with everything that has figures: prices, groups, a proof, history.

    more: rows of its list besides.
    """
    rows = [
        eth_claim(1, **SIGNED),
        eth_claim(3, amount=balance_of(evm_address(3), "ETH") + 5, **SIGNED),
        eth_claim(4),
        *(usdc(2, "USDC", "ethereum"), usdc(5, "USDC.e.polygon", "polygon")),
        eth_claim(6, network="tron", asset="TRX", address="T" + "x" * 33, amount=9, **SIGNED),
        *more,
    ]
    first, last = (planned(store, rows) for _ in range(2))
    for snapshot_id in (first, last):
        take(store, snapshot_id, StubSource(), StubSource("polygon"))
    at = datetime.fromtimestamp(1_700_000_100, UTC)
    prices = {"ETH": "3000.5", "USDC": "1", "OKB": "50"}
    add_prices(store, [make_price(a, at, "csv: x", text) for a, text in prices.items()])
    keep_proof(store, last, PROOF)
    owed = [("ETH", 5 * 10**18, 18, "2023-11-14"), ("USDC", 7, 6, "")]
    published = LiabilityEvidence.PUBLISHED
    set_liabilities(
        store, last, [Liability(*what, published, "owed.csv", day) for *what, day in owed]
    )
    path.write_bytes(pretty(report_document(store, last)))
    return path


def usdc(number: int, asset: str, network: str) -> Claim:
    """A signed row of dollars."""
    return eth_claim(number, asset=asset, network=network, **SIGNED)


def states_of(path: Path, **more: str) -> dict[str, CheckState]:
    """What each check of a twin comes to, by its name."""
    return {check.name: check.state for check in check_twin(read_twin(path), **more)}


def changed(path: Path, change: Callable[[Any], object]) -> Path:
    """The same file with its document changed."""
    document = json.loads(path.read_text())
    change(document)
    path.write_bytes(pretty(document))
    return path
