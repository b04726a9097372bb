"""The values that a snapshot is made of: claims by number, chunks, what was found, the policy.

A claim is known here by its number: 1 for the first claim of its list, in file order. A chunk is a
range of those numbers on one network at one height: the unit of work, of retry and of resume.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from scanner.model.balance import Balance
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.finding import Finding
from scanner.model.statement import StatementRule

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
    queued: workers take it from a queue. networks: whose balances they read, None for all; a
    command that takes it itself is told these each time. quorum, proof: as in `ReadPolicy`.
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
