"""Totals of the past with what is owed beside them: what a tally of the same rows says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Evidence
from scanner.snapshots.tally import Part, PartKey, Tally, with_liabilities

HELD = {PartKey("X", 8, True, Evidence.AGREED): Part(2, 700, 650, 50, 0)}
OTHERS = {PartKey("X", 8, False, Evidence.REPORTED): Part(1, 30, 40, 0, 10)}
NO_ANSWER = {PartKey("X", 8, True, Evidence.UNAVAILABLE): Part(3, 10**20)}
EMPTY = {PartKey("X", 8, True, Evidence.AGREED): Part(1, 0, 0)}


@pytest.mark.parametrize(
    "parts", [HELD, OTHERS, NO_ANSWER, EMPTY, {**HELD, **NO_ANSWER}, {**OTHERS, **NO_ANSWER}]
)
@pytest.mark.parametrize(
    ("owed", "decimals"), [(0, 8), (7, 8), (7, 2), (700, 10), (7, 10), (10**30, 18), (3, 0)]
)
def test_the_same_as_a_tally(parts, owed, decimals):
    tally = Tally()
    for key, part in parts.items():
        tally.add_part(key, part)
    (plain,) = tally.totals()
    liability = Liability("X", owed, decimals, LiabilityEvidence.PUBLISHED, "owed.csv")
    (wanted,) = tally.totals([liability])
    assert with_liabilities(plain, liability) == wanted
    other_day = replace(liability, other_day="it is of another day")
    (without,) = tally.totals([other_day])
    assert with_liabilities(plain, other_day) == without
    assert without.reserve_ratio is None


def test_zero_beside_no_answer_is_no_ratio():
    tally = Tally()
    for key, part in {**EMPTY, **NO_ANSWER}.items():
        tally.add_part(key, part)
    (plain,) = tally.totals()
    liability = Liability("X", 7, 8, LiabilityEvidence.PUBLISHED, "owed.csv")
    assert with_liabilities(plain, liability).reserve_ratio is None
