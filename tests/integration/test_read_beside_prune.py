"""A snapshot that is pruned while it is read is read whole or not at all."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take

from scanner.errors import SnapshotPrunedError
from scanner.reports.documents.document import report_document
from scanner.reports.documents.exports import TABLES
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.database.engine import open_store
from scanner.store.reading import queries, verified
from scanner.store.upkeep.prune import prune
from scanner.store.writing.runs import create_snapshot

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def two_taken(tmp_path, monkeypatch):
    """A SQLite file with two snapshots of one list, the older one's id; pages of two rows."""
    monkeypatch.setattr(verified, "AT_ONCE", 2)
    verified._page.cache_clear()
    file = tmp_path / "scanner.db"
    with open_store(f"sqlite:///{file}", create=True) as store:
        rows = [eth_claim(n, **SIGNED) for n in range(1, 6)]
        rows += [eth_claim(7), eth_claim(8, amount=10**77, **SIGNED)]
        older = planned(store, rows)
        take(store, older, StubSource())
        newer = create_snapshot(store, queries.head(store, older).list_id, SnapshotPolicy())
        take(store, newer, StubSource())
    yield file, older
    verified._page.cache_clear()


def report(store, snapshot):
    made = report_document(store, snapshot)
    made["snapshot"].pop("newest_head")  # the chain's end, which a pruning moves
    return made


ASKED = {
    "report": report,
    **{name: lambda s, of, name=name: list(TABLES[name].records(s, of)) for name in TABLES},
}


@pytest.mark.parametrize("what", ASKED)
def test_what_is_pruned_meanwhile_is_read_whole_or_refused(two_taken, tmp_path, monkeypatch, what):
    file, snapshot = two_taken
    whole, reads = read_with_a_pruning(file, snapshot, ASKED[what], 0)
    assert whole or what == "ratios", "of nothing that is owed there is no ratio"
    refused = 0
    for when in range(1, reads + 1):
        copy = tmp_path / f"{when}.db"
        shutil.copy(file, copy)
        given, _ = read_with_a_pruning(copy, snapshot, ASKED[what], when)
        assert given in (None, whole), f"pruned before read {when} of {reads}"
        refused += given is None
    assert what != "report" or refused == reads


def read_with_a_pruning(file, snapshot, ask, when):
    """What is read if the snapshot goes before read number `when`, and how many reads there were."""
    url, reads = f"sqlite:///{file}", 0
    with open_store(url) as store, open_store(url) as other:
        real = store.read

        def read(*given, **named):
            nonlocal reads
            reads += 1
            if reads == when:
                prune(other, snapshot, "1", NOW)
            return real(*given, **named)

        object.__setattr__(store, "read", read)
        try:
            return ask(store, snapshot), reads
        except SnapshotPrunedError:
            return None, reads
