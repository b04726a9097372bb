"""Merkle trees of OKX's first zk-STARK: leaves in a four-way interleaved order, shared branches.

Of several branches, a sibling that can be had from the others is left out (empty). Every node that
can be computed is computed; one that is given as well must be the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.liabilities.refusal import RefusedError
from scanner.model.addresses.keccak import keccak256 as keccak


def place_of(index: int, size: int) -> int:
    """Where leaf `index` of `size` stands."""
    quarter = size // 4
    return index // quarter + 4 * (index % quarter)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over all leaves, given in their own order. Their number is a power of two."""
    size = len(leaves)
    level = [b""] * size
    for index, leaf in enumerate(leaves):
        level[place_of(index, size)] = leaf
    while len(level) > 1:
        level = [keccak(a + b) for a, b in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def check_branches(
    root: bytes, size: int, indices: Sequence[int], branches: Sequence[Sequence[bytes]], where: str
) -> None:
    """Raise RefusedError unless every branch leads to the root.

    size: leaves of the tree. branches: leaf first, then siblings from below, "" where one is left
    out; each 1 + log2(size) long. where: JSON path of the branches.
    """
    level: dict[int, bytes] = {}
    for number, (index, branch) in enumerate(zip(indices, branches, strict=True)):
        if level.setdefault(size + place_of(index, size), branch[0]) != branch[0]:
            raise RefusedError(f"{where}/{number}/0", "two values for one leaf")
    paths = [size + place_of(index, size) for index in indices]
    for step in range(1, size.bit_length()):
        level = _climb(level, paths, step, branches, where)
        paths = [node // 2 for node in paths]
    if level[1] != root:
        raise RefusedError(where, "the branches do not lead to the root")


def _climb(
    level: dict[int, bytes],
    paths: Sequence[int],
    step: int,
    branches: Sequence[Sequence[bytes]],
    where: str,
) -> dict[int, bytes]:
    given: dict[int, bytes] = {}
    for number, (node, branch) in enumerate(zip(paths, branches, strict=True)):
        sibling = branch[step]
        if sibling and level.get(node ^ 1, given.setdefault(node ^ 1, sibling)) != sibling:
            raise RefusedError(f"{where}/{number}/{step}", "not the sibling that stands there")
    above: dict[int, bytes] = {}
    for number, node in enumerate(paths):
        if node // 2 in above:
            continue
        other = level.get(node ^ 1) or given.get(node ^ 1)
        if other is None:
            raise RefusedError(f"{where}/{number}/{step}", "a sibling is left out that none gives")
        own = level[node]
        above[node // 2] = keccak(other + own if node & 1 else own + other)
    return above


def climb(leaf: bytes, index: int, path: Sequence[bytes]) -> bytes:
    """The root that one leaf and its siblings, from below, lead to."""
    node = place_of(index, 1 << len(path))
    for sibling in path:
        leaf = keccak(sibling + leaf if node & 1 else leaf + sibling)
        node //= 2
    return leaf
