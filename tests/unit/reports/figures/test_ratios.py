"""Why there is no ratio, in words that say what is missing."""

from __future__ import annotations

import pytest

from scanner.reports.figures.ratios import why_absent
from scanner.snapshots.tally import AssetTotal


def total(claimed=0, verified=0, unverified=0, unread=0, owed=10):
    made = AssetTotal("ETH", 18, claimed, verified, {}, unverified, unread, 0, 0, liabilities=owed)
    return made.to_json()


@pytest.mark.parametrize(
    ("known", "complete", "words"),
    [
        (total(5, 5), True, "of another day, or in another unit"),
        (total(5, 0, 5), True, "of another day, or in another unit"),  # rows, and none is verified
        (total(5, 0, 0), True, "of another day, or in another unit"),
        (total(0, 0, 5), True, "of another day, or in another unit"),  # the list states nothing
        (total(5, 0, 0, unread=1), True, "no source returned a balance"),
        (total(0, 0, 0, unread=1), True, "no source returned a balance"),
        (total(), True, "no row in the list"),
        (total(5, 5), False, "not every balance has been read"),
        (total(5, 5, owed=0), True, "nothing is owed"),
    ],
)
def test_why_a_ratio_is_absent(known, complete, words):
    assert why_absent(known, complete=complete) == words
