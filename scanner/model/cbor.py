"""A strict reader of the little CBOR that addresses and signed messages are made of.

Integers, byte and text strings, arrays, maps, tags, true, false and null, of definite length and in
their shortest form only: one byte string for one value. Source: RFC 8949, deterministic encoding.
"""

from __future__ import annotations

from dataclasses import dataclass

DEEPEST = 8
MOST_ITEMS = 1_000

_SIMPLE = {20: False, 21: True, 22: None}
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value under a tag."""

    tag: int
    value: object


def read(data: bytes) -> object:
    """Read one value that takes all of `data`.

    Maps are dicts, arrays lists. Raises ValueError for everything else than the subset above, a key
    that is given twice, more than DEEPEST levels or MOST_ITEMS items.
    """
    reader = _Reader(data)
    value = reader.value(0)
    if reader.at != len(data):
        raise ValueError("bytes are left over")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.items = data, 0, 0

    def value(self, depth: int) -> object:
        self.items += 1
        if depth > DEEPEST or self.items > MOST_ITEMS:
            raise ValueError("too deep or too long")
        first = self._take(1)[0]
        major, number = first >> 5, self._number(first & 31)
        if major == 7:
            if first & 31 not in _SIMPLE:
                raise ValueError("a kind of value that is not read")
            return _SIMPLE[first & 31]
        return self._of(major, number, depth)

    def _of(self, major: int, number: int, depth: int) -> object:
        if major == 0:
            return number
        if major == 1:
            return -1 - number
        if major == 2:
            return self._take(number)
        if major == 3:
            return self._take(number).decode()
        if major == 6:
            return Tagged(number, self.value(depth + 1))
        if major == 4:
            return [self.value(depth + 1) for _ in range(self._count(number))]
        return self._map(self._count(number), depth)

    def _map(self, count: int, depth: int) -> dict[object, object]:
        found: dict[object, object] = {}
        for _ in range(count):
            key = self.value(depth + 1)
            if not isinstance(key, int | str | bytes) or key in found:
                raise ValueError("a map's key is given twice, or is invalid")
            found[key] = self.value(depth + 1)
        return found

    def _count(self, number: int) -> int:
        if number > len(self.data) - self.at:
            raise ValueError("ends too soon")
        return number

    def _number(self, short: int) -> int:
        if short < 24:
            return short
        if short not in _SIZES:
            raise ValueError("indefinite lengths are not read")
        size = _SIZES[short]
        number = int.from_bytes(self._take(size), "big")
        if number < (24 if size == 1 else 1 << (4 * size)):
            raise ValueError("a number is not in its shortest form")
        return number

    def _take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise ValueError("ends too soon")
        self.at += count
        return part
