"""Points of BN254 as gnark writes them: one spelling each, on the curve, in the right group.

A coordinate is 32 bytes, high byte first, below the field's order. The two highest bits of a point
say how it is written: 00 both coordinates; 10 or 11 the first one, and which root the second is;
01 the point at infinity. Of two words of G2's field the imaginary one stands first.
Source: gnark-crypto 0.14, ecc/bn254 (BSD and Apache licences); arithmetic: py_ecc.
"""

from __future__ import annotations

from typing import Any

from py_ecc.optimized_bn128 import (
    FQ,
    FQ2,
    b,
    b2,
    curve_order,
    field_modulus,
    is_inf,
    is_on_curve,
    multiply,
)

from scanner.liabilities.refusal import RefusedError, ShapeError

Point = Any
"""Three coordinates of py_ecc's, of either group."""

P: int = field_modulus
R: int = curve_order
_WORD = 32
_PLAIN, _SMALLEST, _LARGEST = 0b00, 0b10, 0b11


class Reader:
    """Takes bytes from the front. place: of the file, for errors; all raise ShapeError, or
    RefusedError for what is no point of its group."""

    def __init__(self, data: bytes, place: str) -> None:
        self._data, self._at, self.place = data, 0, place

    def take(self, count: int) -> bytes:
        """The next bytes."""
        part = self._data[self._at : self._at + count]
        if len(part) != count:
            raise ShapeError(
                self.place, f"ends after {len(self._data)} bytes, before it is complete"
            )
        self._at += count
        return part

    def number(self, size: int) -> int:
        """An integer of `size` bytes, high byte first."""
        return int.from_bytes(self.take(size), "big")

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._data):
            raise ShapeError(self.place, f"{len(self._data) - self._at} bytes too many")

    def first(self, name: str) -> Point:
        """A point of G1, which has no other points than those of its group."""
        form, x = self._first_word(name)
        if form == _PLAIN:
            point = (FQ(x), FQ(self._word(name)), FQ(1))
        else:
            point = (FQ(x), FQ(self._root(x, name, largest=form == _LARGEST)), FQ(1))
        return self._checked(point, b, name)

    def second(self, name: str) -> Point:
        """A point of G2's curve, which has other points, too: see `ordered`."""
        form, imaginary = self._first_word(name)
        x = FQ2([self._word(name), imaginary])
        if form == _PLAIN:
            imaginary = self._word(name)
            y = FQ2([self._word(name), imaginary])
        else:
            y = self._second_root(x, name, largest=form == _LARGEST)
        return self._checked((x, y, FQ2.one()), b2, name)

    def ordered(self, point: Point, name: str) -> None:
        """Raise RefusedError for a point of G2's curve that is not in the group.

        Takes as long as all else together: last, when everything is read.
        """
        if not is_inf(multiply(point, R)):
            raise RefusedError(self.place, f"{name} is not of the group's order")

    def _first_word(self, name: str) -> tuple[int, int]:
        data = self.take(_WORD)
        form = data[0] >> 6
        word = int.from_bytes(bytes([data[0] & 0x3F]) + data[1:], "big")
        if form not in (_PLAIN, _SMALLEST, _LARGEST):
            raise RefusedError(self.place, f"{name} is the point at infinity")
        return form, self._below(word, name)

    def _word(self, name: str) -> int:
        return self._below(self.number(_WORD), name)

    def _below(self, word: int, name: str) -> int:
        if word >= P:
            raise ShapeError(self.place, f"a coordinate of {name} is not below the field's order")
        return word

    def _checked(self, point: Point, coefficient: FQ | FQ2, name: str) -> Point:
        if not is_on_curve(point, coefficient):
            raise RefusedError(self.place, f"{name} is not a point of the curve")
        return point

    def _root(self, x: int, name: str, *, largest: bool) -> int:
        y = _sqrt((x * x * x + 3) % P)
        if y is None:
            raise RefusedError(self.place, f"{name} is not a point of the curve")
        return max(y, P - y) if largest else min(y, P - y)

    def _second_root(self, x: FQ2, name: str, *, largest: bool) -> FQ2:
        found = _sqrt2(x * x * x + b2)
        if found is None:
            raise RefusedError(self.place, f"{name} is not a point of the curve")
        real, imaginary = found
        leading = imaginary or real
        if (leading > P - leading) is not largest:
            real, imaginary = -real % P, -imaginary % P
        return FQ2([real, imaginary])


def _sqrt(square: int) -> int | None:
    root = pow(square, (P + 1) // 4, P)
    return root if root * root % P == square else None


def _sqrt2(square: FQ2) -> tuple[int, int] | None:
    """A root in the field of P^2 elements, i^2 = -1: by the norm."""
    real, imaginary = (int(part) for part in square.coeffs)
    norm = _sqrt((real * real + imaginary * imaginary) % P)
    if norm is None:
        return None
    half = pow(2, -1, P)
    for sign in (norm, -norm):
        x = _sqrt((real + sign) * half % P)
        if x:
            y = imaginary * half * pow(x, -1, P) % P
            if (x * x - y * y - real) % P == 0:
                return x, y
    alone = _sqrt(-real % P)  # imaginary is 0 and real is no square
    return (0, alone) if alone is not None and imaginary == 0 else None
