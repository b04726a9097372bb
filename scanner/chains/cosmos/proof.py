"""Checks ICS-23 proofs: that a key has a value, or none, in a store whose root is known.

A Cosmos SDK chain keeps each module's store in an IAVL tree; the roots of all stores are the leaves
of one more tree, whose root is the app hash. Source: ICS-23 (proofs.proto and its verification
rules for the two trees); checked with its published vectors, tests/vectors/cosmos/ics23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from scanner.model.protobuf import fields, read_varint, single, sized

MOST_STEPS: Final = 128
"""Inner nodes of one path: a tree of 2^128 leaves."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The shape of one kind of tree: bytes of a child in its parent, of what stands before it."""

    child: int
    least: int
    most: int
    counted: bool


IAVL: Final = Tree(33, 4, 12, counted=True)
SIMPLE: Final = Tree(32, 1, 1, counted=False)


@dataclass(frozen=True, slots=True)
class _Step:
    prefix: bytes
    suffix: bytes


@dataclass(frozen=True, slots=True)
class _Leaf:
    key: bytes
    value: bytes
    prefix: bytes
    steps: tuple[_Step, ...]


def value_under(root: bytes, tree: Tree, key: bytes, proof: bytes) -> bytes | None:
    """The value of a key in the tree of a root, None where the proof shows that it has none.

    proof: a CommitmentProof (protobuf). Raises ValueError for anything that does not show it.
    """
    kinds = single(proof)
    if set(kinds) == {1}:
        leaf = _read_leaf(_bytes(kinds[1]))
        if leaf.key != key or _root(leaf, tree) != root:
            raise ValueError("the proof is of another key or state")
        return leaf.value
    if set(kinds) != {2}:
        raise ValueError("an unknown kind of proof")
    absent = single(_bytes(kinds[2]))
    left, right = (_read_leaf(_bytes(absent[n])) if n in absent else None for n in (2, 3))
    for beside in (left, right):
        if beside is not None and _root(beside, tree) != root:
            raise ValueError("the proof is of another state")
    if left is None and right is None:
        raise ValueError("an absence without a neighbour")
    if (left is not None and left.key >= key) or (right is not None and right.key <= key):
        raise ValueError("the neighbours are not on both sides of the key")
    if not _beside(left, right, tree):
        raise ValueError("there may be a leaf between the neighbours")
    return None


def value_in_app(
    app_hash: bytes, store: str, key: bytes, operations: Sequence[bytes]
) -> bytes | None:
    """The value of a key in a module's store, None where there is none, under a chain's app hash.

    operations: the two proofs of an answer, the store's and the one of all stores.
    Raises ValueError.
    """
    if len(operations) != 2:
        raise ValueError("a proof has two parts")
    outer = single(operations[1])
    if set(outer) != {1}:
        raise ValueError("the proof does not show the store's root")
    root = _read_leaf(_bytes(outer[1])).value
    if value_under(app_hash, SIMPLE, store.encode(), operations[1]) != root or len(root) != 32:
        raise ValueError("the proof does not show the store's root")
    return value_under(root, IAVL, key, operations[0])


def _root(leaf: _Leaf, tree: Tree) -> bytes:
    _check_prefix(leaf.prefix, tree, leaf=True)
    if not leaf.key or not leaf.value:
        raise ValueError("an empty key or value")
    digest = sha256(leaf.value).digest()
    node = sha256(leaf.prefix + sized(leaf.key) + sized(digest)).digest()
    for step in leaf.steps:
        _side(step, tree)
        node = sha256(step.prefix + node + step.suffix).digest()
    return node


def _side(step: _Step, tree: Tree) -> int:
    """0 where the path is the left child, 1 where it is the right one. Raises ValueError."""
    before = len(step.prefix)
    if len(step.suffix) == tree.child and tree.least <= before <= tree.most:
        own = step.prefix
    elif not step.suffix and tree.least <= before - tree.child <= tree.most:
        own = step.prefix[: before - tree.child]
        if tree.counted:  # the other child stands there, its length before it, ours behind it
            own = step.prefix[: before - 33]
    else:
        raise ValueError("an inner node of another shape")
    _check_prefix(own, tree, leaf=False)
    return 0 if step.suffix else 1


def _check_prefix(prefix: bytes, tree: Tree, *, leaf: bool) -> None:
    """A leaf never passes for an inner node, nor the other way round."""
    if not tree.counted:
        if prefix != (b"\x00" if leaf else b"\x01"):
            raise ValueError("a node of another kind")
        return
    height, at = read_varint(prefix, 0)
    _, at = read_varint(prefix, at)
    _, at = read_varint(prefix, at)
    rest = prefix[at:]
    if leaf != (height == 0) or rest != (b"" if leaf else b"\x20"):
        raise ValueError("a node of another kind")


def _beside(left: _Leaf | None, right: _Leaf | None, tree: Tree) -> bool:
    """Whether no leaf stands between two, or beyond the one at the edge."""
    if left is None or right is None:
        edge, side = (right, 0) if left is None else (left, 1)
        return edge is not None and all(_side(step, tree) == side for step in edge.steps)
    ours, theirs = list(left.steps), list(right.steps)
    while ours and theirs and ours[-1] == theirs[-1]:
        ours.pop()
        theirs.pop()
    if not ours or not theirs:
        return False
    here, there = ours.pop(), theirs.pop()
    return (
        (_side(here, tree), _side(there, tree)) == (0, 1)
        and all(_side(step, tree) == 1 for step in ours)
        and all(_side(step, tree) == 0 for step in theirs)
    )


def _read_leaf(data: bytes) -> _Leaf:
    steps: list[_Step] = []
    found: dict[int, bytes] = {}
    for number, value in fields(data):
        if number != 4:
            if number in found:
                raise ValueError("a field twice")
            found[number] = _bytes(value)
            continue
        step = single(_bytes(value))
        if step.get(1) != 1 or len(steps) == MOST_STEPS:  # 1: SHA-256
            raise ValueError("a path of another kind")
        steps.append(_Step(_bytes(step.get(2, b"")), _bytes(step.get(3, b""))))
    rule = single(found.get(3, b""))
    # SHA-256, the key as it is, the value's SHA-256, lengths as varints.
    if [rule.get(n, 0) for n in (1, 2, 3, 4)] != [1, 0, 1, 1]:
        raise ValueError("a leaf of another kind")
    return _Leaf(found.get(1, b""), found.get(2, b""), _bytes(rule.get(5, b"")), tuple(steps))


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a field of another kind")  # noqa: TRY004 - of the data, not the code
    return value
