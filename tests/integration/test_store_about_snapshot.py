"""What follows from how a snapshot was taken and from what is owed: told on both databases."""

from __future__ import annotations

import pytest
from support.snapshot_stub import StubSource, eth_claim
from support.taking import DOWN, SIGNED, planned, raises, take

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.claim import UnreadableRow
from scanner.model.finding import WEIGHTS, FindingKind, Weight
from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.reports.figures.outcome import outcome_weights
from scanner.store.reading import queries
from scanner.store.writing.runs import set_liabilities

REPLACED, MISSING = FindingKind.HEIGHT_REPLACED, FindingKind.RESERVES_MISSING
WHOLE = [REPLACED, MISSING, FindingKind.MIXED_HEIGHTS]


def told(store, snapshot):
    return [f.finding for f in queries.findings(store, snapshot, kinds=WHOLE)]


def claims(*heights):
    return [eth_claim(n, height=height, **SIGNED) for n, height in enumerate(heights)]


def taken(store, rows, **policy):
    snapshot = planned(store, rows, **policy)
    take(store, snapshot, StubSource())
    return snapshot


def test_heights_that_differ_are_false_unless_all_are_read_at_one(store):
    rows = claims(100, 200, 200)
    (mixed,) = told(store, taken(store, rows))
    assert mixed.kind is FindingKind.MIXED_HEIGHTS
    again = taken(store, rows, at={"ethereum": 150})
    (replaced,) = told(store, again)
    assert (replaced.kind, replaced.weight, replaced.network) == (REPLACED, Weight.NOTE, "ethereum")
    assert replaced.reason.startswith(
        "3 rows state heights from 100 to 200; as requested with --at"
    )
    assert "on ethereum were read at height 150" in replaced.reason
    assert queries.finding_counts(store, again) == {REPLACED: 1}
    assert outcome_weights(store, again) == set()


@pytest.mark.parametrize(
    ("heights", "at", "words"),
    [
        ((100, 100), {"ethereum": 100}, None),
        ((100, 100), {"bitcoin": 5}, None),
        ((None, None), {"ethereum": 100}, None),
        ((None, 100), {"ethereum": 100}, None),
        ((100, 101), {"ethereum": 100}, "1 row states height 101;"),
        ((100, 100), {"ethereum": None}, "2 rows state height 100; "),
    ],
)
def test_only_another_height_is_told(store, heights, at, words):
    found = told(store, planned(store, claims(*heights), at=at))
    assert [f.kind for f in found] == ([] if words is None else [REPLACED])
    if words is not None:
        assert found[0].reason.startswith(words)
        where = "the newest block" if at["ethereum"] is None else f"height {at['ethereum']}"
        assert f"read at {where}" in found[0].reason


def owed(asset, amount, decimals):
    return Liability(asset, amount, decimals, LiabilityEvidence.PUBLISHED, "owed.csv")


def test_what_is_owed_and_not_claimed_is_not_shown(store):
    snapshot = taken(store, claims(100))
    assert outcome_weights(store, snapshot) == set()
    set_liabilities(store, snapshot, [owed("ETH", 5, 18), owed("BTC", 150, 8), owed("LTC", 0, 8)])
    (missing,) = told(store, snapshot)
    assert (missing.kind, missing.weight, missing.asset) == (MISSING, Weight.UNSHOWN, "BTC")
    assert missing.reason.startswith("0.0000015 BTC are owed, but no row of the list claims any")
    assert outcome_weights(store, snapshot) == {Weight.UNSHOWN}
    (btc,) = [a for a in queries.totals(store, snapshot).assets if a.asset == "BTC"]
    assert (btc.liabilities, btc.reserve_ratio) == (150, None)


def test_the_report_says_both(store):
    snapshot = taken(store, claims(100), at={"ethereum": 150})
    set_liabilities(store, snapshot, [owed("BTC", 150, 8)])
    document = report_document(store, snapshot)
    assert (document["answer"]["status"], document["answer"]["exit_status"]) == ("unshown", 3)
    assert (
        "something about the list as a whole could not be verified"
        in document["answer"]["sentence"]
    )
    assert {f["kind"]: f["weight"] for f in document["findings"]} == {
        MISSING: "unshown",
        REPLACED: "note",
    }
    page = report_page(document)
    assert "Reserves missing: 1" in page
    assert "0.0000015 BTC are owed" in page
    assert "Height replaced: 1" in page


def test_weights_are_those_of_the_counts(store):
    """Found by looking for one of each, not by counting: the answer must be the same."""
    signed, unsigned = eth_claim(1, **SIGNED), eth_claim(2)
    short = eth_claim(3, amount=2**255, **SIGNED)
    again = eth_claim(1, row=90, **SIGNED)
    bad = UnreadableRow(99, 1, FindingKind.BAD_ROW.value, "not a row", "")
    worse = UnreadableRow(98, 1, FindingKind.BAD_ADDRESS.value, "no address", "")
    for rows in (
        [signed], [signed, unsigned], [signed, short], [signed, again], [signed, bad],
        [signed, worse], [unsigned, worse], [short, bad], [],
    ):  # fmt: skip
        snapshot = planned(store, rows)
        take(store, snapshot, StubSource())
        counts = queries.finding_counts(store, snapshot)
        wanted = {WEIGHTS[kind] for kind in counts} - {Weight.NOTE}
        assert queries.weights_found(store, snapshot) == wanted, rows
    broken = planned(store, [signed])
    take(store, broken, StubSource(trouble=raises(DOWN)))
    assert queries.weights_found(store, broken) == {Weight.UNSHOWN}


def test_pages_of_findings_end_with_them(store):
    snapshot = taken(store, claims(100, 200), at={"ethereum": 150, "bitcoin": 7})
    set_liabilities(store, snapshot, [owed("BTC", 150, 8), owed("LTC", 150, 8)])
    every = list(queries.findings(store, snapshot))
    pages, key = [], (0, 0, "")
    while page := list(queries.findings(store, snapshot, after=key, limit=1)):
        pages += page
        key = page[-1].key
    assert pages == every
    assert [f.key for f in every] == [(5, 1, REPLACED), (5, 2, MISSING), (5, 3, MISSING)]
