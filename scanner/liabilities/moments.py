"""Whether what is owed is of the moment that the balances are of: a ratio of two days is none.

Publishers write "2026-11-01", a time, or "block 925000". What cannot be understood is not taken
for the right day; it is said, and the ratio stays the user's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

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


def of_another_day(
    as_of: str,
    blocks: Iterable[BlockRef],
    native: Collection[str],
    later: Collection[str] = (),
) -> str:
    """Why what is owed cannot be held against balances at these blocks; "" if it can, or may.

    as_of: as the publisher wrote it. blocks: that balances are read at. native: networks whose
    own coin the owed asset is: a height is one of theirs ("block 925000" of BTC is Bitcoin's).
    later: networks that were read at their newest state: no height is theirs.
    """
    text = as_of.strip()
    height = _HEIGHT.fullmatch(text)
    if height is not None:
        return _by_height(int(height[1]), blocks, native, later)
    span = _span(text)
    if span is None:
        return ""
    begin, end = span
    for block in blocks:
        if block.time is None:
            continue
        at = datetime.fromtimestamp(block.time, UTC)
        if not begin - DAY <= at <= end + DAY:
            read = f"{at:%Y-%m-%d %H:%M} UTC"
            return f"it is of {text}, and balances on {block.network} are of {read}"
    return ""


def is_dated(as_of: str) -> bool:
    """Whether a publisher's words say a moment that is understood here."""
    text = as_of.strip()
    return _HEIGHT.fullmatch(text) is not None or _span(text) is not None


def _by_height(
    height: int, blocks: Iterable[BlockRef], native: Collection[str], later: Collection[str]
) -> str:
    for block in blocks:
        if block.network in native and block.network in later:
            return f"it is of block {height}, and {block.network} was read at its newest state"
        if block.network in native and abs(block.height - height) > BLOCKS:
            read = f"balances on {block.network} of block {block.height}"
            return f"it is of block {height}, and {read}"
    return ""


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
