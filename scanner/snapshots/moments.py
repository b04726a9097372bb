"""Which moment a list is of, and which block a stated height is then. Pure: no chain, no clock.

A number may count blocks, slots, versions or blocks of another chain. Read as what it does not
count it gives a block that is weeks or years away from the list's other blocks; the moments that
one list is really of lie days apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median_low
from typing import TypeVar

from scanner.chains.interface import Counted
from scanner.model.dates import named_day as day_named

APART = 14 * 86_400
"""Seconds between a block and the moment of its list from which on it is another block's height."""

AGREEING = 2
"""Other networks whose blocks must lie together to tell the moment of a list."""

Place = TypeVar("Place", bound=Hashable)


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


def of_other_moments(read: Mapping[Place, tuple[int, int]], spread: int) -> frozenset[Place]:
    """Places not read within `spread` seconds of the others: coins that moved count twice.

    read: place -> time of its block, and how many rows were read at it. The moment that stays is
    the one of which the most rows are, of several the newest: what is held at one moment is true,
    whichever that is.
    """
    first = most = rows = begin = 0
    by_time = sorted(read.values())
    for time, more in by_time:
        rows += more
        while by_time[begin][0] < time - spread:
            rows -= by_time[begin][1]
            begin += 1
        if rows >= most:
            first, most = by_time[begin][0], rows
    return frozenset(
        place for place, (time, _) in read.items() if not first <= time <= first + spread
    )


def of_other_heights(read: Mapping[Place, tuple[str, int, int]]) -> frozenset[Place]:
    """Places of a network that was read at several blocks, whose block is not that of most rows.

    read: place -> network, height of its block, and how many rows were read at it. Blocks of one
    network may lie a second apart, or none: coins that moved in between are at both. Of blocks with
    as many rows the newest stays, as in `of_other_moments`.
    """
    rows: dict[str, Counter[int]] = {}
    for network, height, more in read.values():
        rows.setdefault(network, Counter())[height] += more
    kept = {
        network: max((most, height) for height, most in heights.items())[1]
        for network, heights in rows.items()
    }
    return frozenset(
        place for place, (network, height, _) in read.items() if height != kept[network]
    )


def _near(time: int, moment: int) -> bool:
    return abs(time - moment) <= APART


def _ways(found: Sequence[Counted]) -> str:
    return "; ".join(
        f"block {one.block.height} of {_day(one.block.time)} (as a {one.what})" for one in found
    )


def _day(time: int | None) -> str:
    return "no known time" if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"
