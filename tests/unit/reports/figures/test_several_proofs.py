"""Several proofs of one total: the same reserves must not cover each of them by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from support.sealed_database import PROOF
from support.snapshot_stub import StubSource, eth_claim
from support.taking import SIGNED, planned, take

from scanner.liabilities.interface import LiabilityEvidence
from scanner.prices.interface import make_price
from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.reports.figures.aggregate import (
    aggregate_lines,
    aggregate_object,
    aggregate_words,
    aggregates,
    together,
    together_words,
)
from scanner.store.database.engine import open_store
from scanner.store.reading.prices import add_prices
from scanner.store.writing.liability_proofs import keep_proof

AT = datetime.fromtimestamp(1_700_000_100, UTC)
GRADE = LiabilityEvidence.SNARK_AGGREGATE


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        yield store


def owing(store, *hundredths: int) -> int:
    """A snapshot with proofs that each owe so many hundredths of what is verified."""
    snapshot_id = planned(store, [eth_claim(1, **SIGNED)])
    take(store, snapshot_id, StubSource())
    add_prices(store, [make_price("ETH", AT, "csv: x", "1")])
    keep_proof(store, snapshot_id, replace(PROOF, sha256="ff" * 32, evidence=GRADE))
    (first,) = aggregates(store, snapshot_id)
    whole = first.value.verified
    second = planned(store, [eth_claim(1, **SIGNED)])
    take(store, second, StubSource())
    for number, part in enumerate(hundredths):
        own = {"sha256": f"{number:064x}", "root": f"{number:064x}"}
        owed = replace(PROOF, **own, evidence=GRADE, unit_usd="0.01")
        keep_proof(store, second, replace(owed, net=whole * part // 100))
    return second


def test_what_several_proofs_owe_together_is_said(store):
    """Two halves of the users: 1.666666 each, and less than is owed to all."""
    snapshot_id = owing(store, 60, 60)
    found = aggregates(store, snapshot_id)
    assert [f.ratio for f in found] == ["1.666666"] * 2
    assert [f.limits for f in found] == ["of an unknown day, one of 2 proofs"] * 2
    known = [aggregate_object(f) for f in found]
    whole = together(known)
    assert whole is not None
    assert (whole.proofs, whole.ratio, whole.is_below) == (2, "0.833333", True)
    said = together_words(known)
    assert said.startswith("2 proofs are saved, which may be of different users: together they owe")
    assert said.endswith("US dollars, and the ratio is 0.833333 (of an unknown day)")
    own_key = [known[0], {**known[1], "gap": None}]  # one of them is under a key of its own
    assert together_words(own_key).endswith("0.833333 (unproven, of an unknown day)")
    assert "(of an unknown day, one of 2 proofs)" in aggregate_words(found[0])
    assert aggregate_lines(found[0])[0].endswith("1.666666 (of an unknown day, one of 2 proofs)")
    page = report_page(report_document(store, snapshot_id))
    assert "and the ratio is 0.833333 (of an unknown day)." in page
    assert page.count("of an unknown day, one of 2 proofs") == 2


def test_one_proof_has_nothing_beside_it_and_no_day(store):
    (found,) = aggregates(store, owing(store, 60))
    known = [aggregate_object(found)]
    assert (together(known), together_words(known)) == (None, "")
    assert known[0]["ratio_limits"] == "of an unknown day"
    unproven = replace(found, proof=replace(found.proof, evidence=LiabilityEvidence.PUBLISHED))
    assert unproven.limits == "unproven, of an unknown day"
    assert aggregate_object(replace(found, ratio=None))["ratio_limits"] is None


def test_what_one_of_them_owes_may_not_be_known(store):
    found = aggregates(store, owing(store, 60, 60))
    known = [aggregate_object(f) for f in found]
    known[1] |= {"owed_usd": None, "aggregate_ratio": None}
    assert together(known) is None
    assert together_words(known).endswith("what they owe together is not known")
    covered = [aggregate_object(f) for f in aggregates(store, owing(store, 30, 30))]
    whole = together(covered)
    assert whole is not None
    assert (whole.ratio, whole.is_below) == ("1.666666", False)
