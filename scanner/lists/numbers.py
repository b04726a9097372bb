"""Amounts and heights as spreadsheets, explorers and people write them: exact, or not read.

A text is read where it has one meaning. `1,500` has two, and nothing is guessed.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from scanner.errors import AmountFormatError
from scanner.files.shown import INEXACT, SHOWN
from scanner.model.amount import MAX_BASE_UNITS, ambiguous_dot, parse_amount

MAX_HEIGHT = 10**18
"""No chain is that long, and databases keep no larger number."""

_EXPONENT = re.compile(r"([^eE]+)[eE]([+-]?\d{1,3})", re.ASCII)
_ROUNDED = re.compile(r"\+?\d[.,]\d{4}[1-9][eE][+-]?\d{1,3}", re.ASCII)
_SEPARATOR = re.compile("([.,\u00a0\u2009\u202f' \u2019])")
_ALIKE = {"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'"}
_DIGITS = re.compile(r"\d{1,80}", re.ASCII)
_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,15}")
_HEIGHT = re.compile(r"\d{1,18}", re.ASCII)
_MARKS = {"dot": ".", "comma": ","}
_MOST = 120
_MARKED = {
    INEXACT: "more digits than a spreadsheet keeps: it was rounded or calculated; "
    "ask for the amounts as text",
    SHOWN: "the spreadsheet shows a unit, a word, an error or another number in this cell; "
    "ask for the amounts as plain numbers",
}

TWO_MEANINGS = (
    "its dot may separate thousands or decimals in this file: use --columns decimal=comma or "
    "--columns decimal=dot"
)
"""Why an amount such as 1.234 is doubted."""


def amount_of(text: str, decimals: int, decimal_mark: str = "") -> int:
    """Read an amount in any of its usual spellings, exactly: plain ones first, for they are many.

    As `careful_amount`, whose arguments and errors it has.
    """
    if decimal_mark != "comma" or "." not in text:  # else a dot may part thousands alone
        try:
            return parse_amount(text, decimals)
        except AmountFormatError:
            pass
    return careful_amount(text, decimals, decimal_mark)


def careful_amount(text: str, decimals: int, decimal_mark: str = "") -> int:
    """Read an amount that is not in plain digits, exactly.

    decimals: of the asset. decimal_mark: "dot" or "comma" where the user says it: that mark may
    stand once, and the other one may only part the whole number in threes. A text that contradicts
    it is not read, whatever it would mean without the user's word.
    Returns base units. Raises AmountFormatError with the reason, and the remedy where it has two
    meanings; and for 1.23457E+11: six digits are what spreadsheets and printf's %g show of more.
    """
    if _ROUNDED.fullmatch(text.strip()):
        what = "six digits and an exponent are what is shown of a longer number: ask for all of it"
        raise AmountFormatError(text, what)
    return _exactly(text, decimals, decimal_mark)


def _exactly(text: str, decimals: int, decimal_mark: str) -> int:
    """As `careful_amount`, of a number that nothing shortened."""
    number = _spelled(text, decimal_mark)
    units = number.value * 10**decimals
    if units.denominator != 1:
        what = f"more decimals than the {decimals} of the asset: it would be rounded"
        raise AmountFormatError(text, what)
    if units > MAX_BASE_UNITS:
        raise AmountFormatError(text, "larger than any network can hold")
    return int(units.numerator)


def is_whole(text: str, decimal_mark: str = "") -> bool:
    """Whether it is a whole number, written as one: no decimals, unless an exponent moves them.

    Groups of thousands and exponents are spelling: 1,000,000 and 1E6 are whole as 1000000 is, and
    1000000.00 is written as a fraction. False where it cannot be read, too.
    """
    if text.isdecimal():
        return True
    try:
        number = _spelled(text, decimal_mark)
    except AmountFormatError:
        return False
    return number.value.denominator == 1 and (number.exponent is not None or not number.rest)


def shows_comma(text: str) -> bool:
    """Whether it is a number only if the comma is the decimal mark: 1,5 and 1.234.567 are."""
    if "," not in text and text.count(".") < 2:
        return False
    try:
        _spelled(text, "comma")
    except AmountFormatError:
        return False
    try:
        _spelled(text, "dot")
    except AmountFormatError:
        return True
    return False


def decimals_in(text: str, decimal_mark: str = "") -> int:
    """How many decimals a number is written with; 0 where it cannot be read."""
    try:
        number = _spelled(text, decimal_mark)
    except AmountFormatError:
        return 0
    return max(len(number.rest) - (number.exponent or 0), 0)


def _one_group(text: str, mark: str) -> bool:
    """Whether a mark that parts decimals might as well part one group of thousands."""
    whole, found, rest = text.strip().partition(mark)
    return bool(found) and len(rest) == 3 and rest.isdecimal() and _in_threes([whole, rest])


def negative(text: str) -> bool:
    """Whether it is a number below zero, in any spelling."""
    stripped = text.strip()
    return stripped[:1] in ("-", "\u2212") and any(c in "123456789" for c in stripped)


def height_of(text: str, decimal_mark: str = "", *, dots_doubted: bool = False) -> int | None:
    """A block number in any of its usual spellings; None if it is none, or might be another one.

    decimal_mark: "dot" or "comma" where the user says it. dots_doubted: where nobody does, the
    file may have either: then 850,000 is no block. 850.000 is none beside dots, nor 850,000 beside
    commas: who writes a block with three decimals means thousands, or no block.
    """
    stripped = text.strip()
    if _HEIGHT.fullmatch(stripped):
        return int(stripped)
    if _HEX.fullmatch(stripped):
        return int(stripped, 16)
    number = stripped.removeprefix("#")
    if _one_group(number, _MARKS.get(decimal_mark, ".")) or (
        dots_doubted and ambiguous_dot(number)
    ):
        return None
    if not (decimal_mark or dots_doubted) and _one_group(number, ","):
        decimal_mark = "dot"
    try:
        height = _exactly(number, 0, decimal_mark)
    except AmountFormatError:
        return None
    return height if height < MAX_HEIGHT else None


class _Number(NamedTuple):
    """A number taken apart. whole, rest: digits before and behind the decimal mark, ungrouped."""

    whole: str
    rest: str
    exponent: int | None

    @property
    def value(self) -> Fraction:
        """What it is, exactly."""
        return Fraction(f"{self.whole}.{self.rest or 0}") * Fraction(10) ** (self.exponent or 0)


def _spelled(text: str, decimal_mark: str) -> _Number:
    """Take a number apart that has one meaning. Raises AmountFormatError where it has not."""
    stripped = text.strip()
    if len(stripped) > _MOST:
        raise AmountFormatError(text, "not plain digits")
    if marked := _MARKED.get(stripped[:1]):
        raise AmountFormatError(text, marked)
    number, exponent = stripped.removeprefix("+"), None
    if power := _EXPONENT.fullmatch(number):
        number, exponent = power[1], int(power[2])
    pieces = _SEPARATOR.split(number)
    parts, marks = pieces[::2], [_ALIKE.get(m, m) for m in pieces[1::2]]
    if not all(map(_DIGITS.fullmatch, parts)):
        raise AmountFormatError(text, _why_not(stripped))
    if not marks:
        return _Number(number, "", exponent)
    said, last = _MARKS.get(decimal_mark, ""), marks[-1]
    grouped = len({*marks}) == 1 and last != said and _in_threes(parts)
    parted = last in (said or ".,") and _parts_decimals(parts, marks)
    if grouped and parted and last == ",":
        raise AmountFormatError(text, _two_meanings(*parts))
    if not (grouped or parted):
        raise AmountFormatError(
            text, _why_not(stripped, decimal_mark if {*marks} & {".", ","} else "")
        )
    if exponent is not None and (len(marks) > 1 or not parted):
        raise AmountFormatError(text, "it has groups of thousands and an exponent")
    if parted:
        return _Number("".join(parts[:-1]), parts[-1], exponent)
    return _Number("".join(parts), "", exponent)


def _parts_decimals(parts: list[str], marks: list[str]) -> bool:
    """Whether the last mark can part decimals: it stands once, behind groups in threes or none."""
    before = {*marks[:-1]}
    return not before or (len(before) == 1 and marks[-1] not in before and _in_threes(parts[:-1]))


def _in_threes(parts: list[str]) -> bool:
    """Whether digits are parted as thousands are: 1 234 567, and not 0 500 or 1234 567."""
    first, *groups = parts
    return 0 < len(first) < 4 and first[0] != "0" and all(len(group) == 3 for group in groups)


def _two_meanings(whole: str, rest: str) -> str:
    what = f"its comma may separate thousands ({whole}{rest}) or decimals ({whole}.{rest})"
    return f"{what}: use --columns decimal=comma or --columns decimal=dot"


def _why_not(stripped: str, decimal_mark: str = "") -> str:
    if not stripped:
        return "empty"
    if decimal_mark:
        other = "comma" if decimal_mark == "dot" else "dot"
        what = f"contradicts the decimal mark that you gave, the {decimal_mark}"
        return f"{what}: it may occur once, and a {other} may only separate thousands"
    return "a comma in it" if "," in stripped else "not plain digits"
