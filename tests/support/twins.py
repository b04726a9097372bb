"""A report's twin as a file: made, changed by a stranger, checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.reports.documents.document import report_document
from scanner.reports.documents.twin import read_twin
from scanner.reports.documents.twin_checks import CheckState, check_twin
from scanner.reports.tables.jsontext import pretty
from scanner.store.database.engine import Store
from scanner.store.writing.runs import set_liabilities


def written(store: Store, snapshot_id: int, path: Path) -> Path:
    """The twin of a snapshot with liabilities."""
    ether = Liability("ETH", 5 * 10**18, 18, LiabilityEvidence.PUBLISHED, "owed.csv", "2023-11-14")
    dollars = Liability("USDT", 7, 24, LiabilityEvidence.PUBLISHED, "owed.csv", "2023-11-14")
    set_liabilities(store, snapshot_id, [ether, dollars])
    path.write_bytes(pretty(report_document(store, snapshot_id)))
    return path


def states_of(path: Path, **more: str) -> dict[str, CheckState]:
    """What each check of a twin comes to, by its name."""
    return {check.name: check.state for check in check_twin(read_twin(path), **more)}


def changed(path: Path, change: Callable[[Any], object]) -> Path:
    """The same file with its document changed."""
    document = json.loads(path.read_text())
    change(document)
    path.write_bytes(pretty(document))
    return path
