"""Makes snapshots: a row, its plan, and the liabilities its reserve ratio uses."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.liabilities.interface import Liability
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.engine import Store


def create_snapshot(store: Store, list_id: int, policy: SnapshotPolicy) -> int:
    """Plan a snapshot of a stored list; chunks and snapshot are one transaction.

    Returns its id. Raises StoreError if there is no such list.
    """
    raise NotImplementedError


def set_liabilities(store: Store, snapshot_id: int, liabilities: Sequence[Liability]) -> None:
    """Keep what is owed, beside a snapshot. An asset's figure is written once.

    Raises SnapshotNotFoundError; StoreError if an asset already has a different figure.
    """
    raise NotImplementedError
