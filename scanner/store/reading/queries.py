"""Everything that reports read. No query loads a whole snapshot: rows are streamed in order.

    resolve(store, "latest")      -> snapshot id
    heads(store)                  -> every snapshot, newest first
    head(store, id)               -> one SnapshotHead: list, state, chunks, pinned blocks
    totals(store, id)             -> SnapshotTotals
    rows(store, id, after=no)     -> RowView per claim, in list order
    findings(store, id, ...)      -> FoundRow, list findings first, then by claim, then chunks
    finding_counts(store, id)     -> {kind: how many}
    weights_found(store, id)      -> what they weigh, without counting; the exit status comes of it

Snapshots (heads.py), `rows` and `findings` live in files of their own and are named here for their
readers.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from scanner.snapshots.tally import AssetTotal, Tally
from scanner.store.database.engine import Store
from scanner.store.database.rows import RowView, rows
from scanner.store.reading.found import FoundRow, finding_counts, findings, weights_found
from scanner.store.reading.heads import PinnedBlock, SnapshotHead, head, heads, read_head, resolve
from scanner.store.reading.unasked import keys_not_asked
from scanner.store.schema import tables as t
from scanner.store.schema.bulk import streamed
from scanner.store.schema.records import CLAIM_COLUMNS, read_claim
from scanner.store.writing import owed as owed_rows
from scanner.store.writing import seal

__all__ = [
    "FoundRow",
    "PinnedBlock",
    "RowView",
    "SnapshotHead",
    "SnapshotTotals",
    "finding_counts",
    "findings",
    "head",
    "heads",
    "resolve",
    "rows",
    "totals",
    "weights_found",
]


@dataclass(frozen=True, slots=True)
class SnapshotTotals:
    """Totals per asset, by name. complete: False while chunks are missing.

    keys_not_asked: rows that count as verified by the key of their address, where the account may
    have been given other keys and nobody was asked; None until the snapshot is complete, and where
    its rows were pruned.
    """

    snapshot: int
    complete: bool
    assets: tuple[AssetTotal, ...]
    keys_not_asked: int | None = None

    def to_json(self) -> dict[str, object]:
        """The object that `scanner totals --json` writes."""
        return {
            "snapshot": self.snapshot,
            "complete": self.complete,
            "keys_not_asked": self.keys_not_asked,
            "assets": [asset.to_json() for asset in self.assets],
        }


def totals(store: Store, snapshot_id: int) -> SnapshotTotals:
    """Totals, with liabilities and ratio where known. Raises SnapshotNotFoundError.

    Complete ones are the published ones; before that, they are what is done so far, and rows that
    are not count as claimed and unavailable.
    """
    with store.read() as connection:
        found = read_head(connection, snapshot_id)
        assets = _assets(connection, found)
        known = found.complete and found.pruned is None
        unasked = keys_not_asked(connection, found.id, found.list_id) if known else None
        return SnapshotTotals(snapshot_id, found.complete, assets, unasked)


def asset_totals(store: Store, snapshot_id: int) -> tuple[AssetTotal, ...]:
    """The assets of `totals` alone, without a look at the rows. Raises SnapshotNotFoundError."""
    with store.read() as connection:
        return _assets(connection, read_head(connection, snapshot_id))


def _assets(connection: Connection, found: SnapshotHead) -> tuple[AssetTotal, ...]:
    owed = owed_rows.liabilities_of(connection, found.id)
    tally = seal.tally_of(connection, found.id)
    if not found.complete:
        _add_undone(connection, found, tally)
    return tally.totals(owed, complete=found.complete)


def _add_undone(connection: Connection, found: SnapshotHead, tally: Tally) -> None:
    """Count the claims of chunks that are not done."""
    b = t.balance.c
    join = and_(b.snapshot_id == found.id, b.claim_no == t.claim.c.no)
    query = (
        select(*CLAIM_COLUMNS)
        .outerjoin_from(t.claim, t.balance, join)
        .where(t.claim.c.list_id == found.list_id, b.claim_no.is_(None))
    )
    for row in streamed(connection, query):
        tally.add(read_claim(tuple(row)), None, None, None)
