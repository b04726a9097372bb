"""Which moment a list is of, and which block a stated height is then. Pure: no chain, no clock.

A number may count blocks, slots, versions or blocks of another chain. Read as what it does not
count it gives a block that is weeks or years away from the list's other blocks; the moments that
one list is really of lie days apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import median_low

from scanner.chains.interface import Counted
from scanner.model.dates import named_day as day_named

APART = 14 * 86_400
"""Seconds between a block and the moment of its list from which on it is another block's height."""

AGREEING = 2
"""Other networks whose blocks must lie together to tell the moment of a list."""


def named_day(name: str) -> int | None:
    """The start of the day in a file's name, in seconds. None where it has none, or several."""
    day = day_named(name)
    if day is None:
        return None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def moment_of(times: Mapping[str, Sequence[int]], network: str) -> int | None:
    """The moment that blocks of the other networks are of, None where they do not tell.

    times: network -> times of its blocks where it is clear which they are. Most of the others, and
    at least AGREEING of them, must lie together.
    """
    others = [median_low(found) for name, found in times.items() if found and name != network]
    if len(others) < AGREEING:
        return None
    middle = median_low(others)
    near = sum(abs(time - middle) <= APART for time in others)
    return middle if near >= AGREEING and 2 * near > len(others) else None


def fitting(
    found: Sequence[Counted], moment: int | None, day: int | None, newest: bool
) -> Counted | str:
    """Which of the readings of one height is taken, or why none can be.

    found: the network's own counting first, where it gives a block. moment: of the list's other
    blocks; day: in the list's name, asked where those do not tell, and only of a number that has
    several readings: a name may be of the day of a download. newest: whether balances are read at
    the newest state whatever the height is, so that nothing rests on it.
    """
    several = len({one.block.height for one in found}) > 1
    if moment is None and several:
        moment = day
    if moment is None:
        if not several or newest:
            return found[0]
        return f"it can be read in several ways: {_ways(found)}"
    near = [one for one in found if one.block.time is None or _near(one.block.time, moment)]
    if not near:
        return f"the list is from about {_day(moment)}, but the height would be {_ways(found)}"
    if len({one.block.height for one in near}) > 1:
        return f"it fits the list's time in several ways: {_ways(near)}"
    if not near[0].exact:
        return f"it counts something other than blocks: {_ways(near)}"
    return near[0]


def _near(time: int, moment: int) -> bool:
    return abs(time - moment) <= APART


def _ways(found: Sequence[Counted]) -> str:
    return "; ".join(
        f"block {one.block.height} of {_day(one.block.time)} (as a {one.what})" for one in found
    )


def _day(time: int | None) -> str:
    return "no known time" if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"
