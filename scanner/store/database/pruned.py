"""Which snapshots are pruned, and what is kept of their rows: readers of rows ask here first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, bindparam, select

from scanner.errors import SnapshotPrunedError, StoreError, clip
from scanner.model.finding import FindingKind
from scanner.model.jsontext import own_json
from scanner.store.database.chain import LATER
from scanner.store.schema import tables as t
from scanner.store.schema.pruned_table import pruned


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of a snapshot's rows.

    program: version that deleted them. findings: of its claims, kind -> how many there were.
    rows: table -> how many were deleted.
    """

    snapshot: int
    at: datetime
    program: str
    findings: Mapping[FindingKind, int]
    rows: Mapping[str, int]


def pruned_of(connection: Connection, snapshot_id: int) -> Pruned | None:
    """What is kept of a snapshot's rows; None where they are all there. Raises PruneRecordError."""
    query = select(pruned).where(pruned.c.snapshot_id == snapshot_id)
    row = connection.execute(query).first()
    return None if row is None else read_pruned(row)


class PruneRecordError(StoreError):
    """The record of a pruning is none that a program of ours writes: somebody changed it."""

    def __init__(self, snapshot: int, why: str) -> None:
        self.snapshot = snapshot
        super().__init__(
            f"the record of the pruning of snapshot {snapshot} cannot be read: {why} "
            "(see 'scanner db check')"
        )


def read_pruned(row: Row[Any]) -> Pruned:
    """A stored row. Raises PruneRecordError for what no program of ours writes."""
    try:
        findings = {FindingKind(kind): n for kind, n in _counts(row.findings)}
        rows = dict(_counts(row.rows))
    except ValueError as e:
        raise PruneRecordError(row.snapshot_id, clip(str(e))) from e
    return Pruned(row.snapshot_id, row.at, row.program, findings, rows)


def _counts(stored: object) -> Iterator[tuple[str, int]]:
    found = own_json(stored) if isinstance(stored, str) else None
    # What is no object has one odd entry, so that it is refused as one.
    for name, count in found.items() if isinstance(found, dict) else [("it", None)]:
        if type(count) is not int or not 0 <= count < _NO_COUNT:
            raise ValueError(f"{name!r} is not counted")
        yield name, count


_NO_COUNT = 2**63
"""More than any database holds rows."""

_AT = select(pruned.c.at).where(pruned.c.snapshot_id == bindparam("snapshot"))


def refuse_pruned(connection: Connection, snapshot_id: int) -> None:
    """Raise SnapshotPrunedError where the rows of a snapshot are gone: none is not nothing."""
    at = connection.execute(_AT, {"snapshot": snapshot_id}).scalar()
    if at is not None:
        raise SnapshotPrunedError(snapshot_id, f"{at:%Y-%m-%d}")


def goes(table: Table, snapshot_id: int) -> ColumnElement[bool]:
    """Whether a row of finding, control_result or balance goes with its snapshot's pruning.

    All of a claim stay where it has a finding of a second reading, which is sealed by itself, or
    one that its coins moved, for sums need that.
    """
    # Asked by the database: there may be more such claims than a statement takes parameters. And as
    # a set of its own: NOT EXISTS is a loop within a loop where PostgreSQL takes them for few.
    f = t.finding.alias("kept").c
    stay = select(f.claim_no).where(f.snapshot_id == snapshot_id, f.kind.in_(LATER))
    return and_(table.c.snapshot_id == snapshot_id, table.c.claim_no.not_in(stay))
