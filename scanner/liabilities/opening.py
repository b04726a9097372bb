"""Opens a file of liabilities as published, packed or not, as lines or whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from scanner.errors import ListFormatError
from scanner.files.comments import Aside
from scanner.files.interface import HEAD, read_up_to
from scanner.files.source import Source, Table, split_place

MAX_DOCUMENT = 8_000_000
"""Bytes of the largest JSON document or table of figures read whole; a proof has 600,000."""

CHUNK = 65_536


@contextmanager
def opened(path: Path) -> Iterator[Table]:
    """The one table or document of a file. `archive.zip:member` names one of several.

    Raises ListFormatError: not there, damaged, or several in it.
    """
    place, member = split_place(str(path))
    source = Source(place, member)
    try:
        yield source.only()
    finally:
        source.close()


def beside(path: Path) -> tuple[str, tuple[Aside, ...]]:
    """The names of a file, of what is packed in it and of its one sheet; and words in no cell.

    Raises as `opened`.
    """
    place, member = split_place(str(path))
    source = Source(place, member)
    try:
        return f"{source.whole_name} {source.packed_name}".strip(), source.asides
    finally:
        source.close()


def head_of(path: Path) -> bytes:
    """The first bytes of a file, unpacked, as UTF-8, without a mark. Raises as `opened`."""
    with opened(path) as table:
        return table.head


def read_whole(path: Path, limit: int = MAX_DOCUMENT) -> bytes:
    """All bytes of a document. Raises ListFormatError where there are more than `limit`."""
    with opened(path) as table:
        data = read_up_to(table, limit + 1)
    if len(data) > limit:
        raise ListFormatError(path.name, f"larger than {limit:,} bytes: no such document is")
    return data


@contextmanager
def lines_of(path: Path) -> Iterator[BinaryIO]:
    """The file as a stream of lines: `readline` as files have it. Raises as `opened`."""
    with opened(path) as table:
        yield cast("BinaryIO", io.BufferedReader(_Raw(table), max(CHUNK, HEAD)))


class _Raw(io.RawIOBase):
    """A table as the io module wants it."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
        part = self._table.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)
