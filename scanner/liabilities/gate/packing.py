"""How Gate packs amounts into field elements, and the sizes of its lists of assets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scanner.liabilities.gate.poseidon import hash_words

LIMIT = 2**64
SIZES = (350, 500, 800)
"""Assets that a publication has room for; it grew. Empty places are 0, so a size is no claim."""


def pack(first: int, second: int, third: int) -> int:
    """Three numbers below 2^64 in one element."""
    return (first << 128) + (second << 64) + third


def commit(numbers: Sequence[int]) -> int:
    """The commitment to numbers below 2^64, three an element, zeros at the end."""
    padded = [*numbers, *(0,) * (-len(numbers) % 3)]
    return hash_words([pack(*padded[at : at + 3]) for at in range(0, len(padded), 3)])


def commit_assets(assets: Iterable[tuple[int, int, int]], size: int) -> int:
    """The commitment to all assets' (equity, debt, price), empty places at the end."""
    packed = [pack(*asset) for asset in assets]
    return hash_words([*packed, *(0,) * (size - len(packed))])
