"""TON's cells: bits and references to further cells, out of and into their file form.

Source: TON whitepaper, section 3.1 (hashes); crypto/tl/boc.tlb of the TON repository ("bag of
cells"); checked with recorded bags in tests/vectors/ton.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Final

_MAGIC: Final = bytes.fromhex("b5ee9c72")
_HAS_CHECKSUM: Final = 0x40
_CASTAGNOLI: Final = 0x82F63B78
_MOST_CELLS: Final = 20_000
_LIBRARY: Final = 2
"""First byte of the only special cell that is understood: a reference to shared code, by hash."""


@dataclass(frozen=True)
class Cell:
    """bits: as a number, most significant first. width: how many, at most 1023.

    hash: the representation hash, 32 bytes. depth: how many cells lie below, in the longest line.
    Both are computed with the cell, of those below: a bag may be so deep that no recursion ends.
    """

    bits: int
    width: int
    refs: tuple[Cell, ...] = ()
    special: bool = False
    hash: bytes = field(init=False, repr=False, compare=False)
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        below = [(r.hash, r.depth) for r in self.refs]
        made = cell_hash(self.bits, self.width, below, self.special)
        object.__setattr__(self, "hash", made)
        object.__setattr__(self, "depth", max((depth + 1 for _, depth in below), default=0))


def cell_hash(
    bits: int, width: int, refs: Sequence[tuple[bytes, int]] = (), special: bool = False
) -> bytes:
    """Hash a cell of which the referenced cells are known by hash and depth."""
    body = _filled(bits, width)
    head = bytes((len(refs) + 8 * special, width // 8 + -(-width // 8)))
    depths = b"".join(depth.to_bytes(2, "big") for _, depth in refs)
    return sha256(head + body + depths + b"".join(h for h, _ in refs)).digest()


class Slice:
    """Reads a cell from its start. Every method raises ValueError where it ends too early."""

    def __init__(self, cell: Cell) -> None:
        if cell.special:
            raise ValueError("a special cell has no fields")
        self._cell, self._at, self._ref = cell, 0, 0

    def uint(self, width: int) -> int:
        """An unsigned number of so many bits. Raises ValueError."""
        end = self._at + width
        if end > self._cell.width:
            raise ValueError("a cell ends early")
        value = self._cell.bits >> (self._cell.width - end) & ((1 << width) - 1)
        self._at = end
        return value

    @property
    def at_end(self) -> bool:
        """Whether every bit and every reference was read."""
        return self._at == self._cell.width and self._ref == len(self._cell.refs)

    def coins(self) -> int:
        """An amount: 4 bits that say how many bytes, then those."""
        return self.uint(8 * self.uint(4))

    def address(self) -> tuple[int, bytes]:
        """A standard internal address: workchain and 32 bytes. Raises ValueError."""
        if self.uint(3) != 0b100:
            raise ValueError("not a standard address")
        workchain = self.uint(8)
        return workchain - 256 * (workchain > 127), self.uint(256).to_bytes(32, "big")

    def ref(self) -> Cell:
        """The next referenced cell. Raises ValueError."""
        if self._ref >= len(self._cell.refs):
            raise ValueError("a cell has too few references")
        self._ref += 1
        return self._cell.refs[self._ref - 1]


class Builder:
    """Writes a cell, field by field."""

    def __init__(self) -> None:
        self._bits, self._width = 0, 0

    def uint(self, value: int, width: int) -> Builder:
        """Add an unsigned number."""
        self._bits, self._width = self._bits << width | value, self._width + width
        return self

    def address(self, workchain: int, account: bytes) -> Builder:
        """Add a standard internal address."""
        self.uint(0b100, 3).uint(workchain % 256, 8)
        return self.uint(int.from_bytes(account, "big"), 256)

    def cell(self, *refs: Cell) -> Cell:
        """What was written, as a cell."""
        return Cell(self._bits, self._width, refs)


def read_bag(text: str, most: int = _MOST_CELLS, *, checked: bool = False) -> Cell:
    """Read a bag of cells in base64 that has one root. most: how many cells it may have.

    checked: whether a checksum in it, if there is one, must be right; where the hash of what is
    read is known, nothing rests on it. Raises ValueError for anything else, for bytes behind it,
    for special cells other than libraries, for bags of absurd size.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error is one; so is a letter beyond ASCII
        raise ValueError("not base64") from None
    try:
        root = _read(data, most)
    except IndexError:
        raise ValueError("a bag of cells ends early") from None
    if checked and data[4] & _HAS_CHECKSUM and _crc32c(data[:-4]) != data[-4:]:
        raise ValueError("it is damaged: its checksum is wrong")
    return root


def write_bag(root: Cell) -> str:
    """Write a cell and all below it as base64; no index, no checksum. For small trees.

    Raises ValueError.
    """
    order: list[Cell] = []

    def visit(cell: Cell) -> None:
        order.append(cell)
        for ref in cell.refs:
            visit(ref)

    visit(root)
    if len(order) > 255:
        raise ValueError("too many cells")
    place = {id(cell): n for n, cell in enumerate(order)}
    cells = b"".join(
        bytes((len(c.refs) + 8 * c.special, c.width // 8 + -(-c.width // 8)))
        + _filled(c.bits, c.width)
        + bytes(place[id(r)] for r in c.refs)
        for c in order
    )
    size = len(cells).to_bytes(2, "big")
    head = _MAGIC + bytes((1, 2, len(order), 1, 0)) + size + b"\0"
    return base64.b64encode(head + cells).decode()


def _crc32c(data: bytes) -> bytes:
    """Castagnoli's checksum (RFC 3720, appendix B.4), low byte first."""
    table, found = _crc_table(), 0xFFFFFFFF
    for byte in data:
        found = table[(found ^ byte) & 0xFF] ^ found >> 8
    return (found ^ 0xFFFFFFFF).to_bytes(4, "little")


@cache
def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_CASTAGNOLI if value & 1 else 0)  # noqa: PLW2901
        table.append(value)
    return tuple(table)


def _filled(bits: int, width: int) -> bytes:
    """Bits as bytes; a last byte that is not full gets a 1 and zeros."""
    rest = width % 8
    if rest:
        bits = (bits << 1 | 1) << (7 - rest)
    return bits.to_bytes(-(-width // 8), "big")


def _unfilled(bits: int, halves: int) -> tuple[int, int]:
    """Bits and how many they are, of so many half bytes; of an odd number a last 1 ends them.

    Raises ValueError.
    """
    width = 8 * -(-halves // 2)
    if not halves % 2:
        return bits, width
    fill = (bits & -bits).bit_length() if bits else 9
    if fill > 8:
        raise ValueError("a cell without an end")
    return bits >> fill, width - fill


def _read(data: bytes, most: int) -> Cell:
    if data[:4] != _MAGIC:
        raise ValueError("not a bag of cells")
    flags, offset = data[4], data[5]
    size, has_index = flags & 7, bool(flags & 0x80)
    if not 1 <= size <= 4 or not 1 <= offset <= 8:
        raise ValueError("a bag of cells with odd sizes")
    at = 6

    def number(width: int) -> int:
        nonlocal at
        at += width
        if at > len(data):
            raise IndexError
        return int.from_bytes(data[at - width : at], "big")

    count, roots, absent, total = number(size), number(size), number(size), number(offset)
    if roots != 1 or absent or not 0 < count <= most:
        raise ValueError("not a bag of few cells with one root")
    root = number(size)
    at += count * offset * has_index
    end = at + total
    raw: list[tuple[int, int, bool, list[int]]] = []
    for _ in range(count):
        first, second = number(1), number(1)
        if first & 0xE0 or first & 7 > 4:
            raise ValueError("a cell without the cells below it")
        bits, width = _unfilled(number(-(-second // 2)), second)
        raw.append((bits, width, bool(first & 8), [number(size) for _ in range(first & 7)]))
    if not at == end == len(data) - 4 * bool(flags & _HAS_CHECKSUM):
        raise ValueError("bytes behind a bag of cells")
    return _linked(raw, root)


def _linked(raw: list[tuple[int, int, bool, list[int]]], root: int) -> Cell:
    """Make cells of their parts; each refers to later ones only."""
    made: dict[int, Cell] = {}
    for n in reversed(range(len(raw))):
        bits, width, special, refs = raw[n]
        if special and (width != 264 or bits >> 256 != _LIBRARY or refs):
            raise ValueError("an unknown special cell")
        if any(ref not in made for ref in refs):
            raise ValueError("a cell refers back")
        made[n] = Cell(bits, width, tuple(made[ref] for ref in refs), special)
    if root not in made:
        raise ValueError("a root that is not there")
    return made[root]
