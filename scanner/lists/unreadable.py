"""What is found of a row that gives no claim."""

from __future__ import annotations

from scanner.model.claim import UnreadableRow
from scanner.model.finding import Finding, FindingKind


def finding_of(row: UnreadableRow) -> Finding:
    """The finding for a row that gives no claim. Whoever shows a finding names its line."""
    column = f"field {row.column}: " if row.column else ""
    return Finding(FindingKind(row.kind), column + row.reason, row.row)
