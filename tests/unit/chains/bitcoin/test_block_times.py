"""Blocks by time, with times that go back as Bitcoin's may."""

from __future__ import annotations

import random
from statistics import median

import pytest

from scanner.chains.bitcoin.block_times import CONFIRMATIONS, height_at
from scanner.errors import HeightNotReachedError, SourceRejectedError


def _chain(seed: int, length: int = 400) -> list[int]:
    """Times as consensus allows them: later than the median of eleven, else anything near."""
    r = random.Random(seed)
    times = [1000]
    for n in range(length):
        least = int(median(sorted(times[-11:]))) + 1
        times.append(max(least, 1000 + 600 * n + r.randint(-5000, 5000)))
    return times


@pytest.mark.parametrize("seed", range(20))
def test_like_looking_at_every_block(seed: int) -> None:
    times = _chain(seed)
    tip = len(times) - 1
    final = tip + 1 - CONFIRMATIONS
    for time in random.Random(seed).sample(times[1 : final - 40], 60):
        reads: list[int] = []

        def time_of(height: int, reads: list[int] = reads) -> int:
            reads.append(height)
            return times[height]

        assert height_at("n", tip, time_of, time) == max(
            h for h in range(final + 1) if times[h] <= time
        )
        assert len(reads) < 130


def test_before_the_first_and_after_the_last() -> None:
    times = _chain(1)
    tip = len(times) - 1
    with pytest.raises(SourceRejectedError, match="began after"):
        height_at("n", tip, times.__getitem__, 999)
    with pytest.raises(HeightNotReachedError):
        height_at("n", tip, times.__getitem__, times[-1] + 1)
    assert height_at("n", tip, times.__getitem__, 1000) == 0
