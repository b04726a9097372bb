"""Snapshots to report on: see support.mixed_snapshot."""

from __future__ import annotations

import pytest
from support.mixed_snapshot import Taken, rows, take
from support.snapshot_stub import stored
from support.twins import written

from scanner.snapshots.interface import Origin, SnapshotPolicy
from scanner.store.database.engine import open_store
from scanner.store.writing.runs import create_snapshot


@pytest.fixture
def taken(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        yield Taken(store, take(store))


@pytest.fixture
def planned(tmp_path):
    """A snapshot of which nothing was read yet."""
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        list_id = stored(store, rows()).list_id
        yield Taken(store, create_snapshot(store, list_id, SnapshotPolicy()))


@pytest.fixture
def report(tmp_path):
    """A report of a sealed snapshot with a liability, as a file."""
    policy = SnapshotPolicy(origin=Origin(publisher="Ünïcode & Co"))
    with open_store(f"sqlite:///{tmp_path / 'report.db'}", create=True) as store:
        return written(store, take(store, policy=policy), tmp_path / "report.json")
