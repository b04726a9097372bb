"""What a spreadsheet shows in a cell beside its number: currencies, percent, words, errors.

The number alone does not say what the cell says: 0.5 shown as 50 %, 5000 as $5,000, 7.5 as "7.50
thousand", 0 as #DIV/0!. Such cells are written as they are shown, with SHOWN before them: a label
may be read so, and an amount is not.
"""

from __future__ import annotations

import re
from functools import lru_cache

SHOWN = "\u2259"
"""Stands before a cell that shows more than its number."""

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
_NUMBER = re.compile(rf"[\d.,/{re.escape(_SILENT)}]*(?:[eE][+-]?\d+)?")


@lru_cache(maxsize=4096)
def format_says(number_format: str) -> bool:
    """Whether a number format (ECMA-376 part 1, 18.8.31) shows more than the number in the cell.

    A currency, a percent sign and any literal but signs and spaces are more; so is a comma behind
    the digits, which shows thousands or millions.
    """
    if len(number_format) > _MOST:
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
