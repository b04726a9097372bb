"""Prices are exact integers, and only real ones."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import AmountFormatError
from scanner.prices.interface import Price, make_price, moment, parse_price

AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", (1, 0)),
        ("0.00001234", (1234, 8)),
        ("67187.3358936566", (671873358936566, 10)),
        ("1.500", (15, 1)),
        ("007.10", (71, 1)),
        ("100", (100, 0)),
        (" 2.0 ", (2, 0)),
        ("0." + "0" * 35 + "1", (1, 36)),
    ],
)
def test_plain_text_is_read_exactly(text, value):
    assert parse_price(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0", "0 is not a price"),
        ("0.000", "0 is not a price"),
        ("-1", "negative"),
        ("1e5", "exponent"),
        ("1E400", "exponent"),
        ("1,000.5", "comma"),
        ("", "empty"),
        ("NaN", "not plain digits"),
        ("inf", "not plain digits"),
        ("0x10", "not plain digits"),
        ("١٢", "not plain digits"),
        ("1.", "not plain digits"),
        ("$5", "not plain digits"),
        ("0." + "1" * 37, "36 digits after the dot"),
        ("1" * 16, "15 digits before the dot"),
        ("9" * 5000, "not plain digits"),
    ],
)
def test_everything_else_is_refused_with_the_reason(text, words):
    with pytest.raises(AmountFormatError, match=words):
        parse_price(text)


@given(
    st.integers(0, 2**256 - 1),
    st.integers(0, 36),
    st.integers(1, 10**15 - 1),
    st.integers(0, 36),
)
def test_a_value_is_the_exact_product_rounded_down(amount, decimals, value, scale):
    cents = Price("BTC", AT, "csv: x", value, scale).cents(amount, decimals)
    exact = Fraction(amount, 10**decimals) * Fraction(value, 10**scale) * 100
    assert cents <= exact < cents + 1


@given(st.integers(1, 10**40), st.integers(0, 36))
def test_text_and_back(value, decimals):
    if value >= 10 ** (15 + decimals):
        return
    price = Price("BTC", AT, "csv: x", value, decimals)
    again = make_price("BTC", AT, "csv: x", price.text)
    assert Fraction(again.value, 10**again.decimals) == Fraction(value, 10**decimals)
    assert again.text == price.text


@pytest.mark.parametrize(
    "change",
    [
        {"value": 0},
        {"value": -1},
        {"decimals": 37},
        {"decimals": -1},
        {"value": 10**15, "decimals": 0},
        {"at": datetime(2026, 1, 1)},
        {"source": ""},
        {"source": "a\nb"},
        {"source": "x" * 201},
    ],
)
def test_no_price_is_made_of_nonsense(change):
    good = {"asset": "BTC", "at": AT, "source": "csv: x", "value": 1, "decimals": 0}
    Price(**good)
    with pytest.raises(ValueError, match=r"."):
        Price(**{**good, **change})


@pytest.mark.parametrize("seconds", [2**64, 2**255, 253_402_300_800])
def test_a_time_beyond_the_calendar_is_no_time(seconds):
    with pytest.raises(ValueError, match=r"time|year"):
        moment(seconds)
