"""A snapshot in a database with one of everything, and text that a hostile publisher wrote."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.claim import UnreadableRow
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy
from scanner.snapshots.take import take_snapshot
from scanner.store.database.engine import Store
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink
from support.snapshot_stub import StubSource, balance_of, eth_claim, evm_address, good_judge, stored
from support.statements import stated as stated_policy

EVIL = '=cmd|"x"!A1\x1b[2J</td><script>alert(1)</script>\u202e\ud800\n@SUM'
HELD = [balance_of(evm_address(n), "ETH") for n in range(4)]


@dataclass(frozen=True)
class Taken:
    store: Store
    id: int


def rows():
    signed = {"signatures": ("0xaa",), "message": EVIL}
    return [
        eth_claim(0, **signed),
        eth_claim(1, amount=HELD[1] + 5, **signed),
        eth_claim(2, amount=HELD[2] - 7, **signed),
        eth_claim(3, row_type=EVIL),
        eth_claim(0, row=5, **signed),
        eth_claim(5, network="tron", asset="TRX", address="T" + "x" * 33, amount=9, **signed),
        UnreadableRow(7, 2, "unknown_coin", f"unknown coin {EVIL}", EVIL),
    ]


def take(
    store: Store, publisher: str = "Ünïcode & Co", policy: SnapshotPolicy | None = None
) -> int:
    list_id = stored(store, rows(), publisher).list_id
    snapshot_id = create_snapshot(store, list_id, stated_policy(policy, EVIL))
    sources = {"ethereum": StubSource()}
    take_snapshot(StoreSink(store), snapshot_id, sources, good_judge, load_registry())
    return snapshot_id
