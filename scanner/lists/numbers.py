"""Amounts and heights as spreadsheets, explorers and people write them: exact, or not read.

A text is read where it has one meaning. `1,500` has two, and nothing is guessed.
"""

from __future__ import annotations

import re
from fractions import Fraction

from scanner.errors import AmountFormatError, clip
from scanner.files.workbook import INEXACT
from scanner.model.amount import MAX_BASE_UNITS, ambiguous_dot

__all__ = ["ambiguous_dot", "careful_amount", "height_of", "negative"]

MAX_HEIGHT = 10**18
"""No chain is that long, and databases keep no larger number."""

_PLAIN = re.compile(r"\d{1,80}(?:\.\d{1,80})?", re.ASCII)
_EXPONENT = re.compile(r"(\d{1,80}(?:\.\d{1,80})?)[eE]([+-]?\d{1,3})", re.ASCII)
_SPACES = re.compile(r"(?<=\d)[\u00a0\u2009\u202f' \u2019](?=\d{3}(?:\D|$))")
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,15}")
_HEIGHT = re.compile(r"\d{1,18}", re.ASCII)
_MOST = 120


def careful_amount(text: str, decimals: int, decimal_mark: str = "") -> int:
    """Read an amount that is not in plain digits, exactly.

    decimals: of the asset. decimal_mark: "dot" or "comma" where the user says it.
    Returns base units. Raises AmountFormatError with the reason, and the remedy where it has two
    meanings.
    """
    stripped = text.strip()
    if len(stripped) > _MOST:
        raise AmountFormatError(text, "not plain digits")
    if stripped.startswith(INEXACT):
        reason = "more digits than a spreadsheet keeps: it was rounded or calculated"
        raise AmountFormatError(text, f"{reason}; ask for the amounts as text")
    plain = _plain(stripped.removeprefix("+"), text, decimal_mark)
    match = _EXPONENT.fullmatch(plain)
    if match:
        value = Fraction(match[1]) * Fraction(10) ** int(match[2])
    elif _PLAIN.fullmatch(plain):
        value = Fraction(plain)
    else:
        raise AmountFormatError(text, _why_not(stripped))
    units = value * 10**decimals
    if units.denominator != 1:
        what = f"more decimals than the {decimals} of the asset: it would be rounded"
        raise AmountFormatError(text, what)
    if units > MAX_BASE_UNITS:
        raise AmountFormatError(text, "larger than any network can hold")
    return int(units.numerator)


def negative(text: str) -> bool:
    """Whether it is a number below zero, in any spelling."""
    stripped = text.strip()
    return stripped[:1] in ("-", "\u2212") and any(c in "123456789" for c in stripped)


def height_of(text: str) -> int | None:
    """A block number in any of its usual spellings; None if it is none."""
    stripped = text.strip()
    if _HEIGHT.fullmatch(stripped):
        return int(stripped)
    if _HEX.fullmatch(stripped):
        return int(stripped, 16)
    try:
        height = careful_amount(stripped.removeprefix("#"), 0, "dot")
    except AmountFormatError:
        return None
    return height if height < MAX_HEIGHT else None


def _plain(stripped: str, text: str, decimal_mark: str) -> str:
    """Digits with a dot at most, out of digits with separators."""
    stripped = _SPACES.sub("", stripped)
    if "," not in stripped and stripped.count(".") < 2:
        if decimal_mark == "comma" and "." in stripped:
            return _grouped(stripped, ".", text)
        return stripped
    last = max(stripped.rfind(","), stripped.rfind("."))
    mark = stripped[last]
    other = "." if mark == "," else ","
    if other in stripped:  # the last one is the decimal mark: 1,000.5
        if decimal_mark and (decimal_mark == "comma") != (mark == ","):
            raise AmountFormatError(text, f"its decimal mark is no {decimal_mark}")
        whole, _, rest = stripped.rpartition(mark)
        return _grouped(whole, other, text) + "." + rest
    if stripped.count(mark) > 1:
        return _grouped(stripped, mark, text)
    return _one_comma(stripped, text, decimal_mark)


def _one_comma(stripped: str, text: str, decimal_mark: str) -> str:
    whole, _, rest = stripped.partition(",")
    if decimal_mark == "comma" or len(rest) != 3 or not 0 < len(whole) < 4 or whole[0] == "0":
        if decimal_mark == "dot":
            raise AmountFormatError(text, "has a comma that parts no thousands")
        return f"{whole}.{rest}"
    if decimal_mark == "dot":
        return whole + rest
    what = f"its comma may part thousands ({whole}{rest}) or decimals ({whole}.{rest})"
    remedy = "say --columns decimal=comma or --columns decimal=dot"
    raise AmountFormatError(text, f"{what}: {remedy}")


def _grouped(text: str, separator: str, original: str) -> str:
    first, *groups = text.split(separator)
    if not 0 < len(first) < 4 or any(len(group) != 3 for group in groups):
        raise AmountFormatError(original, f"{separator!r} parts no thousands in it")
    return first + "".join(groups)


def _why_not(stripped: str) -> str:
    if not stripped:
        return "empty"
    return "a comma in it" if "," in stripped else f"not plain digits: {clip(stripped, 40)!r}"
