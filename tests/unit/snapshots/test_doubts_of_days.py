"""Rows that name no block and were read on another day than the list says contradict nothing."""

from __future__ import annotations

from datetime import date

import pytest
from support.snapshot_stub import eth_claim

from scanner.model.balance import Balance, Evidence
from scanner.model.dates import Span, as_text, from_text
from scanner.model.finding import FindingKind
from scanner.snapshots.doubts import NONE, Doubts
from scanner.snapshots.findings import row_findings
from scanner.snapshots.interface import NumberedClaim

DAY = date(2020, 1, 1).toordinal()
MIDNIGHT = 1_577_836_800
DATED = Doubts(days=(Span(DAY, DAY + 1),))


@pytest.mark.parametrize(
    ("days", "doubted"), [(-2, True), (-1, False), (0, False), (2, False), (3, True), (2000, True)]
)
def test_a_block_of_another_day_is_a_doubt(days, doubted):
    assert DATED.at(None, MIDNIGHT + days * 86_400).other_day is doubted
    assert not NONE.at(None, MIDNIGHT + days * 86_400).other_day


def test_a_block_of_no_known_time_is_a_doubt():
    assert DATED.at(None, None).other_day


@pytest.mark.parametrize(("height", "kind"), [(None, "maybe_shortfall"), (100, "shortfall")])
def test_only_rows_without_a_height_are_doubted(height, kind):
    row = NumberedClaim(1, eth_claim(1, amount=7, height=height), duplicate=False)
    held = Balance(5, Evidence.REPORTED, ("node",))
    (found,) = row_findings(row, None, held, DATED.at(height, MIDNIGHT + 9 * 86_400))
    assert found.kind is FindingKind(kind)
    (same,) = row_findings(row, None, held, DATED.at(height, MIDNIGHT))
    assert same.kind is FindingKind.SHORTFALL


def test_days_are_read_back_as_they_were_written():
    spans = (Span(DAY, DAY), Span(DAY + 31, DAY + 59))
    text = as_text(spans)
    assert text == "2020-01-01 or 2020-02-01 to 2020-02-29"
    assert from_text(f"the list is of {text} and its rows name no block") == spans


@pytest.mark.parametrize(
    ("read_at", "kind"), [(100, "shortfall"), (200, "maybe_shortfall"), (None, "maybe_shortfall")]
)
def test_a_row_that_is_read_at_another_height_than_it_states_is_doubted(read_at, kind):
    row = NumberedClaim(1, eth_claim(1, amount=7, height=100), duplicate=False)
    held = Balance(5, Evidence.REPORTED, ("node",))
    (found,) = row_findings(row, None, held, NONE.at(read_at, MIDNIGHT))
    assert found.kind is FindingKind(kind)
