"""BCS, the encoding of Sui and Aptos, read strictly: one spelling of each value.

Source: the BCS specification (Diem): lengths and variants are ULEB128 in as few bytes as they take.
"""

from __future__ import annotations

from typing import Final

_LAST_SHIFT: Final = 14
"""Lengths of up to three bytes: nothing that is read here is longer."""


class BcsReader:
    """Takes values off the front. Every method raises ValueError where the bytes are not such."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> bytes:
        """The next bytes, so many."""
        if not 0 <= count <= len(self._data) - self._at:
            raise ValueError("ends too early")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, size: int = 1) -> int:
        """The next number of so many bytes, low byte first."""
        return int.from_bytes(self.take(size), "little")

    def uleb(self) -> int:
        """The next length, count or variant."""
        found = shift = 0
        while shift <= _LAST_SHIFT:
            byte = self.number()
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                if shift and not byte:
                    raise ValueError("a number has more bytes than it takes")
                return found
            shift += 7
        raise ValueError("a number does not end")

    def count(self, most: int) -> int:
        """How many members a vector has: at most so many."""
        found = self.uleb()
        if found > most:
            raise ValueError(f"more than {most} members")
        return found

    def sized(self, size: int | None = None) -> bytes:
        """Bytes with their length before them. size: which that must be, None for any."""
        length = self.uleb()
        if size is not None and length != size:
            raise ValueError("bytes of another length")
        return self.take(length)

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        """Nothing follows."""
        if self._at != len(self._data):
            raise ValueError("something follows")
