"""Starknet's Poseidon, with which transactions are hashed (Hades: 3 elements, 8 full rounds, 83).

Source: StarkWare's specification (constants are SHA-256 of "Hades" and a number); what is made with
it, a real node takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

from scanner.ownership.primitives.stark_curve import P

_HALF, _PARTIAL = 4, 83


@cache
def _constants() -> list[int]:
    count = 3 * (2 * _HALF + _PARTIAL)
    return [int.from_bytes(sha256(f"Hades{n}".encode()).digest()) % P for n in range(count)]


def _permuted(state: list[int]) -> list[int]:
    for n in range(2 * _HALF + _PARTIAL):
        a, b, c = (x + k for x, k in zip(state, _constants()[3 * n : 3 * n + 3], strict=True))
        c = pow(c, 3, P)
        if not _HALF <= n < _HALF + _PARTIAL:
            a, b = pow(a, 3, P), pow(b, 3, P)
        total = a + b + c
        state = [(total + 2 * a) % P, (total - 2 * b) % P, (total - 3 * c) % P]
    return state


def poseidon(elements: Sequence[int]) -> int:
    """Hash a list of field elements to one."""
    padded = [*elements, 1]
    padded += [0] * (len(padded) % 2)
    state = [0, 0, 0]
    for n in range(0, len(padded), 2):
        state = _permuted([(state[0] + padded[n]) % P, (state[1] + padded[n + 1]) % P, state[2]])
    return state[0]
