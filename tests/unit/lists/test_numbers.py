"""Numbers in the spellings people use: one meaning is read, two are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import AmountFormatError
from scanner.lists.numbers import ambiguous_dot, careful_amount, height_of, negative


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000.5", 1000_500), ("1.000,5", 1000_500), ("1,234,567", 1234567_000),
        ("1.234.567", 1234567_000), ("1 000,5", 1000_500), ("1'000.5", 1000_500), ("0,899", 899),
        ("1234,5", 1234_500), ("1,5", 1_500), ("2E+3", 2000_000), ("1.5e3", 1500_000),
        ("5E-3", 5), ("+7", 7_000), ("1\u00a0000", 1000_000),
    ],
)  # fmt: skip
def test_one_meaning_is_read(text: str, value: int) -> None:
    assert careful_amount(text, 3) == value


@pytest.mark.parametrize(
    "text",
    ["1,500", "12,345", "999,000", "1,00,000", "1.5.2", "1,5,2", "1e400", "1E-9", "", "x", "1 5",
     "--1", "0x10", "1,2345.6", "\u22481.5", "9" * 200],
)  # fmt: skip
def test_two_meanings_or_none_are_not(text: str) -> None:
    with pytest.raises(AmountFormatError):
        careful_amount(text, 3)


def test_the_user_settles_the_decimal_mark() -> None:
    assert careful_amount("1,500", 3, "comma") == 1_500
    assert careful_amount("1,500", 3, "dot") == 1500_000
    assert careful_amount("1.500", 3, "comma") == 1500_000
    with pytest.raises(AmountFormatError):
        careful_amount("1.000,5", 3, "dot")
    assert (ambiguous_dot("1.500"), ambiguous_dot("0.500"), ambiguous_dot("1.50")) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("text", "height"),
    [
        ("840000", 840000), ("840,000", 840000), ("840000.0", 840000), ("0x121eac0", 19000000),
        ("#840000", 840000), ("8.4e5", 840000), ("2026-11-01", None), ("-1", None), ("soon", None),
        ("840000.5", None), ("9" * 23, None), ("0x" + "f" * 16, None),
    ],
)  # fmt: skip
def test_heights(text: str, height: int | None) -> None:
    assert height_of(text) == height


def test_negative_is_a_number_below_zero() -> None:
    assert [negative(t) for t in ("-1", "\u22120,5", "-", "-0", "1-2")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@given(st.integers(0, 10**15), st.integers(0, 6))
def test_grouped_or_with_an_exponent_it_is_the_same_number(number: int, decimals: int) -> None:
    whole, rest = divmod(number, 10**decimals)
    fraction = str(rest).rjust(decimals, "0") if decimals else ""
    assert careful_amount(f"{number}E-{decimals}", decimals) == number
    if whole >= 1000 and decimals not in (0, 3):
        assert careful_amount(f"{whole:,}.{fraction}", decimals) == number
        assert careful_amount(f"{whole:,}".replace(",", ".") + f",{fraction}", decimals) == number
