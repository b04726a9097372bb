"""The columns of a table of published figures: each is used, known and needless, or refused.

Names stand as `_plain` writes them. A column that is in none of these tables may say a unit, a
scale or whose figures they are, so the table is not read past it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.errors import ListFormatError, clip
from scanner.liabilities.record import MOST_RATIO
from scanner.model.word_set import word_set

FIELDS: Mapping[str, frozenset[str]] = {
    "asset": word_set("asset coin currency symbol ticker token assetname coinname"),
    "amount": word_set(
        "amount liability liabilities balance total userbalance userbalances userassets "
        "userliabilities customerbalance customerbalances customerassets customerliabilities "
        "clientbalances clientliabilities totalliabilities totalliability owed amountowed "
        "totalbalance userholdings customerholdings memberassets"
    ),
    "as_of": word_set("asof date time snapshotdate snapshottime datetime timestamp"),
    "published_ratio": word_set(
        "publishedratio ratio reserveratio reservesratio coverage coverageratio collateralratio"
    ),
    "unit": word_set("unit units denomination denominatedin quotecurrency quotedin"),
    "scope": word_set("scope entity entities region jurisdiction segment usergroup customergroup"),
}
"""Our field names, and the names that mean them."""

NEEDLESS = word_set(
    "index no nr id rank note notes comment comments remark remarks label description source url "
    "link website network chain networks chains users accounts customers exchange publisher "
    "usd usdvalue valueusd valueinusd priceusd usdprice price reserves reserve walletassets "
    "walletbalance walletbalances onchainbalance onchainassets exchangeassets assetsheld"
)
"""Names of columns that say nothing of what is owed: words, money, and what the publisher holds.

What stands in their cells is looked through all the same (figure_notes.py).
"""

_FREE_WORDS = word_set("note notes comment comments remark remarks label description")
"""Needless columns of free words, where any number may say something."""

_PERCENT = re.compile(r"((?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,16})?) ?%", re.ASCII)
_RATIO = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FigureColumns:
    """Where each field is, by index; None where the table has none.

    words: columns of notes. beside: other needless columns.
    """

    asset: int
    amount: int
    as_of: int | None = None
    published_ratio: int | None = None
    unit: int | None = None
    scope: int | None = None
    words: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()


def names_both(cells: Sequence[str]) -> bool:
    """Whether a line's cells name an asset and an amount."""
    names = {_plain(cell) for cell in cells}
    return bool(names & FIELDS["asset"] and names & FIELDS["amount"])


def find(file: str, line: int, header: Sequence[str]) -> FigureColumns:
    """Tell what each column is. Raises ListFormatError (line, column) for one that nobody knows."""
    at: dict[str, int] = {}
    strange: int | None = None
    for index, cell in enumerate(header):
        name = _plain(cell)
        # "amount ($)" and "ratio (%)" are of other things than their letters say.
        signed = any(c == "%" or unicodedata.category(c) == "Sc" for c in cell)
        field = next((f for f, names in FIELDS.items() if name in names and not signed), "")
        if field in at:
            what = f"two columns mean the {field.replace('_', ' ')}: leave out one of them"
            raise ListFormatError(file, what, line, index + 1)
        if field:
            at[field] = index
        elif name and (name not in NEEDLESS or signed) and strange is None:
            strange = index
    if "asset" not in at or "amount" not in at:
        raise ListFormatError(file, "the first line must name the columns: asset,amount", line)
    if strange is not None:
        what = (
            f"column {clip(header[strange].strip())!r} is not understood: leave it out if it "
            "says nothing about the amounts; add --in UNIT if it gives their unit, or --of WHOM "
            "if they are of some users only"
        )
        raise ListFormatError(file, what, line, strange + 1)
    words = tuple(i for i, cell in enumerate(header) if _plain(cell) in _FREE_WORDS)
    used = {*at.values(), *words}
    beside = tuple(i for i in range(len(header)) if i not in used)
    return FigureColumns(
        at["asset"],
        at["amount"],
        at.get("as_of"),
        at.get("published_ratio"),
        at.get("unit"),
        at.get("scope"),
        words,
        beside,
    )


def read_ratio(file: str, text: str, line: int, column: int) -> str:
    """A publisher's own ratio as a decimal number: "1.05" and "105 %" are one. "" stays "".

    Raises ListFormatError, also for "105": it would be a hundred times what is meant.
    """
    if not text:
        return text
    if _RATIO.fullmatch(text):
        whole = int(text.partition(".")[0])
        if whole < MOST_RATIO:
            return text
        what = f"{clip(text)!r} would be {whole * 100:,} %: write {clip(text)} %, or 1.05 for 105 %"
        raise ListFormatError(file, what, line, column)
    percent = _PERCENT.fullmatch(text)
    if percent is None:
        what = f"{clip(text)!r} is not a ratio: write 1.05 or 105 %"
        raise ListFormatError(file, what, line, column)
    left, _, fraction = percent[1].partition(".")
    digits = left.rjust(3, "0")
    return f"{digits[:-2]}.{digits[-2:]}{fraction}"


def _plain(name: str) -> str:
    """A name without case, spaces and punctuation."""
    return "".join(c for c in name.lower() if c.isalnum())
