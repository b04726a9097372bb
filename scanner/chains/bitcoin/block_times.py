"""Which block was the newest at a time, on chains whose block times may go back a little."""

from __future__ import annotations

from collections.abc import Callable

from scanner.errors import HeightNotReachedError, SourceRejectedError

CONFIRMATIONS = 6
"""How deep a block lies that is taken to stay."""

_MEDIAN = 11
"""A block's time is later than the median of the eleven before it (Bitcoin's consensus)."""


def height_at(name: str, tip: int, time_of: Callable[[int], int], time: int) -> int:
    """The last block whose own time is at or before `time`.

    tip: height of the best chain; only blocks CONFIRMATIONS deep are looked at. time_of: reads a
    block's time by its height. name: of the endpoint, for messages.
    Once six of eleven blocks in a row are later than `time`, all further ones are: block times go
    back, but not behind that median.
    Raises HeightNotReachedError when the time is not over yet for those blocks,
    SourceRejectedError when the chain began after it.
    """
    known: dict[int, int] = {}

    def late(height: int) -> bool:
        if height not in known:
            known[height] = time_of(height)
        return known[height] > time

    def settled(height: int) -> bool:
        window = range(max(0, height - _MEDIAN + 1), height + 1)
        return sum(map(late, window)) > len(window) // 2

    final = max(0, tip + 1 - CONFIRMATIONS)
    if not settled(final):
        raise HeightNotReachedError(name, final + 1, final)
    low, high = 0, final  # the median never goes back, so it can be halved
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if settled(middle) else (middle + 1, high)
    for height in range(low, max(-1, low - 2 * _MEDIAN), -1):
        if not late(height):
            return height
    raise SourceRejectedError(name, f"its chain began after the time {time}")
