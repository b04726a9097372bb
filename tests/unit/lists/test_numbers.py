"""Numbers in the spellings people use: one meaning is read, two are not."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import AmountFormatError
from scanner.lists.numbers import (
    amount_of,
    careful_amount,
    decimals_in,
    height_of,
    negative,
)
from scanner.model.amount import ambiguous_dot


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
     "--1", "0x10", "1,2345.6", "\u22481.5", "9" * 200,
     "1,234,5e5", "1.234.5e5", "1,500e3", "1 000e3", "1.234,5e2", "1'5e3", "1 2e3", "1.234 567",
     "1234 567", "1'000 000", "1,234,56", "0,123,456", "1,,234", ",500", "1,", "+ 1", "1e", "e5",
     "1.5E+", "1,234.567.890", "1 234,567,890"],
)  # fmt: skip
def test_two_meanings_or_none_are_not(text: str) -> None:
    with pytest.raises(AmountFormatError):
        careful_amount(text, 3)


@pytest.mark.parametrize("text", ["1.23457E+11", "1.23457e+06", " 5.31079E-07", "1,23457E+11"])
def test_what_is_shown_of_a_longer_number_is_not_read(text: str) -> None:
    """Rounded up it would be more than the address holds, and found false."""
    with pytest.raises(AmountFormatError, match="shown of a longer number"):
        careful_amount(text, 18)


@pytest.mark.parametrize(
    ("text", "value"), [("1.2345E+11", 123450000000), ("1.234567E+11", 123456700000), ("3E+8", 3e8)]
)
def test_other_exponents_are_exact(text: str, value: int) -> None:
    assert careful_amount(text, 0) == value
    assert height_of(text) == value


def test_a_height_of_six_digits_is_whole() -> None:
    assert height_of("8.41235E+05") == 841235


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
    ("text", "mark", "value"),
    [
        ("1,5E5", "comma", 150_000_000), ("1.5E5", "dot", 150_000_000), ("1.5E5", "comma", None),
        ("1,5E5", "dot", None), ("1,5e5", "", 150_000_000), ("1.2e3", "comma", None),
        ("1.234.567", "comma", 1234567_000), ("1,234,567", "dot", 1234567_000),
        ("1.234.567", "dot", None), ("1,234,567", "comma", None), ("1.234", "comma", 1234_000),
        ("1.234", "dot", 1_234), ("1,234", "comma", 1_234), ("1,234", "dot", 1234_000),
        ("1.5", "comma", None), ("1,5", "dot", None), ("0.500", "comma", None),
        ("0,500", "dot", None), ("1234.567", "comma", None), ("1 234,5", "comma", 1234_500),
        ("1.234,5", "comma", 1234_500), ("1,234.5", "comma", None), ("1500", "comma", 1500_000),
        ("1.234", "", 1_234), ("1500.5", "", 1500_500),
    ],
)  # fmt: skip
def test_what_contradicts_the_decimal_mark_is_not_read(
    text: str, mark: str, value: int | None
) -> None:
    if value is not None:
        assert amount_of(text, 3, mark) == value
        return
    with pytest.raises(AmountFormatError, match=f"the decimal mark that you gave, the {mark}"):
        amount_of(text, 3, mark)


@given(st.text("0123456789.,eE+' ", max_size=14), st.sampled_from(["dot", "comma", ""]))
def test_no_number_of_two_values_is_read(text: str, mark: str) -> None:
    """An oracle that knows nothing of the code: all readings of a text by its marks' places."""
    readings = _readings(text.strip(), mark)
    try:
        read: int | None = careful_amount(text, 40, mark)
    except AmountFormatError:
        return
    expected = {value for value in readings if value is not None}
    if mark == "" and text.count(".") == 1 and "," not in text:
        expected = {value for value in expected if value == min(expected)}  # 1.234: our convention
    assert {read} == expected


def _readings(text: str, mark: str) -> set[int]:
    found = re.fullmatch(r"\+?([0-9.,' ]+)(?:[eE]([+-]?[0-9]{1,3}))?", text)
    if not found:
        return set()
    digits, power = found[1], int(found[2] or 0)
    values = set()
    for decimal in [{"dot": ".", "comma": ","}[mark]] if mark else [".", ","]:
        for group in ".,' ":
            if group == decimal:
                continue
            grouped = rf"[1-9][0-9]{{0,2}}(?:{re.escape(group)}[0-9]{{3}})+|[0-9]+"
            if re.fullmatch(rf"(?:{grouped})(?:{re.escape(decimal)}[0-9]+)?", digits):
                whole, _, rest = digits.replace(group, "").partition(decimal)
                value = Fraction(f"{whole}.{rest or 0}") * Fraction(10) ** (power + 40)
                values.add(int(value) if value.denominator == 1 else -1)
    return values


def test_decimals_as_printed() -> None:
    texts = ["1,234.56", "1.234,56", "1500", "1.5E3", "1.500123456E3", "1500,5", "x", "2E-3"]
    assert [decimals_in(t) for t in texts] == [2, 2, 0, 0, 6, 1, 0, 3]


@pytest.mark.parametrize(
    ("text", "dot", "comma", "either"),
    [
        ("850.000", None, 850000, None), ("850,000", 850000, None, None), ("1.000", None, 1000, None),
        ("1,000", 1000, None, None), ("19.000.000", None, 19000000, 19000000),
        ("19,000,000", 19000000, None, 19000000), ("850 000", 850000, 850000, 850000),
        ("850.000,0", None, 850000, 850000), ("850000.0", 850000, None, 850000),
        ("850.5", None, None, None), ("850.00", 850, None, 850), ("#850.000", None, 850000, None),
        ("850.0000", 850, None, 850), ("0.000", 0, None, 0),
    ],
)  # fmt: skip
def test_a_height_is_never_another_block(
    text: str, dot: int | None, comma: int | None, either: int | None
) -> None:
    said = [height_of(text, mark) for mark in ("dot", "comma")]
    assert [*said, height_of(text, dots_doubted=True)] == [dot, comma, either]


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
