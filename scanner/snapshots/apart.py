"""Which places that a snapshot was read at are not of its moment. Pure: no chain, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

Place = TypeVar("Place", bound=Hashable)


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
