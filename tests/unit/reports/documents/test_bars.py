"""Bars show shares exactly, show everything that is there, and cannot be broken out of."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from scanner.reports.documents.bars import WIDTH, Segment, stacked_bar, widths


def test_widths_are_shares_of_the_whole():
    assert widths([250, 500], 1000) == [250, 500]
    assert widths([0, 0], 0) == [0, 0]


def test_a_whole_smaller_than_its_parts_is_stretched():
    assert widths([300, 100], 100) == [750, 250]


@given(st.lists(st.integers(min_value=0, max_value=2**256), min_size=1, max_size=8))
def test_nothing_is_invisible_and_nothing_overflows(amounts):
    shares = widths(amounts, 0)
    assert sum(shares) <= WIDTH
    assert all((s > 0) == (a > 0) for s, a in zip(shares, amounts, strict=True))


def test_bar_is_well_formed_whatever_the_words():
    bar = stacked_bar([Segment("e", '</title><script>"&', 3)], 4, '"><script>')
    root = ElementTree.fromstring(bar)
    assert [r.get("width") for r in root.iter("rect")] == ["1000", "750"]
    assert root.get("aria-label") == '"><script>'
    assert "<script>" not in bar
