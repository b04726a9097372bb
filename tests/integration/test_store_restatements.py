"""A later statement of what is owed takes the place of one before: both stay, and it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from support.command import run_scanner
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take
from support.web_data import make_database

from scanner.errors import StoreError
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.finding import FindingKind, Weight
from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.store.reading import queries
from scanner.store.reading.check import check
from scanner.store.reading.history import asset_history, publishers
from scanner.store.writing.owed import liabilities_of
from scanner.store.writing.runs import set_liabilities

NOW = datetime(2026, 11, 29, tzinfo=UTC)
DAY = "2023-11-14"


def _owed(amount, source="owed.csv", as_of=DAY, asset="ETH", **detail):
    return Liability(asset, amount, 18, LiabilityEvidence.PUBLISHED, source, as_of, detail)


@pytest.fixture
def snapshot(store):
    made = planned(store, [eth_claim(n, **SIGNED) for n in range(3)])
    take(store, made, StubSource())
    set_liabilities(store, made, [_owed(10**77)])
    return made


def _ether(store, snapshot):
    return next(a for a in queries.totals(store, snapshot).assets if a.asset == "ETH")


def test_the_newest_is_used_and_both_stay(store, snapshot):
    before = _ether(store, snapshot)
    with pytest.raises(StoreError, match="--replace"):
        set_liabilities(store, snapshot, [_owed(5)])
    assert set_liabilities(store, snapshot, [_owed(5, "b.csv")], replacing=NOW) == ["ETH"]
    after = _ether(store, snapshot)
    assert (after.liabilities, before.liabilities) == (5, 10**77)
    assert after.reserve_ratio != before.reserve_ratio
    assert set_liabilities(store, snapshot, [_owed(5)]) == [], "the same again changes nothing"
    later = NOW + timedelta(days=1)
    assert set_liabilities(store, snapshot, [_owed(5)], replacing=later) == []
    assert set_liabilities(store, snapshot, [_owed(7)], replacing=later) == ["ETH"]
    assert set_liabilities(store, snapshot, [_owed(9, asset="BTC")], replacing=later) == []
    assert _ether(store, snapshot).liabilities == 7
    assert check(store) == []
    (publisher,) = publishers(store)
    (point,) = asset_history(store, publisher.id, "ETH")
    assert point.total.liabilities == 7


@pytest.mark.parametrize(
    "better",
    [
        replace(_owed(10**77, "tree.txt"), evidence=LiabilityEvidence.REHASHED),
        _owed(10**77, published_ratio="1.05"),
    ],
)
def test_what_supports_the_same_figure_is_not_dropped_without_a_word(store, snapshot, better):
    """A tree of the figure that was only published, or the publisher's own ratio beside it."""
    with pytest.raises(StoreError, match="or other evidence or another ratio"):
        set_liabilities(store, snapshot, [better])
    assert set_liabilities(store, snapshot, [better], replacing=NOW) == ["ETH"]
    with store.read() as connection:
        (kept,) = liabilities_of(connection, snapshot)
    assert (kept.evidence, kept.detail) == (better.evidence, better.detail)
    assert check(store) == []


def test_it_is_told_where_the_ratio_is(store, snapshot):
    set_liabilities(store, snapshot, [_owed(5, "b.csv")], replacing=NOW)
    found = {f.finding.kind: f.finding for f in queries.findings(store, snapshot)}
    told = found[FindingKind.LIABILITIES_REPLACED]
    assert told.weight is Weight.NOTE
    assert "was replaced on 2026-11-29; before it was 100,000" in told.reason
    assert f"ETH of {DAY} (published, owed.csv)" in told.reason
    document = report_document(store, snapshot)
    (ratio,) = document["ratios"]
    assert ratio["source"] == "b.csv (replaced on 2026-11-29)"
    page = report_page(document)
    assert "replaced on 2026-11-29" in page
    assert "before it was" in page


def test_the_first_is_named_as_what_it_was(store, snapshot):
    part = _owed(3, "c.csv", scope="EU users")
    set_liabilities(store, snapshot, [part], replacing=NOW)
    set_liabilities(store, snapshot, [_owed(8, "d.csv")], replacing=NOW)
    found = {f.finding.kind: f.finding for f in queries.findings(store, snapshot)}
    reason = found[FindingKind.LIABILITIES_REPLACED].reason
    assert "of EU users only" in reason
    assert reason.endswith("that had been replaced before")
    assert FindingKind.LIABILITIES_PARTIAL not in found, "what holds now is of all users"


def test_the_command_wants_it_said(tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    ids = make_database(url)
    (tmp_path / "owed.csv").write_text("asset,amount\nBTC,2\n")
    words = ["--database", url, "liabilities", "import", tmp_path / "owed.csv"]
    words += ["--snapshot", ids.new]
    refused = run_scanner(words)
    assert (refused.status, "--replace" in refused.err) == (2, True)
    done = run_scanner([*words, "--replace"])
    assert (done.status, "BTC: a figure was replaced" in done.err) == (0, True), done.err
    shown = run_scanner(["--database", url, "show", ids.new, "--only", "liabilities_replaced"])
    assert "before it was 1 BTC" in shown.text
