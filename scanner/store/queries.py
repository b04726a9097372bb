"""Everything that reports read. No query loads a whole snapshot: rows are streamed in order.

resolve(store, "latest")      -> snapshot id
heads(store)                  -> every snapshot, newest first
head(store, id)               -> one SnapshotHead: list, state, chunks, pinned blocks
totals(store, id)             -> SnapshotTotals
rows(store, id, after=no)     -> RowView per claim, in list order
findings(store, id, ...)      -> FoundRow, list findings first, then by claim, then chunks
finding_counts(store, id)     -> {kind: how many}; exit status comes from its kinds
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from scanner.model.balance import Balance
from scanner.model.block import BlockRef
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.finding import Finding, FindingKind
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState
from scanner.snapshots.tally import AssetTotal
from scanner.store.engine import Store


@dataclass(frozen=True, slots=True)
class PinnedBlock:
    """A height and the block it was pinned to.

    height_wanted: as stated, None for the newest. source: name of the source that pinned it.
    """

    network: str
    height_wanted: int | None
    block: BlockRef
    source: str


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """A snapshot without its rows.

    chain_head: sha256 over everything stored, "" until the snapshot is complete.
    unreadable: rows of the list that gave no claim.
    """

    id: int
    publisher: str
    list_id: int
    list_name: str
    list_sha256: str
    list_format: str
    list_variant: str
    claims: int
    unreadable: int
    state: SnapshotState
    started: datetime | None
    finished: datetime | None
    program: str
    policy: SnapshotPolicy
    chunks: int
    chunks_done: int
    chunks_failed: int
    chain_head: str
    blocks: tuple[PinnedBlock, ...]

    @property
    def complete(self) -> bool:
        """Whether every chunk is done and the totals are final."""
        return self.state is SnapshotState.COMPLETE


@dataclass(frozen=True, slots=True)
class SnapshotTotals:
    """Totals per asset, by name. complete: False while chunks are missing."""

    snapshot: int
    complete: bool
    assets: tuple[AssetTotal, ...]

    def to_json(self) -> dict[str, object]:
        """The object that `scanner totals --json` writes."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class RowView:
    """One claim and what is known of it.

    no: its number, the key to page by. control, balance: None until its chunk is done (`reason`
    then says why not, if it failed). block: what the balance was read at.
    """

    no: int
    claim: Claim
    duplicate: bool
    control: ControlResult | None
    balance: Balance | None
    block: BlockRef | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FoundRow:
    """One finding. key: where it stands; give it as `after` to go on behind it."""

    key: tuple[int, int, str]
    finding: Finding


def resolve(store: Store, wanted: str) -> int:
    """Turn "latest" or an id into a snapshot id. Raises SnapshotNotFoundError."""
    raise NotImplementedError


def heads(store: Store) -> list[SnapshotHead]:
    """Every snapshot, newest first."""
    raise NotImplementedError


def head(store: Store, snapshot_id: int) -> SnapshotHead:
    """One snapshot. Raises SnapshotNotFoundError."""
    raise NotImplementedError


def totals(store: Store, snapshot_id: int) -> SnapshotTotals:
    """Totals, with liabilities and ratio where known. Raises SnapshotNotFoundError."""
    raise NotImplementedError


def rows(
    store: Store,
    snapshot_id: int,
    *,
    after: int = 0,
    limit: int | None = None,
    kinds: Collection[FindingKind] = (),
) -> Iterator[RowView]:
    """Claims in list order with their results, from number `after` + 1 on.

    limit: how many at most. kinds: only claims that have a finding of one of these kinds.
    """
    raise NotImplementedError


def findings(
    store: Store,
    snapshot_id: int,
    *,
    kinds: Collection[FindingKind] = (),
    after: tuple[int, int, str] = (0, 0, ""),
    limit: int | None = None,
) -> Iterator[FoundRow]:
    """Findings of the list, then of the claims in list order, then of failed chunks.

    kinds: only these; all if empty. after: key of the last one seen.
    """
    raise NotImplementedError


def finding_counts(store: Store, snapshot_id: int) -> Mapping[FindingKind, int]:
    """How many findings of each kind there are; kinds without any are left out."""
    raise NotImplementedError
