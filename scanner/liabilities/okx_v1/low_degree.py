"""The low-degree test of OKX's first zk-STARK, as its own verifier does it.

It draws the positions once, from the root of the first folding, before the later ones are
committed to: the later layers can be made up. What holds here proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scanner.liabilities.okx_v1.field import (
    BLOWUP,
    MAX_LAST_DEGREE,
    P,
    number,
    root_of_unity,
    sampled,
)
from scanner.liabilities.okx_v1.tree import check_branches, root_of
from scanner.liabilities.refusal import RefusedError

WHERE = "/low_degree_proof"

Branches = Sequence[Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One folding: the root after it, its 16 branches, and the 64 of the layer before."""

    root: bytes
    column: Branches
    row: Branches


@dataclass(frozen=True, slots=True)
class LowDegree:
    """All foldings and the last layer's values, each below P."""

    layers: Sequence[Layer]
    last: Sequence[bytes]


def layers_of(steps: int) -> int:
    """How many foldings a trace of that many rows takes."""
    degree, count = 4 * steps, 0
    while degree > MAX_LAST_DEGREE:
        degree //= 4
        count += 1
    return count


def check_low_degree(root: bytes, steps: int, proof: LowDegree) -> None:
    """Raise RefusedError unless foldings, branches and the last values agree."""
    size, degree = BLOWUP * steps, 4 * steps
    indices: list[int] = []
    for depth, layer in enumerate(proof.layers):
        quarter = size // 4
        indices = [i % quarter for i in indices or sampled(layer.root, quarter)]
        rows = [index + quarter * j for index in indices for j in range(4)]
        where = f"{WHERE}/{depth}"
        check_branches(layer.root, quarter, indices, layer.column, f"{where}/1")
        check_branches(root, size, rows, layer.row, f"{where}/2")
        special = number(root) % P
        generator = root_of_unity(size)
        for i, index in enumerate(indices):
            row = [number(branch[0]) for branch in layer.row[4 * i : 4 * i + 4]]
            folded = _fold(row, pow(generator, index, P), root_of_unity(4), special)
            if folded != number(layer.column[i][0]):
                raise RefusedError(f"{where}/1/{i}", "not what its four values fold to")
        root, size, degree = layer.root, quarter, degree // 4
    if root_of(proof.last) != root:
        raise RefusedError(f"{WHERE}/{len(proof.layers)}", "the last values are not of the root")
    _check_last([number(value) for value in proof.last], degree)


def _fold(row: Sequence[int], x: int, quartic: int, at: int) -> int:
    """The value at `at` of the cubic through (x q^j, row j), q a fourth root of unity.

    In y = at / x it is the sum over k of y^k c_k, with 4 c_k = sum of row_j q^(-jk).
    """
    y = at * pow(x, -1, P) % P
    total, power = 0, 1
    undo = pow(quartic, 3, P)
    for k in range(4):
        step = pow(undo, k, P)
        a, b, c, d = row
        coefficient = ((d * step + c) * step + b) * step + a
        total += coefficient % P * power
        power = power * y % P
    return total * pow(4, -1, P) % P


def _check_last(values: Sequence[int], degree: int) -> None:
    """The last values but those at multiples of 16 must be of one polynomial of low degree."""
    generator = root_of_unity(len(values))
    points = [(pow(generator, i, P), y) for i, y in enumerate(values) if i % BLOWUP]
    divided = _divided([x for x, _ in points[:degree]], [y for _, y in points[:degree]])
    for x, y in points[degree:]:
        value = 0
        for (at, _), coefficient in zip(points[:degree][::-1], divided[::-1], strict=True):
            value = (value * (x - at) + coefficient) % P
        if value != y:
            raise RefusedError(f"{WHERE}/last", "the last values are of no such low degree")


def _divided(xs: Sequence[int], ys: Sequence[int]) -> list[int]:
    """Newton's divided differences."""
    found = list(ys)
    for width in range(1, len(xs)):
        for i in range(len(xs) - 1, width - 1, -1):
            found[i] = (found[i] - found[i - 1]) * pow(xs[i] - xs[i - width], -1, P) % P
    return found
