"""One small snapshot as a user takes it, over a wire that fails once, and what must come of it."""

from __future__ import annotations

from datetime import UTC, datetime

from scanner.errors import StoreError
from scanner.model.balance import Evidence
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.snapshots.take import take_snapshot
from scanner.store.reading import queries
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink
from support.snapshot_stub import StubSource, eth_claim, good_judge

NETWORKS = ("ethereum", "arbitrum")
SIZES = {"ethereum": 4, "arbitrum": 2}
NOW = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = SnapshotPolicy(chunk_sizes=SIZES, attempts=1)


def claims(publisher_number: int = 0):
    """Good, unsigned and false rows; those of the second network are read at its newest state."""
    return [
        eth_claim(
            100 * publisher_number + n, network=NETWORKS[n % 2], row=n + 1,
            amount=None if n % 3 else n + 1, **({"signatures": ("s",)} if n % 4 else {}),
        )
        for n in range(8)
    ]  # fmt: skip


def sources():
    return {
        "ethereum": StubSource("ethereum", parallel=1),
        "arbitrum": StubSource("arbitrum", parallel=1, evidence=Evidence.LATEST_ONLY),
    }


def plan(store, list_id: int) -> int:
    return create_snapshot(store, list_id, POLICY)


def take(store, snapshot: int) -> SnapshotState:
    sink, registry = StoreSink(store, lambda: NOW), load_registry()
    return take_snapshot(sink, snapshot, sources(), good_judge, registry).state


def told(store, snapshot: int):
    """Everything a reader is told, without the snapshot's own number."""
    totals = queries.totals(store, snapshot).to_json()
    totals.pop("snapshot")
    found = [f.finding for f in queries.findings(store, snapshot)]
    return totals, queries.head(store, snapshot).chain_head, found


def trying(work, tries: int = 3):
    """What `work` gives, and the words with which it failed before; as a user tries again."""
    said: list[str] = []
    while True:
        try:
            return work(), said
        except StoreError as e:
            said.append(str(e))
            if len(said) == tries:
                raise
