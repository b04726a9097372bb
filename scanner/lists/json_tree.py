"""A JSON document with an array of objects somewhere in it: Binance's, cbBTC's, anybody's.

Read as events, so a document of any length takes the memory of one object. Objects that name an
address are rows; `row` counts them, for a JSON document has no lines of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import ijson

from scanner.errors import ListFormatError, clip
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions, ReadyBlock
from scanner.lists.objects import MAX_KEYS, ObjectRows, scalar_text
from scanner.lists.preamble import BOM
from scanner.lists.totals import declared_total
from scanner.model.claim import Row, UnreadableRow
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry

MAX_DEPTH = 32
MAX_VALUE = 4_000_000
"""Bytes of the longest single value."""

_BATCH = 1000
_MOST_FACTS = 50

_TOTALS = (("reservesTotal.amount", "reservesTotal.currency"),)
"""Where documents state the total of all rows: (amount, coin), as dotted names."""


class JsonTree:
    """Reads an array of objects, wherever it is in the document."""

    name = "json"

    def recognises(self, head: bytes, options: ReadOptions) -> bool:
        """Whether the document starts as an object or array does."""
        return head.removeprefix(BOM).lstrip()[:1] in (b"{", b"[")

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Rows in batches, as they come by; totals that the document states, last."""
        rows = ObjectRows(registry, options)
        document = _Document()
        batch: list[Row] = []
        count = 0
        for found in document.objects(_Feed(stream, options.file)):
            if rows.names_address(found.values) or document.has_rows(found.path):
                count += 1
                document.rows[found.path] += 1
                batch.append(_row(rows, found, count))
            else:
                document.pass_over(found.path)
            if len(batch) >= _BATCH:
                yield ReadyBlock(batch)
                batch = []
        if not count:
            what = "no object in it names an address; say which key does: --columns address=.."
            raise ListFormatError(options.file, what)
        batch += document.totals(registry, count)
        document.describe(layout)
        yield ReadyBlock(batch)


@dataclass(slots=True)
class _Object:
    """One object of an array: where, and its scalars under dotted names."""

    path: str
    values: dict[str, str] = field(default_factory=dict)
    repeated: str = ""


class _Feed:
    """Hands bytes to the JSON parser; gives up on a value that does not end."""

    def __init__(self, stream: Bytes, file: str) -> None:
        self.file = file
        self.since_event = 0
        self.line = 1
        self._stream, self._first = stream, True

    def read(self, size: int) -> bytes:
        if size == 0:
            return b""
        data = self._stream.read(size)
        self.since_event += len(data)
        self.line += data.count(b"\n")
        if self.since_event > MAX_VALUE:
            what = f"a single value is longer than {MAX_VALUE} bytes"
            raise ListFormatError(self.file, what, self.line)
        if self._first:
            self._first = False
            return data.removeprefix(BOM)
        return data


class _Document:
    """Walks a document's events and gathers the objects in its arrays."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.others: Counter[str] = Counter()
        self.facts: dict[str, str] = {}
        self._path: list[str] = []
        self._open: list[tuple[int, _Object]] = []
        self._key = ""

    def has_rows(self, path: str) -> bool:
        """Whether the array at `path` has given rows before."""
        return self.rows[path] > 0

    def pass_over(self, path: str) -> None:
        """Count an object that is no row."""
        known = path in self.others or len(self.others) < _MOST_FACTS
        self.others[path if known else "others"] += 1

    def objects(self, feed: _Feed) -> Iterator[_Object]:
        """Every object that stands in an array, innermost first."""
        try:
            for event, value in ijson.basic_parse(feed, buf_size=65_536):
                feed.since_event = 0
                done = self._take(event, value, feed)
                if done is not None:
                    yield done
        except (ijson.JSONError, ValueError, ArithmeticError) as e:
            what = f"not JSON from here on: {clip(' '.join(str(e).split()), 120)}"
            raise ListFormatError(feed.file, what, feed.line) from None

    def _take(self, event: str, value: object, feed: _Feed) -> _Object | None:
        if event == "map_key":
            self._key = str(value)
        elif event in ("start_map", "start_array"):
            self._start(event, feed)
        elif event in ("end_map", "end_array"):
            self._path.pop()
            if self._open and self._open[-1][0] > len(self._path):
                return self._open.pop()[1]
        elif self._path:
            self._scalar(scalar_text(value))
        return None

    def _start(self, event: str, feed: _Feed) -> None:
        if len(self._path) >= MAX_DEPTH:
            raise ListFormatError(feed.file, f"nested deeper than {MAX_DEPTH}", feed.line)
        in_array = bool(self._path) and self._path[-1].endswith("[]")
        name = "" if in_array or not self._path else self._key
        self._path.append(name + ("[]" if event == "start_array" else ""))
        if event == "start_map" and in_array:
            path = ".".join(part for part in self._path if part)
            self._open.append((len(self._path), _Object(path)))

    def _scalar(self, text: str) -> None:
        in_array = self._path[-1].endswith("[]")
        if in_array:
            return
        if not self._open:
            name = ".".join([*filter(None, self._path), self._key])
            if len(self.facts) < _MOST_FACTS:
                self.facts[name] = clip(text, 200)
            return
        depth, found = self._open[-1]
        name = ".".join([*filter(None, self._path[depth:]), self._key])
        if name in found.values:
            found.repeated = name
        if len(found.values) <= MAX_KEYS:
            found.values[name] = text

    def totals(self, registry: Registry, rows: int) -> list[Row]:
        """Totals the document states, as rows after the last one."""
        return [
            declared_total(registry, rows, self.facts[coin], "", self.facts[amount])
            for amount, coin in _TOTALS
            if amount in self.facts and coin in self.facts
        ]

    def describe(self, layout: Layout) -> None:
        """Say where the rows were, and what else was in the document."""
        layout.variant = "objects in " + ", ".join(sorted(self.rows)[:8])
        layout.notes.update(self.facts)
        if self.others:
            named = [f"{path} ({count})" for path, count in sorted(self.others.items())[:20]]
            layout.notes["objects_without_address"] = clip(", ".join(named), 1000)


def _row(rows: ObjectRows, found: _Object, number: int) -> Row:
    if found.repeated:
        reason = f"the key {clip(found.repeated)!r} is given twice"
        shown = clip(str(found.values), 200)
        return UnreadableRow(number, 0, FindingKind.BAD_ROW, reason, shown)
    return rows.row(found.values, number)
