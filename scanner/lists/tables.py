"""The tables of one file, read one after another: one of its own, or sheets, or files of a zip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from scanner.errors import ListFormatError, clip
from scanner.files.encoding import packing_of, refuse_binary
from scanner.files.records import DELIMITERS
from scanner.files.source import Source, Table
from scanner.lists.columns import SETTINGS, no_column
from scanner.lists.days import day_in
from scanner.lists.interface import Block, Layout, ListReader, ReadOptions, ReadyBlock
from scanner.lists.marks import Marks
from scanner.lists.names import NEEDLESS_ENDINGS, NEEDLESS_FILES, normal
from scanner.lists.preamble import preamble
from scanner.lists.spoken import (
    account_for_asides,
    account_for_name,
    account_for_prose,
    account_for_unseen,
    heights_in,
)
from scanner.lists.table import READERS, reader_named
from scanner.model.addresses.table import address_key
from scanner.model.claim import Claim, Row
from scanner.model.finding import Finding
from scanner.model.registry import Registry

GENERIC = frozenset({"csv", "json", "jsonl"})
"""Readers that a column map makes sense for."""


_YAML = re.compile(r"(?:---|%YAML|(?:- +)?[A-Za-z_][\w -]{0,60}:)(?: |$)")


class Tables(Protocol):
    """What `scanner.lists.open` reads blocks from. layout: complete once they are exhausted."""

    layout: Layout
    format: str

    def blocks(self) -> Iterator[Block]:
        """Blocks of rows, in file order."""
        ...


class OneTable:
    """A file that is just one table, whose format is found out at once. Raises ListFormatError."""

    def __init__(
        self, source: Source, wanted: ListReader | None, registry: Registry, options: ReadOptions
    ) -> None:
        self._table, self._registry, self._options = source.only(), registry, options
        refuse_binary(source.name, self._table.head)
        self._reader = wanted or recognise(self._table.head, options, registry)
        if self._reader is None:
            raise ListFormatError(options.file, _no_format(self._table.head, options.columns), 1)
        self.format, self.layout = self._reader.name, Layout()
        self._asides, self._unseen = source.asides, source.unseen

    def blocks(self) -> Iterator[Block]:
        """Blocks of rows, in file order."""
        assert self._reader is not None  # noqa: S101 - or it would not have been made
        yield from self._reader.blocks(self._table, self._registry, self._options, self.layout)
        account_for_name(self.layout, self._options)
        account_for_unseen(self.layout, self._options, "", self._unseen(self._table.name))
        account_for_asides(self.layout, self._options, self._asides)


class SeveralTables:
    """Tables read one after another, as if they stood in one file below each other."""

    def __init__(
        self, source: Source, wanted: ListReader | None, registry: Registry, options: ReadOptions
    ) -> None:
        self._source, self._wanted = source, wanted
        self._registry, self._options = registry, options
        self.format, self.layout = "", Layout(marks=Marks(several=True))
        self._offset = 0
        self._places: list[str] = []
        self._words: list[tuple[str, str]] = []  # files of words and their starts

    def blocks(self) -> Iterator[Block]:
        """Blocks of rows; their numbers go on from table to table. Raises ListFormatError."""
        for table in self._source.tables():
            yield from self._one(table)
        for name, text in self._words:
            account_for_prose(self.layout, self._options, name, text)
        account_for_asides(self.layout, self._options, self._source.asides)
        if not self.format:
            what = f"none of its {len(self._source.members)} tables is a list"
            choose = f"use --columns for one of them: {self._source.name}:{self._source.members[0]}"
            raise ListFormatError(self._source.name, f"{what}; {choose}")
        self.layout.notes["tables"] = clip("; ".join(self._places), 2000)

    def _one(self, table: Table) -> Iterator[Block]:
        part, accounting = f"table {table.name!r}", self.layout.accounting
        if not table.head.strip():
            accounting.needless(part, "empty")
            return
        options = replace(self._options, file=f"{self._options.file}:{table.name}")
        recognised = self._recognise(table, options)
        if _is_needless(table.name) and (recognised is None or self._prose(table, recognised)):
            if _is_prose(table.name):
                self._words.append((table.name, table.head.decode("utf-8", "replace")))
            else:
                accounting.needless(part, "such files contain no rows")
            return
        reader = self._wanted or recognised
        if reader is None:
            first = table.head[:200].decode("utf-8", "replace").strip().split("\n")[0]
            remedy = f"if it has rows, read it alone as {options.file} with --columns"
            if kind := packing_of(table.head):
                first, remedy = kind, "unpack it, and read it as a file of its own"
            accounting.unknown(part, remedy, first)
            return
        counted, layout = _Counted(table), Layout(marks=self.layout.marks, days=self.layout.days)
        for block in reader.blocks(counted, self._registry, options, layout):
            if isinstance(block, ReadyBlock):
                counted.lines = max([counted.lines, *(row.row or 0 for row in block.rows)])
            yield ShiftedBlock(block, self._offset)
        account_for_name(layout, options)
        account_for_unseen(self.layout, options, table.name, self._source.unseen(table.name))
        self._take_day(table.name, layout)
        self._take(table, reader, layout)
        self._places.append(f"{table.name} from line {self._offset + 1}")
        self._offset += counted.lines + 1

    def _take_day(self, name: str, layout: Layout) -> None:
        """Take in a day that a table's name gives, where its rows state no height."""
        ignored = map(normal, self._options.columns.get("ignore", "").split(","))
        if day_in(name) and not any(heights_in(layout)) and normal(name) not in ignored:
            layout.days.take("table", name, name)

    def _recognise(self, table: Table, options: ReadOptions) -> ListReader | None:
        try:
            refuse_binary(options.file, table.head)
        except ListFormatError:
            return None
        return recognise(table.head, options, self._registry)

    def _prose(self, table: Table, reader: ListReader) -> bool:
        """Whether a file that its name calls needless is one of lines that are no addresses."""
        network = self._options.network
        if reader.name != "text" or not network:
            return False
        lines = (line.strip() for line in table.head.decode("utf-8", "replace").split("\n"))
        first = next((line for line in lines if line and not line.startswith("#")), "")
        return address_key(self._registry.networks[network], first).startswith("?")

    def _take(self, table: Table, reader: ListReader, layout: Layout) -> None:
        if reader.name not in self.format.split("+"):
            self.format = f"{self.format}+{reader.name}".strip("+")
        self.layout.variant = f"{len(self._places) + 1} tables"
        self.layout.accounting.take(layout.accounting, table.name)
        self.layout.unit = self.layout.unit or layout.unit
        self.layout.native_assumed |= layout.native_assumed
        for key, value in layout.notes.items():
            self.layout.notes[f"{table.name}: {key}"] = value


@dataclass(frozen=True, slots=True)
class ShiftedBlock:
    """Rows of a later table, numbered on from the ones before it."""

    block: Block
    offset: int

    def parse(self, registry: Registry) -> Iterator[Row]:
        """The same rows under their numbers in the whole file."""
        for row in self.block.parse(registry):
            if isinstance(row, Claim):
                yield row._replace(row=row.row + self.offset)
            elif isinstance(row, Finding):
                yield replace(row, row=None if row.row is None else row.row + self.offset)
            else:
                yield replace(row, row=row.row + self.offset)


class _Counted:
    """A table whose lines are counted while it is read."""

    def __init__(self, table: Table) -> None:
        self._table, self.lines = table, 0

    def read(self, size: int, /) -> bytes:
        data = self._table.read(size)
        self.lines += data.count(b"\n")
        return data


def recognise(head: bytes, options: ReadOptions, registry: Registry) -> ListReader | None:
    """The first reader that knows a file which starts so; None if none does."""
    mapped = bool(options.columns.keys() - SETTINGS)
    for name in READERS:
        if mapped and name not in GENERIC:
            continue
        reader = reader_named(name)
        if reader is not None and reader.recognises(head, options, registry):
            return reader
    return None


def _no_format(head: bytes, columns: Mapping[str, str]) -> str:
    first = head[:200].decode("utf-8", "replace").lstrip("\ufeff").split("\n")[0].strip()
    if "\ufffd" in first.rstrip("\ufffd"):
        return (
            f'its first line is not UTF-8 text: {first[:80]!r}. Save it as "CSV UTF-8", or as .xlsx'
        )
    if missing := _missing(head, columns):
        return missing
    if _YAML.match(first):
        return (
            f"no known list format; it starts {first[:80]!r}. YAML is read as BitMEX publishes it: "
            "convert other YAML to JSON or CSV"
        )
    return (
        f"no known list format; it starts {first[:80]!r}. If no line names its columns, add one "
        "at the top (network,address,amount); if a line names them in other words, map them "
        "with --columns (address=..,amount=..); for one address per line use --network"
    )


def _missing(head: bytes, columns: Mapping[str, str]) -> str:
    """What to say of a column that the user named and the first line has not; "" if it has all."""
    first = [next(iter(preamble(head, delimiter)), None) for delimiter in DELIMITERS]
    cells = max((line.cells for line in first if line), key=len, default=())
    named = [name for field, name in columns.items() if field not in SETTINGS]
    missing = [name for name in named if normal(name) not in map(normal, cells)]
    return no_column(missing[0], cells) if missing and len(cells) > 1 else ""


def _is_prose(name: str) -> bool:
    plain = name.rpartition("/")[2].lower()
    return plain.startswith("readme") or plain.endswith(".md")


def _is_needless(name: str) -> bool:
    plain = name.rpartition("/")[2].lower()
    return plain.startswith(NEEDLESS_FILES) or plain.endswith(NEEDLESS_ENDINGS)
