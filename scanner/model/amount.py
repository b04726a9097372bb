"""Amounts: plain decimal text to and from integers of base units. No float anywhere."""

from __future__ import annotations

import re

from scanner.errors import AmountFormatError

MAX_BASE_UNITS = 2**256 - 1
"""The largest balance any supported network can hold (an EVM word)."""

_GAPS = ".'\u2019\u00a0\u2009\u202f "
_COMMA = re.compile(
    rf"(\d{{1,80}}|[1-9]\d{{0,2}}(?:[{_GAPS}]\d{{3}}){{1,26}}),(\d{{1,80}})", re.ASCII
)
_DOTTED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,26}", re.ASCII)
_GROUP = re.compile(r"[1-9]\d{0,2}", re.ASCII)
_DIGITS = 80  # before the dot, and behind it


def parse_amount(text: str, decimals: int) -> int:
    """Read a published amount in whole coins, exactly.

    text: ASCII digits with at most one dot; spaces around are allowed, nothing else: no sign, no
        exponent, no thousands separators.
    decimals: how many the asset has. More digits after the dot are accepted only if they are 0.
    Returns base units, 0 <= n <= MAX_BASE_UNITS.
    Raises AmountFormatError, which says what is wrong.
    """
    stripped = text.strip()
    whole, dot, fraction = stripped.partition(".")
    digits, places = whole + fraction, len(fraction)
    plain = digits.isdecimal() and digits.isascii() and whole and (fraction or not dot)
    if not plain or len(whole) > _DIGITS or places > _DIGITS:
        raise AmountFormatError(text, _why_not_plain(stripped))
    missing = decimals - places
    base_units: int
    if missing >= 0:
        base_units = int(digits) * 10**missing if missing else int(digits)
    elif fraction[decimals:].strip("0"):
        raise AmountFormatError(
            text, f"{places} decimals, the asset has {decimals}: it would be rounded"
        )
    else:
        base_units = int(whole + fraction[:decimals])
    if base_units > MAX_BASE_UNITS:
        raise AmountFormatError(text, "larger than any network can hold")
    return base_units


def shows_comma(text: str) -> bool:
    """Whether it is a number only if the comma parts decimals: 1,5 and 1.234,56 and 1.234.567.

    1,234 is none that shows it: the comma may part thousands. Lists read more spellings of numbers
    (lists/numbers.py), and agree with this on these.
    """
    found = _COMMA.fullmatch(text.strip())
    if found is None:
        return _DOTTED.fullmatch(text.strip()) is not None
    return not (len(found[2]) == 3 and found[1].isdecimal() and _GROUP.fullmatch(found[1]))


def ambiguous_dot(text: str) -> bool:
    """Whether a dot may part thousands, where nothing says that it parts decimals: "1.500".

    In a file whose fields are parted by commas a dot is a decimal mark: its writer's commas are no
    part of numbers. Elsewhere, and in what somebody types, 1.500 may be 1500.
    """
    whole, dot, rest = text.strip().partition(".")
    return bool(dot) and len(rest) == 3 and rest.isdecimal() and 0 < len(whole) < 4 and whole != "0"


def both_readings(text: str) -> str:
    """What an ambiguous dot may mean and how to write each, for people: of "1.500"."""
    whole, _, rest = text.strip().partition(".")
    return f"its dot may separate thousands or decimals: write {whole}{rest} or {whole}.{rest}0"


def format_amount(base_units: int, decimals: int) -> str:
    """Write base units as whole coins, exact, without trailing zeros: 150000000, 8 -> "1.5"."""
    sign = "-" if base_units < 0 else ""
    digits = str(abs(base_units)).rjust(decimals + 1, "0")
    if decimals == 0:
        return sign + digits
    fraction = digits[-decimals:].rstrip("0")
    return sign + digits[:-decimals] + ("." + fraction if fraction else "")


def grouped_amount(base_units: int, decimals: int) -> str:
    """Write base units for people to read, exact: 123456789000, 8 -> "1,234.56789"."""
    whole, _, fraction = format_amount(abs(base_units), decimals).partition(".")
    sign = "-" if base_units < 0 else ""
    return f"{sign}{int(whole):,}" + (f".{fraction}" if fraction else "")


def rescale(base_units: int, decimals: int, to_decimals: int) -> int:
    """Express base units in a unit with at least as many decimals; exact by construction.

    Raises ValueError.
    """
    if to_decimals < decimals:
        raise ValueError("rescaling to fewer decimals would lose base units")
    return int(base_units * 10 ** (to_decimals - decimals))


def _why_not_plain(text: str) -> str:
    if not text:
        return "empty"
    if text.startswith("-"):
        return "negative"
    if re.fullmatch(r"[+-]?[\d.]+[eE][+-]?\d+", text):
        return "written with an exponent"
    if "," in text:
        return "has a comma"
    return "not plain digits"


def counted(number: int, thing: str, things: str = "") -> str:
    """A number with its noun: "1 row", "1,234 rows"; things: a plural that is not formed by s."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"
