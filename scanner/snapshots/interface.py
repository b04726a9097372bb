"""What the store and the ownership room give to a snapshot, and the values it is made of.

The values live in a file of their own (values.py) and are named here for their readers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from scanner.model.block import BlockRef
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.finding import Finding
from scanner.ownership.interface import ContractCall, KeyQuestion
from scanner.snapshots.doubts import Doubts
from scanner.snapshots.values import (
    ONE_MOMENT,
    Chunk,
    ChunkPlan,
    ChunkState,
    NumberedClaim,
    Origin,
    RowResult,
    SnapshotPolicy,
    SnapshotState,
    Taken,
)

__all__ = [
    "ONE_MOMENT",
    "Chunk",
    "ChunkPlan",
    "ChunkState",
    "Judge",
    "NumberedClaim",
    "Origin",
    "Progress",
    "RowResult",
    "SnapshotPolicy",
    "SnapshotSink",
    "SnapshotState",
    "Taken",
]


class Judge(Protocol):
    """What gives verdicts about claims."""

    def __call__(
        self, claims: Sequence[Claim], call: ContractCall | None, keys: KeyQuestion | None = None
    ) -> Sequence[ControlResult]:
        """One verdict per claim, in order.

        call: how to ask contracts at the pinned block, keys: how to ask which keys an account has
        there; None where nothing can be asked. They may raise SourceError: then there is no
        verdict yet, and the judge lets the error through.
        """
        ...


Progress = Callable[[float, int], None]
"""progress(share of the work done, 0 to 1; claims done)."""


class SnapshotSink(Protocol):
    """Where a snapshot's plan lies and its results go. Safe to use from several threads.

    Every method is one transaction. Raises StoreError when the database refuses.
    """

    def policy(self, snapshot_id: int) -> SnapshotPolicy:
        """How the snapshot is to be taken. Raises SnapshotNotFoundError."""
        ...

    def taking(self, snapshot_id: int) -> AbstractContextManager[None]:
        """Be the one process that takes the snapshot. Raises StoreError if another is."""
        ...

    def forked(self) -> None:
        """Called first in a forked process: leave inherited connections alone and make new ones."""
        ...

    def take_turns(self, turn: Callable[[], AbstractContextManager[None]] | None) -> None:
        """Write only inside `turn`, where a database has one writer at a time. None: as before."""
        ...

    def cut(self, snapshot_id: int, sizes: Mapping[str, int]) -> None:
        """Cut networks of which nothing is done yet into chunks of these sizes.

        Sizes that the policy names stay; networks not named in `sizes` keep their chunks.
        """
        ...

    def chunks(self, snapshot_id: int) -> list[Chunk]:
        """Every chunk of the snapshot, by number."""
        ...

    def claimed(self, snapshot_id: int, chunks: Collection[Chunk]) -> dict[int, dict[str, int]]:
        """Chunk number -> asset -> base units that its rows claim, duplicates left out."""
        ...

    def claims(self, chunk: Chunk) -> list[NumberedClaim]:
        """The claims of one chunk, by number."""
        ...

    def doubts(self, chunk: Chunk) -> Doubts:
        """What is doubted of the amounts of the chunk's list."""
        ...

    def late(self, snapshot_id: int) -> list[Chunk]:
        """Chunks that are done and hold balances of a network's newest state, by number."""
        ...

    def newest_read(self, snapshot_id: int, network: str) -> int:
        """The highest state that stored balances of a network name; 0 where none names one."""
        ...

    def pinned(self, snapshot_id: int, network: str, height: int | None) -> BlockRef | None:
        """The block that this network and height were pinned to, None if not yet."""
        ...

    def pin(self, snapshot_id: int, height: int | None, block: BlockRef, source: str) -> BlockRef:
        """Keep what a height was pinned to. Returns the block kept: the first one wins."""
        ...

    def repin(
        self, snapshot_id: int, height: int | None, gone: BlockRef, block: BlockRef, source: str
    ) -> BlockRef:
        """Pin `block` in place of `gone`, which left the best chain, if no chunk was read at it.

        Returns the block that is pinned now: `gone` still, where results of it are stored.
        """
        ...

    def start(self, snapshot_id: int) -> SnapshotState:
        """Mark the snapshot running, unless it is complete. Returns its state now."""
        ...

    def finish_chunk(
        self, chunk: Chunk, results: Sequence[RowResult], block: BlockRef | None = None
    ) -> list[Finding]:
        """Store results and the mark `done` in one transaction.

        block: what balances were read at, None where none were. Raises PinReplacedError if
        another is pinned by now: a snapshot holds balances of one block.
        If the chunk was done before, nothing stored changes; a balance that differs from the
        stored one becomes a finding: BALANCE_CHANGED, or MOVED_WHILE_READ where the stored one is
        of a newest state. Returns those findings.
        """
        ...

    def fail_chunk(self, chunk: Chunk, error: str, results: Sequence[RowResult] = ()) -> None:
        """Mark the chunk failed. results: verdicts that hold whatever the chain says."""
        ...

    def end(self, snapshot_id: int) -> SnapshotState:
        """Publish totals and seal the snapshot if every chunk is done; else mark it incomplete."""
        ...
