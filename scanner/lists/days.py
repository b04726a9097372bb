"""Of which day rows are, as a column, a key, a level or the name of a table says it.

A day names no block, so all rows of a network that state no height are read at one block. Where
they are of several days, most are read at the wrong one: that is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from scanner.errors import clip
from scanner.lists.abroad import NEEDLESS_ABROAD
from scanner.lists.names import normal
from scanner.lists.remedies import mapping
from scanner.model.dates import Span, Spans, as_text, spans_in
from scanner.model.finding import Finding, FindingKind
from scanner.model.word_set import word_set

OF_THE_AMOUNT = (
    word_set(
        "date day datetime time timestamp asof asofdate snapshotdate snapshottime reportdate "
        "auditdate balancedate"
    )
    | NEEDLESS_ABROAD["a date, which does not name a block"]
)
"""Names of days that an amount is of; not of when a row was made, changed or signed."""

SEVERAL_DAYS = "the rows are of several days"
"""How the finding begins: a list tells it once."""

_SERIAL = re.compile(r"[34]\d{4}(?:[.,]\d+)?", re.ASCII)  # of 1982 to 2036
_BEGIN = date(1899, 12, 30).toordinal()
_MOST_SILENT = 4096
_MOST_LETTERS = 80
Readings = tuple[int | None, int | None]
"""A day as a number where the day comes before the month, and where it comes behind it."""


def day_in(text: str) -> Readings | None:
    """The day that a text names, in any of its usual spellings; None if it names none.

    31/12/2025 is one day, 01/02/2026 two: each has its place. Of a month, a quarter or a year it is
    the first day. 46022 is what a spreadsheet keeps of 2025-12-31 where the look of its cell was
    lost: such a number is a day only where days are named.
    """
    return _day_in(shortened(text))


def shortened(text: str) -> str:
    """The part of a text that a day is looked for in: all that is kept of it."""
    return text.strip()[:_MOST_LETTERS]


@lru_cache(maxsize=4096)
def _day_in(text: str) -> Readings | None:
    found = _spans(text)
    if found is None:
        return None
    first, second = (None if span is None else span.first for span in found)
    return first, second


def _spans(text: str) -> Spans | None:
    """As `spans_in`, of a spreadsheet's number of a day, too: days since 1899-12-30."""
    if _SERIAL.fullmatch(text.strip()):
        day = _BEGIN + int(text.strip()[:5])
        return Span(day, day), Span(day, day)
    return spans_in(text)


def apart(first: str, second: str) -> bool:
    """Whether two texts name days that are more than one day apart: zones of time make one."""
    one, other = day_in(first), day_in(second)
    if one is None or other is None:
        return False
    between = [abs(a - b) for a, b in zip(one, other, strict=True) if a and b]
    return min(between, default=2) > 1


def days_of(texts: Iterable[str]) -> tuple[Span, ...]:
    """The days that texts name, each once; a day that may be two is both."""
    named = (_spans(shortened(text)) or () for text in texts)
    return tuple(dict.fromkeys(span for spans in named for span in spans if span is not None))


def dated(days: Iterable[Span]) -> Finding:
    """The finding for rows that name no block, of a list that names its day."""
    reason = (
        f"the list is of {as_text(days)} and its rows name no block: read on another day, an "
        "address that holds less does not contradict it; give the block with --at"
    )
    return Finding(FindingKind.LIST_DATED, reason)


def several_days(first: str, second: str, name: str) -> Finding:
    """The finding for rows of several days. name: what `--columns ignore=` says of them."""
    named = f"{clip(first.strip(), 40)}, {clip(second.strip(), 40)}"
    reason = (
        f"{SEVERAL_DAYS} ({named}) and are read at one block: make a file of each "
        f"and scan each at its block, or use {mapping('ignore', clip(name, 60))} if they are not"
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

    def named(self) -> tuple[Span, ...]:
        """The days that are named first at each place; each may be that of the rows."""
        return days_of(self.first.values())

    def findings(self) -> Iterator[Finding]:
        """What there is to ask, once for each place."""
        yield from self._told.values()


def names_day(name: str) -> bool:
    """Whether a column or key of that name is the day of the row's amount."""
    return normal(name) in OF_THE_AMOUNT
