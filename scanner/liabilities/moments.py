"""Whether what is owed is of the moment that the balances are of: a ratio of two days is none.

Publishers write a day in any spelling, a month or a quarter, a time, or "block 925000". What
cannot be understood, or is a height of no network that the balances were read on, is not taken for
the right day; it is said, and the ratio stays the user's to judge. A month or a year can be another
one than the balances'; where it is not, it still names no day.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from scanner.errors import clip
from scanner.model.block import BlockRef
from scanner.model.dates import spans_in
from scanner.model.patterns import later

DAY = timedelta(days=1)
"""How far the two sides may lie apart."""

A_DAY = 2 * DAY
"""Words that reach no further name a day, of any clock; those that do name no day."""

BLOCKS = 72
"""The same in blocks, where only a height is given: half a day of Bitcoin's."""

_HEIGHT = later(
    r"(?:[a-z]{2,20} )?(?:block(?: (?:height|number|no\.?))?|height)[ :#]*"
    r"([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})",
    re.IGNORECASE | re.ASCII,
)
_DATE = later(
    r"(20[0-9]{2})[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
    r"(?: ?(?:Z|UTC|\+00:?00))?)?",
    re.ASCII,
)


_YEAR_ALONE = later(r"[^0-9]{0,40}((?:19|20)[0-9]{2})[^0-9]{0,40}", re.ASCII)
_MOST_LETTERS = 80


class Dating(NamedTuple):
    """What comparing the two moments came to.

    other_day: why what is owed cannot be held against the balances, "" if it can, or may.
    dated: whether the moments were compared at all; where not, nobody knows that they are one.
    """

    other_day: str
    dated: bool


Reach = tuple[datetime, datetime]
"""From when to when words may reach."""


def compare_moments(
    as_of: str,
    blocks: Iterable[BlockRef],
    native: Collection[str],
    later: Collection[str] = (),
) -> Dating:
    """Hold what is owed against the blocks that balances are read at.

    as_of: as the publisher wrote it. native: networks whose own coin the owed asset is: a height
    is one of theirs ("block 925000" of BTC is Bitcoin's; of ETH it may be any of several).
    later: networks that were read at their newest state: no height is theirs. A day that may be
    another one (01/02/2026) is of another day only if it is in both readings, and dates nothing
    if it is in one. A month or a year may be another one, too; the right one dates nothing.
    """
    text = as_of.strip()
    height = _HEIGHT().fullmatch(text)
    if height is not None:
        number = int(height[1].replace(",", ""))
        return _by_height(number, [b for b in blocks if b.network in native], later)
    readings = _readings(text)
    timed = [block for block in blocks if block.time is not None]
    whys = [_other_day(text, reach, timed) for reach in readings]
    if all(whys):
        return Dating(whys[0] if whys else "", dated=bool(whys))
    days = all(end - begin <= A_DAY for begin, end in readings)
    return Dating("", dated=bool(timed) and days and not any(whys))


def _other_day(text: str, reach: Reach, blocks: Iterable[BlockRef]) -> str:
    """Which of the blocks is of another day than the words; "" if none is."""
    begin, end = reach
    for block in blocks:
        at = datetime.fromtimestamp(block.time or 0, UTC)
        if not begin - DAY <= at <= end + DAY:
            read = f"{at:%Y-%m-%d %H:%M} UTC"
            return f"it is of {clip(text, 60)}, and balances on {block.network} are of {read}"
    return ""


def _by_height(height: int, blocks: Collection[BlockRef], later: Collection[str]) -> Dating:
    """blocks: of networks whose height it may be. One that it fits is enough."""
    why = ""
    for block in blocks:
        if block.network in later:
            read = f"{block.network} was read at its newest state"
        elif abs(block.height - height) <= BLOCKS:
            return Dating("", dated=True)
        else:
            read = f"balances on {block.network} of block {block.height}"
        why = why or f"it is of block {height}, and {read}"
    return Dating(why, dated=bool(why))


def _readings(text: str) -> list[Reach]:
    """From when to when the words may reach: a minute, or whole days. None if they are no date."""
    found = _DATE().fullmatch(text)
    if found is not None and found[4] is not None:
        year, month, day, hour, minute = (int(part or 0) for part in found.groups())
        try:
            begin = datetime(year, month, day, hour, minute, tzinfo=UTC)
        except ValueError:  # 30 February
            return []
        return [(begin, begin + timedelta(minutes=1))]
    year_alone = _YEAR_ALONE().fullmatch(text)
    spans = spans_in(text[:_MOST_LETTERS]) or spans_in(year_alone[1] if year_alone else "")
    return [
        (_midnight(span.first), _midnight(span.last) + DAY)
        for span in dict.fromkeys(spans or ())
        if span is not None
    ]


def _midnight(ordinal: int) -> datetime:
    return datetime.combine(date.fromordinal(ordinal), time(), UTC)
