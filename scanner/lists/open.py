"""Opens a published list: finds its format by its content, reads it once, accounts for it all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from scanner.errors import InputError
from scanner.files.source import Source, split_place
from scanner.lists.columns import chosen_fields
from scanner.lists.days import days_of
from scanner.lists.heading import TITLE
from scanner.lists.interface import Block, ListReader, OpenList, ReadOptions, ReadyBlock
from scanner.lists.table import READERS, reader_named
from scanner.lists.tables import OneTable, SeveralTables, Tables
from scanner.model.claim import Claim, ListSummary, Row, UnreadableRow
from scanner.model.dates import Span, named_day
from scanner.model.registry import Registry


def open_list(
    path: str | Path,
    registry: Registry,
    *,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    network: str = "",
    asset: str = "",
    around: str = "",
) -> OpenList:
    """Open a published list to be read once.

    path: the file: plain, packed, or several tables (zip, workbook), of which `file:name` reads
        one and `file` all, one after another.
    format: a reader's name; by default the content decides, never the file's name.
    columns: our field name -> the file's column name; chooses a generic reader. Also what is said
        of units and of needless parts (`scanner.lists.columns.SETTINGS`).
    network, asset: for rows that name none; names as publishers or we write them.
    around: where the file was found, its folder or address: words there may name a coin, too.
    Raises InputError for a file that is not there or a name nobody knows, ListFormatError for a
    file that is empty, binary or of no known format.
    """
    place, member = split_place(str(path))
    if network:
        network = registry.network(network).name
    chosen = chosen_fields(place.name, columns or {})
    wanted = _wanted(format)
    source = Source(place, member)
    around = f"{around} {source.packed_name}"
    options = ReadOptions(source.whole_name, chosen, network, asset, around)
    try:
        tables: Tables
        if len(source.members) > 1:
            tables = SeveralTables(source, wanted, registry, options)
        else:
            tables = OneTable(source, wanted, registry, options)
        return _ListFile(source, tables, registry)
    except BaseException:
        source.close()
        raise


def check_options(
    name: str, registry: Registry, format: str, columns: Mapping[str, str], network: str
) -> None:
    """Refuse what `open_list` would refuse of any file: for lists that are read later.

    name: the list's, for messages. Raises InputError, ListFormatError, UnknownAssetError.
    """
    if network:
        registry.network(network)
    chosen_fields(name, columns)
    _wanted(format or None)


class _ListFile:
    """The OpenList behind `open_list`."""

    def __init__(self, source: Source, tables: Tables, registry: Registry) -> None:
        self._source, self._tables, self._registry = source, tables, registry
        self._claims = self._unreadable = 0
        self._started = False
        self._summary: tuple[str, int] | None = None

    def __iter__(self) -> Iterator[Row]:
        for block in self.blocks():
            for row in block.parse(self._registry):
                if isinstance(row, Claim):
                    self._claims += 1
                elif isinstance(row, UnreadableRow):
                    self._unreadable += 1
                yield row

    def blocks(self) -> Iterator[Block]:
        if self._started:
            raise RuntimeError("a list is read once: open it again")
        self._started = True
        yield from self._tables.blocks()
        self._summary = self._source.finish()
        layout = self._tables.layout
        if told := [*layout.accounting.findings(), *layout.days.findings()]:
            yield ReadyBlock(told)

    def count(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if isinstance(row, Claim):
                self._claims += 1
            elif isinstance(row, UnreadableRow):
                self._unreadable += 1

    def summary(self) -> ListSummary:
        if self._summary is None:
            raise RuntimeError("the list has not been read to its end")
        sha256, size = self._summary
        layout = self._tables.layout
        return ListSummary(
            self._tables.format,
            layout.variant,
            sha256,
            size,
            self._claims + self._unreadable,
            self._claims,
            self._unreadable,
            dict(layout.notes),
            layout.accounting.accounts(),
            layout.unit,
            layout.native_assumed,
            self._days(),
        )

    def _days(self) -> tuple[Span, ...]:
        """Of which days the rows are: as they say, or else titles, or the file's name."""
        layout = self._tables.layout
        if named := layout.days.named():
            return named
        titles = (a.example for a in layout.accounting.accounts() if a.meaning == TITLE)
        if named := days_of(titles):
            return named
        day = named_day(self._source.name)
        return () if day is None else (Span(day.toordinal(), day.toordinal()),)

    def progress(self) -> tuple[int, int]:
        return self._source.progress()

    def close(self) -> None:
        self._source.close()

    def __enter__(self) -> OpenList:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _wanted(name: str | None) -> ListReader | None:
    if name is None:
        return None
    reader = reader_named(name)
    if reader is None:
        known = ", ".join(READERS)
        raise InputError(f"no list format {name!r}; there are: {known}")
    return reader
