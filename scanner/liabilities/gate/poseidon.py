"""Poseidon over the scalar field of BN254, widths 2 to 13, with the sponge that Gate hashes with.

Constants come from the paper's generator (a Grain LFSR seeded with the parameters), made when a
width is first used. Unlike the usual form, the hash is word 1 of the state; inputs over 12 are
chained by word 0. Partial rounds are factored, so that each takes two multiplications a word and
not one for every pair of words. Source: Poseidon (eprint 2019/458), appendices B and E;
gnark-crypto v0.10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress, islice
from operator import mul

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
RATE = 12
FULL = 8
_PARTIAL = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65)
"""Partial rounds of widths 2 to 13."""
_BITS = 254
_STATE, _SKIPPED = 80, 160
_TAPS = (0, 13, 23, 38, 51, 62)


def _grain(width: int, partial: int) -> Iterator[str]:
    """The bits of the generator, those after a 0 left out.

    Bit n is the sum of the bits n - 80 + tap, and so, for every k, of the bits n - 2^k (80 - tap):
    the more bits there are, the more come at once.
    """
    parts = ((1, 2), (0, 4), (_BITS, 12), (width, 12), (FULL, 10), (partial, 10))
    seed = "".join(f"{value:0{size}b}" for value, size in parts) + "1" * 30
    bits, known, shown = int(seed[::-1], 2), _STATE, _STATE + _SKIPPED
    while True:
        times = (known // _STATE).bit_length() - 1
        start, count = known - (_STATE << times), _STATE - max(_TAPS) << times
        new = 0
        for tap in _TAPS:
            new ^= bits >> start + (tap << times)
        bits |= (new & (1 << count) - 1) << known
        known += count
        if (ready := known - known % 2 - shown) > 0:
            text = f"{bits >> shown & (1 << ready) - 1:0{ready}b}"[::-1]
            shown += ready
            yield from compress(text[1::2], map(int, text[::2]))


Matrix = list[list[int]]


@dataclass(frozen=True, slots=True)
class _Tables:
    """first, last: constants of the four full rounds before and after the partial ones.

    matrix: of every round. partial: of each partial round its one constant; what word 0 gets from
    the others; what they get from word 0. rest: applied to the others after all of them.
    """

    first: Matrix
    last: Matrix
    matrix: Matrix
    corner: int
    partial: list[tuple[int, list[int], list[int]]]
    rest: Matrix


@cache
def _tables(width: int) -> _Tables:
    constants, matrix = _plain_tables(width)
    corner, row = matrix[0][0], matrix[0][1:]
    column = [line[0] for line in matrix[1:]]
    inner = [line[1:] for line in matrix[1:]]
    back = _inverse(inner)
    half = FULL // 2
    partial = []
    carried = [0] * width
    rest = [[int(i == j) for j in range(width - 1)] for i in range(width - 1)]
    for own in constants[half:-half]:
        column = _times(back, column)
        head, *tail = ((x + c) % R for x, c in zip(own, carried, strict=True))
        partial.append((head, row, column))
        # Only word 0 passes an S-box: what is added to the others can be added a round later.
        carried = _times(matrix, [0, *tail])
        row = _times(_turned(inner), row)
        rest = [_times(_turned(rest), line) for line in inner]
    last = constants[-half:]
    last[0] = [(x + c) % R for x, c in zip(last[0], carried, strict=True)]
    return _Tables(constants[:half], last, matrix, corner, partial, rest)


def _plain_tables(width: int) -> tuple[Matrix, Matrix]:
    """Constants of each round, and the matrix 1 / (x_i + y_j)."""
    partial = _PARTIAL[width - 2]
    bits = _grain(width, partial)

    def number() -> int:
        return int("".join(islice(bits, _BITS)), 2)

    constants: list[int] = []
    while len(constants) < (FULL + partial) * width:
        if (value := number()) < R:
            constants.append(value)
    points: list[int] = []
    while len(set(points)) < 2 * width:
        points = [number() % R for _ in range(2 * width)]
    matrix = [[pow(x + y, -1, R) for y in points[width:]] for x in points[:width]]
    return [constants[at : at + width] for at in range(0, len(constants), width)], matrix


def _times(matrix: Matrix, words: Sequence[int]) -> list[int]:
    return [sum(map(mul, row, words)) % R for row in matrix]


def _turned(matrix: Matrix) -> Matrix:
    return [list(column) for column in zip(*matrix, strict=True)]


def _inverse(matrix: Matrix) -> Matrix:
    """Of a matrix all of whose minors have an inverse, as this one's do: no rows to exchange."""
    size = len(matrix)
    lines = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for at in range(size):
        factor = pow(lines[at][at], -1, R)
        lines[at] = [word * factor % R for word in lines[at]]
        for i in range(size):
            if i != at:
                lines[i] = [
                    (a - lines[i][at] * b) % R for a, b in zip(lines[i], lines[at], strict=True)
                ]
    return [line[size:] for line in lines]


def permute(state: Sequence[int]) -> list[int]:
    """The permutation of 2 to 13 words below R."""
    tables = _tables(len(state))
    words = _full(tables.first, tables.matrix, state)
    head, others = words[0], words[1:]
    for constant, row, column in tables.partial:
        box = pow(head + constant, 5, R)
        head = (tables.corner * box + sum(map(mul, row, others))) % R
        # Some seventy sums stay short enough: reducing them would take longer than all else here.
        others = [word + factor * box for word, factor in zip(others, column, strict=True)]
    return _full(tables.last, tables.matrix, [head, *_times(tables.rest, others)])


def _full(rounds: Matrix, matrix: Matrix, state: Sequence[int]) -> list[int]:
    words = list(state)
    for constants in rounds:
        words = [pow(x + c, 5, R) for x, c in zip(words, constants, strict=True)]
        words = _times(matrix, words)
    return words


def hash_words(words: Sequence[int]) -> int:
    """Hash 1 word or more, each below R."""
    state = [0, 0]
    for at in range(0, len(words), RATE):
        state = permute([state[0], *words[at : at + RATE]])
    return state[1]
