"""Plans a snapshot: which claims are read together, at which height. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from scanner.snapshots.interface import ChunkPlan

DEFAULT_CHUNK = 500
"""Claims in a chunk where the source does not say (or there is none)."""


class PlanRow(NamedTuple):
    """What planning needs of a claim. height: as the list states it."""

    no: int
    network: str
    height: int | None


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
    for no, network, stated in rows:
        key = network, effective_height(network, stated, at)
        chunk = begun.setdefault(key, [no, no, 0])
        chunk[1] = no
        chunk[2] += 1
        if chunk[2] >= sizes.get(network, DEFAULT_CHUNK):
            yield ChunkPlan(*key, *begun.pop(key))
    for key in sorted(begun, key=lambda k: (k[0], -1 if k[1] is None else k[1])):
        yield ChunkPlan(*key, *begun[key])
