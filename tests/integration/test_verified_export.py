"""The appendix names a hash of all verified rows: the command beside it writes exactly these bytes."""

from __future__ import annotations

import csv
import hashlib
import io

import pytest
from support.command import run_scanner
from support.databases import empty_database  # noqa: F401 - a fixture
from support.snapshot_stub import StubSource, balance_of, eth_claim, evm_address
from support.taking import SIGNED, planned, take

from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade
from scanner.store.reading import queries, verified

pytestmark = pytest.mark.node

EVERYWHERE = "5614fb71a2620a8eb61834ef8148600fccda326bdf497268ba309e665fd15613"
"""SHA-256 of the rows below, on every database and by every program from here on."""


@pytest.fixture
def taken(empty_database):  # noqa: F811
    """A database with rows that are verified, unsigned, listed twice, and left unanswered."""
    upgrade(empty_database)
    claims = [eth_claim(n, **SIGNED) for n in range(7)]
    claims += [eth_claim(7), eth_claim(3, row=40, **SIGNED), eth_claim(9, **SIGNED)]
    with open_store(empty_database) as store:
        snapshot = planned(store, claims)
        take(store, snapshot, StubSource())
        yield empty_database, store, snapshot


def test_the_command_writes_the_bytes_of_the_hash(taken, monkeypatch):
    url, store, snapshot = taken
    monkeypatch.setattr(verified, "AT_ONCE", 3)  # more than one page
    verified._page.cache_clear()
    told = report_document(store, snapshot)["verified_export"]
    verified._page.cache_clear()
    program, *arguments = told["command"].split()
    assert program == "scanner"
    done = run_scanner([*arguments, "--database", url])
    assert done.status == 0, done.err
    assert hashlib.sha256(done.out).hexdigest() == told["sha256"]
    rows = list(csv.DictReader(io.StringIO(done.text)))
    assert len(rows) == told["rows"] == 8
    assert [row["address"] for row in rows] == [evm_address(n) for n in (*range(7), 9)]
    assert [int(row["found"]) for row in rows] == [
        balance_of(evm_address(n), "ETH") for n in (*range(7), 9)
    ]
    (total,) = queries.asset_totals(store, snapshot)
    assert sum(int(row["found"]) for row in rows) == total.verified
    # The same rows give the same bytes on either database.
    assert told["sha256"] == EVERYWHERE


def test_the_page_has_the_hash_and_the_command(taken):
    _, store, snapshot = taken
    document = report_document(store, snapshot)
    page = report_page(document)
    told = document["verified_export"]
    assert f"<code>{told['command']}</code>" in page
    assert told["sha256"] in page
