"""A JSON document of any nesting that has addresses: Binance's, cbBTC's, anybody's.

Read as events, so a document of any length takes the memory of a few objects. `row` counts them,
for a JSON document has no lines of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import ijson

from scanner.errors import ListFormatError, clip
from scanner.files.encoding import BOM
from scanner.lists.interface import Block, Bytes, Layout, ReadOptions, ReadyBlock
from scanner.lists.totals import declared_total
from scanner.lists.walk import TOTALS, Walker
from scanner.model.claim import Row
from scanner.model.registry import Registry

MAX_DEPTH = 32
MAX_VALUE = 4_000_000
"""Bytes of the longest single value."""

_BATCH = 1000


class JsonTree:
    """Reads whatever in a document has an address."""

    name = "json"

    def recognises(self, head: bytes, options: ReadOptions, registry: Registry) -> bool:
        """Whether the document starts as an object or array does."""
        return head.removeprefix(BOM).lstrip()[:1] in (b"{", b"[")

    def blocks(
        self, stream: Bytes, registry: Registry, options: ReadOptions, layout: Layout
    ) -> Iterator[Block]:
        """Rows in batches, as they come by; totals that the document states, last.

        Raises ListFormatError.
        """
        walker = Walker(registry, options, layout)
        batch: list[Row] = []
        for row in _rows(walker, _Feed(stream, options.file)):
            batch.append(row)
            if len(batch) >= _BATCH:
                yield ReadyBlock(batch)
                batch = []
        if not walker.count:
            what = "no object in it has an address; name the key with --columns address=.."
            if chosen := options.columns.get("address"):
                what = f"no object in it has the key {clip(chosen)!r}: name the one of the address"
            raise ListFormatError(options.file, what)
        batch += totals(walker, registry)
        describe(walker, layout)
        yield ReadyBlock(batch)


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


def _rows(walker: Walker, feed: _Feed) -> Iterator[Row]:
    try:
        for event, value in ijson.basic_parse(feed, buf_size=65_536):
            feed.since_event = 0
            if event in ("start_map", "start_array") and walker.depth >= MAX_DEPTH:
                raise ListFormatError(feed.file, f"nested deeper than {MAX_DEPTH}", feed.line)
            yield from walker.take(event, value)
    except (ijson.JSONError, ValueError, ArithmeticError, SystemError) as e:
        # The parser, written in C, leaves a number of thousands of digits as a SystemError.
        what = f"not JSON from here on: {clip(' '.join(str(e).split()), 120)}"
        raise ListFormatError(feed.file, what, feed.line) from None


def totals(walker: Walker, registry: Registry) -> list[Row]:
    """Totals the document states, as rows after the last one."""
    facts, doubted = walker.facts, walker.comma_shown
    return [
        declared_total(registry, walker.count, facts[coin], "", facts[amount], dots_doubted=doubted)
        for amount, coin in TOTALS
        if amount in facts and coin in facts
    ]


def describe(walker: Walker, layout: Layout) -> None:
    """Say where the rows were, and what else was in the document."""
    layout.variant = "objects in " + ", ".join(sorted(walker.paths)[:8])
    layout.notes.update(walker.facts)
