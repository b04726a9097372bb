"""The JSON twin keeps its schema; the page holds the same and lets nothing out or in."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import jinja2
import jsonschema
import pytest
from support.mixed_snapshot import EVIL

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.reports.documents.document import CLASSES, report_document, schema
from scanner.reports.documents.html import report_page
from scanner.reports.figures.words import COUNTS_OVERLAP, LIMITS
from scanner.reports.tables.jsontext import pretty
from scanner.store.reading import queries
from scanner.store.writing.runs import set_liabilities


def checked(document):
    """The document as its readers get it, checked against the published schema."""
    again = json.loads(pretty(document))
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(again)
    return again


def test_document_keeps_its_schema(taken):
    document = checked(report_document(taken.store, taken.id))
    assert document["totals"] == queries.totals(taken.store, taken.id).to_json()
    assert document["answer"]["status"] == "false"
    assert document["answer"]["exit_status"] == 1
    assert document["other_chains"] == []
    assert document["blocks"][0]["height"] == 100
    assert document["blocks"][0]["time"] == "2023-11-14T22:15:00+00:00"
    assert document["blocks"][0]["sources"] == ["stub-ethereum"]


def test_what_is_false_is_not_called_verified_further_down(taken):
    document = report_document(taken.store, taken.id)
    document["findings"] = [f for f in document["findings"] if f["weight"] != "unshown"]
    page = report_page(document)
    assert "Everything asked for was verified." not in page
    assert "Nothing besides what is false above." in page


def test_every_row_is_accounted_for_once(taken):
    document = report_document(taken.store, taken.id)
    rows = document["rows"]
    assert rows["data_rows"] == rows["claims"] + rows["unreadable"] == 7
    assert sum(rows[c] for c in CLASSES) == rows["claims"]
    assert (rows["verified"], rows["no_balance"], rows["unsigned"]) == (4, 1, 1)
    assert rows["duplicates"] == 1
    assert sum(r["rows"] for r in document["control"]) == rows["claims"]
    assert sum(b["rows"] for b in document["balances"]) == rows["claims"]
    for place in document["control"]:
        assert sum(place[c] for c in CLASSES) == place["rows"]


def test_incomplete_snapshot_says_so(planned):
    document = checked(report_document(planned.store, planned.id))
    assert document["answer"]["status"] == "incomplete"
    assert document["rows"]["not_judged"] == 6
    assert document["snapshot"]["complete"] is False
    assert "Incomplete" in report_page(document)


def test_same_snapshot_same_bytes(taken):
    first, second = (report_document(taken.store, taken.id) for _ in range(2))
    assert pretty(first) == pretty(second)
    assert report_page(first) == report_page(second)


def test_a_page_compiles_the_templates_of_what_it_shows(taken, monkeypatch):
    read = []
    get = jinja2.FileSystemLoader.get_source
    monkeypatch.setattr(
        jinja2.FileSystemLoader, "get_source", lambda *given: read.append(given[2]) or get(*given)
    )
    report_page(report_document(taken.store, taken.id))
    assert read == ["report.html.j2", "_exact.j2"]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture
def page(taken):
    return report_page(report_document(taken.store, taken.id))


def test_page_asks_nobody_and_runs_nothing(page):
    parsed = Page()
    parsed.feed(page)
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & {
        tag for tag, _ in parsed.tags
    }
    for tag, attributes in parsed.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert attributes.get("href", "#").startswith("#")
        assert "src" not in attributes
    assert not re.search(r"url\(|@import|https?://", page)
    assert "default-src 'none'" in page


def test_hostile_text_is_shown_and_does_nothing(page):
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\\x1b[2J" in page
    assert not {"\x1b", "\u202e", "\ud800"} & set(page)
    page.encode("utf-8")
    assert EVIL not in page


def test_counts_of_rows_and_of_findings_are_said_to_overlap(taken):
    document = report_document(taken.store, taken.id)
    assert COUNTS_OVERLAP in report_page(document).replace("&#34;", '"')
    weighed = [f for f in document["findings"] if f["weight"] != "note"]
    assert weighed, "nothing overlaps"
    for finding in weighed:
        finding["count"] = 0
    assert COUNTS_OVERLAP not in report_page(document)


def test_page_is_built_for_screen_readers(page):
    parsed = Page()
    parsed.feed(page)
    assert ("html", {"lang": "en"}) in parsed.tags
    ids = [a["id"] for _, a in parsed.tags if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in parsed.tags:
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in ids
    assert all(a.get("scope") for tag, a in parsed.tags if tag == "th")
    assert all(a.get("aria-label") for tag, a in parsed.tags if tag == "svg")
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_page_says_what_it_does_not_show_and_how_to_repeat_it(page):
    for name, _ in LIMITS:
        assert name in page
    assert "scanner snapshot list.csv --publisher " in page
    assert " --endpoints FILE" in page
    assert "Ünïcode &amp; Co" in page
    assert "2 rows are false and 3 could not be verified" in page
    assert "No liabilities were given, so there is no ratio" in page


def test_ratio_shows_both_sides_and_is_absent_where_one_is_missing(taken):
    owed = [
        Liability("ETH", 10**18, 18, LiabilityEvidence.REHASHED, "tree.csv", "2023-11-14"),
        Liability("BTC", 10**8, 8, LiabilityEvidence.PUBLISHED, "owed.csv"),
        Liability("TRX", 1, 6, LiabilityEvidence.PUBLISHED, "owed.csv"),
    ]
    set_liabilities(taken.store, taken.id, owed)
    document = checked(report_document(taken.store, taken.id))
    ratios = {r["asset"]: r for r in document["ratios"]}
    assert ratios["ETH"]["reserves_evidence"] == "reported"
    assert ratios["ETH"]["liabilities_evidence"] == "rehashed"
    assert ratios["ETH"]["proven_per_coin"] is True
    assert float(ratios["ETH"]["reserve_ratio"]) > 0
    assert (ratios["BTC"]["reserve_ratio"], ratios["BTC"]["reserves_evidence"]) == (None, None)
    assert ratios["TRX"]["reserve_ratio"] is None
    page = report_page(document)
    assert 'absent<span class="sub">no row in the list</span>' in page
    assert 'absent<span class="sub">no source returned a balance</span>' in page
    assert page.count('<span class="sub warn">unproven</span>') == 0  # of a ratio that there is
    assert "hashed and added up again here (tree.csv, 2023-11-14)" in page


def test_coverage_names_rows_without_a_balance_by_what_they_are(taken):
    document = report_document(taken.store, taken.id)
    assert any(row["no_balance"] for row in document["control"])
    page = report_page(document)
    assert 'data-name="Signed, no balance"' in page
    assert "“no balance” counts rows for which no source returned a balance" in page
