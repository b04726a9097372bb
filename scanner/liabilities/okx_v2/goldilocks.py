"""The field of 2^64 - 2^32 + 1 elements, and its quadratic extension by a root of 7.

Field elements are plain integers 0 <= x < P. Extension elements are `Ext`; in files, bytes and
transcripts the order is (a, b).
Source: the constants of okx/plonky2 (rev 8a00c2bc); newer releases use another generator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, repeat
from operator import mul

P = 2**64 - 2**32 + 1
GENERATOR = 7
NON_RESIDUE = 7
"""The extension is F[X] / (X^2 - 7)."""

_ROOT_2_32 = 1753635133440165772


def root_of_unity(bits: int) -> int:
    """The fixed root of unity of order 2^bits, bits up to 32."""
    return pow(_ROOT_2_32, 1 << (32 - bits), P)


def inverse(x: int) -> int:
    """1 / x. Raises ValueError for 0."""
    return pow(x, -1, P)


def reverse_bits(x: int, bits: int) -> int:
    """The lowest `bits` bits of x in reverse order."""
    return int(f"{x:0{bits}b}"[::-1], 2) if bits else 0


class Ext:
    """One element a + bX of the extension. Operators take an Ext or a field element."""

    __slots__ = ("a", "b")

    def __init__(self, a: int, b: int = 0) -> None:
        self.a, self.b = a, b

    def __add__(self, other: Ext) -> Ext:
        return Ext((self.a + other.a) % P, (self.b + other.b) % P)

    def __sub__(self, other: Ext) -> Ext:
        return Ext((self.a - other.a) % P, (self.b - other.b) % P)

    def __mul__(self, other: Ext | int) -> Ext:
        if isinstance(other, int):
            return Ext(self.a * other % P, self.b * other % P)
        a, b, c, d = self.a, self.b, other.a, other.b
        return Ext((a * c + NON_RESIDUE * b * d) % P, (a * d + b * c) % P)

    def __pow__(self, exponent: int) -> Ext:
        result, base = ONE, self
        while exponent:
            if exponent & 1:
                result = result * base
            base = base * base
            exponent >>= 1
        return result

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ext) and (self.a, self.b) == (other.a, other.b)

    def __hash__(self) -> int:
        return hash((self.a, self.b))

    def __repr__(self) -> str:
        return f"Ext({self.a}, {self.b})"

    def inverse(self) -> Ext:
        """1 / self. Raises ValueError for 0."""
        norm = inverse((self.a * self.a - NON_RESIDUE * self.b * self.b) % P)
        return Ext(self.a * norm % P, -self.b * norm % P)


ZERO = Ext(0)
ONE = Ext(1)


def product(factors: Iterable[Ext]) -> Ext:
    """All factors multiplied; ONE for none."""
    result = ONE
    for factor in factors:
        result = result * factor
    return result


def powers(base: Ext, count: int) -> tuple[list[int], list[int]]:
    """base^0 .. base^(count - 1), first and second components apart, for `weighted`."""
    found = list(accumulate(repeat(base, count - 1), mul, initial=ONE))
    return [x.a for x in found], [x.b for x in found]


def weighted(weights: tuple[list[int], list[int]], words: Iterable[int]) -> Ext:
    """The sum of weight i times word i, for as many words as there are; words are of the field."""
    words = list(words)
    return Ext(sum(map(mul, weights[0], words)) % P, sum(map(mul, weights[1], words)) % P)


def weighted_ext(weights: tuple[list[int], list[int]], values: Sequence[Ext]) -> Ext:
    """The same for values of the extension."""
    first = weighted(weights, [x.a for x in values])
    second = weighted(weights, [x.b for x in values])
    return Ext((first.a + NON_RESIDUE * second.b) % P, (first.b + second.a) % P)
