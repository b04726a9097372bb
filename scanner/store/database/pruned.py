"""Which snapshots are pruned, and what is kept of their rows: readers of rows ask here first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from scanner.errors import SnapshotPrunedError
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
    """What is kept of a snapshot's rows; None where they are all there."""
    query = select(pruned).where(pruned.c.snapshot_id == snapshot_id)
    row = connection.execute(query).first()
    return None if row is None else read_pruned(row)


def read_pruned(row: Row[Any]) -> Pruned:
    """A stored row. Raises ValueError for words that no program of ours writes."""
    findings = {FindingKind(kind): int(n) for kind, n in own_json(row.findings).items()}
    rows = {str(name): int(n) for name, n in own_json(row.rows).items()}
    return Pruned(row.snapshot_id, row.at, row.program, findings, rows)


_AT = select(pruned.c.at).where(pruned.c.snapshot_id == bindparam("snapshot"))


def refuse_pruned(connection: Connection, snapshot_id: int) -> None:
    """Raise SnapshotPrunedError where the rows of a snapshot are gone: none is not nothing."""
    at = connection.execute(_AT, {"snapshot": snapshot_id}).scalar()
    if at is not None:
        raise SnapshotPrunedError(snapshot_id, f"{at:%Y-%m-%d}")


def kept_claims(connection: Connection, snapshot_id: int) -> list[int]:
    """Claims whose rows stay, for a finding of a second reading is sealed by itself, and sums need
    the rows that moved.
    """
    f = t.finding.c
    query = select(f.claim_no).where(f.snapshot_id == snapshot_id, f.kind.in_(LATER)).distinct()
    return sorted(connection.execute(query).scalars())
