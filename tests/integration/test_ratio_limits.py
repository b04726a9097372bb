"""A ratio says wherever it stands what it may not be read without: of an unknown day, unproven."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema
import pytest
from support.command import run_scanner
from support.snapshot_stub import StubSource, balance_of, eth_claim, evm_address
from support.taking import SIGNED, planned, take
from support.web_data import served

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.finding import FindingKind
from scanner.reports.documents.document import report_document, schema
from scanner.reports.documents.html import report_page
from scanner.store.database.engine import open_store
from scanner.store.reading import queries
from scanner.store.writing.runs import set_liabilities

HELD = balance_of(evm_address(1), "ETH")
DAY = "of an unknown day"


@pytest.fixture(
    params=["%Y-%m-%d", "the end of %B", "%B %Y", ""], ids=["dated", "in words", "month", "undated"]
)
def owed(request, tmp_path):
    """A database with one asset, owed on that day: its URL, and whether the day is known."""
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    with open_store(url, create=True) as store:
        made = planned(store, [eth_claim(1, asset="ETH", **SIGNED)])
        take(store, made, StubSource())
        set_liabilities(store, made, [rehashed(store, made, HELD, request.param)])
    return url, "%d" in request.param


def rehashed(store, made, amount, form):
    """What is owed, of the day of the balances in that form."""
    (pinned,) = queries.head(store, made).blocks
    as_of = datetime.fromtimestamp(pinned.block.time, UTC).strftime(form)
    return Liability("ETH", amount, 18, LiabilityEvidence.REHASHED, "owed.csv", as_of)


def texts(page):
    """What a reader sees of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_reports_and_pages_say_so_beside_the_ratio(owed):
    url, dated = owed
    with open_store(url) as store:
        document = report_document(store, 1)
    jsonschema.Draft202012Validator(schema()).validate(document)
    (ratio,), (total,) = document["ratios"], document["totals"]["assets"]
    assert (ratio["reserve_ratio"], ratio["dated"]) == ("1.000000", dated)
    assert total["ratio_limits"] == (None if dated else DAY)
    with served(url) as site:
        addresses = ("/", "/snapshots/1", "/publishers/1/assets/ETH")
        pages = [report_page(document), *(site.get(address).text for address in addresses)]
        (told,) = site.get("/api/v1/snapshots/1/ratios").json()["ratios"]
    assert told["dated"] is dated
    for page in map(texts, pages):
        assert re.search(rf"1\.0+ (ETH )?{DAY}", page) is not None or dated, page
        assert (DAY in page) is not dated, page


def test_the_report_of_an_older_program_is_not_made_worse(owed):
    url, _ = owed
    with open_store(url) as store:
        document = report_document(store, 1)
        as_of = document["ratios"][0].pop("as_of")
    document["ratios"][0] = {**document["ratios"][0], "as_of": as_of}
    del document["ratios"][0]["dated"], document["totals"]["assets"][0]["ratio_limits"]
    assert (DAY in report_page(document)) is not bool(as_of)


@pytest.mark.parametrize("form", [["totals", "1"], ["totals", "1", "--exact"]])
def test_the_terminal_says_so(owed, form):
    url, dated = owed
    said = run_scanner([*form, "--database", url]).text
    assert "1.000000" in said
    assert (DAY in said) is not dated, said


@pytest.mark.parametrize("what", ["totals", "ratios"])
def test_exports_say_so(owed, what):
    url, dated = owed
    (row,) = run_scanner(["export", what, "1", "--format", "jsonl", "--database", url]).objects
    assert row.get("dated", dated) is dated
    assert row.get("ratio_limits") == (DAY if what == "totals" and not dated else None)


@pytest.mark.parametrize(("form", "day_known"), [("%Y-%m-%d", True), ("%B", False), ("", False)])
def test_nobody_is_accused_of_too_little_on_an_unknown_day(store, form, day_known):
    made = planned(store, [eth_claim(1, asset="ETH", **SIGNED)])
    take(store, made, StubSource())
    set_liabilities(store, made, [rehashed(store, made, HELD + 1, form)])
    kinds = {f.finding.kind: f.finding.reason for f in queries.findings(store, made)}
    less = kinds[FindingKind.RESERVES_MAYBE_BELOW]
    assert ("their day is not known" in less) is not day_known


@pytest.mark.parametrize(("more", "bad"), [(0, False), (1, True)])
def test_a_ratio_below_one_is_marked_in_an_assets_history(tmp_path, more, bad):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    with open_store(url, create=True) as store:
        made = planned(store, [eth_claim(1, asset="ETH", **SIGNED)])
        take(store, made, StubSource())
        set_liabilities(store, made, [rehashed(store, made, HELD + more, "%Y-%m-%d")])
    with served(url) as site:
        page = site.get("/publishers/1/assets/ETH").text
    assert ('<td class="n bad" data-name="Ratio, liabilities">' in page) is bad


def test_a_tree_stands_with_the_number_of_its_entries(tmp_path):
    """One of two entries is made up in a minute, and hashed and added up all the same."""
    with open_store(f"sqlite:///{tmp_path / 'scanner.db'}", create=True) as store:
        made = planned(store, [eth_claim(1, asset="ETH", **SIGNED)])
        take(store, made, StubSource())
        tree = rehashed(store, made, HELD, "%Y-%m-%d")
        set_liabilities(store, made, [replace(tree, detail={"leaves": "2"})])
        document = report_document(store, made)
    assert document["ratios"][0]["meaning"].endswith("added up again here (2 entries)")
    assert "(2 entries)" in texts(report_page(document))
