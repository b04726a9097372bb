"""What the worker says of its work: one line an event, and what it is about as fields beside it.

Fields: `schedule`, `publisher`, `snapshot`, `chunk`, `network`, `state`, `reason`; programs that
read logs select by them. Everything passes the filter of `scanner.settings.logs`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from scanner.snapshots.values import Chunk, SnapshotState
from scanner.store.database.engine import Store
from scanner.store.reading import queries

log = logging.getLogger("scanner.worker")


def tell(event: str, about: Mapping[str, object], level: int = logging.INFO) -> None:
    """Say one event, with its fields."""
    log.log(level, "%s", event, extra=dict(about))


def tell_chunk(chunk: Chunk, reason: str = "") -> None:
    """Say that a chunk is read, or why it failed."""
    about = {"snapshot": chunk.snapshot_id, "chunk": chunk.no, "network": chunk.plan.network}
    if reason:
        tell("chunk failed", {**about, "reason": reason}, logging.WARNING)
    else:
        tell("chunk read", about)


def tell_ended(store: Store, snapshot_id: int, state: SnapshotState) -> None:
    """Say how a snapshot ended, and whose it is."""
    whole = state is SnapshotState.COMPLETE
    publisher = queries.head(store, snapshot_id).publisher
    about = {"snapshot": snapshot_id, "publisher": publisher, "state": state.value}
    tell("snapshot ended", about, logging.INFO if whole else logging.WARNING)
