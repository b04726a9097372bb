"""Days as people write them: 2025-12-31, 31/12/2025, Dec 31 2025, 20251231, a month, seconds.

Lists of reserves and tables of what is owed are dated by the same words, and read alike.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

from scanner.model.patterns import later

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = "(" + "|".join(_MONTHS) + ")[a-z]*"
_NO = r"(?<![^\W_])"
_END = r"(?![^\W_t])"  # a time may stand behind it
_YEAR_FIRST = later(rf"{_NO}((?:19|20)\d\d)([-/._ ])(\d\d?)\2(\d\d?){_END}")
_ONLY_DIGITS = later(rf"{_NO}((?:19|20)\d\d)(\d\d)(\d\d){_END}")
_YEAR_LAST = later(rf"{_NO}(\d\d?)([-/._ ])(\d\d?)\2((?:19|20)\d\d){_END}")
_DAY_OF_MONTH = later(
    rf"{_NO}(\d\d?)(?:st|nd|rd|th)?[-/._, ]*{_MONTH}[-/._, ]*((?:19|20)\d\d){_END}"
)
_MONTH_FIRST = later(rf"{_NO}{_MONTH}[-/._ ]*(\d\d?)(?:st|nd|rd|th)?[-/._, ]+((?:19|20)\d\d){_END}")
_YEAR_MONTH = later(rf"{_NO}((?:19|20)\d\d)[-/._ ]?(\d\d?){_END}")
_QUARTER = later(rf"{_NO}(?:((?:19|20)\d\d)[-/._ ]?q([1-4])|q([1-4])[-/._ ]?((?:19|20)\d\d))")
_NAMED_MONTH = later(rf"{_NO}{_MONTH}[-/._, ]*((?:19|20)\d\d){_END}")
_YEAR = later(r"(?:19|20)\d\d")
_SECONDS = later(r"(1\d{9})(?:\d{3}|\d{6}|\d{9})?(?:\.\d*)?")

_IN_NAME = later(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?([0-3]\d)(?:[0-2]\d)?(?!\d)")
_ISO = later(r"(\d{4}-\d\d-\d\d)(?: to (\d{4}-\d\d-\d\d))?", re.ASCII)


class Span(NamedTuple):
    """The days that a text names, from the first to the last, as ordinals of `datetime.date`."""

    first: int
    last: int


Spans = tuple[Span | None, Span | None]
"""Where the day comes before the month, and where it comes behind it; None for no such day."""


def named_day(name: str) -> date | None:
    """The day in a file's name, as "por_csv_2026061900.zip"; None where it has none, or several."""
    found = {match.groups() for match in _IN_NAME().finditer(name)}
    if len(found) != 1:
        return None
    year, month, day = found.pop()
    span = _day(year, month, day)
    return None if span is None else date.fromordinal(span.first)


def as_text(spans: Iterable[Span]) -> str:
    """Spans as `from_text` reads them: "2020-01-02 or 2020-03-01 to 2020-03-31"."""
    return " or ".join(
        " to ".join(date.fromordinal(day).isoformat() for day in dict.fromkeys(span))
        for span in spans
    )


def from_text(text: str) -> tuple[Span, ...]:
    """Every span in a text that `as_text` wrote into it."""
    found = []
    for first, last in _ISO().findall(text):
        days = [date.fromisoformat(day).toordinal() for day in (first, last or first)]
        found.append(Span(*days))
    return tuple(found)


def spans_in(text: str) -> Spans | None:
    """The days that a text names, in any of its usual spellings; None if it names none.

    31/12/2025 is one day, 01/02/2026 two: each has its place. A month, a quarter and a year are
    all their days. The caller limits the text.
    """
    plain = text.strip().lower()
    if seconds := _SECONDS().fullmatch(plain):
        day = datetime.fromtimestamp(int(seconds[1]), UTC).date().toordinal()
        return _both(Span(day, day))
    if found := _YEAR_FIRST().search(plain):
        return _both(_day(found[1], found[3], found[4]))
    if found := _ONLY_DIGITS().search(plain):
        return _both(_day(found[1], found[2], found[3]))
    if found := _YEAR_LAST().search(plain):
        readings = _day(found[4], found[3], found[1]), _day(found[4], found[1], found[3])
        return readings if any(readings) else None
    if found := _DAY_OF_MONTH().search(plain):
        return _both(_day(found[3], _month(found[2]), found[1]))
    if found := _MONTH_FIRST().search(plain):
        return _both(_day(found[3], _month(found[1]), found[2]))
    return _period(plain)


def _period(plain: str) -> Spans | None:
    if found := _YEAR_MONTH().search(plain):
        return _both(_months(found[1], found[2], 1))
    if found := _QUARTER().search(plain):
        month = 3 * int(found[2] or found[3]) - 2
        return _both(_months(found[1] or found[4], str(month), 3))
    if found := _NAMED_MONTH().search(plain):
        return _both(_months(found[2], _month(found[1]), 1))
    return _both(_months(plain, "1", 12)) if _YEAR().fullmatch(plain) else None


def _month(name: str) -> str:
    return str(_MONTHS.index(name[:3]) + 1)


def _day(year: str, month: str, day: str) -> Span | None:
    try:
        found = date(int(year), int(month), int(day)).toordinal()
    except ValueError:
        return None
    return Span(found, found)


def _months(year: str, month: str, count: int) -> Span | None:
    """Whole months, from the first day of one on."""
    begin = _day(year, month, "1")
    if begin is None:
        return None
    last = int(month) + count - 1
    return Span(begin.first, date(int(year), last, monthrange(int(year), last)[1]).toordinal())


def _both(span: Span | None) -> Spans | None:
    return None if span is None else (span, span)
