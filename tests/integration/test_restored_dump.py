"""A dump of PostgreSQL as docs/how-to/back-up.md restores it: whole, or its schema and data apart."""

from __future__ import annotations

import subprocess

import pytest
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take

from scanner.store.database.engine import connect, open_store
from scanner.store.database.migrate import upgrade_store
from scanner.store.reading.check import check

pytestmark = pytest.mark.node


@pytest.fixture
def dump(postgres_cluster, tmp_path):
    """A database with a complete snapshot, without the queue's jobs."""
    url = postgres_cluster.create_database()
    with connect(url) as store:
        upgrade_store(store)
        take(store, planned(store, [eth_claim(1, **SIGNED)]), StubSource())
    file = str(tmp_path / "scanner.dump")
    left_out = ["--exclude-table-data", "procrastinate_*"]
    run(postgres_cluster, "pg_dump", "--format", "custom", *left_out, "--file", file, plain(url))
    return file


def plain(url):
    return url.replace("postgresql+psycopg", "postgresql")


def run(cluster, program, *arguments, status=0):
    command = [f"{cluster.programs}/{program}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stderr


def restored(cluster, dump, *parts, status=0):
    url = cluster.create_database()
    said = [
        run(cluster, "pg_restore", "--exit-on-error", *part, "--dbname", plain(url), dump, status=s)
        for part, s in zip(parts, [0] * (len(parts) - 1) + [status], strict=True)
    ]
    return url, said[-1]


def test_a_whole_dump(postgres_cluster, dump):
    url, _ = restored(postgres_cluster, dump, ["--no-owner", "--no-privileges"])
    with open_store(url) as store:
        assert check(store) == []


def test_the_data_alone_needs_the_triggers_disabled(postgres_cluster, dump):
    data = ["--data-only", "--disable-triggers"]
    url, _ = restored(postgres_cluster, dump, ["--schema-only"], data)
    with open_store(url) as store:
        assert check(store) == []
    parts = ["--schema-only"], ["--data-only"]
    _, said = restored(postgres_cluster, dump, *parts, status=1)
    assert "refers to no row of" in said
