"""Shapes of the API's answers, for OpenAPI. A test holds every answer against them."""

from __future__ import annotations

import builtins
from typing import Literal

from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, Freshness
from scanner.model.finding import FindingKind, Weight
from scanner.model.statement import StatedBy, Statement
from scanner.snapshots.values import SnapshotState
from scanner.web.schema_value import AggregateRatio, AssetValue, OtherChain, Ratio, Shape, Worth

Amount = str
"""Base units as decimal text: programs that read numbers as floats would lose digits."""


class Publisher(Shape):
    """A publisher of lists."""

    id: int
    name: str
    lists: int
    snapshots: int
    latest_snapshot: int | None
    latest_complete_snapshot: int | None


class Publishers(Shape):
    """Every publisher, by name."""

    publishers: list[Publisher]


class ListFile(Shape):
    """The published list. sha256: of the file's bytes."""

    id: int
    name: str
    sha256: str
    format: str
    variant: str
    claims: int
    unreadable: int


class Chunks(Shape):
    """How much of a snapshot is read."""

    planned: int
    done: int
    failed: int


class Block(Shape):
    """The block that balances are read at."""

    network: str
    chain: str
    height: int
    hash: str
    time: str | None


class PinnedBlock(Block):
    """A block, the height that was asked for, and the source that pinned it.

    read_until: the newest state that balances were read at in its place, null where none was.
    """

    wanted_height: int | None
    pinned_by: str
    read_until: str | None


class Snapshot(Shape):
    """A snapshot without its rows. seal: "" until it is complete. pruned: when they went.

    state: as it was last stored: "running" stays when the process that takes it ends, which
    `scanner status` and the metric `scanner_snapshots` tell apart.
    other_chains: networks that were read on a chain that is not their own: a test chain, a fork.
    """

    id: int
    publisher: str
    state: SnapshotState
    complete: bool
    created: str
    started: str | None
    finished: str | None
    program: str
    seal: str
    pruned: str | None
    list: ListFile
    chunks: Chunks
    blocks: builtins.list[PinnedBlock]
    other_chains: builtins.list[OtherChain]


class FindingCount(Shape):
    """How many findings there are of one kind."""

    kind: FindingKind
    weight: Weight
    count: int


class SnapshotResult(Snapshot):
    """A snapshot and its result."""

    status: Literal["verified", "false", "unshown", "incomplete"]


class SnapshotAnswer(SnapshotResult):
    """A snapshot, its answer in one sentence, what it doubts beside that, its findings counted."""

    newest_head: str  # of all that the database has sealed, to be kept elsewhere
    sentence: str
    doubts: list[str]
    verified_rows: int
    findings: list[FindingCount]


class Snapshots(Shape):
    """Newest first. next: give it as `before` for older ones; None at the end."""

    snapshots: list[SnapshotResult]
    next: int | None


class ByEvidence(Shape):
    """Verified amounts by strength of evidence."""

    proven: Amount | None
    agreed: Amount | None
    reported: Amount | None
    latest_only: Amount | None


class AssetTotal(Shape):
    """One asset's totals over all networks.

    claimed: None where not stated. Amounts that were found: None where no source answered.
    unanswered: claimed on rows without an answer; None in a history. ratio_limits: or None.
    """

    asset: str
    decimals: int
    claimed: Amount | None
    verified: Amount | None
    by_evidence: ByEvidence
    unverified: Amount | None
    unavailable_rows: int
    unanswered: Amount | None
    shortfall: Amount | None
    surplus: Amount | None
    liabilities: Amount | None
    reserve_ratio: str | None
    ratio_limits: str | None


class Totals(Shape):
    """The object of `scanner totals --json`. complete: False: amounts are lower bounds.

    keys_not_asked: verified rows whose account may have other keys by now, which nobody was asked;
    None until complete. aggregate_ratios: one for each kept proof of one total over all coins.
    """

    snapshot: int
    complete: bool
    keys_not_asked: int | None
    assets: list[AssetTotal]
    aggregate_ratios: list[AggregateRatio]
    other_chains: list[OtherChain]
    ratios: list[Ratio]


class ControlVerdict(Shape):
    """Who controls the address, and whether the signed text claims these reserves."""

    control: Control
    binding: Binding
    freshness: Freshness
    statement: Statement
    stated_by: StatedBy
    scheme: str
    required: int
    signed_by: list[str]
    reason: str


class BalanceFound(Shape):
    """What the address held. amount: None exactly where evidence is unavailable."""

    amount: Amount | None
    evidence: Evidence
    sources: list[str]
    reason: str
    detail: str


class RowFinding(Shape):
    """A finding about a row."""

    kind: FindingKind
    weight: Weight
    reason: str


class Row(Shape):
    """A claim with its evidence. control, balance: None until its part has been read."""

    no: int
    row: int
    coin: str
    asset: str
    network: str
    address: str
    decimals: int
    claimed: Amount | None
    height: int | None
    duplicate: bool
    message: str
    signatures: list[str]
    script: str
    owners: list[str]
    row_type: str
    control: ControlVerdict | None
    balance: BalanceFound | None
    block: Block | None
    reason: str
    findings: list[RowFinding]


class Rows(Shape):
    """Rows in list order. next: send it as `after` for the next page, also after an empty page."""

    snapshot: int
    complete: bool
    rows: list[Row]
    next: int | None
    other_chains: list[OtherChain]


class FoundFinding(Shape):
    """A finding. key: send it as `after` for the findings behind it."""

    key: str
    kind: FindingKind
    weight: Weight
    row: int | None
    asset: str
    network: str
    address: str
    reason: str


class Findings(Shape):
    """Findings of the list, then of its claims, then of parts that could not be read."""

    snapshot: int
    complete: bool
    findings: list[FoundFinding]
    next: str | None
    other_chains: list[OtherChain]


class AssetPoint(Shape):
    """An asset in one snapshot. total: None until the snapshot is complete.

    worth: None where `total` is, or where no price is stored.
    """

    snapshot: int
    state: SnapshotState
    at: str
    list: str
    total: AssetTotal | None
    worth: Worth | None
    other_chains: builtins.list[OtherChain]


class AssetHistory(Shape):
    """Newest first. next: give it as `before` for older ones.

    value: of the newest complete snapshot; None if that has not the asset, no price is stored, or
    `before` was given.
    """

    publisher: str
    asset: str
    value: AssetValue | None
    points: list[AssetPoint]
    next: int | None


class Claimed(Shape):
    """A claim and its place. snapshot: the newest one of its list."""

    publisher: str
    list_id: int
    list: str
    snapshot: int | None
    no: int
    row: int
    asset: str
    network: str
    address: str
    decimals: int
    claimed: Amount | None
    duplicate: bool


class AddressClaims(Shape):
    """Claims of one address in all lists, newest list first; equal whatever its spelling."""

    asked: str
    publishers: list[str]
    claims: list[Claimed]
    next: str | None


class SharedClaim(Claimed):
    """A claim whose address others also claim."""

    others: list[Claimed]


class SharedClaims(Shape):
    """Claims of a snapshot's list whose address another publisher also claims."""

    snapshot: int
    claims: list[SharedClaim]
    next: int | None


class Problem(Shape):
    """What went wrong."""

    status: int
    message: str


class ErrorAnswer(Shape):
    """Every answer that is not a success."""

    error: Problem
