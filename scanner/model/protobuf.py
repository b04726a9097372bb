"""The wire format of Protocol Buffers, as far as the messages of chains need it: varints and bytes.

Source: the encoding page of Protocol Buffers' documentation; a zero is left out, as proto3 does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_NUMBER: Final = 0
_BYTES: Final = 2
_MOST_BITS: Final = 70
_FIELDS: Final = 1 << 29
_NUMBERS: Final = 1 << 64
"""Numbers of fields, and values, are below these: what is not, decoders read as another."""


def varint(value: int) -> bytes:
    """Write a number, 7 bits a byte, low first. Raises ValueError below 0."""
    if value < 0:
        raise ValueError("negative")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number at a place, below 2^64; returns it and the place behind it.

    Raises ValueError.
    """
    value = 0
    for shift in range(0, _MOST_BITS, 7):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80 and value < _NUMBERS:
            return value, at
    raise ValueError("a number that does not end, or is too large")


def number(field: int, value: int) -> bytes:
    """Write a field that is a number; b"" for 0. Raises ValueError below 0."""
    return varint(field << 3 | _NUMBER) + varint(value) if value else b""


def sized(value: bytes) -> bytes:
    """Write bytes with their length before them."""
    return varint(len(value)) + value


def data(field: int, value: bytes, *, always: bool = False) -> bytes:
    """Write a field that is bytes, a text or a message; b"" for none, unless it stands always."""
    return varint(field << 3 | _BYTES) + sized(value) if value or always else b""


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Fields of a message in order: numbers as int, all else as bytes. Raises ValueError."""
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        value, at = read_varint(message, at)
        if not 0 < tag >> 3 < _FIELDS:
            raise ValueError("a field that no message can have")
        if tag & 7 == _NUMBER:
            yield tag >> 3, value
        elif tag & 7 == _BYTES:
            if at + value > len(message):
                raise ValueError("a message ends early")
            yield tag >> 3, message[at : at + value]
            at += value
        else:
            raise ValueError("a field of another kind")


def single(message: bytes) -> dict[int, int | bytes]:
    """Fields of a message that has each once at most. Raises ValueError.

    Of a field that comes again some decoders take the last, or put messages together: no honest
    encoder writes one, so what it would mean is not asked.
    """
    found: dict[int, int | bytes] = {}
    for field, value in fields(message):
        if field in found:
            raise ValueError("a field twice")
        found[field] = value
    return found
