"""Plans a snapshot: which claims are read together, at which height. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from scanner.snapshots.interface import ChunkPlan

DEFAULT_CHUNK = 500
"""Claims in a chunk where the source does not say (or there is none)."""


@dataclass(frozen=True, slots=True)
class PlanRow:
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
    open_chunks: dict[tuple[str, int | None], ChunkPlan] = {}
    for row in rows:
        height = effective_height(row.network, row.height, at)
        key = row.network, height
        begun = open_chunks.get(key)
        first, claims = (begun.first, begun.claims) if begun else (row.no, 0)
        plan = ChunkPlan(row.network, height, first, row.no, claims + 1)
        if plan.claims >= sizes.get(row.network, DEFAULT_CHUNK):
            open_chunks.pop(key, None)
            yield plan
        else:
            open_chunks[key] = plan
    for key in sorted(open_chunks, key=lambda k: (k[0], -1 if k[1] is None else k[1])):
        yield open_chunks[key]
