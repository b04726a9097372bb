"""Plans a snapshot: which claims are read together, at which height. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from scanner.snapshots.values import ChunkPlan

DEFAULT_CHUNK = 500
"""Claims in a chunk where the source does not say (or there is none)."""


class PlanRow(NamedTuple):
    """What planning needs of a claim. height: as the list states it."""

    no: int
    network: str
    height: int | None


_NETWORK_AND_HEIGHT = attrgetter("network", "height")


def effective_height(network: str, stated: int | None, at: Mapping[str, int | None]) -> int | None:
    """The height a claim is read at: the user's word, else the list's; None for the newest."""
    return at.get(network, stated)


def plan_chunks(
    rows: Iterable[PlanRow], at: Mapping[str, int | None], sizes: Mapping[str, int]
) -> Iterator[ChunkPlan]:
    """Cut claims, given by rising number, into chunks of one network and one height each.

    sizes: network -> claims in a chunk, DEFAULT_CHUNK where it does not say. Full chunks come as
    they fill up, the rest at the end by network and height: the same rows give the same plan.
    """
    begun: dict[tuple[str, int | None], list[int]] = {}  # first, last, claims
    for (network, stated), run in groupby(rows, key=_NETWORK_AND_HEIGHT):
        key = network, effective_height(network, stated, at)
        size = max(1, sizes.get(network, DEFAULT_CHUNK))
        numbers, cut = [row.no for row in run], 0
        while cut < len(numbers):
            chunk = begun.setdefault(key, [numbers[cut], 0, 0])
            taken = numbers[cut : cut + size - chunk[2]]
            chunk[1:] = taken[-1], chunk[2] + len(taken)
            cut += len(taken)
            if chunk[2] == size:
                yield ChunkPlan(*key, *begun.pop(key))
    for key in sorted(begun, key=lambda k: (k[0], -1 if k[1] is None else k[1])):
        yield ChunkPlan(*key, *begun[key])
