"""Of which day rows are, as a column, a key, a level or the name of a table says it.

A day names no block, so all rows of a network that state no height are read at one block. Where
they are of several days, most are read at the wrong one: that is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache

from scanner.errors import clip
from scanner.lists.names import normal, word_set
from scanner.model.finding import Finding, FindingKind

OF_THE_AMOUNT = word_set(
    "date day datetime time timestamp asof asofdate snapshotdate snapshottime reportdate auditdate "
    "balancedate"
)
"""Names of days that an amount is of; not of when a row was made, changed or signed."""

SEVERAL_DAYS = "the rows are of several days"
"""How the finding begins: a list tells it once."""

_MOST_SILENT = 4096
_MOST_LETTERS = 80
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = "(" + "|".join(_MONTHS) + ")[a-z]*"
_NO = r"(?<![^\W_])"
_END = r"(?![^\W_t])"  # a time may stand behind it
_YEAR_FIRST = re.compile(rf"{_NO}((?:19|20)\d\d)([-/._ ])(\d\d?)\2(\d\d?){_END}")
_ONLY_DIGITS = re.compile(rf"{_NO}((?:19|20)\d\d)(\d\d)(\d\d){_END}")
_YEAR_LAST = re.compile(rf"{_NO}(\d\d?)([-/._ ])(\d\d?)\2((?:19|20)\d\d){_END}")
_DAY_OF_MONTH = re.compile(
    rf"{_NO}(\d\d?)(?:st|nd|rd|th)?[-/._, ]*{_MONTH}[-/._, ]*((?:19|20)\d\d){_END}"
)
_MONTH_FIRST = re.compile(
    rf"{_NO}{_MONTH}[-/._ ]*(\d\d?)(?:st|nd|rd|th)?[-/._, ]+((?:19|20)\d\d){_END}"
)
_YEAR_MONTH = re.compile(rf"{_NO}((?:19|20)\d\d)[-/._ ]?(\d\d?){_END}")
_QUARTER = re.compile(rf"{_NO}(?:((?:19|20)\d\d)[-/._ ]?q([1-4])|q([1-4])[-/._ ]?((?:19|20)\d\d))")
_NAMED_MONTH = re.compile(rf"{_NO}{_MONTH}[-/._, ]*((?:19|20)\d\d){_END}")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SECONDS = re.compile(r"(1\d{9})(?:\d{3}|\d{6}|\d{9})?(?:\.\d*)?")

Readings = tuple[int | None, int | None]
"""A day as a number where the day comes before the month, and where it comes behind it."""


def day_in(text: str) -> Readings | None:
    """The day that a text names, in any of its usual spellings; None if it names none.

    31/12/2025 is one day, 01/02/2026 two: each has its place. Of a month, a quarter or a year it is
    the first day.
    """
    return _day_in(shortened(text))


def shortened(text: str) -> str:
    """The part of a text that a day is looked for in: all that is kept of it."""
    return text.strip()[:_MOST_LETTERS]


@lru_cache(maxsize=4096)
def _day_in(text: str) -> Readings | None:
    plain = text.lower()
    if seconds := _SECONDS.fullmatch(plain):
        return _both(datetime.fromtimestamp(int(seconds[1]), UTC).date().toordinal())
    if found := _YEAR_FIRST.search(plain):
        return _both(_ordinal(found[1], found[3], found[4]))
    if found := _ONLY_DIGITS.search(plain):
        return _both(_ordinal(found[1], found[2], found[3]))
    if found := _YEAR_LAST.search(plain):
        readings = _ordinal(found[4], found[3], found[1]), _ordinal(found[4], found[1], found[3])
        return readings if any(readings) else None
    if found := _DAY_OF_MONTH.search(plain):
        return _both(_ordinal(found[3], _month(found[2]), found[1]))
    if found := _MONTH_FIRST.search(plain):
        return _both(_ordinal(found[3], _month(found[1]), found[2]))
    return _period(plain)


def _period(plain: str) -> Readings | None:
    if found := _YEAR_MONTH.search(plain):
        return _both(_ordinal(found[1], found[2], "1"))
    if found := _QUARTER.search(plain):
        month = 3 * int(found[2] or found[3]) - 2
        return _both(_ordinal(found[1] or found[4], str(month), "1"))
    if found := _NAMED_MONTH.search(plain):
        return _both(_ordinal(found[2], _month(found[1]), "1"))
    return _both(_ordinal(plain, "1", "1")) if _YEAR.fullmatch(plain) else None


def _month(name: str) -> str:
    return str(_MONTHS.index(name[:3]) + 1)


def _ordinal(year: str, month: str, day: str) -> int | None:
    try:
        return date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        return None


def _both(day: int | None) -> Readings | None:
    return None if day is None else (day, day)


def apart(first: str, second: str) -> bool:
    """Whether two texts name days that are more than one day apart: zones of time make one."""
    one, other = day_in(first), day_in(second)
    if one is None or other is None:
        return False
    between = [abs(a - b) for a, b in zip(one, other, strict=True) if a and b]
    return min(between, default=2) > 1


def several_days(first: str, second: str, name: str) -> Finding:
    """The finding for rows of several days. name: what `--columns ignore=` says of them."""
    named = f"{clip(first.strip(), 40)}, {clip(second.strip(), 40)}"
    reason = (
        f"{SEVERAL_DAYS} ({named}) and are read at one block: make a file of each "
        f'and scan each at its block, or use --columns "ignore={clip(name, 60)}" if they are not'
    )
    return Finding(FindingKind.ROWS_DOUBTED, reason)


@dataclass
class Days:
    """The days that rows without a height are of, as one file names them.

    first: by where they are named, such as a column: the first text there that names a day.
    """

    first: dict[str, str] = field(default_factory=dict)
    _silent: set[tuple[str, str]] = field(default_factory=set)
    _told: dict[str, Finding] = field(default_factory=dict)

    def take(self, where: str, text: str, name: str) -> None:
        """Take in what stands at one place. name: as of `several_days`."""
        text = shortened(text)
        if not text or where in self._told or (where, text) in self._silent:
            return
        if where in self.first:
            if apart(self.first[where], text):
                self._told[where] = several_days(self.first[where], text, name)
        elif day_in(text):
            self.first[where] = text
        if len(self._silent) < _MOST_SILENT:
            self._silent.add((where, text))

    def findings(self) -> Iterator[Finding]:
        """What there is to ask, once for each place."""
        yield from self._told.values()


def names_day(name: str) -> bool:
    """Whether a column or key of that name is the day of the row's amount."""
    return normal(name) in OF_THE_AMOUNT
