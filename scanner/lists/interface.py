"""What a reader of one publisher format must do.

A new format is one file with a class that keeps `ListReader` and one row in
`scanner.lists.table.READERS`.

A reader cuts its file into blocks. Parsing a block needs nothing but the block and the registry,
so blocks may be parsed in other processes, in any order; rows come out in file order within a
block, and blocks are made in file order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from scanner.files.interface import HEAD, Bytes
from scanner.lists.accounting import Accounting
from scanner.lists.days import Days
from scanner.lists.marks import Marks
from scanner.model.claim import ListSummary, Row
from scanner.model.registry import Registry

__all__ = [
    "HEAD",
    "Block",
    "Bytes",
    "Layout",
    "ListReader",
    "OpenList",
    "ReadOptions",
    "ReadyBlock",
]

MAX_LINE = 1_000_000
"""Bytes of the longest line any reader accepts; longer ones are findings, not memory."""

MAX_RECORD = 65_536
"""Bytes of the longest record that quotes spread over several lines."""

MAX_RECORD_LINES = 64
"""Lines of such a record: an unclosed quote must not swallow the rows after it."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user may say about a file.

    file: its name, for messages, with the sheet's or member's behind a colon. columns: our field
    name -> the file's column name, for the generic formats; and what is said of units and of parts
    that mean nothing (`scanner.lists.columns.SETTINGS`). network, asset: for rows that name none.
    around: the folder that the file is in, or the rest of its address: words there may name a coin.
    """

    file: str
    columns: Mapping[str, str]
    network: str = ""
    asset: str = ""
    around: str = ""


@dataclass(slots=True)
class Layout:
    """What a reader found out about the whole file; complete once its blocks are exhausted.

    variant: which layout, e.g. "12 columns". notes: facts about the list as a whole.
    accounting: what became of each part of the file. unit, native_assumed: as in
    `ListSummary`. marks, days: those of the whole file, which its tables share.
    """

    variant: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    accounting: Accounting = field(default_factory=Accounting)
    unit: str = ""
    native_assumed: bool = False
    marks: Marks = field(default_factory=Marks)
    days: Days = field(default_factory=Days)


class Block(Protocol):
    """A part of a file, parsed by itself. Picklable."""

    def parse(self, registry: Registry) -> Iterable[Row]:
        """Every row of this part, in file order. The same part always gives the same rows.

        May be lazy: a row that is used before the next one is made costs less memory and time.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReadyBlock:
    """Rows that were parsed while reading: of formats that cannot be cut without parsing."""

    rows: Sequence[Row]

    def parse(self, registry: Registry) -> Sequence[Row]:
        """The rows."""
        return self.rows


class ListReader(Protocol):
    """Reads one published format. Has no state: one instance serves any number of files."""

    name: str

    def recognises(self, head: bytes, options: ReadOptions, registry: Registry) -> bool:
        """Whether a file that starts with `head` (up to HEAD bytes) has this format."""
        ...

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Cut the file into blocks, in order, and fill in `layout` on the way.

        Raises ListFormatError only where the file as a whole cannot be read on.
        """
        ...


class OpenList(Protocol):
    """A published file being read: iterate to the end, then ask for the summary.

    Read it either row by row (iterate), or by blocks: then whoever parses a block hands its rows
    to `count`. Once only, either way. A context manager: it holds an open file.
    """

    def __iter__(self) -> Iterator[Row]:
        """Every row, in file order."""
        ...

    def blocks(self) -> Iterator[Block]:
        """The same file in parts that may be parsed in other processes."""
        ...

    def count(self, rows: Sequence[Row]) -> None:
        """Take rows of one parsed block into the summary."""
        ...

    def summary(self) -> ListSummary:
        """Counts and sha256. Raises RuntimeError before the end was reached."""
        ...

    def progress(self) -> tuple[int, int]:
        """Bytes of the file read so far and bytes in all."""
        ...

    def close(self) -> None:
        """Give up the file; harmless when repeated."""
        ...

    def __enter__(self) -> OpenList: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
