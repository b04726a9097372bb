"""Walks a Bitcoin script operation by operation, without running it."""

from __future__ import annotations

from collections.abc import Iterator

OP_CODESEPARATOR = 0xAB
_PUSHDATA_WIDTHS = {0x4C: 1, 0x4D: 2, 0x4E: 4}


def operations(script: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield every opcode with the data it pushes (b"" if none); stops at a push that is cut off."""
    at = 0
    while at < len(script):
        opcode = script[at]
        at += 1
        size = opcode if opcode < 0x4C else 0
        if width := _PUSHDATA_WIDTHS.get(opcode):
            size = int.from_bytes(script[at : at + width], "little")
            at += width
        data = script[at : at + size]
        if len(data) != size:
            return
        at += size
        yield opcode, data


def push(data: bytes) -> bytes:
    """Push up to 75 bytes."""
    return bytes((len(data),)) + data
