"""What a snapshot is made of, and what the store and the ownership room give to it.

A claim is known here by its number: 1 for the first claim of its list, in file order. A chunk is a
range of those numbers on one network at one height: the unit of work, of retry and of resume.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from scanner.model.balance import Balance
from scanner.model.block import BlockRef
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.finding import Finding
from scanner.model.statement import StatementRule
from scanner.ownership.interface import ContractCall, KeyQuestion
from scanner.snapshots.doubts import Doubts

ONE_MOMENT = 3_600
"""Seconds that pinned blocks of a snapshot may lie apart, unless the user allows more."""


class SnapshotState(StrEnum):
    """Where a snapshot stands."""

    PLANNED = "planned"
    RUNNING = "running"  # also after a stop: it can be resumed
    COMPLETE = "complete"  # every chunk is done; totals are published
    INCOMPLETE = "incomplete"  # every chunk was tried and some failed; it can be resumed


class ChunkState(StrEnum):
    """Where a chunk stands."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"  # gave up, with the reason; the next resume tries again


class NumberedClaim(NamedTuple):
    """A claim with its number in the list, from 1.

    duplicate: it repeats an earlier claim of the same holding of the same holder, and is judged
    and read but not counted.
    """

    no: int
    claim: Claim
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """Claims `first` to `last` (inclusive) on `network` that are read at `height`.

    Claims of other networks or heights may lie between; `claims` counts those that belong.
    height: stated block height, None for the newest block that is final enough.
    """

    network: str
    height: int | None
    first: int
    last: int
    claims: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A planned chunk as it stands. no: from 1 within the snapshot. error: why it last failed."""

    snapshot_id: int
    no: int
    plan: ChunkPlan
    state: ChunkState = ChunkState.PLANNED
    attempts: int = 0
    error: str = ""


class RowResult(NamedTuple):
    """What a chunk found out about one claim.

    control: None if there is no verdict yet (only the chain could show it and nobody answered).
    balance: None if the chunk failed before balances were read.
    """

    claim: NumberedClaim
    control: ControlResult | None
    balance: Balance | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """What a snapshot was asked for with; kept, for the same bytes may come under another name.

    publisher: its name at that time. list_name: of the file as given. list_time: when that file
    was last changed, ISO 8601, "" where nobody knows. arguments: of the command, without those
    that name a place of this machine (database, endpoints); `FILE` stands for the list.
    """

    publisher: str = ""
    list_name: str = ""
    list_time: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SnapshotPolicy:
    """How a snapshot is taken; stored with it, so that a resume follows the same rules.

    at: network -> height that replaces whatever the list states; None for the newest block.
    chunk_sizes: network -> claims in a chunk. attempts: how often a chunk is tried in one run.
    queued: workers take it from a queue. networks: whose balances they read, None for all;
    quorum, proof: as in `ReadPolicy`; a command that takes it itself is told these each time.
    statement: what counts as the publisher's claim; None only in snapshots that were planned by a
        program that did not ask: rows judged now are then not stated.
    origin: None for snapshots of programs that did not keep it.
    hashes: network -> the hash that the block of its height in `at` must have, as the user says.
    spread: seconds that pinned blocks may lie apart.
    one_moment: whether what was read further apart is left out of what is verified; False only in
        snapshots of programs that told it and counted it all the same.
    one_height: the same of what was read on one network at another block than most of it.
    """

    at: Mapping[str, int | None] = field(default_factory=dict)
    chunk_sizes: Mapping[str, int] = field(default_factory=dict)
    attempts: int = 3
    queued: bool = False
    networks: frozenset[str] | None = None
    quorum: int = 1
    proof: bool = False
    statement: StatementRule | None = None
    origin: Origin | None = None
    hashes: Mapping[str, str] = field(default_factory=dict)
    spread: int = ONE_MOMENT
    one_moment: bool = True
    one_height: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """How a run over a snapshot ended. failed: chunks that failed in the end."""

    snapshot_id: int
    state: SnapshotState
    done: int
    failed: int


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
