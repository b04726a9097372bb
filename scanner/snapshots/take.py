"""Takes a snapshot: pins each height, then judges and reads chunk by chunk."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event

from scanner.chains.interface import BalanceSource
from scanner.model.registry import Registry
from scanner.snapshots.interface import Judge, Progress, SnapshotSink, Taken


def take_snapshot(
    sink: SnapshotSink,
    snapshot_id: int,
    sources: Mapping[str, BalanceSource],
    judge: Judge,
    registry: Registry,
    *,
    progress: Progress | None = None,
    stop: Event | None = None,
) -> Taken:
    """Take every chunk that is not done, then end the snapshot.

    sources: by network name; a network without one gives `unavailable` balances and is judged all
        the same. The caller closes them.
    stop: set it to stop after the requests in flight; KeyboardInterrupt does the same. What is
        done stays done, and taking the snapshot again goes on from there.
    Raises StoreError; failures of sources end up in the chunks.
    """
    raise NotImplementedError
