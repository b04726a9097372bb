"""Amounts are exact; nothing rounds away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.amount import counted
from scanner.reports.figures.amounts import (
    added,
    all_rows,
    claimed_share,
    counted_rows,
    in_short,
    known_coins,
    less,
    percent,
    whole_coins,
)


@pytest.mark.parametrize(
    ("base_units", "decimals", "text"),
    [
        (44951400000, 8, "449.514"),
        (0, 8, "0"),
        (1, 18, "0.000000000000000001"),
        (123456789012345678901234567890, 18, "123,456,789,012.34567890123456789"),
        (1234567, 0, "1,234,567"),
        (-5, 1, "-0.5"),
        (-12345678, 4, "-1,234.5678"),
    ],
)
def test_whole_coins(base_units, decimals, text):
    assert whole_coins(base_units, decimals) == text


@given(st.integers(min_value=-(2**256), max_value=2**256), st.integers(min_value=0, max_value=36))
def test_whole_coins_loses_nothing(base_units, decimals):
    text = whole_coins(base_units, decimals).replace(",", "")
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("-").partition(".")
    assert sign * int(whole + fraction.ljust(decimals, "0")) == base_units


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (1, 3, "33.33 %"),
        (999_999_999, 1_000_000_000, "99.99 %"),
        (10**60, 10**60, "100.00 %"),
        (3, 2, "150.00 %"),
        (0, 5, "0.00 %"),
        (5, 0, "-"),
    ],
)
def test_percent_rounds_down(part, whole, text):
    assert percent(part, whole) == text


@pytest.mark.parametrize(
    ("claimed", "verified", "shown"),
    [
        (9, None, None),  # nobody could say: not 0 %
        (9, 0, "0.00 %"),  # something was read, and it was not there or not theirs
        (9, 3, "33.33 %"),
        (0, 0, None),
        (None, 3, None),
    ],
)
def test_share_of_claimed(claimed, verified, shown):
    assert claimed_share(claimed, verified) == shown


def test_what_is_not_known_is_in_no_sum_and_no_0():
    assert (added([]), added([None, 3, None, 4]), added([None])) == (0, 7, None)
    assert (less(3, 5), less(None, 5), less(3, None)) == (-2, None, None)
    assert known_coins(None, 18, "ETH") == "not read"
    assert known_coins(0, 18, "ETH") == "0.0000"


@pytest.mark.parametrize(("n", "words"), [(0, "0 rows"), (1, "1 row"), (1234, "1,234 rows")])
def test_counted_rows(n, words):
    assert counted_rows(n) == words


def test_a_number_and_its_noun_agree():
    assert [counted(n, "row") for n in (0, 1, 2_000)] == ["0 rows", "1 row", "2,000 rows"]
    assert [counted(n, "address", "addresses") for n in (1, 2)] == ["1 address", "2 addresses"]
    assert [all_rows(n) for n in (1, 3)] == ["1 of 1 row", "All 3 rows"]


@pytest.mark.parametrize(
    ("amount", "short"),
    [("1,234.5678", "1,234.5678"), ("123,456,789.12345678", "123,456,789"), ("9" * 30, "9.99e29")],
)
def test_an_amount_is_cut_for_a_cell_and_never_within_a_digit_group(amount, short):
    assert in_short(amount) == short
