"""What a reader of one publisher format must do.

A new format is one file with a class that keeps this protocol and one row in
`scanner.lists.table.READERS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from scanner.model.claim import ListSummary, Row
from scanner.model.registry import Registry

MAX_LINE = 1_000_000
"""Bytes of the longest record any reader accepts; longer ones are findings, not memory."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user may say about a file.

    file: its name, for messages. columns: our field name -> the file's column name, for the
    generic formats. network, asset: applied to rows that name none.
    """

    file: str
    columns: Mapping[str, str]
    network: str = ""
    asset: str = ""


class ListReader(Protocol):
    """Reads one published format."""

    name: str

    def recognises(self, head: bytes) -> bool:
        """Whether a file that starts with `head` (up to 64 KiB) has this format."""
        ...

    def read(self, stream: BinaryIO, registry: Registry, options: ReadOptions) -> Iterator[Row]:
        """Yield every row in file order: claims, unreadable rows, declared totals.

        Raises ListFormatError only where the file as a whole cannot be read on.
        """
        ...

    def variant(self) -> str:
        """After reading: which layout it was, e.g. "12 columns"."""
        ...


class OpenList(Protocol):
    """A published file being read: iterate to the end, then ask for the summary."""

    def __iter__(self) -> Iterator[Row]: ...

    def summary(self) -> ListSummary:
        """Counts and sha256. Raises RuntimeError before the end was reached."""
        ...

    def progress(self) -> tuple[int, int]:
        """Bytes read so far and bytes in all."""
        ...
