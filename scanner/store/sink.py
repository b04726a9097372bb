"""Takes what snapshots produce into the database; the other half of `SnapshotSink`."""

from __future__ import annotations

from scanner.store.engine import Store


class StoreSink:
    """`scanner.snapshots.interface.SnapshotSink` on a Store."""

    def __init__(self, store: Store) -> None:
        self._store = store
