"""Whether what is owed is of the moment that the balances are of: a ratio of two days is none.

Publishers write "2026-11-01", a time, or "block 925000". What cannot be understood, or is a height
of no network that the balances were read on, is not taken for the right day; it is said, and the
ratio stays the user's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from scanner.model.block import BlockRef

DAY = timedelta(days=1)
"""How far the two sides may lie apart."""

BLOCKS = 72
"""The same in blocks, where only a height is given: half a day of Bitcoin's."""

_HEIGHT = re.compile(r"(?:block(?: height)?|height)[ :#]*([0-9]{1,12})", re.IGNORECASE | re.ASCII)
_DATE = re.compile(
    r"(20[0-9]{2})[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
    r"(?: ?(?:Z|UTC|\+00:?00))?)?",
    re.ASCII,
)


class Dating(NamedTuple):
    """What comparing the two moments came to.

    other_day: why what is owed cannot be held against the balances, "" if it can, or may.
    dated: whether the moments were compared at all; where not, nobody knows that they are one.
    """

    other_day: str
    dated: bool


def compare_moments(
    as_of: str,
    blocks: Iterable[BlockRef],
    native: Collection[str],
    later: Collection[str] = (),
) -> Dating:
    """Hold what is owed against the blocks that balances are read at.

    as_of: as the publisher wrote it. native: networks whose own coin the owed asset is: a height
    is one of theirs ("block 925000" of BTC is Bitcoin's; of ETH it may be any of several).
    later: networks that were read at their newest state: no height is theirs.
    """
    text = as_of.strip()
    height = _HEIGHT.fullmatch(text)
    if height is not None:
        return _by_height(int(height[1]), [b for b in blocks if b.network in native], later)
    span = _span(text)
    if span is None:
        return Dating("", dated=False)
    begin, end = span
    dated = False
    for block in blocks:
        if block.time is None:
            continue
        dated, at = True, datetime.fromtimestamp(block.time, UTC)
        if not begin - DAY <= at <= end + DAY:
            read = f"{at:%Y-%m-%d %H:%M} UTC"
            why = f"it is of {text}, and balances on {block.network} are of {read}"
            return Dating(why, dated=True)
    return Dating("", dated=dated)


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


def _span(text: str) -> tuple[datetime, datetime] | None:
    """From when to when the words reach: a minute, or a whole day. None if they are no date."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    try:
        begin = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:  # 30 February
        return None
    return begin, begin + (DAY if found[4] is None else timedelta(minutes=1))
