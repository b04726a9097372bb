"""Each asset over the snapshots so far, and by and for whom a report is."""

from __future__ import annotations

import json

import jsonschema
import pytest
from support.mixed_snapshot import EVIL
from support.snapshot_stub import StubSource
from support.taking import take as take_again

from scanner.reports.documents.document import report_document, schema
from scanner.reports.documents.html import report_page
from scanner.reports.documents.months import small_multiples
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.reading import queries
from scanner.store.writing.runs import create_snapshot


def checked(document):
    """The document, which keeps the published schema."""
    jsonschema.Draft202012Validator(schema()).validate(json.loads(json.dumps(document)))
    return document


@pytest.fixture
def again(taken):
    """A second snapshot of the same list, in which ether moved."""
    list_id = queries.head(taken.store, taken.id).list_id
    snapshot = create_snapshot(taken.store, list_id, SnapshotPolicy())
    take_again(taken.store, snapshot, StubSource(change=3))
    return snapshot


def test_there_is_no_history_of_one(taken):
    document = checked(report_document(taken.store, taken.id))
    assert "history" not in document
    assert "Verified over time" not in report_page(document)


def test_each_asset_over_the_snapshots_so_far(taken, again):
    document = checked(report_document(taken.store, again))
    (ether,) = [a for a in document["history"] if a["asset"] == "ETH"]
    assert [p["snapshot"] for p in ether["points"]] == [taken.id, again]
    assert ether["points"][0]["claimed"] == ether["points"][1]["claimed"]
    assert "Verified over time" in report_page(document)
    # Of the older one nothing that came later is told.
    assert "history" not in report_document(taken.store, taken.id)


def test_what_nobody_answered_is_no_point():
    points = [
        {"snapshot": n, "at": f"2026-0{n}-01T00:00:00+00:00", "claimed": "5", "verified": v}
        for n, v in ((1, "500000000"), (2, None), (3, "100000000"))
    ]
    found = {"history": [{"asset": "BTC", "decimals": 8, "points": points}]}
    (drawn,) = small_multiples(found)
    assert (drawn["first"], drawn["last"]) == ("5.00000000", "1.00000000")
    assert drawn["snapshots"] == 2
    found["history"][0]["points"] = points[:2]
    assert small_multiples(found) == []


def test_by_and_for_whom_as_the_user_says(taken):
    plain = report_page(report_document(taken.store, taken.id))
    assert plain.count('class="blank"') == 4
    document = checked(report_document(taken.store, taken.id, {"by": "A. Auditor", "for": EVIL}))
    page = report_page(document)
    assert page.count("A. Auditor") == 2  # in the title block and where it is signed
    assert page.count('class="blank"') == 2
    assert EVIL not in page
