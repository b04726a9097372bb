"""The field, the hash and the numbers of OKX's first zk-STARK (2023-04 to 2024-08)."""

from __future__ import annotations

from scanner.model.addresses.keccak import keccak256 as keccak

P = 2**251 + 17 * 2**192 + 1
GENERATOR = 3
BLOWUP = 16
"""Points of the evaluation domain per row of the trace."""
SAMPLES = 16
POW_BITS = 20
MAX_LAST_DEGREE = 16
MAX_STEPS = 2**20
"""Rows of the largest batch: 4096 users of 64 rows, and four times that."""


def root_of_unity(order: int) -> int:
    """The root of unity of that order, a power of two up to 2^192."""
    return pow(GENERATOR, (P - 1) // order, P)


def number(data: bytes) -> int:
    """32 bytes, high byte first."""
    return int.from_bytes(data, "big")


def sampled(seed: bytes, size: int) -> list[int]:
    """16 positions below `size`, none a multiple of 16, drawn from a hash chain."""
    data = seed
    while len(data) < 4 * SAMPLES:
        data += keccak(data[-32:])
    real = size * (BLOWUP - 1) // BLOWUP
    drawn = [number(data[at : at + 4]) % real for at in range(0, 4 * SAMPLES, 4)]
    return [x + 1 + x // (BLOWUP - 1) for x in drawn]
