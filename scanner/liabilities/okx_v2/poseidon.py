"""Poseidon over Goldilocks, width 12, in plain Python; and the sponge that hashes with it.

A state is 12 words: 8 of rate, 4 of capacity; 4 full rounds, 22 partial, 4 full; S-box x^7. The
partial rounds run in their factored form: the constants of all but the first are moved behind the
S-box of the round before, and each dense matrix is split into one that passes the S-box and a
sparse one. The tables for that are computed here from the plain ones.
Source: Poseidon, appendix B (eprint 2019/458); constants as published with plonky2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import mul

from scanner.liabilities.okx_v2.goldilocks import P, inverse
from scanner.liabilities.okx_v2.round_constants import ROUND_CONSTANTS

WIDTH, RATE = 12, 8
HALF_FULL, PARTIAL = 4, 22
DIGEST = 4
"""Words of a hash."""

_CIRCULANT = (17, 15, 41, 16, 2, 28, 13, 13, 39, 18, 34, 20)
_DIAGONAL = (8,) + (0,) * 11

Digest = tuple[int, ...]
Matrix = list[list[int]]

MDS: Matrix = [
    [_CIRCULANT[(j - i) % WIDTH] + (_DIAGONAL[i] if i == j else 0) for j in range(WIDTH)]
    for i in range(WIDTH)
]
"""Row i gives word i of the next state."""


def constants(round_: int) -> tuple[int, ...]:
    """What is added to the 12 words before round `round_`, 0 .. 29."""
    return ROUND_CONSTANTS[WIDTH * round_ : WIDTH * (round_ + 1)]


def invert(matrix: Matrix) -> Matrix:
    """The inverse of a square matrix over the field. Raises ValueError if there is none."""
    size = len(matrix)
    rows = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next((r for r in range(column, size) if rows[r][column]), None)
        if pivot is None:
            raise ValueError("the matrix has no inverse")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = inverse(rows[column][column])
        rows[column] = lead = [x * scale % P for x in rows[column]]
        for r, row in enumerate(rows):
            if r != column and (factor := row[column]):
                rows[r] = [(x - factor * y) % P for x, y in zip(row, lead, strict=True)]
    return [row[size:] for row in rows]


def _times(left: Matrix, right: Matrix) -> Matrix:
    columns = list(zip(*right, strict=True))
    return [[sum(map(mul, row, column)) % P for column in columns] for row in left]


def _moved_constants() -> tuple[list[int], list[int]]:
    """What is added before the first partial round, and to word 0 behind the S-box of each."""
    undo = invert(MDS)
    rounds = [list(constants(HALF_FULL + r)) for r in range(PARTIAL)]
    behind = [0] * PARTIAL
    for r in range(PARTIAL - 1, 0, -1):
        moved = [sum(map(mul, row, rounds[r])) % P for row in undo]
        behind[r - 1] = moved[0]
        rounds[r - 1][1:] = [(x + y) % P for x, y in zip(rounds[r - 1][1:], moved[1:], strict=True)]
    return rounds[0], behind


def _sparse() -> tuple[Matrix, list[tuple[list[int], list[int]]]]:
    """The matrix before the first partial round, and (row, column) of each round's sparse one.

    A dense A = [[m, v], [w, B]] is [[m, v / B], [w, 1]] times [[1, 0], [0, B]]; the second factor
    leaves word 0 alone, so it may stand before the S-box and joins the round before.
    """
    found: list[tuple[list[int], list[int]]] = []
    dense = MDS
    for _ in range(PARTIAL):
        block = [row[1:] for row in dense[1:]]
        (row,) = _times([dense[0][1:]], invert(block))
        found.append((row, [line[0] for line in dense[1:]]))
        before = [[1, *[0] * (WIDTH - 1)], *([0, *line] for line in block)]
        dense = _times(before, MDS)
    return before, found[::-1]


_FIRST, _BEHIND = _moved_constants()
_BEFORE, _SPARSE = _sparse()
_FULL = [constants(r) for r in (*range(HALF_FULL), *range(30 - HALF_FULL, 30))]


def _packed(words: Iterable[int], slot: int) -> int:
    """Words side by side in one integer, `slot` bits each, the first lowest."""
    return sum(word << slot * at for at, word in enumerate(words))


_SLOT = 80  # bits: a sum of twelve products of 64 and 6 bits, and a constant, has 73
_SLOTS = tuple(range(0, _SLOT * WIDTH, _SLOT))
_MASK = (1 << _SLOT) - 1
_COLUMNS = [_packed(column, _SLOT) for column in zip(*MDS, strict=True)]
_ADDED = [_packed(words, _SLOT) for words in (*_FULL[1:HALF_FULL], (), *_FULL[HALF_FULL + 1 :], ())]

_WIDE = 136  # bits: a sum of 35 products of 64 and 64 bits, and a constant, has 134
_WIDE_MASK = (1 << _WIDE) - 1


def _partial_tables() -> tuple[list[int], int, list[tuple[int, int]]]:
    """All partial rounds at once: (columns, constant) of the start, (behind, column) of each round.

    The 11 words that pass the S-box grow by multiples of what word 0 was, so word 0 of every round
    is a sum over the 12 words at the start and the powers before it. One wide integer holds those
    sums for all rounds, and the 11 words, lowest first; each round adds a multiple of its column.
    """
    rows = [row for row, _ in _SPARSE]
    grown = [column for _, column in _SPARSE]
    unit = [[int(i == j) for j in range(WIDTH - 1)] for i in range(WIDTH - 1)]
    outputs = [[1] + [0] * (WIDTH - 1)]
    outputs += [[0, *row] for row in (*rows, *unit)]
    linear = _times(outputs, _times(_BEFORE, MDS))
    start = _times(outputs, _times(_BEFORE, [[c] for c in _FIRST]))
    columns = [_packed(column, _WIDE) for column in zip(*linear, strict=True)]
    steps = []
    for at, (column, behind) in enumerate(zip(grown, _BEHIND, strict=True)):
        later = [sum(map(mul, row, column)) % P for row in rows[at + 1 :]]
        steps.append((behind, _packed([MDS[0][0], *later, *column], _WIDE)))
    return columns, _packed([word for (word,) in start], _WIDE), steps


_START_COLUMNS, _START, _STEPS = _partial_tables()
_LAST_SLOTS = tuple(range(0, _WIDE * WIDTH, _WIDE))


def permute(state: Sequence[int]) -> list[int]:
    """The permutation of 12 words below P.

    Sums are reduced only where a power is taken: between, words may stand above P. A product of a
    matrix and the state is one sum of products of words and packed columns.
    """
    words = [x + c for x, c in zip(state, _FULL[0], strict=True)]
    for added in _ADDED[: HALF_FULL - 1]:
        words = _mixed(words, added)
    powered = [(y3 := y * y * y % P) * y3 * y % P for y in words]
    sums = sum(map(mul, powered, _START_COLUMNS), _START)
    for behind, column in _STEPS:
        x = (sums & _WIDE_MASK) % P
        x3 = x * x * x % P
        sums = (sums >> _WIDE) + (x3 * x3 * x + behind) % P * column
    words = [
        ((sums >> at) & _WIDE_MASK) % P + c
        for at, c in zip(_LAST_SLOTS, _FULL[HALF_FULL], strict=True)
    ]
    for added in _ADDED[HALF_FULL:]:
        words = _mixed(words, added)
    return [x % P for x in words]


def _mixed(words: Sequence[int], added: int) -> list[int]:
    """S-boxes, the matrix, and the constants of the round after."""
    powered = [(y3 := y * y * y % P) * y3 * y % P for y in words]
    sums = sum(map(mul, powered, _COLUMNS), added)
    return [(sums >> at) & _MASK for at in _SLOTS]


def hash_words(words: Sequence[int]) -> Digest:
    """Hash words of any number: chunks of 8 overwrite the rate; no padding, no length."""
    state = [0] * WIDTH
    for at in range(0, len(words), RATE):
        chunk = words[at : at + RATE]
        state = permute([*chunk, *state[len(chunk) :]])
    return tuple(state[:DIGEST])


def hash_padded(words: Iterable[int]) -> Digest:
    """Hash with padding 1, 0 .. 0, 1 to whole chunks."""
    padded = [*words, 1]
    padded += [0] * (-(len(padded) + 1) % RATE)
    return hash_words([*padded, 1])


def two(left: Sequence[int], right: Sequence[int]) -> Digest:
    """The hash of a node over two children."""
    return tuple(permute([*left, *right, 0, 0, 0, 0])[:DIGEST])
