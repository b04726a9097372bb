"""Recursive length prefix, read strictly: one byte string has exactly one meaning and one spelling.

Source: Ethereum yellow paper, appendix B. Refused are lengths with leading zeros, long forms where
the short one fits, single bytes below 0x80 with a prefix, and bytes left over.
"""

from __future__ import annotations

from typing import TypeAlias

Item: TypeAlias = "bytes | list[Item]"
"""A byte string or a list of items."""

_MAX_DEPTH = 8  # headers are 1 deep, trie nodes with nodes inside at most a few


def decode(raw: bytes) -> Item:
    """Decode the one item that fills `raw`. Raises ValueError on all but its one right spelling."""
    item, end = _item(raw, 0, len(raw), _MAX_DEPTH)
    if end != len(raw):
        raise ValueError("bytes left over")
    return item


def encode(item: Item) -> bytes:
    """Encode a byte string or a list."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(0x80, len(item)) + item
    body = b"".join(encode(part) for part in item)
    return _prefix(0xC0, len(body)) + body


def number(raw: Item) -> int:
    """Read an unsigned number of at most 256 bits. Raises ValueError on leading zeros or a list."""
    if isinstance(raw, list) or len(raw) > 32 or raw[:1] == b"\0":
        raise ValueError("not a number")
    return int.from_bytes(raw)


def number_bytes(value: int) -> bytes:
    """Write an unsigned number without leading zeros, 0 as no bytes."""
    return value.to_bytes((value.bit_length() + 7) // 8)


def _prefix(base: int, length: int) -> bytes:
    if length < 56:
        return bytes((base + length,))
    size = number_bytes(length)
    return bytes((base + 55 + len(size),)) + size


def _item(raw: bytes, at: int, end: int, depth: int) -> tuple[Item, int]:
    if at >= end:
        raise ValueError("cut short")
    first = raw[at]
    if first < 0x80:
        return raw[at : at + 1], at + 1
    base = 0x80 if first < 0xC0 else 0xC0
    start, length = _length(raw, at, end, first - base)
    stop = start + length
    if stop > end:
        raise ValueError("cut short")
    if base == 0x80:
        if length == 1 and raw[start] < 0x80:
            raise ValueError("a small byte with a prefix")
        return raw[start:stop], stop
    if depth == 0:
        raise ValueError("nested too deep")
    items: list[Item] = []
    while start < stop:
        item, start = _item(raw, start, stop, depth - 1)
        items.append(item)
    return items, stop


def _length(raw: bytes, at: int, end: int, code: int) -> tuple[int, int]:
    """Where the content starts, and its length."""
    if code <= 55:
        return at + 1, code
    size = code - 55
    start = at + 1 + size
    if start > end:
        raise ValueError("cut short")
    length = int.from_bytes(raw[at + 1 : start])
    if raw[at + 1] == 0 or length < 56:
        raise ValueError("a length not in its shortest form")
    return start, length
