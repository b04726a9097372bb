"""What a spreadsheet shows in a cell beside its number: currencies, percent, words, errors.

The number alone does not say what the cell says: 0.5 shown as 50 %, 5000 as $5,000, 7.5 as "7.50
thousand", 0 as #DIV/0!. Such cells are written as they are shown, with SHOWN before them: a label
may be read so, and an amount is not.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

SHOWN = "\u2259"
"""Stands before a cell that shows more than its number."""

INEXACT = "\u2248"
"""Stands before a number that the spreadsheet may have rounded."""

_DIGITS = 15
_MOST = 255
"""Characters of a number format: what spreadsheets allow."""
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_BRACKETS = re.compile(r"\[[^\]]*\]")
_WIDTHS = re.compile(r"[_*].", re.DOTALL)
_LITERAL = re.compile(r'"([^"]*)"|\\(.)', re.DOTALL)
_SCALED = re.compile(r"[0#?],+(?![0#?,])")
_PLACES = re.compile(r"General|Standard|E[+-]|/\s*[1-9]\d*|[0#?.,/@;]", re.IGNORECASE)
_SILENT = " \t\u00a0\u2009\u202f-+()'\u2019\u2212"
"""Characters that part groups of digits or show a sign, and say nothing else."""
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{2,3})*[.,]\d{3}", re.ASCII)
_WITH_EXPONENT = re.compile(r"-?\d(?:\.\d{1,20})?[eE][+-]?\d{1,2}", re.ASCII)
_NUMBER = re.compile(rf"[\d.,/{re.escape(_SILENT)}]*(?:[eE][+-]?\d+)?")


@lru_cache(maxsize=4096)
def format_says(number_format: str) -> bool:
    """Whether a number format (ECMA-376 part 1, 18.8.31) shows more than the number in the cell.

    A currency, a percent sign and any literal but signs and spaces are more; so is a comma behind
    the digits, which shows thousands or millions.
    """
    if len(number_format) > _MOST:
        return True
    sections = _BRACKETS.sub("", number_format).split(";")
    if len(sections) > 1 and not sections[0].strip():  # ";;;" shows nothing
        return True
    literals = "".join(quoted or single for quoted, single in _LITERAL.findall(number_format))
    bare = _LITERAL.sub("", number_format)
    literals += "".join(_CURRENCY.findall(bare))
    bare = _WIDTHS.sub("", _BRACKETS.sub("", bare))
    rest = _PLACES.sub("", bare)
    return bool(_SCALED.search(bare) or (literals + rest).strip(_SILENT))


def text_says(shown: str) -> bool:
    """Whether the text of a cell shows more than a number, its sign and its groups of digits."""
    return _NUMBER.fullmatch(shown) is None


def shows_other(shown: str, value: str) -> bool:
    """Whether a cell shows another number than it holds: 5 for 5000, as thousands are shown.

    shown: as `text_says` lets pass. value: plain digits. A number that is rounded to the digits
    shown is the same; so is one whose marks part thousands or decimals, either way.
    """
    text = "".join(c for c in shown if c not in _SILENT or c == "-")
    if not shown.strip() or not value or "/" in text:
        return False
    number, _, power = text.lower().partition("e")
    digits = number.replace("-", "")
    plain = digits.replace(".", "").replace(",", "")
    mark = max(digits.rfind("."), digits.rfind(","))
    rest = len(digits) - 1 - mark if mark >= 0 else 0
    places = {0, rest} if not power and _GROUPED.fullmatch(digits) else {rest}
    try:
        if len(text) > _MOST:
            return True
        held = abs(Decimal(value.lstrip("\u2248")))
        if not plain:  # "-" stands for nothing
            return bool(held)
        exponents = [int(power or 0) - n for n in places]
        return not any(
            abs(Decimal(plain).scaleb(e) - held) < Decimal(1).scaleb(e) for e in exponents
        )
    except (ArithmeticError, ValueError):  # exponents of many digits: no number that is compared
        return True


def number_text(text: str) -> str:
    """A number of a cell as it is, marked where it has more digits than a spreadsheet keeps.

    In plain digits: an exponent is how it is kept, and was not chosen to show it. 1.234 gets a
    fourth decimal: its dot parts decimals, and must not be taken to part thousands.
    """
    if _WITH_EXPONENT.fullmatch(text):
        text = f"{Decimal(text):f}"
    digits = text.lower().partition("e")[0].replace(".", "").lstrip("+-0").rstrip("0")
    if text[-4:-3] == "." and text[-3:].isdecimal():
        text += "0"
    return INEXACT + text if len(digits) > _DIGITS else text
