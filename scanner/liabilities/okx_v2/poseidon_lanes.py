"""The Poseidon hash of plonky2 for many states at once, with numpy (the extra `fast`).

The results are those of poseidon.py, which takes one state at a time and needs no extra.

A state is a column of a 12 x lanes array of uint64. Words may stand above P between rounds: they
are any 64-bit representative until the end. Products of 64 by 64 bits are made from 32-bit halves;
the matrix, whose entries are small, is applied to the halves in float64, where every sum stays
below 2^41 and so is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from scanner.liabilities.okx_v2.goldilocks import P
from scanner.liabilities.okx_v2.poseidon import (
    DIGEST,
    HALF_FULL,
    MDS,
    PARTIAL,
    RATE,
    WIDTH,
    Digest,
    constants,
)

Words: TypeAlias = NDArray[np.uint64]

_EPSILON = np.uint64(2**32 - 1)
_LOW_31 = np.uint64(2**31 - 1)
_1, _31, _32 = np.uint64(1), np.uint64(31), np.uint64(32)
_P = np.uint64(P)
_MDS = np.array(MDS, dtype=np.float64)
_CONSTANTS = np.array([constants(r) for r in range(30)], dtype=np.uint64)[:, :, None]


def permute_lanes(state: Words) -> Words:
    """The permutation of every column. state: 12 x lanes, below P; the result is, too."""
    for r in range(30):
        state = _add(state, _CONSTANTS[r])
        if HALF_FULL <= r < HALF_FULL + PARTIAL:
            state[0] = _seventh(state[0])
        else:
            state = _seventh(state)
        state = _mix(state)
    return np.where(state >= _P, state - _P, state)


def _add(x: Words, canonical: Words) -> Words:
    """x + y for any x and a y below P: on overflow 2^64 = 2^32 - 1 (mod P) is added, once."""
    total = x + canonical
    total += (total < canonical) * _EPSILON
    return total


def _seventh(x: Words) -> Words:
    square = _square(x)
    return _multiply(_square(square), _multiply(square, x))


def _multiply(x: Words, y: Words) -> Words:
    x0, x1 = x & _EPSILON, x >> _32
    y0, y1 = y & _EPSILON, y >> _32
    one, other = x0 * y1, x1 * y0
    middle = x0 * y0
    middle >>= _32
    middle += one & _EPSILON
    middle += other & _EPSILON
    middle >>= _32
    one >>= _32
    other >>= _32
    high = x1 * y1
    high += middle
    high += one
    high += other
    return _reduce(x * y, high)


def _square(x: Words) -> Words:
    x0, x1 = x & _EPSILON, x >> _32
    cross = x0 * x1  # stands twice in the square: 33 bits of it above 2^64, 31 below
    x0 *= x0
    x0 >>= _32
    x0 += (cross & _LOW_31) << _1
    x0 >>= _32
    cross >>= _31
    x1 *= x1
    x1 += cross
    x1 += x0
    return _reduce(x * x, x1)


def _reduce(low: Words, high: Words) -> Words:
    """low + 2^64 high: 2^64 = 2^32 - 1 and 2^96 = -1 (mod P). Uses both arrays up."""
    top = high >> _32
    borrowed = low < top
    low -= top
    low -= borrowed * _EPSILON
    high &= _EPSILON
    high *= _EPSILON
    low += high
    low += (low < high) * _EPSILON
    return low


def _mix(state: Words) -> Words:
    """The matrix, on the halves. Both results are below 2^41; the upper one stands at 2^32."""
    low = (_MDS @ (state & _EPSILON)).astype(np.uint64)
    high = (_MDS @ (state >> _32)).astype(np.uint64)
    value = high << _32
    value += low
    high >>= _32
    high += value < low
    high *= _EPSILON  # below 2^42: what stood at 2^64
    value += high
    value += (value < high) * _EPSILON
    return value


def hash_lanes(rows: Sequence[Sequence[int]]) -> Words:
    """The hash of each row, 4 x rows. Rows may differ in length; none is empty."""
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
    longest = len(rows[order[0]])
    padded = np.array([[*rows[i], *[0] * (longest - len(rows[i]))] for i in order], dtype=np.uint64)
    lengths = np.array([len(rows[i]) for i in order])
    state = np.zeros((WIDTH, len(rows)), dtype=np.uint64)
    for at in range(0, longest, RATE):
        lanes = int((lengths > at).sum())
        chunk = padded[:lanes, at : at + RATE].T
        part = state[:, :lanes]
        held = np.arange(at, at + len(chunk))[:, None] < lengths[:lanes]
        part[: len(chunk)] = np.where(held, chunk, part[: len(chunk)])
        state[:, :lanes] = permute_lanes(part)
    result = np.empty((DIGEST, len(rows)), dtype=np.uint64)
    result[:, order] = state[:DIGEST]
    return result


def climb_lanes(
    digests: Words, indices: Sequence[int], paths: Sequence[Sequence[Digest]]
) -> list[Digest]:
    """Climb each lane from its digest along its siblings; bit k of its index says which side."""
    order = sorted(range(len(paths)), key=lambda i: -len(paths[i]))
    reached = digests[:, order].copy()
    where = np.array([indices[i] for i in order], dtype=np.uint64)
    lengths = [len(paths[i]) for i in order]
    for level in range(lengths[0] if order else 0):
        lanes = sum(length > level for length in lengths)
        siblings = np.array([paths[i][level] for i in order[:lanes]], dtype=np.uint64).T
        own = reached[:, :lanes]
        right = (where[:lanes] >> np.uint64(level)) & np.uint64(1) == 1
        state = np.zeros((WIDTH, lanes), dtype=np.uint64)
        state[:DIGEST] = np.where(right, siblings, own)
        state[DIGEST : 2 * DIGEST] = np.where(right, own, siblings)
        reached[:, :lanes] = permute_lanes(state)[:DIGEST]
    found: list[Digest] = [()] * len(paths)
    for lane, digest in zip(order, reached.T.tolist(), strict=True):
        found[lane] = tuple(digest)
    return found
