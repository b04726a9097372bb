"""Amounts are exact: text to base units and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import AmountFormatError
from scanner.model.amount import MAX_BASE_UNITS, format_amount, parse_amount, rescale


@pytest.mark.parametrize(
    ("text", "decimals", "base_units"),
    [
        ("0", 8, 0),
        ("1", 8, 100_000_000),
        ("0.00000001", 8, 1),
        (" 5.2834", 18, 5_283_400_000_000_000_000),
        ("1.50000000000", 8, 150_000_000),
        ("7", 0, 7),
        ("007.10", 1, 71),
        (
            "115792089237316195423570985008687907853269984665640564039457584007913129639935",
            0,
            MAX_BASE_UNITS,
        ),
    ],
)
def test_reads_plain_decimals_exactly(text, decimals, base_units):
    assert parse_amount(text, decimals) == base_units


@pytest.mark.parametrize(
    ("text", "decimals", "why"),
    [
        ("", 8, "empty"),
        ("-5", 8, "negative"),
        ("1e400", 8, "exponent"),
        ("1E-3", 8, "exponent"),
        ("1,000", 8, "comma"),
        ("0.000000001", 8, "rounded"),
        ("1.0000001", 6, "rounded"),
        ("nan", 8, "plain digits"),
        ("inf", 8, "plain digits"),
        ("0x10", 8, "plain digits"),
        ("１", 8, "plain digits"),
        ("1.", 8, "plain digits"),
        (".5", 8, "plain digits"),
        ("1 000", 8, "plain digits"),
        ("1_000", 8, "plain digits"),
        ("=1+1", 8, "plain digits"),
        ("9" * 78, 0, "larger"),
        ("9" * 81, 0, "plain digits"),
    ],
)
def test_refuses_everything_else_and_says_why(text, decimals, why):
    with pytest.raises(AmountFormatError) as caught:
        parse_amount(text, decimals)
    assert why in caught.value.reason


@given(st.integers(0, MAX_BASE_UNITS), st.integers(0, 36))
def test_round_trip(base_units, decimals):
    assert parse_amount(format_amount(base_units, decimals), decimals) == base_units


@given(st.text(max_size=40), st.integers(0, 36))
def test_any_text_is_an_amount_or_an_error(text, decimals):
    try:
        assert 0 <= parse_amount(text, decimals) <= MAX_BASE_UNITS
    except AmountFormatError as e:
        assert e.reason


@given(st.integers(0, MAX_BASE_UNITS), st.integers(0, 18), st.integers(0, 18))
def test_rescaling_loses_nothing(base_units, decimals, more):
    rescaled = rescale(base_units, decimals, decimals + more)
    assert format_amount(rescaled, decimals + more) == format_amount(base_units, decimals)


def test_rescaling_down_is_refused():
    with pytest.raises(ValueError, match="lose"):
        rescale(15, 1, 0)


def test_negative_differences_can_be_shown():
    assert format_amount(-150, 2) == "-1.5"
