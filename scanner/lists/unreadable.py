"""What is found of a row that gives no claim."""

from __future__ import annotations

from scanner.model.claim import UnreadableRow
from scanner.model.finding import Finding, FindingKind


def finding_of(row: UnreadableRow) -> Finding:
    """The finding for a row that gives no claim."""
    column = f", field {row.column}" if row.column else ""
    return Finding(FindingKind(row.kind), f"row {row.row}{column}: {row.reason}", row.row)
