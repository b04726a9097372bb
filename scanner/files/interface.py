"""What the rooms above read from: bytes that come once, in order."""

from __future__ import annotations

from typing import Protocol

HEAD = 65_536
"""Bytes from the start of a file that its kind is recognised by."""


class Bytes(Protocol):
    """The unpacked bytes of one table or document, read once from start to end."""

    def read(self, size: int, /) -> bytes:
        """Next bytes, at most `size`, b"" at the end. Raises ListFormatError if damaged."""
        ...


def read_up_to(stream: Bytes, size: int) -> bytes:
    """Exactly `size` bytes, or what there is until the end of the stream."""
    parts: list[bytes] = []
    while size and (more := stream.read(size)):
        parts.append(more)
        size -= len(more)
    return b"".join(parts)
