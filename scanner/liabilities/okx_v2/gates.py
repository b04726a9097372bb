"""The gates of OKX's root circuits: what each demands of one row, as values that must be zero.

A gate reads the openings at one point: `w`, 135 wires, `k`, 2 gate constants, and the hash of the
public inputs. Two neighbouring wires that hold one element of the extension are an `Ext2`: an
element of K[Y] / (Y^2 - 7) over the field K the openings are from. Each gives two constraints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from scanner.liabilities.okx_v2.goldilocks import (
    NON_RESIDUE,
    ONE,
    ZERO,
    Ext,
    P,
    root_of_unity,
)
from scanner.liabilities.okx_v2.poseidon import HALF_FULL, MDS, PARTIAL, WIDTH, constants


@dataclass(frozen=True, slots=True)
class Row:
    """What a gate reads: wires, its constants, the hash of the public inputs (4 words)."""

    w: Sequence[Ext]
    k: Sequence[Ext]
    inputs_hash: Sequence[int]

    def pair(self, at: int) -> Ext2:
        """Wires `at` and `at + 1` as one element."""
        return Ext2(self.w[at], self.w[at + 1])


class Ext2:
    """u + vY, with Y^2 = 7."""

    __slots__ = ("u", "v")

    def __init__(self, u: Ext, v: Ext) -> None:
        self.u, self.v = u, v

    def __add__(self, other: Ext2) -> Ext2:
        return Ext2(self.u + other.u, self.v + other.v)

    def __sub__(self, other: Ext2) -> Ext2:
        return Ext2(self.u - other.u, self.v - other.v)

    def __mul__(self, other: Ext2 | Ext) -> Ext2:
        if isinstance(other, Ext):
            return Ext2(self.u * other, self.v * other)
        return Ext2(
            self.u * other.u + self.v * other.v * NON_RESIDUE, self.u * other.v + self.v * other.u
        )

    def parts(self) -> tuple[Ext, Ext]:
        """Both components: both must be zero."""
        return self.u, self.v


Constraints = Iterator[Ext]
Evaluate = Callable[[Row], Constraints]


def _noop(_: Row) -> Constraints:
    yield from ()


def _public_input(row: Row) -> Constraints:
    for wire, word in zip(row.w[:4], row.inputs_hash, strict=True):
        yield wire - Ext(word)


def _constant(count: int, row: Row) -> Constraints:
    for i in range(count):
        yield row.k[i] - row.w[i]


def _arithmetic(operations: int, row: Row) -> Constraints:
    w, k = row.w, row.k
    for i in range(0, 4 * operations, 4):
        yield w[i + 3] - (w[i] * w[i + 1] * k[0] + w[i + 2] * k[1])


def _arithmetic_extension(operations: int, row: Row) -> Constraints:
    for i in range(0, 8 * operations, 8):
        computed = row.pair(i) * row.pair(i + 2) * row.k[0] + row.pair(i + 4) * row.k[1]
        yield from (row.pair(i + 6) - computed).parts()


def _mul_extension(operations: int, row: Row) -> Constraints:
    for i in range(0, 6 * operations, 6):
        yield from (row.pair(i + 4) - row.pair(i) * row.pair(i + 2) * row.k[0]).parts()


def _bits(bits: Sequence[Ext], whole: Ext) -> Ext:
    """What the bits, lowest first, add up to, less the whole."""
    total = ZERO
    for bit in reversed(bits):
        total = total * 2 + bit
    return total - whole


def _base_sum(limbs: int, row: Row) -> Constraints:
    bits = row.w[1 : 1 + limbs]
    yield _bits(bits, row.w[0])
    for bit in bits:
        yield bit * (bit - ONE)


def _random_access(bits: int, copies: int, extra: int, row: Row) -> Constraints:
    size = 1 << bits
    routed = (2 + size) * copies + extra
    for copy in range(copies):
        at = (2 + size) * copy
        chosen = row.w[routed + copy * bits : routed + (copy + 1) * bits]
        for bit in chosen:
            yield bit * (bit - ONE)
        yield _bits(chosen, row.w[at])
        items = list(row.w[at + 2 : at + 2 + size])
        for bit in chosen:
            pairs = zip(items[::2], items[1::2], strict=True)
            items = [even + bit * (odd - even) for even, odd in pairs]
        yield items[0] - row.w[at + 1]
    for i in range(extra):
        yield row.k[i] - row.w[(2 + size) * copies + i]


def _exponentiation(bits: int, row: Row) -> Constraints:
    w, previous = row.w, ONE
    for i in range(bits):
        bit, reached = w[bits - i], w[2 + bits + i]
        yield previous * (bit * w[0] + ONE - bit) - reached
        previous = reached * reached
    yield w[1 + bits] - w[1 + 2 * bits]


def _reducing(count: int, row: Row) -> Constraints:
    coefficients = [Ext2(wire, ZERO) for wire in row.w[6 : 6 + count]]
    yield from _reduced(coefficients, 6 + count, row)


def _reducing_extension(count: int, row: Row) -> Constraints:
    yield from _reduced([row.pair(6 + 2 * i) for i in range(count)], 6 + 2 * count, row)


def _reduced(coefficients: Sequence[Ext2], accumulators_at: int, row: Row) -> Constraints:
    """Horner's rule at wire 2, from the old value at wire 4 to the output at wire 0."""
    alpha, previous = row.pair(2), row.pair(4)
    last = len(coefficients) - 1
    for i, coefficient in enumerate(coefficients):
        reached = row.pair(accumulators_at + 2 * i) if i < last else row.pair(0)
        yield from (previous * alpha + coefficient - reached).parts()
        previous = reached


def _poseidon_mds(row: Row) -> Constraints:
    for i, weights in enumerate(MDS):
        total = row.pair(2 * WIDTH + 2 * i)
        for j, weight in enumerate(weights):
            total = total - row.pair(2 * j) * Ext(weight)
        yield from total.parts()


def _interpolation(bits: int, row: Row) -> Constraints:
    size = 1 << bits
    after = 5 + 4 * size
    shift = row.w[0]
    shifts = [ONE, shift, *row.w[after : after + size - 2]]
    point = row.pair(1 + 2 * size)
    higher = [row.pair(after + size - 2 + 2 * i) for i in range(size - 2)]
    powers = [point, *higher]
    coefficients = [row.pair(5 + 2 * size + 2 * i) for i in range(size)]
    for i in range(1, size - 1):
        yield shifts[i] * shift - shifts[i + 1]
    scaled = [c * s for c, s in zip(coefficients, shifts, strict=True)]
    step = root_of_unity(bits)
    for i in range(size):
        found, at = row.pair(1 + 2 * i), pow(step, i, P)
        for j, coefficient in enumerate(scaled):
            found = found - coefficient * Ext(pow(at, j, P))
        yield from found.parts()
    for before, reached in zip(powers, higher, strict=False):
        yield from (before * point - reached).parts()
    value = row.pair(3 + 2 * size) - coefficients[0]
    for coefficient, power in zip(coefficients[1:], powers, strict=True):
        value = value - coefficient * power
    yield from value.parts()


def _poseidon(row: Row) -> Constraints:
    w = row.w
    swap, deltas = w[24], w[25:29]
    yield swap * (swap - ONE)
    for i, delta in enumerate(deltas):
        yield swap * (w[i + 4] - w[i]) - delta
    state = [w[i] + deltas[i] for i in range(4)]
    state += [w[i + 4] - deltas[i] for i in range(4)]
    state += w[8:WIDTH]
    at = 29  # the wires that hold what goes into the S-boxes, round after round
    for r in range(2 * HALF_FULL + PARTIAL):
        state = [x + Ext(c) for x, c in zip(state, constants(r), strict=True)]
        boxes = 1 if HALF_FULL <= r < HALF_FULL + PARTIAL else WIDTH
        if r:
            for i, held in enumerate(w[at : at + boxes]):
                yield state[i] - held
                state[i] = held
            at += boxes
        for i in range(boxes):
            state[i] = _seventh(state[i])
        state = [_combined(weights, state) for weights in MDS]
    for i, x in enumerate(state):
        yield x - w[WIDTH + i]


def _seventh(x: Ext) -> Ext:
    square = x * x
    return square * square * square * x


def _combined(weights: Sequence[int], state: Sequence[Ext]) -> Ext:
    return Ext(
        sum(c * x.a for c, x in zip(weights, state, strict=True)) % P,
        sum(c * x.b for c, x in zip(weights, state, strict=True)) % P,
    )


GateSpec = tuple[int, ...]
"""Tag and parameters of a gate, as a key holds them."""


@dataclass(frozen=True, slots=True)
class Gate:
    """name: for people. count: how many constraints. evaluate: gives them, in order."""

    name: str
    count: int
    evaluate: Evaluate


GATES: dict[GateSpec, Gate] = {
    (0, 20): Gate("Arithmetic", 20, partial(_arithmetic, 20)),
    (1, 10): Gate("ArithmeticExtension", 20, partial(_arithmetic_extension, 10)),
    (2, 63): Gate("BaseSum", 64, partial(_base_sum, 63)),
    (4, 4): Gate("LowDegreeInterpolation", 76, partial(_interpolation, 4)),
    (5, 66): Gate("Exponentiation", 67, partial(_exponentiation, 66)),
    (8, 13): Gate("MulExtension", 26, partial(_mul_extension, 13)),
    (9,): Gate("Noop", 0, _noop),
    (10, 2): Gate("Constant", 2, partial(_constant, 2)),
    (11,): Gate("PoseidonMds", 24, _poseidon_mds),
    (12,): Gate("PublicInput", 4, _public_input),
    (13,): Gate("Poseidon", 123, _poseidon),
    (14, 1, 20, 0): Gate("RandomAccess(1)", 60, partial(_random_access, 1, 20, 0)),
    (14, 4, 4, 2): Gate("RandomAccess(4)", 26, partial(_random_access, 4, 4, 2)),
    (15, 32): Gate("ReducingExtension", 64, partial(_reducing_extension, 32)),
    (16, 43): Gate("Reducing", 86, partial(_reducing, 43)),
}
"""Every gate of the published root circuits. A key with another gate is of another circuit."""

PARAMETERS = {spec[0]: len(spec) - 1 for spec in GATES}
"""Tag -> how many parameters follow it in a key."""
