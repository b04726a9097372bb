"""Openings of Merkle trees whose upper levels are published as a cap; many are checked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from scanner.liabilities.okx_v2.poseidon import Digest, hash_words, two


@cache
def _lanes() -> ModuleType | None:
    try:  # numpy is optional, the extra `fast`, and takes a fifth of a second to load
        return import_module("scanner.liabilities.okx_v2.poseidon_lanes")
    except ModuleNotFoundError:
        return None


@dataclass(frozen=True, slots=True)
class Opening:
    """One leaf and its path.

    leaf: more than 4 words (fewer would stand unhashed). index: of the leaf, from 0.
    siblings: from the leaf up, as many as there are levels below the cap. cap: by what is left
    of the index. place: JSON path of the opening, for a reader who looks for the fault.
    """

    leaf: Sequence[int]
    index: int
    siblings: Sequence[Digest]
    cap: Sequence[Digest]
    place: str


def first_false(openings: Sequence[Opening], *, plain: bool = False) -> Opening | None:
    """The first opening that does not lead to its cap; None if all do.

    plain: without numpy even where it is installed. Same answer, four to ten times slower.
    """
    lanes = None if plain else _lanes()
    ends = _plain(openings) if lanes is None else _in_lanes(lanes, openings)
    for opening, end in zip(openings, ends, strict=True):
        if end != opening.cap[opening.index >> len(opening.siblings)]:
            return opening
    return None


def _plain(openings: Sequence[Opening]) -> list[Digest]:
    found = []
    for opening in openings:
        digest, index = hash_words(opening.leaf), opening.index
        for sibling in opening.siblings:
            digest = two(sibling, digest) if index & 1 else two(digest, sibling)
            index >>= 1
        found.append(digest)
    return found


def _in_lanes(lanes: ModuleType, openings: Sequence[Opening]) -> list[Digest]:
    digests = lanes.hash_lanes([opening.leaf for opening in openings])
    found: list[Digest] = lanes.climb_lanes(
        digests, [opening.index for opening in openings], [opening.siblings for opening in openings]
    )
    return found
