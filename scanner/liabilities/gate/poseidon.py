"""Poseidon over the scalar field of BN254, widths 2 to 13, with the sponge that Gate hashes with.

Constants come from the paper's generator (a Grain LFSR seeded with the parameters), made when a
width is first used. Unlike the usual form, the hash is word 1 of the state; inputs over 12 are
chained by word 0. Source: Poseidon (eprint 2019/458), appendix E; gnark-crypto v0.10.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import cache
from operator import mul

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
RATE = 12
FULL = 8
_PARTIAL = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65)
"""Partial rounds of widths 2 to 13."""
_BITS = 254
_ONES = (1,) * 30


def _grain(width: int, partial: int) -> Iterator[int]:
    """The bits of the generator, those after a 0 left out."""
    seed: list[int] = []
    for value, size in ((1, 2), (0, 4), (_BITS, 12), (width, 12), (FULL, 10), (partial, 10)):
        seed += [int(bit) for bit in f"{value:0{size}b}"]
    state = deque([*seed, *_ONES])

    def step() -> int:
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.popleft()
        state.append(bit)
        return bit

    for _ in range(160):
        step()
    while True:
        if step():
            yield step()
        else:
            step()


@cache
def _tables(width: int) -> tuple[list[list[int]], list[list[int]]]:
    """Constants of each round, and the matrix 1 / (x_i + y_j)."""
    partial = _PARTIAL[width - 2]
    bits = _grain(width, partial)

    def number() -> int:
        value = 0
        for _ in range(_BITS):
            value = 2 * value + next(bits)
        return value

    constants: list[int] = []
    while len(constants) < (FULL + partial) * width:
        if (value := number()) < R:
            constants.append(value)
    points: list[int] = []
    while len(set(points)) < 2 * width:
        points = [number() % R for _ in range(2 * width)]
    matrix = [[pow(x + y, -1, R) for y in points[width:]] for x in points[:width]]
    return [constants[at : at + width] for at in range(0, len(constants), width)], matrix


def permute(state: Sequence[int]) -> list[int]:
    """The permutation of 2 to 13 words below R."""
    rounds, matrix = _tables(len(state))
    words = list(state)
    last = len(rounds) - FULL // 2
    for number, constants in enumerate(rounds):
        words = [x + c for x, c in zip(words, constants, strict=True)]
        boxes = 1 if FULL // 2 <= number < last else len(words)
        words[:boxes] = [pow(x, 5, R) for x in words[:boxes]]
        words = [sum(map(mul, row, words)) % R for row in matrix]
    return words


def hash_words(words: Sequence[int]) -> int:
    """Hash 1 word or more, each below R."""
    state = [0, 0]
    for at in range(0, len(words), RATE):
        state = permute([state[0], *words[at : at + RATE]])
    return state[1]
