"""Findings in the order of the list, on both databases."""

from support.snapshot_stub import stored

from scanner.model.finding import Finding, FindingKind
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.reading.found import findings_by_place
from scanner.store.writing.runs import create_snapshot

KIND = FindingKind.ROWS_DOUBTED


def doubted(number):
    """What a list of headers in mid-table tells, the last first, and once of no line."""
    lines = (*range(number, 0, -1), None)
    return [Finding(KIND, f"another header, {line}", line) for line in lines]


def snapshot_of(store, rows):
    return create_snapshot(store, stored(store, rows).list_id, SnapshotPolicy())


def test_what_a_list_tells_out_of_order_comes_by_line(store):
    snapshot = snapshot_of(store, doubted(5))
    found = [each.row for each in findings_by_place(store, snapshot, [KIND])]
    assert found == [None, 1, 2, 3, 4, 5]
