"""Starknet's Poseidon hash: the Hades permutation over three field elements, in plain Python.

Eight full rounds and 83 partial ones, cubes; constants are SHA-256 of "Hades" and their number.
Source: StarkWare, "Poseidon hash" and cairo-lang's poseidon_params (round constants, MDS matrix).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Final

from scanner.ownership.primitives.stark_curve import P

_FULL: Final = 8
_PARTIAL: Final = 83


def poseidon_many(elements: Sequence[int]) -> int:
    """Hash any number of field elements, 0 <= n < P. Raises ValueError if one is out of range."""
    if not all(0 <= n < P for n in elements):
        raise ValueError("not a field element")
    padded = [*elements, 1]
    padded += [0] * (len(padded) % 2)
    state = (0, 0, 0)
    for at in range(0, len(padded), 2):
        state = _permuted(state[0] + padded[at], state[1] + padded[at + 1], state[2])
    return state[0]


def poseidon_two(a: int, b: int) -> int:
    """Hash two field elements, 0 <= n < P, as a pair: another hash than that of a list of two."""
    return _permuted(a, b, 2)[0]


def _permuted(a: int, b: int, c: int) -> tuple[int, int, int]:
    for number, (x, y, z) in enumerate(_constants()):
        a, b, c = a + x, b + y, pow(c + z, 3, P)
        if not _FULL // 2 <= number < _FULL // 2 + _PARTIAL:
            a, b = pow(a, 3, P), pow(b, 3, P)
        total = a + b + c
        a, b, c = (total + 2 * a) % P, (total - 2 * b) % P, (total - 3 * c) % P
    return a, b, c


@cache
def _constants() -> tuple[tuple[int, int, int], ...]:
    made = [
        int.from_bytes(sha256(f"Hades{n}".encode()).digest()) % P
        for n in range(3 * (_FULL + _PARTIAL))
    ]
    return tuple((made[n], made[n + 1], made[n + 2]) for n in range(0, len(made), 3))
